//! Whole rollouts on simulated traffic: how often a healthy candidate is taken back, and what
//! becomes of planted faults.

use adjutant_rollout::{
    ArmCounts, ArmHealth, Move, RolloutMeasurements, RolloutPhase, RolloutPlan, RolloutState,
    SplitCount, StageWindow, TrafficSource, step,
};
use adjutant_testkit::night::figure;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use crate::made::{at, read};

const PLAN: &str = r#"
[rollout.search]
requestsMin = 200
alpha = 0.05
[rollout.search.strategy.canary]
steps = [
    { setWeight = 10 },
    { pause = { duration = "10s" } },
    { setWeight = 50 },
    { analysis = { templates = [{ templateName = "users" }] } },
]
[rollout.search.templates.users]
requests = 4000
looks = 4
metrics = [
    { name = "errors", measure = "errors", margin = "1 points" },
    { name = "p95", measure = "latency", quantile = 0.95, margin = "10 %" },
]
[rollout.search.monitor]
metrics = [
    { name = "errors", measure = "errors", margin = "0.1 points" },
    { name = "p95", measure = "latency", quantile = 0.95, margin = "1 %" },
]
"#;

/// How a version behaves.
#[derive(Clone, Copy)]
struct Behavior {
    error_share: f64,
    factor: f64,
}

const HEALTHY: Behavior = Behavior {
    error_share: 0.005,
    factor: 1.0,
};

fn uniform(rng: &mut Xoshiro256PlusPlus) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

fn serve(rng: &mut Xoshiro256PlusPlus, arm: &mut ArmCounts, behavior: Behavior) {
    arm.requests += 1;
    if uniform(rng) < behavior.error_share {
        arm.failures += 1;
        return;
    }
    // A right tail, as latencies have.
    let latency = 20.0 * behavior.factor * (1.0 - 0.4 * (1.0 - uniform(rng)).ln());
    assert!(arm.latency.add(latency));
}

/// Runs a rollout at `rate` requests a second, one look a second. How it ended, and when.
fn run(plan: &RolloutPlan, seed: u64, rate: u64, candidate: Behavior) -> (RolloutPhase, i64, Move) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut state = RolloutState::begin(plan, 0, at(0));
    let mut window = StageWindow::default();
    for second in 1..=600 {
        if window.generation != state.generation {
            window = StageWindow {
                generation: state.generation,
                ..StageWindow::default()
            };
        }
        let mut split = window.split.unwrap_or_default();
        for _ in 0..rate {
            let chosen = uniform(&mut rng) < state.exposure.weight.share();
            split = SplitCount {
                candidate: split.candidate + u64::from(chosen),
                total: split.total + 1,
            };
            if chosen {
                serve(&mut rng, &mut window.candidate, candidate);
            } else {
                serve(&mut rng, &mut window.baseline, HEALTHY);
            }
        }
        window.split = Some(split);
        let seen = RolloutMeasurements {
            traffic: TrafficSource::Seen(window.clone()),
            candidate: ArmHealth::Healthy,
        };
        let turn = step(plan, &state, &seen, at(second));
        state = turn.next;
        if state.phase != RolloutPhase::Progressing {
            return (state.phase, second, turn.action);
        }
    }
    (state.phase, 600, Move::Hold)
}

#[test]
fn a_candidate_like_the_baseline_is_rolled_back_no_more_often_than_alpha() {
    let plan = read(PLAN).plan;
    // One request a second is a look at every request.
    for (rate, tries) in [(200, figure(200, 10_000)), (1, figure(200, 10_000))] {
        let ends: Vec<RolloutPhase> = (0..u64::from(tries))
            .map(|seed| run(&plan, seed, rate, HEALTHY).0)
            .collect();
        let count = |phase| ends.iter().filter(|end| **end == phase).count();
        let (back, completed) = (
            count(RolloutPhase::RolledBack),
            count(RolloutPhase::Completed),
        );
        eprintln!("{rate} a second: of {tries}, {back} rolled back, {completed} completed");
        // The bounds that make it up are not tight.
        assert!(
            back as f64 <= 0.05 * f64::from(tries),
            "{rate} a second: {back}"
        );
        if rate == 200 {
            assert!(completed as f64 >= 0.95 * f64::from(tries), "{completed}");
        }
    }
}

#[test]
fn planted_regressions_never_reach_everybody() {
    let plan = read(PLAN).plan;
    for (name, behavior) in [
        (
            "20 % slower",
            Behavior {
                factor: 1.2,
                ..HEALTHY
            },
        ),
        (
            "2 % errors more",
            Behavior {
                error_share: 0.025,
                ..HEALTHY
            },
        ),
        (
            "every request fails",
            Behavior {
                error_share: 1.0,
                ..HEALTHY
            },
        ),
    ] {
        let tries = figure(30, 2_000);
        let ends: Vec<_> = (0..u64::from(tries))
            .map(|seed| run(&plan, 1_000_000 + seed, 200, behavior).0)
            .collect();
        let count = |phase| ends.iter().filter(|end| **end == phase).count();
        let back = count(RolloutPhase::RolledBack);
        eprintln!("{name}: {back} of {tries} rolled back");
        assert_eq!(count(RolloutPhase::Completed), 0, "{name}");
        assert!(back as f64 >= 0.9 * f64::from(tries), "{name}: {back}");
    }
}
