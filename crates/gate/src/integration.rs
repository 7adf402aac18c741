//! What the checks before traffic found, a row a check: contracts by direction, dependencies, model
//! files, recorded answers. And how far the work has come. Nothing is judged here that a risk does
//! not judge; every number cites where it stands.

use std::collections::BTreeSet;

use adjutant_domain::{
    Confidence, Data, Evidence, Labels, Measured, Measurement, OwnMeasure, Subject,
};

use crate::risk_asks::REGRESSION_MAX;

/// A check before traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntegrationCheck {
    /// Two texts of a contract.
    Contract,
    /// Two lockfiles.
    Dependencies,
    /// What loading model files runs.
    ModelFiles,
    /// Two versions of a model or a tokenizer.
    ModelChanges,
    /// Two recordings of answers.
    Shadow,
}

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntegrationStanding {
    /// It breaks nobody.
    Safe,
    /// It may break somebody.
    Risky,
    /// A part was not compared, or the evidence cannot tell.
    Undecided,
    /// It breaks somebody.
    Breaking,
}

/// One answer of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct IntegrationRow {
    /// Which check.
    pub check: IntegrationCheck,
    /// Of what: the contract or the model; otherwise the answer's file.
    pub what: String,
    /// Which way the data travels, of a contract.
    pub direction: Option<String>,
    /// How many changes break somebody; models that run code; paths that lost something.
    pub breaking: Option<Measured>,
    /// How many changes may break somebody.
    pub risky: Option<Measured>,
    /// How many changes break nobody; plain models.
    pub safe: Option<Measured>,
    /// How much was not compared, or is not known.
    pub not_compared: Option<Measured>,
    /// What else the answer counts.
    pub beside: Vec<IntegrationValue>,
    /// How it stands.
    pub standing: IntegrationStanding,
}

/// What an answer counts beside its changes.
#[derive(Debug, Clone, PartialEq)]
pub struct IntegrationValue {
    /// The measure, such as `shadow_regression`.
    pub what: String,
    /// The value with its evidence.
    pub measured: Measured,
    /// The level of its interval, where it has one.
    pub confidence: Option<Confidence>,
}

/// How many tasks or directives stand how.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkCount {
    /// The state, such as `done`.
    pub state: String,
    /// How many.
    pub count: Measured,
}

impl IntegrationCheck {
    /// Those that every candidate can be asked for.
    pub const ALL: [Self; 4] = [
        Self::Contract,
        Self::Dependencies,
        Self::ModelFiles,
        Self::Shadow,
    ];

    /// The command whose answer fills its rows.
    pub fn command(self) -> &'static str {
        match self {
            Self::Contract => "adjutant schema diff --format json",
            Self::Dependencies => "adjutant deps align --format json",
            Self::ModelFiles => "adjutant model scan --format json",
            Self::ModelChanges => "adjutant model diff --format json",
            Self::Shadow => "adjutant shadow compare --format json",
        }
    }
}

impl std::fmt::Display for IntegrationCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Contract => "contract",
            Self::Dependencies => "dependencies",
            Self::ModelFiles => "model files",
            Self::ModelChanges => "model changes",
            Self::Shadow => "recorded answers",
        })
    }
}

impl std::fmt::Display for IntegrationStanding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Safe => "SAFE",
            Self::Risky => "RISKY",
            Self::Undecided => "UNDECIDED",
            Self::Breaking => "BREAKING",
        })
    }
}

/// The rows of the candidate's evidence, by check and in the order of the evidence. The same bytes
/// given twice are one answer.
pub fn integration_rows(evidence: &[Evidence]) -> Vec<IntegrationRow> {
    let mut seen = BTreeSet::new();
    let about_candidate = |evidence: &&Evidence| evidence.subject == Subject::candidate();
    let mut rows: Vec<IntegrationRow> = evidence
        .iter()
        .filter(about_candidate)
        .filter(|evidence| seen.insert(evidence.artifact))
        .flat_map(|evidence| {
            [contract, dependencies, model_files, model_changes, shadow]
                .into_iter()
                .filter_map(|row| row(&Answered { evidence }))
        })
        .collect();
    rows.sort_by_key(|row| row.check);
    rows
}

