//! The decision as a table: what is seen, what follows.

use adjutant_rollout::{
    ArmCounts, ArmHealth, Move, RolloutMeasurements, RolloutOrder, RolloutPhase, RolloutReason,
    RolloutState, SplitCount, StageWindow, TrafficSource, Turn, step,
};

use crate::made::{arm, at, canary, healthy, seen};

/// The state at the step with this number, as if everything before it had gone well.
fn at_step(number: usize) -> RolloutState {
    let plan = canary();
    let mut state = RolloutState::begin(&plan, 7, at(0));
    while state.step < number {
        state = state.ordered(&plan, RolloutOrder::Promote, at(0)).unwrap();
    }
    state
}

fn turn(state: &RolloutState, seen: &RolloutMeasurements, second: i64) -> Turn {
    step(&canary(), state, seen, at(second))
}

#[test]
fn a_good_candidate_goes_through_every_step() {
    let plan = canary();
    let mut state = RolloutState::begin(&plan, 7, at(0));
    let mut moves = Vec::new();
    for second in 0..500 {
        let turn = step(&plan, &state, &healthy(&state, 2_000), at(second));
        if turn.action != Move::Hold {
            moves.push((
                state.step,
                turn.action,
                turn.next.exposure.weight.to_string(),
            ));
        }
        state = turn.next;
        if state.step == 7 && second > 100 {
            state = state
                .ordered(&plan, RolloutOrder::Promote, at(second))
                .unwrap();
        }
    }
    let told: Vec<_> = moves
        .iter()
        .map(|(step, action, weight)| format!("{step} {action} {weight}"))
        .collect();
    assert_eq!(
        told,
        [
            "0 ADVANCE 0 %",
            "1 ADVANCE 0 %",
            "2 ADVANCE 10 %",
            "3 ADVANCE 10 %",
            "4 ADVANCE 10 %",
            "5 ADVANCE 50 %",
            "6 ADVANCE 50 %",
            "8 COMPLETE 100 %",
        ]
    );
    assert_eq!(state.phase, RolloutPhase::Completed);
}

#[test]
fn no_traffic_holds_the_weight_until_the_deadline_and_then_waits_for_a_person() {
    for number in [2, 3, 4, 5, 6, 8] {
        let state = at_step(number);
        let nothing = seen(&state, ArmCounts::default(), ArmCounts::default());
        let mut last = state.clone();
        for second in [1, 31, 32, 200, 239] {
            let turn = turn(&last, &nothing, second);
            assert_eq!(turn.next.exposure, state.exposure, "step {number}");
            assert_eq!(turn.next.phase, RolloutPhase::Progressing, "step {number}");
            last = turn.next;
        }
        let late = turn(&last, &nothing, 3_600);
        let expected = match number {
            // Step 7 waits for a person already.
            6 => Move::Hold,
            _ => Move::PauseAndFix,
        };
        assert_eq!(late.action, expected, "step {number}");
        assert_eq!(late.next.exposure, state.exposure, "step {number}");
        let after = turn(&late.next, &nothing, 100_000);
        assert_eq!(
            (after.action, after.next),
            (Move::Hold, late.next),
            "step {number}"
        );
    }
}

#[test]
fn a_deadline_that_passed_while_nobody_looked_is_judged_before_any_promotion() {
    for number in [3, 4, 5, 6] {
        let state = at_step(number);
        let good = healthy(&state, 5_000);
        let late = turn(&state, &good, 3_600);
        assert_eq!(late.action, Move::PauseAndFix, "step {number}");
        assert!(matches!(
            late.reasons[0],
            RolloutReason::DeadlinePassed { .. }
        ));
    }
}

#[test]
fn harm_is_judged_before_a_deadline_and_also_while_a_person_holds_the_rollout() {
    let state = at_step(4);
    let bad = seen(&state, arm(9_000, 9, 1.0), arm(1_000, 400, 1.0));
    for held in [
        state.clone(),
        RolloutState {
            phase: RolloutPhase::Paused,
            ..state.clone()
        },
        RolloutState {
            phase: RolloutPhase::PausedToFix,
            ..state
        },
    ] {
        let turn = turn(&held, &bad, 3_600);
        assert_eq!(turn.action, Move::RollBack);
        assert!(!turn.next.exposure.is_any());
        assert_eq!(turn.next.generation, held.generation + 1);
        assert_eq!(turn.next.phase, RolloutPhase::RolledBack);
    }
}

#[test]
fn each_kind_of_harm_is_named() {
    let state = at_step(4);
    let slow = seen(&state, arm(9_000, 0, 1.0), arm(1_000, 0, 1.6));
    let failing = seen(&state, arm(9_000, 0, 1.0), arm(1_000, 100, 1.0));
    let mut crashing = healthy(&state, 10);
    crashing.candidate = ArmHealth::CrashLooping;
    for (seen, name) in [
        (slow, "p95"),
        (failing, "errors"),
        (crashing, "CrashLooping"),
    ] {
        let turn = turn(&state, &seen, 1);
        assert_eq!(turn.action, Move::RollBack, "{name}");
        assert!(
            format!("{:?}", turn.reasons).contains(name),
            "{:?}",
            turn.reasons
        );
    }
}

#[test]
fn a_baseline_that_fails_as_much_does_not_take_the_candidate_back() {
    let state = at_step(4);
    let both = seen(&state, arm(9_000, 2_700, 1.0), arm(1_000, 300, 1.0));
    assert_eq!(turn(&state, &both, 1).action, Move::Hold);
}

