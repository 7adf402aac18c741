//! Plans and measurements that tests are made of.

use adjutant_domain::Timestamp;
use adjutant_rollout::{
    ArmCounts, ArmHealth, MirroredPairs, ReadPlan, RolloutMeasurements, RolloutPlan, RolloutState,
    SplitCount, StageWindow, StrategyFile, TrafficSource, read_plan,
};
use adjutant_stats::LogHistogram;

/// A canary with every kind of step.
pub(crate) const CANARY: &str = r#"
[rollout.search]
requestsMin = 200
deadline = "5m"

[rollout.search.strategy.canary]
steps = [
    { setMirrorRoute = { percentage = 100 } },
    { analysis = { templates = [{ templateName = "answers" }] } },
    { setWeight = 10 },
    { pause = { duration = "30s" } },
    { analysis = { templates = [{ templateName = "users" }] } },
    { setWeight = 50 },
    { pause = {} },
]

[rollout.search.templates.answers]
requests = 300
looks = 1
metrics = [{ name = "answers", measure = "disagreements", limit = "2 %" }]

[rollout.search.templates.users]
requests = 2000
looks = 4
deadline = "4m"
metrics = [
    { name = "errors", measure = "errors", margin = "2 points" },
    { name = "p95", measure = "latency", quantile = 0.95, margin = "15 %" },
]

[rollout.search.monitor]
metrics = [
    { name = "errors", measure = "errors", margin = "1 points" },
    { name = "p95", measure = "latency", quantile = 0.95, margin = "10 %" },
]
"#;

pub(crate) fn settings(text: &str) -> StrategyFile<'_> {
    StrategyFile {
        file: "adjutant.toml",
        text,
    }
}

pub(crate) fn read(text: &str) -> ReadPlan {
    read_plan(settings(text), "search", None).unwrap()
}

pub(crate) fn canary() -> RolloutPlan {
    read(CANARY).plan
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_800_000_000_000 + seconds * 1_000)
}

/// An arm whose latencies spread evenly from 10 to 30 ms, times `factor`.
pub(crate) fn arm(requests: u64, failures: u64, factor: f64) -> ArmCounts {
    let mut latency = LogHistogram::default();
    for answer in 0..requests - failures {
        let share = answer as f64 / (requests - failures).max(1) as f64;
        assert!(latency.add((10.0 + 20.0 * share) * factor));
    }
    ArmCounts {
        requests,
        failures,
        latency,
    }
}

/// What is seen while `state` is in effect.
pub(crate) fn seen(
    state: &RolloutState,
    baseline: ArmCounts,
    candidate: ArmCounts,
) -> RolloutMeasurements {
    let total = baseline.requests + candidate.requests;
    let split = SplitCount {
        candidate: (total as f64 * state.exposure.weight.share()).round() as u64,
        total,
    };
    let mirrored = MirroredPairs {
        compared: candidate.requests,
        differing: 0,
    };
    RolloutMeasurements {
        traffic: TrafficSource::Seen(StageWindow {
            generation: state.generation,
            baseline,
            candidate,
            split: (total > 0).then_some(split),
            mirrored,
        }),
        candidate: ArmHealth::Healthy,
    }
}

/// As many requests for both as the weight gives them, the candidate with this many.
pub(crate) fn healthy(state: &RolloutState, candidate: u64) -> RolloutMeasurements {
    let weight = state.exposure.weight.share();
    let beside = if weight > 0.0 {
        (candidate as f64 * (1.0 - weight) / weight).round() as u64
    } else {
        candidate
    };
    let of = |requests: u64| {
        if requests == 0 {
            ArmCounts::default()
        } else {
            arm(requests, 0, 1.0)
        }
    };
    let candidate = if state.exposure.is_any() {
        candidate
    } else {
        0
    };
    seen(state, of(beside), of(candidate))
}