/// The tasks by state, in the order of a task's life, from the last evidence that counts them.
pub fn task_counts(evidence: &[Evidence]) -> Vec<WorkCount> {
    work_counts(evidence, OwnMeasure::Tasks)
}

/// The directives that were begun, by state, from the last evidence that counts them.
pub fn directive_counts(evidence: &[Evidence]) -> Vec<WorkCount> {
    work_counts(evidence, OwnMeasure::Directives)
}

fn work_counts(evidence: &[Evidence], what: OwnMeasure) -> Vec<WorkCount> {
    let measure = what.name();
    let counts_it = |evidence: &&Evidence| {
        let mut found = evidence.measurements.iter();
        found.any(|found| found.measure == measure)
    };
    let Some(last) = evidence.iter().rfind(counts_it) else {
        return vec![];
    };
    let counted = |found: &Measurement| {
        Some(WorkCount {
            state: found.labels.get("state")?.clone(),
            count: measured(last, found)?,
        })
    };
    let counts = last
        .measurements
        .iter()
        .filter(|found| found.measure == measure);
    counts.filter_map(counted).collect()
}

/// The evidence of one answer.
struct Answered<'a> {
    evidence: &'a Evidence,
}

impl<'a> Answered<'a> {
    fn find(&self, measure: OwnMeasure, label: Option<(&str, &str)>) -> Option<&'a Measurement> {
        let has = |labels: &Labels| {
            label.is_none_or(|(key, value)| labels.get(key).is_some_and(|found| found == value))
        };
        let mut found = self.evidence.measurements.iter();
        found.find(|found| found.measure == measure.name() && has(&found.labels))
    }

    fn number(&self, measure: OwnMeasure, label: Option<(&str, &str)>) -> Option<Measured> {
        measured(self.evidence, self.find(measure, label)?)
    }

    fn beside(&self, measures: &[OwnMeasure]) -> Vec<IntegrationValue> {
        let value = |measure: &OwnMeasure| {
            let found = self.find(*measure, None)?;
            Some(IntegrationValue {
                what: measure.as_str().to_owned(),
                measured: measured(self.evidence, found)?,
                confidence: level(found),
            })
        };
        measures.iter().filter_map(value).collect()
    }

    /// A row of counts by weight; none when the check did not count.
    fn row(
        &self,
        check: IntegrationCheck,
        counts: [Option<Measured>; 4],
        beside: Vec<IntegrationValue>,
    ) -> IntegrationRow {
        let [breaking, risky, safe, not_compared] = counts;
        let any = |count: &Option<Measured>| count.as_ref().is_some_and(|n| n.value() > 0.0);
        let standing = if any(&breaking) {
            IntegrationStanding::Breaking
        } else if any(&not_compared) || breaking.is_none() {
            IntegrationStanding::Undecided
        } else if any(&risky) {
            IntegrationStanding::Risky
        } else {
            IntegrationStanding::Safe
        };
        IntegrationRow {
            check,
            what: self.evidence.file.clone(),
            direction: None,
            breaking,
            risky,
            safe,
            not_compared,
            beside,
            standing,
        }
    }
}

/// The number of a measurement that is one.
fn measured(evidence: &Evidence, found: &Measurement) -> Option<Measured> {
    let Data::Scalar(scalar) = &found.data else {
        return None;
    };
    let interval = scalar.interval.map(|(interval, _)| interval);
    let (n, source) = (scalar.n.unwrap_or(1), evidence.cite(found));
    Measured::new(scalar.value, found.unit, interval, n, vec![source]).ok()
}

fn level(found: &Measurement) -> Option<Confidence> {
    let Data::Scalar(scalar) = &found.data else {
        return None;
    };
    scalar
        .interval
        .map(|(_, level)| Confidence::TwoSided(level))
}

