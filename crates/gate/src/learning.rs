//! What a decision's evidence shows to be better, for sure: a comparison whose whole interval lies
//! above zero, written as a gain.

use adjutant_domain::{Confidence, CriterionId, Interval, Measured, Subject, Validity};

use crate::decision::Decision;
use crate::judge::Quantity;
use crate::policy::{Criterion, Policy};
use crate::statistic::{Direction, Statistic};
use crate::words;

/// A validated learning.
#[derive(Debug, Clone, PartialEq)]
pub struct Learning {
    /// The criterion that it was seen at.
    pub criterion: CriterionId,
    /// What was compared, such as `nDCG@10`.
    pub what: String,
    /// Which side is better.
    pub better: Direction,
    /// By how much the candidate is better, with its sources; the interval lies wholly above zero.
    pub gain: Measured,
    /// The level of its interval.
    pub confidence: Confidence,
    /// The value of each arm.
    pub arms: Vec<(Subject, Measured)>,
    /// How the interval was made.
    pub method: String,
}

/// The learnings of a decision, in the policy's order.
pub fn learnings(policy: &Policy, decision: &Decision) -> Vec<Learning> {
    let pairs = policy.criteria.iter().zip(&decision.criteria);
    pairs
        .filter_map(|(asked, found)| {
            if asked.id != found.id || found.validity != Validity::Valid {
                return None;
            }
            let gain = gain(asked, found.observed.as_ref()?)?;
            let is_sure = gain.interval().is_some_and(|ends| ends.low() > 0.0);
            is_sure.then(|| Learning {
                criterion: found.id.clone(),
                what: words::name(&asked.ask.statistic),
                better: asked.ask.better,
                gain,
                confidence: found.confidence,
                arms: found.arms.clone(),
                method: found.method.clone(),
            })
        })
        .collect()
}

/// The change towards the better side. What an ablation costs is a comparison in itself.
fn gain(asked: &Criterion, change: &Measured) -> Option<Measured> {
    let is_comparison = asked.demand.quantity() != Quantity::Own
        || matches!(asked.ask.statistic, Statistic::AblationDrop);
    match (is_comparison, asked.ask.better) {
        (false, _) => None,
        (true, Direction::Higher) => Some(change.clone()),
        (true, Direction::Lower) => {
            let ends = change.interval()?;
            let ends = Interval::new(-ends.high(), -ends.low()).ok()?;
            let (unit, n) = (change.unit(), change.n());
            Measured::new(
                -change.value(),
                unit,
                Some(ends),
                n,
                change.sources().to_vec(),
            )
            .ok()
        }
    }
}
