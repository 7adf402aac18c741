//! Comparing two files, without a store: the answer is the gate's, the reading is as fast as the
//! machine allows.

use std::path::{Path, PathBuf};

use adjutant_domain::Measurement;
use adjutant_formats::samples::{Measures, Selection, read_in_two};
use adjutant_formats::{Format, recognise};
use adjutant_gate::{Comparison, Question, Statistic};
use adjutant_outbound::files;
use adjutant_outbound::sample_file::{self, Threads};

use crate::source::{self, SourceError, recognise_or_take};

/// Two files and a question.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonRequest {
    /// The version in use.
    pub baseline: PathBuf,
    /// The version that asks to replace it.
    pub candidate: PathBuf,
    /// Relevance judgements, for questions about rankings.
    pub qrels: Option<PathBuf>,
    /// The format of both, where it is not to be recognised.
    pub format: Option<Format>,
    /// The column that says which observations are not independent.
    pub cluster: Option<String>,
    /// The question.
    pub question: Question,
}

/// The answer, with what it was computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The answer.
    pub comparison: Comparison,
    /// What the baseline's file holds, as far as the question needed it.
    pub baseline: Vec<Measurement>,
    /// What the candidate's file holds, as far as the question needed it.
    pub candidate: Vec<Measurement>,
}

/// Reads both files at once and compares them.
///
/// # Errors
/// When a file cannot be read or is not what its format demands; the baseline's error first.
pub fn compare(request: &ComparisonRequest) -> Result<Compared, SourceError> {
    let selection = selection(&request.question, request.cluster.as_deref());
    let (baseline, candidate) = std::thread::scope(|scope| {
        let baseline = scope.spawn(|| read(&request.baseline, request.format, &selection));
        let candidate = read(&request.candidate, request.format, &selection);
        match baseline.join() {
            Ok(baseline) => (baseline, candidate),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    let (baseline, candidate) = (baseline?, candidate?);
    let judgements = match &request.qrels {
        Some(qrels) => read(qrels, None, &Selection::default())?,
        None => vec![],
    };
    Ok(Compared {
        comparison: adjutant_gate::compare(&request.question, &baseline, &candidate, &judgements),
        baseline,
        candidate,
    })
}

/// The columns that the question needs. Cluster keys are always among them: leaving them out would
/// make dependent observations look independent.
fn selection(question: &Question, cluster: Option<&str>) -> Selection {
    let only = |measure: &str| Measures::Only(vec![measure.to_owned()]);
    let measures = match &question.statistic {
        Statistic::Quantile { measure, .. } | Statistic::Mean { measure } => only(measure.as_str()),
        Statistic::ErrorRate => only("status"),
        Statistic::Throughput => only("timestamp_ms"),
        Statistic::Ndcg { .. }
        | Statistic::ComplianceAtOne
        | Statistic::AblationDrop
        | Statistic::Correlation
        | Statistic::Count { .. }
        | Statistic::Share { .. }
        | Statistic::Value { .. }
        | Statistic::Largest { .. }
        | Statistic::Smallest { .. } => Measures::All,
    };
    let standard = Selection::default();
    Selection {
        measures,
        pair: standard.pair.filter(|_| question.paired),
        cluster: cluster.map(str::to_owned).or(standard.cluster),
    }
}

fn read(
    path: &Path,
    format: Option<Format>,
    selection: &Selection,
) -> Result<Vec<Measurement>, SourceError> {
    let what = path.display().to_string();
    if path.is_file() {
        let known = match format {
            Some(format) => Some(format),
            None => recognise(&files::name_of(path), &files::read_head(path)?).ok(),
        };
        if let Some(syntax) = known.and_then(Format::syntax) {
            let measured = sample_file::measure(path, syntax, selection, Threads::One);
            return Ok(measured?);
        }
    }
    // A pipe can be read only once, and everything else is small.
    let content = source::open(path)?;
    let format = recognise_or_take(format, &what, &content)?;
    let measured = match format.syntax() {
        Some(syntax) => read_in_two(syntax, selection, &content.bytes),
        None => adjutant_formats::read(format, &content.bytes),
    };
    measured.map_err(|problem| source::refused(&what, problem, &content.bytes))
}
