//! Decisions as a gate makes them, for rendering: GO, REJECT, and PAUSE_AND_FIX without data.

use crate::joints::joint;
use adjutant_domain::{
    Citation, Confidence, Digest, Interval, Locator, Measured, Outcome, RunId, Subject, Timestamp,
    Unit, Validity, Verdict,
};
use adjutant_gate::{Accepted, CriterionResult, Decision, Input, Needed, Trend, TriggerResult};

pub(crate) fn record() -> Digest {
    digest(0x5d)
}

fn digest(seed: u8) -> Digest {
    Digest::from_bytes(std::array::from_fn(|at| {
        (at as u8).wrapping_mul(37).wrapping_add(seed)
    }))
}

fn decided_at() -> Timestamp {
    Timestamp::from_unix_millis(1_795_255_200_000)
}

fn run(subject: &str) -> RunId {
    match subject {
        "baseline" => "run_8723".parse().unwrap(),
        "candidate" => "run_8724".parse().unwrap(),
        other => format!("run_{other}").parse().unwrap(),
    }
}

fn cite(subject: &str, file: &str, locator: Locator) -> Citation {
    Citation {
        run: run(subject),
        artifact: digest(file.bytes().fold(0, |sum, byte| sum ^ byte.rotate_left(3))),
        file: file.to_owned(),
        locator,
    }
}

fn rows(column: &str) -> Locator {
    Locator::Rows {
        first: 2,
        last: 12_001,
        column: column.to_owned(),
    }
}

fn samples(subject: &str, column: &str) -> Citation {
    cite(subject, &format!("{subject}.csv"), rows(column))
}

fn measured(
    value: f64,
    ends: Option<(f64, f64)>,
    unit: Unit,
    n: u64,
    sources: Vec<Citation>,
) -> Measured {
    let interval = ends.map(|(low, high)| Interval::new(low, high).unwrap());
    Measured::new(value, unit, interval, n, sources).unwrap()
}

fn subject(name: &str) -> Subject {
    name.parse().unwrap()
}

fn p95(value: f64, ends: (f64, f64), outcome: Outcome, reason: &str) -> CriterionResult {
    let observed = measured(
        value,
        Some(ends),
        Unit::Milliseconds,
        12_000,
        vec![samples("candidate", "latency_ms")],
    );
    CriterionResult {
        id: "p95".parse().unwrap(),
        target: "p95 of latency_ms < 500 ms".to_owned(),
        accepted: Accepted {
            low: None,
            high: Some(500.0),
        },
        required: true,
        arms: vec![(subject("candidate"), observed.clone())],
        observed: Some(observed),
        confidence: Confidence::TWO_SIDED_95,
        method: "exact bootstrap law of the type-7 quantile; samples taken as independent"
            .to_owned(),
        validity: Validity::Valid,
        outcome,
        reason: reason.to_owned(),
        bypass: None,
        trend: Trend::Steady,
        needed: Needed {
            distance: Some(500.0 - ends.1),
            ..Needed::default()
        },
    }
}

fn drift() -> CriterionResult {
    let observed = measured(
        1.862_51,
        Some((-2.401_92, 6.118_03)),
        Unit::Milliseconds,
        12_000,
        vec![
            samples("candidate", "latency_ms"),
            samples("baseline", "latency_ms"),
        ],
    );
    CriterionResult {
        id: "p95-drift".parse().unwrap(),
        target: "p95 of latency_ms within ±5 ms of baseline".to_owned(),
        accepted: Accepted {
            low: Some(-5.0),
            high: Some(5.0),
        },
        arms: vec![
            (
                subject("baseline"),
                measured(
                    461.351_2,
                    Some((458.2, 464.9)),
                    Unit::Milliseconds,
                    12_000,
                    vec![samples("baseline", "latency_ms")],
                ),
            ),
            (
                subject("candidate"),
                measured(
                    463.213_71,
                    Some((459.904, 466.77)),
                    Unit::Milliseconds,
                    12_000,
                    vec![samples("candidate", "latency_ms")],
                ),
            ),
        ],
        observed: Some(observed),
        confidence: Confidence::OneSided(0.95),
        outcome: Outcome::Inconclusive,
        reason: "the interval reaches beyond +5 ms, so a drift of more than 5 ms is not ruled out"
            .to_owned(),
        needed: Needed {
            samples: Some(14_820),
            minutes: Some(12.35),
            distance: Some(-1.118_03),
            command: None,
        },
        trend: Trend::Worse,
        ..p95(463.2, (459.9, 466.8), Outcome::Pass, "")
    }
}

