//! The rollouts as sections of the page.

use adjutant_domain::Confidence;
use adjutant_rollout::RolloutPhase;
use adjutant_stats::Proportion;

use super::clients::Traffic;
use super::trial::{TrialKind, TrialResult};
use crate::results::{Demand, Section, number};

/// The share of healthy versions that the plans allow to be taken back.
const ALPHA: f64 = 0.05;

/// How sure the bound on that share is.
const SURE: f64 = 0.95;

/// From the measurement to the recovery, for all but one in a hundred.
const RECOVERY_P99_MS_MAX: i64 = 5_000;

/// From the fault to the recovery, always.
const FAULT_MS_MAX: i64 = 120_000;

/// What became of the faults, and how long it took.
pub(super) fn faults(results: &[TrialResult]) -> Section {
    let mut figures = Vec::new();
    let mut demands = Vec::new();
    for kind in TrialKind::ALL {
        let of_kind: Vec<_> = results
            .iter()
            .filter(|result| result.kind == kind)
            .collect();
        if kind == TrialKind::Healthy || of_kind.is_empty() {
            continue;
        }
        demands.push(stopped(kind, &of_kind));
        let taken_back = of_kind.iter().filter_map(|result| result.taken_back);
        let (detections, recoveries): (Vec<i64>, Vec<i64>) = taken_back
            .map(|taken_back| (taken_back.detection_ms, taken_back.recovery_ms))
            .unzip();
        if !detections.is_empty() {
            let name = kind.name();
            figures.push((format!("{name}: detection"), spread(&detections)));
            figures.push((format!("{name}: recovery"), spread(&recoveries)));
        }
    }
    let all = results.iter().filter_map(|result| result.taken_back);
    let (recoveries, from_fault): (Vec<i64>, Vec<i64>) = all
        .map(|back| (back.recovery_ms, back.detection_ms + back.recovery_ms))
        .unzip();
    figures.push(("all: recovery".to_owned(), spread(&recoveries)));
    figures.push((
        "all: from fault to recovery".to_owned(),
        spread(&from_fault),
    ));
    demands.push(at_most_ms(
        "recovery from detection, p99",
        RECOVERY_P99_MS_MAX,
        quantile(&recoveries, 0.99),
    ));
    demands.push(at_most_ms(
        "recovery from the fault, the longest",
        FAULT_MS_MAX,
        quantile(&from_fault, 1.0),
    ));
    Section {
        title: "Planted faults",
        method: "Detection: from the moment from which the version could get requests (which is \
                 before the fault shows, where it shows later) to the measurement that took it \
                 back; in between it gets 10 %, then 50 % of the users, where the answers are not \
                 compared first. Recovery: from that measurement until it is seen that no request \
                 is on the version any more, as the program measures and stores it. Quantiles are \
                 values that were measured (nearest rank)."
            .to_owned(),
        figures,
        demands,
    }
}

fn stopped(kind: TrialKind, results: &[&TrialResult]) -> Demand {
    let count = |phase| {
        results
            .iter()
            .filter(|result| result.phase == phase)
            .count()
    };
    let (back, paused) = (
        count(RolloutPhase::RolledBack),
        count(RolloutPhase::PausedToFix),
    );
    let (what, good, demand) = if kind == TrialKind::NoTraffic {
        (
            "neither promoted nor taken back",
            paused,
            "held for a person",
        )
    } else {
        ("stopped before production", back + paused, "all")
    };
    Demand {
        what: format!("{}: {what}", kind.name()),
        demand: demand.to_owned(),
        measured: format!(
            "{good} of {} ({back} rolled back, {paused} held)",
            results.len()
        ),
        is_met: good == results.len(),
    }
}

/// What became of versions like the one in use.
pub(super) fn healthy(results: &[TrialResult]) -> Section {
    let of_kind = results
        .iter()
        .filter(|result| result.kind == TrialKind::Healthy);
    let phases: Vec<RolloutPhase> = of_kind.map(|result| result.phase).collect();
    let count = |wanted| phases.iter().filter(|phase| **phase == wanted).count();
    let back = count(RolloutPhase::RolledBack);
    let bound = Proportion::new(back as u64, phases.len() as u64)
        .and_then(|share| share.interval(Confidence::OneSided(SURE)))
        .map_or(1.0, |interval| interval.high());
    Section {
        title: "Versions like the one in use",
        method: "Each is the version in use under another name. The plan allows 5 % of them to be \
                 taken back (`alpha`); the bound is that of Clopper and Pearson, one-sided, at 95 %."
            .to_owned(),
        figures: vec![
            ("completed".to_owned(), count(RolloutPhase::Completed).to_string()),
            ("rolled back".to_owned(), back.to_string()),
            (
                "held for a person".to_owned(),
                count(RolloutPhase::PausedToFix).to_string(),
            ),
        ],
        demands: vec![Demand {
            what: "healthy versions taken back".to_owned(),
            demand: format!("≤ {} %", number(ALPHA * 100.0)),
            measured: format!(
                "{back} of {}: at most {} %, with 95 % confidence",
                phases.len(),
                number(bound * 100.0)
            ),
            is_met: bound <= ALPHA,
        }],
    }
}

/// What the clients saw meanwhile.
pub(super) fn clients(traffic: &Traffic) -> Section {
    let unanswered = traffic.unanswered();
    Section {
        title: "What the clients saw",
        method: "All requests of all rollouts together. Errors (5xx) are those of the planted \
                 faults, until they were taken back."
            .to_owned(),
        figures: vec![
            (
                "requests answered".to_owned(),
                traffic.answered().to_string(),
            ),
            (
                "of them with an error".to_owned(),
                traffic.server_errors().to_string(),
            ),
            (
                "requests without an answer".to_owned(),
                unanswered.to_string(),
            ),
        ],
        demands: vec![Demand {
            what: "requests without an answer".to_owned(),
            demand: "0".to_owned(),
            measured: unanswered.to_string(),
            is_met: unanswered == 0,
        }],
    }
}

fn at_most_ms(what: &str, most: i64, measured: Option<i64>) -> Demand {
    Demand {
        what: what.to_owned(),
        demand: format!("≤ {most} ms"),
        measured: measured.map_or_else(|| "–".to_owned(), |ms| format!("{ms} ms")),
        is_met: measured.is_some_and(|ms| ms <= most),
    }
}

fn spread(millis: &[i64]) -> String {
    let at = |level| quantile(millis, level).map_or_else(|| "–".to_owned(), |ms| ms.to_string());
    format!(
        "p50 {}, p90 {}, p99 {}, max {} ms (n = {})",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        millis.len()
    )
}

/// The value of the nearest rank.
fn quantile(millis: &[i64], level: f64) -> Option<i64> {
    let mut sorted = millis.to_vec();
    sorted.sort_unstable();
    let rank = (level * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_value_of_the_nearest_rank() {
        let millis: Vec<i64> = (1..=30).rev().collect();
        assert_eq!(
            [0.5, 0.9, 0.99, 1.0].map(|level| quantile(&millis, level)),
            [Some(15), Some(27), Some(30), Some(30)]
        );
        assert_eq!(quantile(&[], 0.99), None);
    }
}
