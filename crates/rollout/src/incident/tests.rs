use super::*;
use crate::measurements::{ArmCounts, ArmHealth, StageWindow};
use crate::plan::Exposure;
use crate::service::DesiredService;
use crate::state::{RolloutOrder, RolloutState};

fn version(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_millis(second * 1_000)
}

/// The events of a service, told one by one.
#[derive(Default)]
struct Chain {
    events: Vec<(Option<RolloutId>, Timestamp, ServiceRecord)>,
}

impl Chain {
    /// Something happened at `second`: now `live` is in use and `candidate` has `weight` per cent.
    fn tell(
        &mut self,
        second: i64,
        rollout: i64,
        (live, candidate, weight): (u8, u8, i32),
        phase: RolloutPhase,
        told: ServiceEvent,
    ) {
        let exposure = Exposure {
            weight: RolloutWeight::from_percent(f64::from(weight)).unwrap(),
            ..Exposure::default()
        };
        let desired = DesiredService {
            live: Some(version(live)),
            candidate: Some(version(candidate)).filter(|_| candidate > 0),
            exposure,
            ..DesiredService::default()
        };
        let state = RolloutState {
            step: 0,
            step_began: at(second),
            exposure,
            generation: 1,
            looks: vec![],
            phase,
        };
        let rollout = Some(RolloutId::from_number(rollout)).filter(|_| rollout > 0);
        let record = ServiceRecord {
            desired,
            state: rollout.map(|_| state),
            told,
        };
        self.events.push((rollout, at(second), record));
    }

    fn events(&self) -> Vec<EventAt<'_>> {
        let numbered = (1..).zip(&self.events);
        numbered
            .map(|(number, (rollout, at, record))| EventAt {
                number,
                rollout: *rollout,
                at: *at,
                record,
            })
            .collect()
    }

    fn incidents(&self) -> Vec<Incident> {
        incidents_of(&service(), &self.events())
    }

    fn figures(&self) -> DeliveryFigures {
        let mut figures = DeliveryFigures::default();
        figures.add(&service(), &self.events());
        figures
    }
}

fn service() -> ServiceName {
    "search".parse().unwrap()
}

fn decided(action: Move, second: i64) -> ServiceEvent {
    let candidate = ArmCounts {
        requests: 120,
        failures: 7,
        ..ArmCounts::default()
    };
    ServiceEvent::Decided(Box::new(RolloutDecision {
        action,
        reasons: vec![],
        results: vec![],
        read_at: at(second),
        traffic: TrafficSource::Seen(StageWindow {
            candidate,
            ..StageWindow::default()
        }),
        candidate: ArmHealth::Healthy,
    }))
}

fn recovered() -> ServiceEvent {
    ServiceEvent::Recovered(RecoveryTimes {
        exposed_ms: 4_000,
        decision_ms: 100,
        actuation_ms: 400,
        verification_ms: 1_500,
    })
}

/// Version 2 goes to 5 %, then to 20 %, where it breaches.
fn rolled_back() -> Chain {
    use RolloutPhase::{Progressing, RolledBack};
    let mut chain = Chain::default();
    chain.tell(0, 0, (1, 0, 0), Progressing, ServiceEvent::First);
    chain.tell(10, 1, (1, 2, 5), Progressing, ServiceEvent::Started);
    chain.tell(20, 1, (1, 2, 20), Progressing, decided(Move::Advance, 20));
    chain.tell(22, 1, (1, 2, 20), Progressing, decided(Move::Hold, 22));
    chain.tell(25, 1, (1, 0, 0), RolledBack, decided(Move::RollBack, 24));
    chain.tell(27, 1, (1, 0, 0), RolledBack, recovered());
    chain
}

#[test]
fn a_breach_is_an_incident_from_the_exposure_that_showed_it_to_the_verified_end() {
    let incidents = rolled_back().incidents();
    let [incident] = incidents.as_slice() else {
        panic!("{incidents:?}");
    };
    assert_eq!(incident.id.to_string(), "search:5");
    assert_eq!(incident.rollout, Some(RolloutId::from_number(1)));
    assert_eq!(
        (incident.version, incident.back_to),
        (version(2), Some(version(1)))
    );
    assert_eq!(incident.began_at, at(20));
    assert_eq!(
        (incident.detected_at, incident.decided_at),
        (at(24), at(25))
    );
    assert_eq!(incident.detection_ms(), 4_000);
    assert_eq!(incident.recovery_ms(), Some(2_000));
    let affected = AffectedRequests {
        requests: 120,
        failures: 7,
    };
    assert_eq!(incident.affected(), Some(affected));
    let numbers: Vec<i64> = incident.moments.iter().map(|moment| moment.0).collect();
    assert_eq!(numbers, [2, 3, 4, 5, 6]);
}

