//! `adjutant compare`: no database, no runtime, nothing that is not needed.

use adjutant_app::ComparisonRequest;
use adjutant_domain::{Confidence, Data, MeasureName, Measurement};
use adjutant_gate::{Question, Selector};
use adjutant_outbound::files;
use adjutant_report::comparison::{self, Distribution, ShownArm};

use crate::arguments::{CompareArguments, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::streams;

pub(super) fn compare(arguments: &CompareArguments, settings: &Settings) -> Result<Exit, Failure> {
    let globs = arguments.labels.iter().cloned();
    let question = Question {
        labels: Selector {
            globs: globs.map(|(label, glob)| (label, vec![glob])).collect(),
        },
        margin: arguments.margin,
        paired: arguments.paired,
        clustered: arguments.cluster.is_some(),
        confidence: Confidence::TwoSided(arguments.confidence),
        better: arguments.better,
        grade_min: arguments.grade_min,
        ..Question::about(arguments.measure.clone())
    };
    let compared = adjutant_app::compare(&ComparisonRequest {
        baseline: arguments.baseline.clone(),
        candidate: arguments.candidate.clone(),
        qrels: arguments.qrels.clone(),
        format: arguments.as_format,
        cluster: arguments.cluster.clone(),
        question: question.clone(),
    })?;
    let answer = &compared.comparison;
    match arguments.format.format {
        Format::Json => {
            let json = comparison::json(answer).map_err(|error| Failure::defect(&error))?;
            streams::print(&json)?;
        }
        Format::Human => {
            let shape = |measured: &[Measurement]| distribution(&question, measured);
            let shapes = std::thread::scope(|scope| {
                let baseline = scope.spawn(|| shape(&compared.baseline));
                let candidate = shape(&compared.candidate);
                match baseline.join() {
                    Ok(baseline) => (baseline, candidate),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            });
            let baseline = files::name_of(&arguments.baseline);
            let candidate = files::name_of(&arguments.candidate);
            let shown = |name, distribution| ShownArm { name, distribution };
            streams::print(&comparison::human(
                answer,
                shown(&baseline, shapes.0.as_ref()),
                shown(&candidate, shapes.1.as_ref()),
                settings.terminal,
            ))?;
        }
    }
    Ok(Exit::of_answer(answer.validity, answer.outcome))
}

/// The shape of what is compared, where single observations or buckets tell it.
fn distribution(question: &Question, measured: &[Measurement]) -> Option<Distribution> {
    let measure: &MeasureName = question.statistic.measure()?;
    let mut fitting = measured.iter().filter(|measurement| {
        measurement.measure == *measure && question.labels.matches(&measurement.labels)
    });
    fitting.find_map(|measurement| match &measurement.data {
        Data::Samples(samples) => Distribution::of_samples(&samples.values),
        Data::Histogram(histogram) => Distribution::of_histogram(histogram),
        Data::Proportion { .. }
        | Data::Scalar(_)
        | Data::Ranking(_)
        | Data::Judgements(_)
        | Data::Absent(_) => None,
    })
}