fn error_rate(events: f64, ends: (f64, f64), outcome: Outcome, reason: &str) -> CriterionResult {
    let observed = measured(
        events / 12_000.0,
        Some(ends),
        Unit::Ratio,
        12_000,
        vec![samples("candidate", "status")],
    );
    CriterionResult {
        id: "error-rate".parse().unwrap(),
        target: "error rate < 1 %".to_owned(),
        accepted: Accepted {
            low: None,
            high: Some(0.01),
        },
        arms: vec![(subject("candidate"), observed.clone())],
        observed: Some(observed),
        method: "exact binomial (Clopper-Pearson)".to_owned(),
        outcome,
        reason: reason.to_owned(),
        trend: Trend::NoHistory,
        needed: Needed {
            distance: Some(0.01 - ends.1),
            ..Needed::default()
        },
        ..p95(463.2, (459.9, 466.8), Outcome::Pass, "")
    }
}

fn coverage() -> CriterionResult {
    let observed = measured(
        0.871_354_2,
        Some((0.871_354_2, 0.871_354_2)),
        Unit::Ratio,
        9_604,
        vec![cite("candidate", "lcov.info", Locator::Whole)],
    );
    CriterionResult {
        id: "line-coverage".parse().unwrap(),
        target: "line coverage >= 85 %".to_owned(),
        accepted: Accepted {
            low: Some(0.85),
            high: None,
        },
        required: false,
        arms: vec![(subject("candidate"), observed.clone())],
        observed: Some(observed),
        method: "census".to_owned(),
        reason: "87.1354 % is not below 85 %".to_owned(),
        trend: Trend::Better,
        needed: Needed {
            distance: Some(0.021_354_2),
            ..Needed::default()
        },
        ..p95(463.2, (459.9, 466.8), Outcome::Pass, "")
    }
}

fn no_data(id: &str, target: &str, validity: Validity, reason: &str) -> CriterionResult {
    CriterionResult {
        id: id.parse().unwrap(),
        target: target.to_owned(),
        accepted: Accepted {
            low: Some(0.0),
            high: None,
        },
        observed: None,
        arms: vec![],
        method: "none".to_owned(),
        validity,
        outcome: Outcome::Inconclusive,
        reason: reason.to_owned(),
        trend: Trend::NoHistory,
        needed: Needed {
            command: Some(
                "adjutant evidence add RUN_FILE --subject candidate --run RUN_ID".to_owned(),
            ),
            ..Needed::default()
        },
        ..p95(463.2, (459.9, 466.8), Outcome::Pass, "")
    }
}

fn trigger(id: &str, condition: &str, fired: Option<bool>, reason: &str) -> TriggerResult {
    TriggerResult {
        id: id.parse().unwrap(),
        condition: condition.to_owned(),
        fired,
        reason: reason.to_owned(),
    }
}

fn input(name: &str) -> Input {
    let source = samples(name, "latency_ms");
    Input {
        subject: subject(name),
        run: source.run,
        artifact: source.artifact,
        file: source.file,
        taken_at: Timestamp::from_unix_millis(1_795_254_900_000),
    }
}