fn contract(answer: &Answered<'_>) -> Option<IntegrationRow> {
    let changes = OwnMeasure::SchemaChanges;
    let labels = &answer.find(changes, None)?.labels;
    let [breaking, risky, safe] = ["breaking", "risky", "safe"]
        .map(|severity| answer.number(changes, Some(("severity", severity))));
    let not_compared = answer.number(OwnMeasure::SchemaNotCompared, None);
    let counts = [breaking, risky, safe, not_compared];
    let row = answer.row(IntegrationCheck::Contract, counts, vec![]);
    Some(IntegrationRow {
        what: labels.get("contract").cloned().unwrap_or(row.what),
        direction: labels.get("direction").cloned(),
        ..row
    })
}

fn dependencies(answer: &Answered<'_>) -> Option<IntegrationRow> {
    let changes = OwnMeasure::DependencyChanges;
    answer.find(changes, None)?;
    let [breaking, risky, safe] = ["breaking", "risky", "safe"]
        .map(|weight| answer.number(changes, Some(("weight", weight))));
    let not_compared = answer.number(OwnMeasure::DependenciesNotCompared, None);
    let (records, mismatches) = (
        OwnMeasure::VulnerabilityRecords,
        OwnMeasure::ConfigurationMismatches,
    );
    let counts = [breaking, risky, safe, not_compared];
    let beside = answer.beside(&[records, mismatches]);
    let mut row = answer.row(IntegrationCheck::Dependencies, counts, beside);
    let found = |measure| answer.number(measure, None).map(|found| found.value());
    if found(mismatches).is_some_and(|found| found > 0.0) {
        row.standing = IntegrationStanding::Breaking;
    } else if found(records).is_none_or(|found| found == 0.0) {
        row.standing = row.standing.max(IntegrationStanding::Undecided);
    }
    Some(row)
}

fn model_files(answer: &Answered<'_>) -> Option<IntegrationRow> {
    let files = OwnMeasure::ModelFiles;
    answer.find(files, None)?;
    let [executable, unknown, plain] = ["executable", "unknown", "plain"]
        .map(|verdict| answer.number(files, Some(("verdict", verdict))));
    let counts = [executable, None, plain, unknown];
    Some(answer.row(IntegrationCheck::ModelFiles, counts, vec![]))
}

fn model_changes(answer: &Answered<'_>) -> Option<IntegrationRow> {
    let changes = OwnMeasure::ModelChanges;
    let labels = &answer.find(changes, None)?.labels;
    let [breaking, risky, safe] = ["breaking", "risky", "safe"]
        .map(|weight| answer.number(changes, Some(("weight", weight))));
    let counts = [breaking, risky, safe, None];
    let row = answer.row(IntegrationCheck::ModelChanges, counts, vec![]);
    Some(IntegrationRow {
        what: labels.get("model").cloned().unwrap_or(row.what),
        ..row
    })
}

/// The regression counts too: surely more than accepted may break somebody, and what its interval
/// leaves open is undecided.
fn shadow(answer: &Answered<'_>) -> Option<IntegrationRow> {
    let regression = OwnMeasure::ShadowRegression;
    answer.find(regression, None)?;
    let counts = [
        answer.number(OwnMeasure::ShadowLosses, None),
        None,
        None,
        answer.number(OwnMeasure::ShadowNotCompared, None),
    ];
    let beside = [
        regression,
        OwnMeasure::MirroredTokens,
        OwnMeasure::MirroredCost,
    ];
    let mut row = answer.row(IntegrationCheck::Shadow, counts, answer.beside(&beside));
    let ends = answer.number(regression, None);
    let by_regression = match ends.as_ref().and_then(Measured::interval) {
        Some(ends) if ends.high() <= REGRESSION_MAX => IntegrationStanding::Safe,
        Some(ends) if ends.low() > REGRESSION_MAX => IntegrationStanding::Risky,
        Some(_) | None => IntegrationStanding::Undecided,
    };
    row.standing = row.standing.max(by_regression);
    Some(row)
}
