use adjutant_domain::Timestamp;
use adjutant_rollout::{
    ArmHealth, DesiredService, RolloutDecision, RolloutOrder, RolloutPlan, RolloutState,
    StrategyFile, TrafficSource, read_plan,
};

use super::*;

fn version(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis)
}

fn plan() -> RolloutPlan {
    let text = "[rollout.search.strategy.canary]\nsteps = [{ setWeight = 10 }, { pause = {} }]\n\
                [rollout.search.service]\ncommand = [\"{artifact}\", \"{port}\"]\nhealth = \"/\"\n\
                traffic = { listen = \"127.0.0.1:8080\" }\n";
    let settings = StrategyFile {
        file: "adjutant.toml",
        text,
    };
    read_plan(settings, "search", None).unwrap().plan
}

fn id() -> RolloutId {
    RolloutId::from_number(3)
}

/// A service whose rollout has begun.
fn begun() -> ServiceRecord {
    let live = DesiredService::default().with_first(version(1));
    let state = RolloutState::begin(&plan(), live.generation, at(1));
    ServiceRecord {
        desired: live.with_candidate(version(2), &state),
        state: Some(state),
        told: ServiceEvent::Started,
    }
}

fn decided(before: &ServiceRecord, action: Move, phase: RolloutPhase) -> ServiceRecord {
    let state = before.state.clone().unwrap();
    let (step, exposure) = match action {
        Move::Advance => (
            state.step + 1,
            state.exposure.after(&plan().steps[state.step + 1]),
        ),
        Move::RollBack => (state.step, Exposure::default()),
        Move::Hold | Move::PauseAndFix | Move::Complete => (state.step, state.exposure),
    };
    let next = RolloutState {
        step,
        exposure,
        phase,
        ..state
    };
    ServiceRecord {
        desired: before.desired.following(id(), &next, at(2)),
        state: Some(next),
        told: ServiceEvent::Decided(Box::new(RolloutDecision {
            action,
            reasons: vec![RolloutReason::StepDone],
            results: vec![],
            read_at: at(2),
            traffic: TrafficSource::Failed("nobody".to_owned()),
            candidate: ArmHealth::Healthy,
        })),
    }
}

fn kinds(before: Option<&ServiceRecord>, record: &ServiceRecord) -> Vec<&'static str> {
    let service = "search".parse().unwrap();
    of_service(&service, 7, Some(id()), before, record)
        .iter()
        .map(|announced| announced.kind().name())
        .collect()
}

#[test]
fn each_turn_of_a_rollout_is_announced_once_under_its_own_word() {
    let began = begun();
    assert_eq!(kinds(None, &began), ["rollout.started"]);
    let advanced = decided(&began, Move::Advance, RolloutPhase::Progressing);
    assert_eq!(kinds(Some(&began), &advanced), ["rollout.advanced"]);
    let held = decided(&advanced, Move::Hold, RolloutPhase::Progressing);
    assert!(kinds(Some(&advanced), &held).is_empty());
    let stuck = decided(&advanced, Move::PauseAndFix, RolloutPhase::PausedToFix);
    assert_eq!(kinds(Some(&advanced), &stuck), ["rollout.paused"]);
    let still = decided(&stuck, Move::Hold, RolloutPhase::PausedToFix);
    assert!(kinds(Some(&stuck), &still).is_empty());
    let done = decided(&advanced, Move::Complete, RolloutPhase::Completed);
    assert_eq!(kinds(Some(&advanced), &done), ["service.upgraded"]);
}

#[test]
fn a_breach_opens_an_incident_that_its_recovery_closes() {
    let began = begun();
    let taken_back = decided(&began, Move::RollBack, RolloutPhase::RolledBack);
    let opened = ["service.rolled_back", "incident.opened"];
    assert_eq!(kinds(Some(&began), &taken_back), opened);
    let recovered = ServiceRecord {
        told: ServiceEvent::Recovered(RecoveryTimes {
            exposed_ms: 1,
            decision_ms: 2,
            actuation_ms: 3,
            verification_ms: 4,
        }),
        ..taken_back.clone()
    };
    let service = "search".parse().unwrap();
    let closed = of_service(&service, 8, Some(id()), Some(&taken_back), &recovered);
    let [ServiceAnnouncement::IncidentRecovered { incident, .. }] = &closed[..] else {
        panic!("{closed:?}");
    };
    assert_eq!(incident.to_string(), "search:7");
}

#[test]
fn what_a_person_stops_is_no_incident_and_what_a_person_undoes_is_one() {
    let began = begun();
    let order = RolloutOrder::Abort;
    let state = began.state.as_ref().unwrap();
    let state = state.ordered(&plan(), order, at(3)).unwrap();
    let aborted = ServiceRecord {
        desired: began.desired.following(id(), &state, at(3)),
        state: Some(state),
        told: ServiceEvent::Ordered {
            order,
            because: "wrong day".to_owned(),
        },
    };
    assert_eq!(kinds(Some(&began), &aborted), ["service.rolled_back"]);
    let recovered = ServiceRecord {
        told: ServiceEvent::Recovered(RecoveryTimes {
            exposed_ms: 1,
            decision_ms: 2,
            actuation_ms: 3,
            verification_ms: 4,
        }),
        ..aborted.clone()
    };
    assert!(kinds(Some(&aborted), &recovered).is_empty());
    let undone = ServiceRecord {
        desired: began.desired.back_to(version(3), at(4)),
        state: None,
        told: ServiceEvent::Undone {
            from: version(1),
            to: version(3),
            because: "carts are empty".to_owned(),
        },
    };
    let opened = ["service.rolled_back", "incident.opened"];
    assert_eq!(kinds(Some(&began), &undone), opened);
}

#[test]
fn an_id_reads_back_what_it_prints_and_differs_by_entry_and_ordinal() {
    let id = AnnouncementId::of_entry("aa", 0);
    assert_eq!(id.as_str().parse(), Ok(id.clone()));
    assert_ne!(id, AnnouncementId::of_entry("aa", 1));
    assert_ne!(id, AnnouncementId::of_entry("ab", 0));
    for text in ["", "ann_", "ann_0", "msg_0123456789abcdef0123456789abcdef"] {
        assert!(text.parse::<AnnouncementId>().is_err(), "{text}");
    }
}