/// Everything passes.
pub(crate) fn go() -> Decision {
    Decision {
        gate: "release".parse().unwrap(),
        decided_at: decided_at(),
        verdict: Verdict::Go,
        reasons: vec!["all 3 required criteria pass".to_owned()],
        criteria: vec![
            p95(
                463.213_71,
                (459.904, 466.77),
                Outcome::Pass,
                "the whole interval lies below 500 ms",
            ),
            error_rate(
                31.0,
                (0.001_755_98, 0.003_665_13),
                Outcome::Pass,
                "the whole interval lies below 1 %",
            ),
            coverage(),
        ],
        triggers: vec![trigger(
            "latency-beyond-target",
            "p95 is more than 5 ms beyond its target",
            Some(false),
            "the whole interval lies below 505 ms",
        )],
        inputs: vec![input("baseline"), input("candidate")],
        joint: None,
    }
}

/// One criterion fails, one is undecided, a trigger fired.
pub(crate) fn reject() -> Decision {
    Decision {
        verdict: Verdict::Reject,
        reasons: vec![
            "`p95` fails: the whole interval [531.2, 544.5] ms lies beyond 500 ms".to_owned(),
            "rollback trigger `latency-beyond-target` fired".to_owned(),
        ],
        criteria: vec![
            p95(
                537.902_4,
                (531.208, 544.493),
                Outcome::Fail,
                "the whole interval lies beyond 500 ms",
            ),
            drift(),
            error_rate(
                31.0,
                (0.001_755_98, 0.003_665_13),
                Outcome::Pass,
                "the whole interval lies below 1 %",
            ),
        ],
        triggers: vec![
            trigger(
                "latency-beyond-target",
                "p95 is more than 5 ms beyond its target",
                Some(true),
                "the whole interval lies beyond 505 ms",
            ),
            trigger(
                "ablation-too-small",
                "visual ablation drop < 5 %",
                None,
                "there is no ablation run",
            ),
        ],
        joint: Some(joint(&samples("candidate", "latency_ms"))),
        ..go()
    }
}

/// Nothing was measured, and one source could not be read.
pub(crate) fn pause_without_data() -> Decision {
    Decision {
        verdict: Verdict::PauseAndFix,
        reasons: vec![
            "`ndcg-gain` has no data: no TREC run of candidate was found".to_owned(),
            "`p95` has no data: candidate.csv is empty".to_owned(),
        ],
        criteria: vec![
            no_data(
                "ndcg-gain",
                "nDCG@10 above baseline",
                Validity::NoData,
                "no TREC run of candidate was found",
            ),
            no_data(
                "p95",
                "p95 of latency_ms < 500 ms",
                Validity::SourceError,
                "candidate.csv: the file is empty (0 bytes) | write it again",
            ),
        ],
        triggers: vec![],
        inputs: vec![],
        joint: None,
        ..go()
    }
}

/// A failed criterion whose block a recorded reason lifts.
pub(crate) fn bypassed() -> Decision {
    let observed = measured(
        0.183_2,
        Some((0.171_1, 0.195_4)),
        Unit::Ratio,
        1_200,
        vec![
            samples("candidate", "tokens"),
            samples("baseline", "tokens"),
        ],
    );
    Decision {
        gate: "merge".parse().unwrap(),
        reasons: vec![
            "`token-cost` fails, and a recorded reason lifts its block".to_owned(),
            "all other required criteria pass".to_owned(),
        ],
        criteria: vec![CriterionResult {
            id: "token-cost".parse().unwrap(),
            target: "tokens per request at most +15 % against baseline".to_owned(),
            accepted: Accepted {
                low: None,
                high: Some(0.15),
            },
            arms: vec![],
            observed: Some(observed),
            method: "BCa bootstrap of the means' ratio, clustered by task".to_owned(),
            outcome: Outcome::Fail,
            reason: "the whole interval lies beyond +15 %".to_owned(),
            needed: Needed {
                distance: Some(0.15 - 0.195_4),
                ..Needed::default()
            },
            bypass: Some("the new prompt carries the safety preamble of ticket 311".to_owned()),
            ..p95(463.2, (459.9, 466.8), Outcome::Pass, "")
        }],
        triggers: vec![],
        ..go()
    }
}

/// Every case by its name.
pub(crate) fn all() -> [(&'static str, Decision); 4] {
    [
        ("go", go()),
        ("reject", reject()),
        ("pause_without_data", pause_without_data()),
        ("bypassed", bypassed()),
    ]
}
