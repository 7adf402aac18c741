//! Answers one question about two arms. Pure.

use adjutant_domain::{Measurement, Outcome, Unit, Validity};

use crate::comparison::{Arm, Comparison, Question};

/// Compares a candidate with a baseline.
///
/// `judgements` are the qrels for nDCG and compliance; other questions do not look at them.
pub fn compare(
    question: &Question,
    baseline: &[Measurement],
    candidate: &[Measurement],
    judgements: &[Measurement],
) -> Comparison {
    Comparison {
        measure: question.statistic.to_string(),
        unit: question.statistic.unit().unwrap_or(Unit::One),
        confidence: question.confidence,
        baseline: Arm::default(),
        candidate: Arm::default(),
        difference: None,
        relative: None,
        margin: question.margin,
        better: question.direction(),
        validity: Validity::NoData,
        outcome: Outcome::Inconclusive,
        needed: None,
        reason: format!(
            "comparing is not built yet ({} measurements)",
            baseline.len() + candidate.len() + judgements.len()
        ),
        method: String::new(),
    }
}
