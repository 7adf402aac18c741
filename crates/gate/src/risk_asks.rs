//! What a risk asks of the evidence: which measures, which margins, which remedies.

use adjutant_domain::{Confidence, OwnMeasure, Subject, Unit};

use crate::comparison::SuccessRange;
use crate::policy::{Ask, Demand, Side};
use crate::quantity::{Bound, Margin, Scale};
use crate::risk::RiskFactor;
use crate::selector::Selector;
use crate::statistic::{Direction, Statistic};

/// The share of recorded pairs that may be worse.
pub(crate) const REGRESSION_MAX: f64 = 0.005;
/// Seed of every resampling.
pub(crate) const SEED: u64 = 1;

/// A question with what is accepted.
pub(crate) struct Asked {
    pub(crate) ask: Ask,
    pub(crate) demand: Demand,
    /// How much worse is just accepted, as the observed change is written.
    pub(crate) margin: f64,
    /// What is asked, for a reason.
    pub(crate) words: String,
}

/// The margin of a count of which a single one is past what is accepted.
const ONE_IS_SURE: f64 = 0.5;

/// Questions whose answers are counts of findings.
pub(crate) struct Findings {
    /// Any of these breaks somebody; the first one is always there when somebody looked.
    pub(crate) breaking: Vec<Asked>,
    /// Any of these may break somebody; the first one is always there when somebody looked.
    pub(crate) risky: Vec<Asked>,
    /// Each passes when nothing was left out, and what to do when it does not.
    pub(crate) looked_at: Vec<(Asked, &'static str)>,
    /// The same of what not every build has.
    pub(crate) looked_at_if_any: Vec<(Asked, &'static str)>,
    pub(crate) remedy: &'static str,
    pub(crate) says_breaking: &'static str,
    pub(crate) says_risky: &'static str,
    pub(crate) says_nothing: &'static str,
}

/// What brings the evidence of a factor.
pub(crate) fn remedy(factor: RiskFactor) -> &'static str {
    match factor {
        RiskFactor::Schema => {
            "add the answer of `adjutant schema diff --format json` as evidence of the candidate"
        }
        RiskFactor::Dependency => {
            "add the answer of `adjutant deps align --format json` as evidence of the candidate"
        }
        RiskFactor::Latency => {
            "measure baseline and candidate under load and add both with `adjutant evidence add`"
        }
        RiskFactor::Output => {
            "add the answer of `adjutant shadow compare --format json` as evidence of the candidate, \
             or rank the same queries with both and add runs and judgements"
        }
    }
}

/// What a change of the contract breaks: the measures of `schema-diff`.
pub(crate) fn schema() -> Findings {
    use OwnMeasure::{SchemaChanges, SchemaNotCompared};
    Findings {
        breaking: vec![count(SchemaChanges, Some(("severity", "breaking")))],
        risky: vec![count(SchemaChanges, Some(("severity", "risky")))],
        looked_at_if_any: vec![],
        looked_at: vec![(
            count(SchemaNotCompared, None),
            "a part of the contract was not compared, so that it may break",
        )],
        remedy: remedy(RiskFactor::Schema),
        says_breaking: "the contract breaks: a veto",
        says_risky: "the contract changes in a way that may break somebody",
        says_nothing: "no change of the contract breaks anybody",
    }
}

/// What the build is made of: the measures of `deps-align`, and of `model-scan` and `model-diff`
/// where there are models.
pub(crate) fn dependency() -> Findings {
    use OwnMeasure::{
        ConfigurationMismatches, DependenciesNotCompared, DependencyChanges, ModelChanges,
        ModelFiles, VulnerabilityRecords,
    };
    Findings {
        breaking: vec![
            count(DependencyChanges, Some(("weight", "breaking"))),
            count(ConfigurationMismatches, None),
            count(ModelFiles, Some(("verdict", "executable"))),
            count(ModelChanges, Some(("weight", "breaking"))),
        ],
        risky: vec![
            count(DependencyChanges, Some(("weight", "risky"))),
            count(ModelChanges, Some(("weight", "risky"))),
        ],
        looked_at_if_any: vec![(
            count(ModelFiles, Some(("verdict", "unknown"))),
            "a model file holds what nobody knows, so that loading it may run code",
        )],
        looked_at: vec![
            (
                count(DependenciesNotCompared, None),
                "a part of the dependencies was not compared, so that it may break",
            ),
            (
                at_least_one(VulnerabilityRecords),
                "no vulnerability was searched for: give `adjutant deps align` a database with --osv",
            ),
        ],
        remedy: remedy(RiskFactor::Dependency),
        says_breaking: "a dependency, the configuration or a model is flagged",
        says_risky: "a dependency or a model changes in a way that may break something",
        says_nothing: "nothing stands against the dependencies",
    }
}

/// How much slower: +10 % of p95 is just accepted.
pub(crate) fn p95() -> Asked {
    let p95 = Statistic::Quantile {
        measure: OwnMeasure::Latency.name(),
        p: 0.95,
    };
    let margin = Margin {
        value: 10.0,
        scale: Scale::Percent,
    };
    worsening(p95, margin, "p95 of latency_ms")
}

/// How much less compliant: 2 points are just accepted.
pub(crate) fn compliance() -> Asked {
    let margin = Margin {
        value: 2.0,
        scale: Scale::Points,
    };
    worsening(Statistic::ComplianceAtOne, margin, "compliance@1")
}

/// What recorded answers may not leave out, and what to do when they do.
pub(crate) fn output_looked_at() -> (Asked, &'static str) {
    (
        count(OwnMeasure::ShadowNotCompared, None),
        "some recorded answers had no partner or could not be told apart: record both versions again",
    )
}

/// How much worse the answers: half a point of regression in recorded pairs, 2 points of nDCG@10
/// or of compliance@1 are just accepted; nothing that readers rely on may be lost.
pub(crate) fn output() -> Vec<Asked> {
    let regression = Statistic::Mean {
        measure: OwnMeasure::ShadowRegression.name(),
    };
    let mut own = Asked {
        ask: ask(regression, None),
        demand: Demand::Value(Side::AtMost, share(REGRESSION_MAX)),
        margin: REGRESSION_MAX,
        words: "regression of recorded pairs".to_owned(),
    };
    own.ask.better = Direction::Lower;
    let lost = Asked {
        margin: ONE_IS_SURE,
        ..count(OwnMeasure::ShadowLosses, None)
    };
    vec![
        own,
        lost,
        worsening(
            Statistic::Ndcg { k: 10 },
            Margin {
                value: 0.02,
                scale: Scale::Unit(Unit::One),
            },
            "nDCG@10",
        ),
        compliance(),
    ]
}

/// How much worse than the baseline.
fn worsening(statistic: Statistic, margin: Margin, words: &'static str) -> Asked {
    let ask = ask(statistic, None);
    Asked {
        demand: match ask.better {
            Direction::Lower => Demand::Rise(Side::AtMost, margin),
            Direction::Higher => Demand::Fall(Side::AtMost, margin),
        },
        ask,
        margin: margin.size(),
        words: format!("change of {words}"),
    }
}

/// A count that should be zero.
fn count(measure: OwnMeasure, label: Option<(&str, &str)>) -> Asked {
    counted(measure, label, Side::AtMost, 0.0)
}

/// A count that should not be zero.
fn at_least_one(measure: OwnMeasure) -> Asked {
    counted(measure, None, Side::AtLeast, 1.0)
}

fn counted(measure: OwnMeasure, label: Option<(&str, &str)>, side: Side, value: f64) -> Asked {
    let statistic = Statistic::Count {
        measure: measure.name(),
    };
    let unit = Unit::Count;
    Asked {
        ask: ask(statistic, label),
        demand: Demand::Value(side, Bound { value, unit }),
        margin: 1.0,
        words: label.map_or_else(
            || measure.as_str().to_owned(),
            |(_, value)| format!("{} {value}", measure.as_str()),
        ),
    }
}

fn share(value: f64) -> Bound {
    Bound {
        value,
        unit: Unit::Ratio,
    }
}

pub(crate) fn ask(statistic: Statistic, label: Option<(&str, &str)>) -> Ask {
    let globs = label.map(|(label, glob)| (label.to_owned(), vec![glob.to_owned()]));
    Ask {
        better: statistic.better(),
        statistic,
        aliases: vec![],
        subject: Subject::candidate(),
        labels: Selector {
            globs: globs.into_iter().collect(),
        },
        confidence: Confidence::TWO_SIDED_95,
        success: SuccessRange::default(),
        paired: false,
        clustered: false,
        samples_min: 0,
        stale_after_ms: None,
        grade_min: 2,
    }
}
