//! Numbers with their unit as policies and callers write them: `500ms`, `10%`, `2 points`.
//! A bare number is refused, because nobody can tell what it meant.

use adjutant_domain::Unit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a margin is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Per cent of the baseline's value: a relative change.
    Percent,
    /// Percentage points: a difference of two shares, in hundredths.
    Points,
    /// The measure's own unit: a difference.
    Unit(Unit),
}

/// The size of a change: a number and what it is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Margin {
    /// The number as it was written: 10 for `10%`, 2 for `2 points`, 5 for `5ms`.
    pub value: f64,
    /// What it is measured in.
    pub scale: Scale,
}

/// An absolute bound: a number in a unit (a share is held as 0 to 1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bound {
    /// The number, in `unit`: 0.01 for `1%`, 500 for `0.5s`.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

/// A text that is not a number with a unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not {wanted}: {problem}")]
pub struct InvalidQuantity {
    /// The text that was given.
    pub given: String,
    /// What was wanted, such as `a margin`.
    pub wanted: &'static str,
    /// What is wrong with it, and what to write instead.
    pub problem: String,
}

impl Margin {
    /// The change as a plain number: 0.1 for `10%`, 0.02 for `2 points`, 5 for `5ms`.
    pub fn size(self) -> f64 {
        match self.scale {
            Scale::Percent | Scale::Points => self.value / 100.0,
            Scale::Unit(_) => self.value,
        }
    }

    /// Whether it is measured relative to the baseline.
    pub fn is_relative(self) -> bool {
        match self.scale {
            Scale::Percent => true,
            Scale::Points | Scale::Unit(_) => false,
        }
    }
}

/// Splits `+10 %` into 10 and `%`.
fn split(given: &str, wanted: &'static str) -> Result<(f64, String), InvalidQuantity> {
    let invalid = |problem: &str| InvalidQuantity {
        given: given.to_owned(),
        wanted,
        problem: problem.to_owned(),
    };
    let text = given.trim();
    let is_number_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-');
    let end = text.find(|c| !is_number_part(c)).unwrap_or(text.len());
    let value: f64 = text[..end]
        .parse()
        .map_err(|_unreadable| invalid("it does not start with a number"))?;
    if !value.is_finite() {
        return Err(invalid("its number is not finite"));
    }
    Ok((value, text[end..].trim().to_lowercase()))
}

/// The unit that a word names, and what one of the word is in that unit.
fn unit(word: &str) -> Option<(Unit, f64)> {
    Some(match word {
        "ms" | "milliseconds" => (Unit::Milliseconds, 1.0),
        "s" | "seconds" => (Unit::Milliseconds, 1_000.0),
        "us" | "µs" | "microseconds" => (Unit::Milliseconds, 1e-3),
        "/s" | "req/s" | "requests/s" | "per second" => (Unit::PerSecond, 1.0),
        "bytes" | "b" => (Unit::Bytes, 1.0),
        "kb" => (Unit::Bytes, 1e3),
        "mb" => (Unit::Bytes, 1e6),
        "tokens" => (Unit::Tokens, 1.0),
        "count" => (Unit::Count, 1.0),
        "score" => (Unit::One, 1.0),
        _ => return None,
    })
}

const UNIT_WORDS: &str = "ms, s, us, req/s, bytes, kB, MB, tokens, count, or score for a number \
                          without a unit";

impl std::str::FromStr for Margin {
    type Err = InvalidQuantity;

    fn from_str(given: &str) -> Result<Self, InvalidQuantity> {
        let wanted = "a margin";
        let (value, word) = split(given, wanted)?;
        let invalid = |problem: String| InvalidQuantity {
            given: given.to_owned(),
            wanted,
            problem,
        };
        if value < 0.0 {
            return Err(invalid("a margin is not negative".to_owned()));
        }
        let (value, scale) = match word.as_str() {
            "" => {
                return Err(invalid(format!(
                    "a bare number does not say what it measures. Write {value}% for a change \
                     relative to the baseline, {value}points for percentage points, or a unit: \
                     {UNIT_WORDS}"
                )));
            }
            "%" | "percent" => (value, Scale::Percent),
            "points" | "point" | "pp" => (value, Scale::Points),
            word => match unit(word) {
                Some((unit, factor)) => (value * factor, Scale::Unit(unit)),
                None => {
                    return Err(invalid(format!(
                        "{word:?} is not a unit. Use %, points, {UNIT_WORDS}"
                    )));
                }
            },
        };
        Ok(Self { value, scale })
    }
}

impl std::str::FromStr for Bound {
    type Err = InvalidQuantity;

    fn from_str(given: &str) -> Result<Self, InvalidQuantity> {
        let wanted = "a bound";
        let (value, word) = split(given, wanted)?;
        let invalid = |problem: String| InvalidQuantity {
            given: given.to_owned(),
            wanted,
            problem,
        };
        match word.as_str() {
            "" => Err(invalid(format!(
                "a bare number does not say its unit. Write {value}% for a share, or a unit: \
                 {UNIT_WORDS}"
            ))),
            "%" | "percent" => Ok(Self {
                value: value / 100.0,
                unit: Unit::Ratio,
            }),
            word => unit(word)
                .map(|(unit, factor)| Self {
                    value: value * factor,
                    unit,
                })
                .ok_or_else(|| invalid(format!("{word:?} is not a unit. Use %, {UNIT_WORDS}"))),
        }
    }
}

impl std::fmt::Display for Margin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.scale {
            Scale::Percent => write!(f, "{} %", self.value),
            Scale::Points => write!(f, "{} points", self.value),
            Scale::Unit(unit) => write!(
                f,
                "{}",
                Bound {
                    value: self.value,
                    unit
                }
            ),
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.unit {
            // 0.07 * 100 is not exactly 7; twelve digits are more than a policy writes.
            Unit::Ratio => write!(f, "{} %", (self.value * 1e14).round() / 1e12),
            Unit::PerSecond => write!(f, "{} req/s", self.value),
            Unit::Milliseconds | Unit::Bytes | Unit::Tokens => {
                write!(f, "{} {}", self.value, self.unit.symbol())
            }
            Unit::Count | Unit::One => write!(f, "{}", self.value),
        }
    }
}
