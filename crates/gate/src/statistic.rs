//! What is asked of a measure: a quantile, a mean, a rate, a count. Reads and writes its short
//! text form (`p95`, `mean:tokens`, `ndcg@10`). Does not compute anything.

use adjutant_domain::{MeasureName, Unit};

/// The measure that quantiles and means apply to when none is named.
const LATENCY: &str = "latency_ms";

/// A quantity that evidence about a subject has.
#[derive(Debug, Clone, PartialEq)]
pub enum Statistic {
    /// The type-7 quantile of a measure, `0 < p < 1`.
    Quantile {
        /// Of what.
        measure: MeasureName,
        /// Which quantile, such as 0.95.
        p: f64,
    },
    /// The mean of a measure over independent observations.
    Mean {
        /// Of what.
        measure: MeasureName,
    },
    /// Failed requests out of all.
    ErrorRate,
    /// Requests per second.
    Throughput,
    /// Mean nDCG of the first `k` documents over the judged queries.
    Ndcg {
        /// How many documents of each query count.
        k: usize,
    },
    /// Share of judged queries whose first document complies.
    ComplianceAtOne,
    /// How much nDCG the candidate loses without what its `ablation` run leaves out, relative.
    AblationDrop,
    /// Correlation of baseline's and candidate's scores of the same query and document.
    Correlation,
    /// A census: the sum of counts, such as of findings.
    Count {
        /// Of what.
        measure: MeasureName,
    },
    /// A census: events out of trials, such as covered lines out of all.
    Share {
        /// Of what.
        measure: MeasureName,
    },
    /// A census: the one number that a tool or a person stated.
    Value {
        /// Of what.
        measure: MeasureName,
    },
    /// A census: the largest value, such as the complexity of the most complex function.
    Largest {
        /// Of what.
        measure: MeasureName,
    },
    /// A census: the smallest value.
    Smallest {
        /// Of what.
        measure: MeasureName,
    },
}

/// A text that names no statistic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is not a statistic: {problem}. Use p50 to p99.99 (of latency_ms, or p95:MEASURE), \
     mean or mean:MEASURE, error-rate, throughput, ndcg@10, compliance@1, ablation-drop, \
     correlation, count:, share:, value:, largest: or smallest:MEASURE, or a measure's name for \
     its mean"
)]
pub struct InvalidStatistic {
    /// The text that was given.
    pub given: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Which side is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Less is better: latency, errors, cost, bytes, tokens, time.
    Lower,
    /// More is better: throughput, scores.
    Higher,
}

/// A text that is neither `lower` nor `higher`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a direction: write lower or higher")]
pub struct InvalidDirection(String);

impl std::str::FromStr for Direction {
    type Err = InvalidDirection;

    fn from_str(text: &str) -> Result<Self, InvalidDirection> {
        match text {
            "lower" => Ok(Self::Lower),
            "higher" => Ok(Self::Higher),
            other => Err(InvalidDirection(other.to_owned())),
        }
    }
}

impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
        })
    }
}

/// Parts of a measure's name that say that less of it is better.
const LOWER_IS_BETTER: [&str; 22] = [
    "latency",
    "duration",
    "_ms",
    "time",
    "error",
    "fail",
    "cost",
    "bytes",
    "memory",
    "tokens",
    "findings",
    "complexity",
    "duplication",
    "skipped",
    "size",
    "wait",
    "delay",
    "retries",
    "timeout",
    "misses",
    "usd",
    "eur",
];

impl Statistic {
    /// The measure it is about, where one measure is named.
    pub fn measure(&self) -> Option<&MeasureName> {
        match self {
            Self::Quantile { measure, .. }
            | Self::Mean { measure }
            | Self::Count { measure }
            | Self::Share { measure }
            | Self::Value { measure }
            | Self::Largest { measure }
            | Self::Smallest { measure } => Some(measure),
            Self::ErrorRate
            | Self::Throughput
            | Self::Ndcg { .. }
            | Self::ComplianceAtOne
            | Self::AblationDrop
            | Self::Correlation => None,
        }
    }

    /// Which side is better, judged by what it is and by the measure's name. A policy or a
    /// caller may say otherwise.
    pub fn better(&self) -> Direction {
        match self {
            Self::ErrorRate | Self::Count { .. } | Self::Correlation => Direction::Lower,
            Self::Throughput | Self::Ndcg { .. } | Self::ComplianceAtOne | Self::AblationDrop => {
                Direction::Higher
            }
            Self::Quantile { measure, .. }
            | Self::Mean { measure }
            | Self::Share { measure }
            | Self::Value { measure }
            | Self::Largest { measure }
            | Self::Smallest { measure } => {
                let name = measure.as_str().to_lowercase();
                if LOWER_IS_BETTER.iter().any(|part| name.contains(part)) {
                    Direction::Lower
                } else {
                    Direction::Higher
                }
            }
        }
    }

    /// Whether it looks at everything there is, so that its value is exact.
    pub fn is_census(&self) -> bool {
        match self {
            Self::Count { .. }
            | Self::Share { .. }
            | Self::Value { .. }
            | Self::Largest { .. }
            | Self::Smallest { .. } => true,
            Self::Quantile { .. }
            | Self::Mean { .. }
            | Self::ErrorRate
            | Self::Throughput
            | Self::Ndcg { .. }
            | Self::ComplianceAtOne
            | Self::AblationDrop
            | Self::Correlation => false,
        }
    }

