//! Holds an interval against what is accepted. Knows nothing about evidence.

use adjutant_domain::{Interval, Outcome, Unit};
use adjutant_stats::planning::samples_to_decide;

use crate::decision::Accepted;
use crate::piece::common_unit;
use crate::policy::{Demand, Side};
use crate::quantity::{Margin, Scale};
use crate::statistic::Direction;

/// Which number a demand is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// The subject's own value.
    Own,
    /// Subject minus baseline.
    Difference,
    /// Subject over baseline, minus one.
    Relative,
}

/// An end of what is accepted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit {
    pub(crate) at: f64,
    /// Whether the limit itself is accepted.
    pub(crate) included: bool,
}

/// The accepted values: all between the limits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Region {
    pub(crate) low: Option<Limit>,
    pub(crate) high: Option<Limit>,
}

impl Region {
    /// PASS when the whole interval is accepted, FAIL when none of it is, else INCONCLUSIVE.
    pub(crate) fn judge(&self, interval: Interval) -> Outcome {
        let (low, high) = (interval.low(), interval.high());
        let inside = self.accepts_from_low(low) && self.accepts_to_high(high);
        if inside {
            Outcome::Pass
        } else if !self.accepts_from_low(high) || !self.accepts_to_high(low) {
            Outcome::Fail
        } else {
            Outcome::Inconclusive
        }
    }

    fn accepts_from_low(&self, value: f64) -> bool {
        self.low
            .is_none_or(|limit| value > limit.at || (limit.included && value == limit.at))
    }

    fn accepts_to_high(&self, value: f64) -> bool {
        self.high
            .is_none_or(|limit| value < limit.at || (limit.included && value == limit.at))
    }

    /// From the deciding end of the interval to the nearest limit; positive when it is cleared.
    pub(crate) fn distance(&self, interval: Interval) -> Option<f64> {
        let low = self.low.map(|limit| interval.low() - limit.at);
        let high = self.high.map(|limit| limit.at - interval.high());
        match (low, high) {
            (Some(low), Some(high)) => Some(low.min(high)),
            (Some(distance), None) | (None, Some(distance)) => Some(distance),
            (None, None) => None,
        }
    }

    /// How many more observations an arm would decide, if the value and its spread are the truth.
    pub(crate) fn samples_needed(&self, n: u64, value: f64, interval: Interval) -> Option<u64> {
        let limits = [self.low, self.high].into_iter().flatten();
        let crossed: Vec<f64> = limits
            .map(|limit| limit.at)
            .filter(|&at| interval.contains(at))
            .collect();
        let to_decide = |at: f64| samples_to_decide(n, value, interval, at);
        let is_accepted = self.accepts_from_low(value) && self.accepts_to_high(value);
        let total = if is_accepted {
            // Every crossed limit must be cleared.
            crossed
                .into_iter()
                .map(to_decide)
                .try_fold(0, |most, needed| Some(needed?.max(most)))?
        } else {
            // The limit that the value violates decides alone.
            crossed.into_iter().filter_map(to_decide).min()?
        };
        Some(total.saturating_sub(n).max(1))
    }

    pub(crate) fn accepted(&self) -> Accepted {
        Accepted {
            low: self.low.map(|limit| limit.at),
            high: self.high.map(|limit| limit.at),
        }
    }

    fn at_side(side: Side, at: f64) -> Self {
        match side {
            Side::Below => Self {
                low: None,
                high: Some(Limit {
                    at,
                    included: false,
                }),
            },
            Side::AtMost => Self {
                low: None,
                high: Some(Limit { at, included: true }),
            },
            Side::Above => Self {
                low: Some(Limit {
                    at,
                    included: false,
                }),
                high: None,
            },
            Side::AtLeast => Self {
                low: Some(Limit { at, included: true }),
                high: None,
            },
        }
    }
}

impl Demand {
    /// Which number it is about.
    pub(crate) fn quantity(&self) -> Quantity {
        match self {
            Demand::Value(..) => Quantity::Own,
            Demand::Rise(_, margin) | Demand::Fall(_, margin) | Demand::Within(margin) => {
                if margin.is_relative() {
                    Quantity::Relative
                } else {
                    Quantity::Difference
                }
            }
            Demand::Improves => Quantity::Difference,
        }
    }

    /// The accepted values of [`Self::quantity`]. A fall is a negative rise.
    pub(crate) fn region(&self, better: Direction) -> Region {
        match *self {
            Demand::Value(side, bound) => Region::at_side(side, bound.value),
            Demand::Rise(side, margin) => Region::at_side(side, margin.size()),
            Demand::Fall(side, margin) => Region::at_side(mirrored(side), -margin.size()),
            Demand::Within(margin) => Region {
                low: Some(Limit {
                    at: -margin.size(),
                    included: true,
                }),
                high: Some(Limit {
                    at: margin.size(),
                    included: true,
                }),
            },
            Demand::Improves => match better {
                Direction::Lower => Region::at_side(Side::Below, 0.0),
                Direction::Higher => Region::at_side(Side::Above, 0.0),
            },
        }
    }

    /// Whether the threshold can be held against values of `unit`; the unit to show otherwise.
    pub(crate) fn check_unit(&self, unit: Unit) -> Result<(), String> {
        match self {
            Demand::Value(_, bound) => match common_unit(unit, bound.unit) {
                Some(_) => Ok(()),
                None => Err(mismatch(unit, &bound.to_string())),
            },
            Demand::Rise(_, margin) | Demand::Fall(_, margin) | Demand::Within(margin) => {
                margin_fits(*margin, unit)
            }
            Demand::Improves => Ok(()),
        }
    }
}

/// Whether a margin can be held against differences of `unit`.
pub(crate) fn margin_fits(margin: Margin, unit: Unit) -> Result<(), String> {
    let fits = match margin.scale {
        Scale::Percent => true,
        Scale::Points => unit == Unit::Ratio,
        Scale::Unit(of_margin) => common_unit(unit, of_margin).is_some(),
    };
    if fits {
        Ok(())
    } else {
        Err(mismatch(unit, &margin.to_string()))
    }
}

fn mismatch(unit: Unit, threshold: &str) -> String {
    let measured = match unit {
        Unit::Ratio => "a share (use % or points)",
        Unit::One => "a number without a unit (use score)",
        Unit::Count => "a count",
        Unit::PerSecond => "a rate per second",
        Unit::Milliseconds => "a time",
        Unit::Bytes => "a size in bytes",
        Unit::Tokens => "a number of tokens",
    };
    format!("the threshold {threshold} does not fit what was measured, {measured}")
}

fn mirrored(side: Side) -> Side {
    match side {
        Side::Below => Side::Above,
        Side::AtMost => Side::AtLeast,
        Side::Above => Side::Below,
        Side::AtLeast => Side::AtMost,
    }
}