#[test]
fn a_split_that_does_not_do_as_told_stops_the_rollout() {
    let state = at_step(4);
    let mut seen = healthy(&state, 500);
    let TrafficSource::Seen(window) = &mut seen.traffic else {
        unreachable!()
    };
    window.split = Some(SplitCount {
        candidate: 900,
        total: 5_000,
    });
    let turn = turn(&state, &seen, 1);
    assert_eq!(turn.action, Move::PauseAndFix);
    assert!(matches!(
        turn.reasons[..],
        [RolloutReason::SplitMismatch { .. }]
    ));
}

#[test]
fn what_was_counted_before_the_wanted_state_took_effect_decides_nothing() {
    let state = at_step(4);
    let mut seen = seen(&state, arm(9_000, 0, 1.0), arm(1_000, 999, 1.0));
    let TrafficSource::Seen(window) = &mut seen.traffic else {
        unreachable!()
    };
    window.generation -= 1;
    let turn = turn(&state, &seen, 1);
    assert_eq!((turn.action, turn.results.len()), (Move::Hold, 0));
    assert!(matches!(
        turn.reasons[..],
        [RolloutReason::NotInEffect { .. }]
    ));
}

#[test]
fn a_source_that_cannot_be_asked_holds_and_then_waits_for_a_person() {
    let state = at_step(5);
    let failed = RolloutMeasurements {
        traffic: TrafficSource::Failed("connection refused".to_owned()),
        candidate: ArmHealth::Healthy,
    };
    assert_eq!(turn(&state, &failed, 10).action, Move::Hold);
    let late = turn(&state, &failed, 3_600);
    assert_eq!(late.action, Move::PauseAndFix);
    assert!(format!("{:?}", late.reasons).contains("connection refused"));
}

#[test]
fn a_candidate_that_does_not_answer_its_health_check_gets_nothing_more() {
    for health in [ArmHealth::Starting, ArmHealth::Unhealthy, ArmHealth::Gone] {
        for number in [0, 3, 4, 6] {
            let state = at_step(number);
            let mut seen = healthy(&state, 5_000);
            seen.candidate = health;
            assert_eq!(
                turn(&state, &seen, 100).action,
                Move::Hold,
                "{health:?} {number}"
            );
        }
    }
}

#[test]
fn an_analysis_takes_its_looks_in_order_and_ends_undecided_after_the_last() {
    // As much slower as the analysis allows; the monitor, which allows less, only watches.
    let mut plan = canary();
    plan.monitor
        .iter_mut()
        .for_each(|metric| metric.dry_run = true);
    let mut state = at_step(5);
    let mut looks = Vec::new();
    for (second, requests) in [
        (1, 100),
        (2, 500),
        (3, 600),
        (4, 1_000),
        (5, 1_500),
        (6, 2_000),
    ] {
        let seen = seen(&state, arm(requests * 9, 0, 1.0), arm(requests, 0, 1.15));
        let turn = step(&plan, &state, &seen, at(second));
        looks.push((turn.action, turn.next.looks.clone()));
        state = turn.next;
    }
    let hold = |looks: &[f64]| (Move::Hold, looks.to_vec());
    assert_eq!(
        looks,
        [
            hold(&[]),
            hold(&[0.25]),
            hold(&[0.25]),
            hold(&[0.25, 0.5]),
            hold(&[0.25, 0.5, 0.75]),
            (Move::PauseAndFix, vec![0.25, 0.5, 0.75]),
        ]
    );
}

#[test]
fn a_dry_run_is_shown_and_decides_nothing() {
    let mut plan = canary();
    for metric in &mut plan.monitor {
        metric.dry_run = true;
    }
    let state = at_step(4);
    let bad = seen(&state, arm(9_000, 0, 1.0), arm(1_000, 900, 3.0));
    let turn = step(&plan, &state, &bad, at(1));
    assert_eq!(turn.action, Move::Hold);
    assert_eq!(turn.results.len(), 2);
}

#[test]
fn a_person_can_hold_resume_promote_and_take_back() {
    let plan = canary();
    let state = at_step(4);
    let ordered = |state: &RolloutState, order| state.ordered(&plan, order, at(9));
    let paused = ordered(&state, RolloutOrder::Pause).unwrap();
    assert_eq!(
        turn(&paused, &healthy(&paused, 5_000), 100).action,
        Move::Hold
    );
    assert!(ordered(&paused, RolloutOrder::Pause).is_err());
    let resumed = ordered(&paused, RolloutOrder::Resume).unwrap();
    assert_eq!(
        (resumed.phase, resumed.step_began),
        (RolloutPhase::Progressing, at(9))
    );
    let full = ordered(&state, RolloutOrder::PromoteFully).unwrap();
    assert_eq!(
        (full.phase, full.exposure.weight.basis_points()),
        (RolloutPhase::Completed, 10_000)
    );
    let aborted = ordered(&state, RolloutOrder::Abort).unwrap();
    assert!(!aborted.exposure.is_any());
    for order in [
        RolloutOrder::Promote,
        RolloutOrder::Abort,
        RolloutOrder::Resume,
    ] {
        assert!(ordered(&aborted, order).is_err());
    }
}

#[test]
fn an_empty_window_is_no_data() {
    let state = at_step(5);
    let seen = RolloutMeasurements {
        traffic: TrafficSource::Seen(StageWindow {
            generation: state.generation,
            ..StageWindow::default()
        }),
        candidate: ArmHealth::NotWatched,
    };
    let turn = turn(&state, &seen, 31);
    assert_eq!(turn.action, Move::Hold);
    let validities: Vec<_> = turn
        .results
        .iter()
        .map(|result| result.validity.to_string())
        .collect();
    assert_eq!(validities, ["NO_DATA", "NO_DATA"]);
}
