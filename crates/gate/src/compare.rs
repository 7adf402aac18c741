//! Answers one question about two arms. Pure.

use adjutant_domain::{Interval, Measurement, Outcome, Unit, Validity};
use adjutant_stats::planning::samples_to_decide;

use crate::change::{Change, Contrast};
use crate::comparison::{Arm, Comparison, Estimate, Question};
use crate::contrast::contrast;
use crate::judge::margin_fits;
use crate::piece::{Missing, Piece, Pool};
use crate::quantity::Margin;
use crate::reading::{Reading, Settings};
use crate::statistic::Direction;

/// Compares a candidate with a baseline.
///
/// `judgements` are the qrels for nDCG and compliance; other questions do not look at them.
///
/// Without a margin: PASS when the interval of the difference lies wholly on the better side of
/// zero, FAIL when wholly on the worse side. With a margin: PASS when the candidate is surely worse
/// by less than it, FAIL when surely worse by more. Otherwise INCONCLUSIVE.
pub fn compare(
    question: &Question,
    baseline: &[Measurement],
    candidate: &[Measurement],
    judgements: &[Measurement],
) -> Comparison {
    let piece = |measurement| Piece {
        evidence: None,
        measurement,
    };
    let pieces = |measurements| {
        <[Measurement]>::iter(measurements)
            .filter(|measurement| question.labels.matches(&measurement.labels))
            .map(piece)
            .collect::<Vec<_>>()
    };
    let pool = Pool {
        baseline: pieces(baseline),
        candidate: pieces(candidate),
        judgements: judgements.iter().map(piece).collect(),
        ablation: vec![],
    };
    let settings = Settings {
        success: question.success,
        paired: question.paired,
        clustered: question.clustered,
        grade_min: question.grade_min,
        seed: question.seed,
        aliases: &[],
    };
    let arms = contrast(&question.statistic, &pool, &settings);
    let (confidence, seed) = (question.confidence, question.seed);
    let difference = arms.difference(confidence, seed);
    let relative = arms.relative(confidence, seed);
    let unit = [&arms.candidate, &arms.baseline]
        .into_iter()
        .find_map(|arm| arm.as_ref().ok().map(|reading| reading.unit))
        .or(question.statistic.unit())
        .unwrap_or(Unit::One);
    let judged = judge(question, unit, &arms, &difference, &relative);
    Comparison {
        measure: question.statistic.to_string(),
        unit,
        confidence,
        baseline: arm(&arms.baseline, question),
        candidate: arm(&arms.candidate, question),
        difference: estimate(&difference),
        relative: estimate(&relative),
        margin: question.margin,
        better: question.direction(),
        validity: judged.validity,
        outcome: judged.outcome,
        needed: judged.needed,
        reason: judged.reason,
        method: arms.method(),
    }
}

fn arm(reading: &Result<Reading<'_>, Missing>, question: &Question) -> Arm {
    match reading {
        Err(_) => Arm::default(),
        Ok(reading) => Arm {
            n: reading.n,
            value: Some(reading.value),
            interval: reading.interval(question.confidence, question.seed).ok(),
        },
    }
}

fn estimate(change: &Change) -> Option<Estimate> {
    let interval = change.interval.as_ref().ok().copied();
    change.value.map(|value| Estimate { value, interval })
}

struct Judged {
    validity: Validity,
    outcome: Outcome,
    needed: Option<u64>,
    reason: String,
}

impl Judged {
    fn unanswered(missing: &Missing) -> Self {
        Self {
            validity: missing.validity,
            outcome: Outcome::Inconclusive,
            needed: missing.needed,
            reason: missing.reason.clone(),
        }
    }
}

fn judge(
    question: &Question,
    unit: Unit,
    arms: &Contrast<'_>,
    difference: &Change,
    relative: &Change,
) -> Judged {
    let change = match question.margin {
        Some(margin) if margin.is_relative() => relative,
        Some(_) | None => difference,
    };
    let interval = match &change.interval {
        Ok(interval) => *interval,
        Err(missing) => return Judged::unanswered(missing),
    };
    let margin = question.margin.map_or(0.0, Margin::size);
    if let Some(Err(problem)) = question.margin.map(|margin| margin_fits(margin, unit)) {
        return Judged::unanswered(&Missing::interval(problem));
    }
    let value = change.value.unwrap_or(f64::NAN);
    let (worse_value, worse) = worsening(question.direction(), value, interval);
    let outcome = if worse.high() < margin {
        Outcome::Pass
    } else if worse.low() > margin {
        Outcome::Fail
    } else {
        Outcome::Inconclusive
    };
    let needed = match outcome {
        Outcome::Pass | Outcome::Fail => None,
        Outcome::Inconclusive => {
            let observations =
                |arm: &Result<Reading<'_>, Missing>| arm.as_ref().map_or(0, |arm| arm.n);
            let n = observations(&arms.candidate).min(observations(&arms.baseline));
            samples_to_decide(n, worse_value, worse, margin)
                .map(|total| total.saturating_sub(n).max(1))
        }
    };
    Judged {
        validity: Validity::Valid,
        outcome,
        needed,
        reason: reason(question, outcome),
    }
}

/// The change with its sign turned so that positive is worse.
fn worsening(better: Direction, value: f64, interval: Interval) -> (f64, Interval) {
    match better {
        Direction::Lower => (value, interval),
        Direction::Higher => {
            let turned = Interval::new(-interval.high(), -interval.low());
            (-value, turned.unwrap_or(interval))
        }
    }
}

fn reason(question: &Question, outcome: Outcome) -> String {
    match (outcome, question.margin) {
        (Outcome::Pass, None) => "the candidate is better: the whole interval says so".to_owned(),
        (Outcome::Fail, None) => "the candidate is worse: the whole interval says so".to_owned(),
        (Outcome::Inconclusive, None) => {
            "the interval holds both better and worse: it cannot be told".to_owned()
        }
        (Outcome::Pass, Some(margin)) => {
            format!("the candidate is not worse by {margin} or more: the whole interval says so")
        }
        (Outcome::Fail, Some(margin)) => {
            format!("the candidate is worse by more than {margin}: the whole interval says so")
        }
        (Outcome::Inconclusive, Some(margin)) => format!(
            "the candidate may be worse by more than {margin} and may not: it cannot be told"
        ),
    }
}