#[test]
fn a_recovery_that_is_under_way_has_no_time_yet() {
    let mut chain = rolled_back();
    chain.events.pop();
    let incidents = chain.incidents();
    assert_eq!((incidents.len(), incidents[0].recovery_ms()), (1, None));
}

#[test]
fn the_recovery_of_another_rollout_is_not_taken_for_its_own() {
    use RolloutPhase::{Progressing, RolledBack};
    let mut chain = rolled_back();
    chain.events.pop();
    chain.tell(30, 2, (1, 3, 20), Progressing, ServiceEvent::Started);
    chain.tell(40, 2, (1, 0, 0), RolledBack, decided(Move::RollBack, 39));
    chain.tell(42, 2, (1, 0, 0), RolledBack, recovered());
    let incidents = chain.incidents();
    let times: Vec<Option<i64>> = incidents.iter().map(Incident::recovery_ms).collect();
    assert_eq!(times, [None, Some(2_000)]);
}

#[test]
fn a_version_that_is_lifted_before_its_recovery_ends_keeps_it() {
    let mut chain = rolled_back();
    let (rollout, at, record) = chain.events[4].clone();
    let told = ServiceEvent::Lifted {
        version: version(2),
        because: "a false alarm".to_owned(),
    };
    let lifted = (rollout, at, ServiceRecord { told, ..record });
    chain.events.insert(5, lifted);
    assert_eq!(chain.incidents()[0].recovery_ms(), Some(2_000));
}

#[test]
fn what_a_person_undoes_belongs_to_the_rollout_that_brought_it() {
    use RolloutPhase::{Completed, Progressing};
    let mut chain = Chain::default();
    chain.tell(0, 0, (1, 0, 0), Progressing, ServiceEvent::First);
    chain.tell(10, 1, (1, 2, 50), Progressing, ServiceEvent::Started);
    chain.tell(20, 1, (2, 0, 0), Completed, decided(Move::Complete, 20));
    let undone = ServiceEvent::Undone {
        from: version(2),
        to: version(1),
        because: "orders are lost".to_owned(),
    };
    chain.tell(90, 0, (1, 0, 0), Progressing, undone);
    chain.tell(91, 0, (1, 0, 0), Progressing, recovered());
    let incidents = chain.incidents();
    let [incident] = incidents.as_slice() else {
        panic!("{incidents:?}");
    };
    assert_eq!(incident.rollout, Some(RolloutId::from_number(1)));
    assert_eq!(
        incident.found,
        IncidentFinding::Person("orders are lost".to_owned())
    );
    assert_eq!((incident.began_at, incident.detected_at), (at(20), at(90)));
    assert_eq!(incident.affected(), None);
    let figures = chain.figures();
    assert_eq!((figures.ended, figures.succeeded), (1, 0));
    assert_eq!((figures.reached_users, figures.failed), (1, 1));
}

#[test]
fn a_person_who_stops_a_rollout_makes_no_incident() {
    use RolloutPhase::{Aborted, Progressing};
    let mut chain = Chain::default();
    chain.tell(0, 0, (1, 0, 0), Progressing, ServiceEvent::First);
    chain.tell(10, 1, (1, 2, 5), Progressing, ServiceEvent::Started);
    let abort = ServiceEvent::Ordered {
        order: RolloutOrder::Abort,
        because: "not today".to_owned(),
    };
    chain.tell(20, 1, (1, 0, 0), Aborted, abort);
    assert_eq!(chain.incidents(), []);
    let figures = chain.figures();
    assert_eq!(
        (figures.ended, figures.succeeded, figures.failed),
        (1, 0, 0)
    );
}

#[test]
fn figures_count_every_rollout_once() {
    use RolloutPhase::{Completed, Progressing};
    let mut chain = rolled_back();
    chain.tell(30, 2, (1, 3, 0), Progressing, ServiceEvent::Started);
    chain.tell(40, 2, (1, 3, 50), Progressing, decided(Move::Advance, 40));
    chain.tell(50, 2, (3, 0, 0), Completed, decided(Move::Complete, 50));
    chain.tell(60, 3, (3, 4, 0), Progressing, ServiceEvent::Started);
    let figures = chain.figures();
    assert_eq!((figures.ended, figures.succeeded), (2, 1));
    assert_eq!((figures.reached_users, figures.failed), (2, 1));
    assert_eq!(figures.detection_ms, [4_000]);
    assert_eq!(figures.recovery_ms, [2_000]);
}

#[test]
fn an_id_reads_back_what_it_prints() {
    for text in ["search:17", "team/search:1", "a:b:3"] {
        let id: IncidentId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
    }
    for text in [
        "",
        "search",
        "search:",
        ":3",
        "search:0",
        "search:-1",
        "search:x",
    ] {
        assert!(text.parse::<IncidentId>().is_err(), "{text}");
    }
}
