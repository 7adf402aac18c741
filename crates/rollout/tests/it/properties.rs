//! Laws that hold for any measurements in any order.

use adjutant_rollout::{
    ArmHealth, Exposure, Move, RolloutMeasurements, RolloutOrder, RolloutPhase, RolloutState,
    RolloutWeight, TrafficSource, step,
};
use proptest::prelude::*;

use crate::made::{arm, at, canary, seen};

/// What one tick sees.
#[derive(Debug, Clone)]
struct Tick {
    candidate: u64,
    baseline: u64,
    failures: u64,
    factor: f64,
    health: ArmHealth,
    fails: bool,
    stale: bool,
    seconds: i64,
}

fn ticks() -> impl Strategy<Value = Vec<Tick>> {
    let health = prop_oneof![
        4 => Just(ArmHealth::Healthy),
        1 => Just(ArmHealth::Starting),
        1 => Just(ArmHealth::Unhealthy),
        1 => Just(ArmHealth::Gone),
    ];
    let tick = (
        0..3_000u64,
        0..3_000u64,
        0..30u64,
        0.8..1.3f64,
        health,
        0..9u8,
        1..200i64,
    )
        .prop_map(
            |(candidate, baseline, failures, factor, health, source, seconds)| Tick {
                candidate,
                baseline,
                failures: failures.min(candidate),
                factor,
                health,
                fails: source == 0,
                stale: source == 1,
                seconds,
            },
        );
    proptest::collection::vec(tick, 1..40)
}

fn look(state: &RolloutState, tick: &Tick) -> RolloutMeasurements {
    let of = |n, failures, factor| {
        if n == 0 {
            Default::default()
        } else {
            arm(n, failures, factor)
        }
    };
    let mut seen = seen(
        state,
        of(tick.baseline, 0, 1.0),
        of(tick.candidate, tick.failures, tick.factor),
    );
    seen.candidate = tick.health;
    match &mut seen.traffic {
        TrafficSource::Seen(window) if tick.stale => {
            window.generation = window.generation.wrapping_sub(1);
        }
        TrafficSource::Seen(window) => window.split = None,
        TrafficSource::Failed(_) => {}
    }
    if tick.fails {
        seen.traffic = TrafficSource::Failed("gone".to_owned());
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_rises_without_data_and_generations_only_rise(ticks in ticks()) {
        let plan = canary();
        let mut state = RolloutState::begin(&plan, 0, at(0));
        let mut second = 0;
        for tick in &ticks {
            second += tick.seconds;
            let turn = step(&plan, &state, &look(&state, tick), at(second));
            prop_assert!(turn.next.generation >= state.generation);
            if turn.next.exposure != state.exposure {
                prop_assert_eq!(turn.next.generation, state.generation + 1);
            }
            let rises = turn.next.exposure.weight > state.exposure.weight
                || turn.action == Move::Complete;
            if rises {
                prop_assert!(!tick.fails && !tick.stale && tick.health == ArmHealth::Healthy);
                if state.exposure.is_any() {
                    prop_assert!(tick.candidate >= plan.requests_min);
                    let alone = state.exposure.weight == RolloutWeight::ALL;
                    prop_assert!(alone || tick.baseline >= plan.requests_min);
                }
            }
            if state.phase.has_ended() {
                prop_assert_eq!(&turn.next, &state);
            }
            if turn.action == Move::RollBack {
                prop_assert_eq!(turn.next.exposure, Exposure::default());
            }
            state = turn.next;
        }
    }

    #[test]
    fn a_decision_depends_on_nothing_else(ticks in ticks()) {
        let plan = canary();
        let mut state = RolloutState::begin(&plan, 0, at(0));
        for (second, tick) in (0..).zip(&ticks) {
            let seen = look(&state, tick);
            let once = step(&plan, &state, &seen, at(second));
            prop_assert_eq!(&once, &step(&plan, &state, &seen, at(second)));
            state = once.next;
        }
    }

    #[test]
    fn an_abort_ends_at_the_baseline_from_anywhere(ticks in ticks()) {
        let plan = canary();
        let mut state = RolloutState::begin(&plan, 0, at(0));
        for (second, tick) in (0..).zip(&ticks) {
            state = step(&plan, &state, &look(&state, tick), at(second)).next;
        }
        if let Ok(aborted) = state.ordered(&plan, RolloutOrder::Abort, at(99)) {
            prop_assert_eq!(aborted.exposure, Exposure::default());
            prop_assert_eq!(aborted.phase, RolloutPhase::Aborted);
        } else {
            prop_assert!(state.phase.has_ended());
        }
    }

    #[test]
    fn without_any_request_nobody_is_rolled_back(seconds in proptest::collection::vec(1..400i64, 1..30)) {
        let plan = canary();
        let mut state = RolloutState::begin(&plan, 0, at(0));
        let mut second = 0;
        for gap in seconds {
            second += gap;
            let nothing = seen(&state, Default::default(), Default::default());
            let turn = step(&plan, &state, &nothing, at(second));
            prop_assert!(turn.action != Move::RollBack && turn.action != Move::Complete);
            prop_assert!(turn.next.exposure.weight == RolloutWeight::NONE);
            state = turn.next;
        }
    }
}
