//! How an observed value stands against the earlier decisions of the same gate.

use adjutant_domain::{Confidence, CriterionId};
use adjutant_stats::prediction::next_value;

use crate::decision::Trend;
use crate::evaluate::PastDecision;
use crate::judge::Region;
use crate::policy::{Ask, Demand, Side};
use crate::statistic::Direction;

/// At least this many earlier values make a prediction.
const HISTORY_MIN: usize = 4;

/// More earlier values than this are not looked at: the house has changed since.
const HISTORY_MAX: usize = 30;

/// Compares with the prediction interval of the earlier values.
pub(crate) fn trend(
    id: &CriterionId,
    ask: &Ask,
    demand: &Demand,
    observed: Option<f64>,
    history: &[PastDecision],
) -> Trend {
    let mut earlier: Vec<f64> = history
        .iter()
        .rev()
        .filter_map(|decision| {
            let past = decision.criteria.iter().find(|past| past.id == *id)?;
            past.observed.filter(|value| value.is_finite())
        })
        .take(HISTORY_MAX)
        .collect();
    let Some(observed) = observed.filter(|_| earlier.len() >= HISTORY_MIN) else {
        return Trend::NoHistory;
    };
    let mut observed = observed;
    if matches!(demand, Demand::Within(_)) {
        // What drifts less is better, whichever way.
        earlier.iter_mut().for_each(|value| *value = value.abs());
        observed = observed.abs();
    }
    let Some(expected) = next_value(&earlier, Confidence::TWO_SIDED_95) else {
        return Trend::NoHistory;
    };
    if expected.contains(observed) {
        Trend::Steady
    } else if (observed < expected.low()) == (better(ask, demand) == Direction::Lower) {
        Trend::Better
    } else {
        Trend::Worse
    }
}

/// The side on which the criterion is easier to pass.
fn better(ask: &Ask, demand: &Demand) -> Direction {
    match demand {
        Demand::Value(Side::Below | Side::AtMost, _)
        | Demand::Rise(Side::Below | Side::AtMost, _) => Direction::Lower,
        Demand::Value(Side::Above | Side::AtLeast, _)
        | Demand::Rise(Side::Above | Side::AtLeast, _) => Direction::Higher,
        Demand::Fall(Side::Below | Side::AtMost, _) => Direction::Higher,
        Demand::Fall(Side::Above | Side::AtLeast, _) => Direction::Lower,
        Demand::Within(_) => Direction::Lower,
        Demand::Improves => {
            let region: Region = demand.region(ask.better);
            if region.high.is_some() {
                Direction::Lower
            } else {
                Direction::Higher
            }
        }
    }
}