    /// Its unit where the statistic itself fixes one; otherwise the measure's evidence says it.
    pub fn unit(&self) -> Option<Unit> {
        match self {
            Self::ErrorRate | Self::ComplianceAtOne | Self::AblationDrop | Self::Share { .. } => {
                Some(Unit::Ratio)
            }
            Self::Throughput => Some(Unit::PerSecond),
            Self::Ndcg { .. } | Self::Correlation => Some(Unit::One),
            Self::Count { .. } => Some(Unit::Count),
            Self::Quantile { .. }
            | Self::Mean { .. }
            | Self::Value { .. }
            | Self::Largest { .. }
            | Self::Smallest { .. } => None,
        }
    }
}

/// Splits `p99.9` into 0.999; `None` when the text is not `p` and a number.
fn quantile(word: &str) -> Option<Result<f64, String>> {
    let number = word.strip_prefix('p').or(word.strip_prefix('P'))?;
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    Some(match number.parse::<f64>() {
        Ok(percent) if percent > 0.0 && percent < 100.0 => {
            // Division by 100 of the decimal text, so that p99.9 is the f64 nearest to 0.999.
            let digits = number.replace('.', "");
            let decimals = number.split_once('.').map_or(0, |(_, after)| after.len());
            format!("{digits}e-{}", decimals + 2)
                .parse()
                .map_err(|_unreadable| "its number cannot be read".to_owned())
        }
        Ok(_) | Err(_) => Err("a quantile lies above p0 and below p100".to_owned()),
    })
}

impl std::str::FromStr for Statistic {
    type Err = InvalidStatistic;

    fn from_str(text: &str) -> Result<Self, InvalidStatistic> {
        let invalid = |problem: String| InvalidStatistic {
            given: text.to_owned(),
            problem,
        };
        let name = |given: &str| {
            given
                .parse::<MeasureName>()
                .map_err(|cause| invalid(cause.to_string()))
        };
        let (word, of) = match text.split_once(':') {
            Some((word, of)) => (word, Some(of)),
            None => (text, None),
        };
        if let Some(p) = quantile(word) {
            let p = p.map_err(&invalid)?;
            let measure = name(of.unwrap_or(LATENCY))?;
            return Ok(Self::Quantile { measure, p });
        }
        match (word, of) {
            ("median", _) => Ok(Self::Quantile {
                measure: name(of.unwrap_or(LATENCY))?,
                p: 0.5,
            }),
            ("mean", _) => Ok(Self::Mean {
                measure: name(of.unwrap_or(LATENCY))?,
            }),
            ("count", Some(of)) => Ok(Self::Count { measure: name(of)? }),
            ("share", Some(of)) => Ok(Self::Share { measure: name(of)? }),
            ("value", Some(of)) => Ok(Self::Value { measure: name(of)? }),
            ("largest", Some(of)) => Ok(Self::Largest { measure: name(of)? }),
            ("smallest", Some(of)) => Ok(Self::Smallest { measure: name(of)? }),
            ("error-rate" | "error_rate", None) => Ok(Self::ErrorRate),
            ("throughput", None) => Ok(Self::Throughput),
            ("compliance@1", None) => Ok(Self::ComplianceAtOne),
            ("ablation-drop" | "visual_ablation_drop", None) => Ok(Self::AblationDrop),
            ("correlation", None) => Ok(Self::Correlation),
            ("count" | "share" | "value" | "largest" | "smallest", None) => Err(invalid(format!(
                "{word} needs a measure, as in {word}:NAME"
            ))),
            _ => match text.strip_prefix("ndcg@") {
                Some(k) => match k.parse() {
                    Ok(0) | Err(_) => {
                        Err(invalid("ndcg@K needs a whole K of at least 1".to_owned()))
                    }
                    Ok(k) => Ok(Self::Ndcg { k }),
                },
                None => Ok(Self::Mean {
                    measure: name(text)?,
                }),
            },
        }
    }
}

impl std::fmt::Display for Statistic {
    /// The short form, which reads back to the same statistic.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Quantile { measure, p } => {
                f.write_str(&quantile_name(*p))?;
                of(f, measure)
            }
            Self::Mean { measure } => {
                f.write_str("mean")?;
                of(f, measure)
            }
            Self::ErrorRate => f.write_str("error-rate"),
            Self::Throughput => f.write_str("throughput"),
            Self::Ndcg { k } => write!(f, "ndcg@{k}"),
            Self::ComplianceAtOne => f.write_str("compliance@1"),
            Self::AblationDrop => f.write_str("ablation-drop"),
            Self::Correlation => f.write_str("correlation"),
            Self::Count { measure } => write!(f, "count:{measure}"),
            Self::Share { measure } => write!(f, "share:{measure}"),
            Self::Value { measure } => write!(f, "value:{measure}"),
            Self::Largest { measure } => write!(f, "largest:{measure}"),
            Self::Smallest { measure } => write!(f, "smallest:{measure}"),
        }
    }
}

/// `p99.9` for 0.999.
pub(crate) fn quantile_name(p: f64) -> String {
    // 0.999 * 100 is not exactly 99.9; ten decimals are more than a name holds.
    format!("p{}", (p * 100.0 * 1e10).round() / 1e10)
}

fn of(f: &mut std::fmt::Formatter<'_>, measure: &MeasureName) -> std::fmt::Result {
    if measure.as_str() == LATENCY {
        Ok(())
    } else {
        write!(f, ":{measure}")
    }
}
