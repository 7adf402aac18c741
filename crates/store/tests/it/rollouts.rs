//! What the store promises about rollouts, whichever engine holds the rows.

use adjutant_domain::{Digest, ServiceName, Timestamp};
use adjutant_rollout::{
    DesiredService, RolloutId, RolloutOrder, RolloutState, ServiceEvent, ServicePlan,
    ServiceRecord, StrategyFile, read_plan,
};
use adjutant_store::{NewServiceEvent, RolloutBasis, ServiceTurn, Store};
use adjutant_testkit::postgres::Server;

use crate::engine::{Stage, now, play};

#[test]
fn the_contract_of_rollouts_holds_on_sqlite() {
    play(async {
        every_case(&Stage::sqlite).await;
    });
}

#[test]
fn the_contract_of_rollouts_holds_on_postgresql() {
    let server = Server::start();
    play(async {
        every_case(&|| Stage::postgres(&server)).await;
    });
}

async fn every_case<'a>(stage: &impl Fn() -> Stage<'a>) {
    what_happened_comes_back_as_it_was(&stage()).await;
    who_has_not_seen_the_last_event_adds_nothing(&stage()).await;
    services_do_not_disturb_each_other(&stage()).await;
    every_tampering_with_rollouts_is_found(stage).await;
}

fn later(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(now().unix_millis() + millis)
}

fn search() -> ServiceName {
    "search".parse().unwrap()
}

fn basis() -> RolloutBasis {
    let text = "[rollout.search.strategy.canary]\nsteps = [{ setWeight = 10 }]\n\
                [rollout.search.service]\ncommand = [\"{artifact}\", \"{port}\"]\nhealth = \"/\"\n\
                traffic = { listen = \"127.0.0.1:8080\" }\n";
    let settings = StrategyFile {
        file: "adjutant.toml",
        text,
    };
    let read = read_plan(settings, "search", None).unwrap();
    let service: ServicePlan = read.service.unwrap();
    RolloutBasis {
        plan: read.plan,
        service,
        baseline: None,
        proof: None,
    }
}

fn begun(candidate: Digest) -> ServiceRecord {
    let state = RolloutState::begin(&basis().plan, 0, now());
    ServiceRecord {
        desired: DesiredService::default().with_candidate(candidate, &state),
        state: Some(state),
        told: ServiceEvent::Started,
    }
}

async fn start(store: &Store, service: &ServiceName) -> (RolloutId, Digest, ServiceRecord) {
    let candidate = store.store_version(b"#!/bin/sh\n", now()).await.unwrap();
    let record = begun(candidate);
    let first = event(service, 0, None, &record);
    let started = store
        .start_rollout(service, candidate, &basis(), first)
        .await;
    let (id, turn) = started.unwrap();
    assert_eq!(turn, ServiceTurn::Stored);
    (id, candidate, record)
}

fn event<'a>(
    service: &'a ServiceName,
    seen: i64,
    rollout: Option<RolloutId>,
    record: &'a ServiceRecord,
) -> NewServiceEvent<'a> {
    NewServiceEvent {
        service,
        seen,
        rollout,
        record,
        at: later(seen),
    }
}

/// What an order makes of a rollout that began.
fn ordered(record: &ServiceRecord, id: RolloutId, order: RolloutOrder) -> ServiceRecord {
    let state = record.state.as_ref().unwrap();
    let state = state.ordered(&basis().plan, order, later(1)).unwrap();
    ServiceRecord {
        desired: record.desired.following(id, &state, later(1)),
        state: Some(state),
        told: ServiceEvent::Ordered {
            order,
            because: "seen \"enough\" é".to_owned(),
        },
    }
}

async fn what_happened_comes_back_as_it_was(stage: &Stage<'_>) {
    let store = stage.open().await;
    assert_eq!(store.last_service_event(&search()).await.unwrap(), None);
    let (id, candidate, record) = start(&store, &search()).await;
    let aborted = ordered(&record, id, RolloutOrder::Abort);
    let turn = store
        .add_service_event(event(&search(), 1, Some(id), &aborted))
        .await;
    assert_eq!(turn.unwrap(), ServiceTurn::Stored);
    let last = store.last_service_event(&search()).await.unwrap().unwrap();
    assert_eq!(
        (last.number, last.rollout, last.at),
        (2, Some(id), later(1))
    );
    assert_eq!(last.record, aborted);
    assert!(last.record.desired.block_of(candidate).is_some());
    let all = store.service_events(&search(), Some(id)).await.unwrap();
    assert_eq!(
        all.iter().map(|event| event.number).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(all[0].record, record);
    let second = store.service_events_after(&search(), 1, 1).await.unwrap();
    assert_eq!(second, all[1..]);
    let stored = store.rollout(id).await.unwrap().unwrap();
    assert_eq!(
        (stored.candidate, &stored.basis, stored.at),
        (candidate, &basis(), now())
    );
    assert_eq!(store.rollouts(&search()).await.unwrap(), [stored]);
    assert_eq!(store.artifact(candidate).unwrap(), b"#!/bin/sh\n");
    assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
}

async fn who_has_not_seen_the_last_event_adds_nothing(stage: &Stage<'_>) {
    let store = stage.open().await;
    let (id, candidate, record) = start(&store, &search()).await;
    let paused = ordered(&record, id, RolloutOrder::Pause);
    let other = ordered(&record, id, RolloutOrder::Abort);
    let quick = store
        .add_service_event(event(&search(), 1, Some(id), &paused))
        .await;
    assert_eq!(quick.unwrap(), ServiceTurn::Stored);
    let slow = store
        .add_service_event(event(&search(), 1, Some(id), &other))
        .await;
    let ServiceTurn::Late(last) = slow.unwrap() else {
        panic!("a late controller was heard");
    };
    assert_eq!((last.number, last.record), (2, paused));
    let service = search();
    let again = event(&service, 0, None, &record);
    let second = store
        .start_rollout(&search(), candidate, &basis(), again)
        .await;
    assert!(matches!(second.unwrap().1, ServiceTurn::Late(_)));
    assert_eq!(store.rollouts(&search()).await.unwrap().len(), 1);
    assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
}

async fn services_do_not_disturb_each_other(stage: &Stage<'_>) {
    let store = stage.open().await;
    let other: ServiceName = "rank".parse().unwrap();
    let (one, ..) = start(&store, &search()).await;
    let (two, ..) = start(&store, &other).await;
    assert_eq!(
        (one.to_string(), two.to_string()),
        ("R-1".to_owned(), "R-2".to_owned())
    );
    assert_eq!(store.services().await.unwrap(), [other.clone(), search()]);
    assert_eq!(store.service_events(&other, Some(one)).await.unwrap(), []);
    assert_eq!(store.service_events(&other, None).await.unwrap().len(), 1);
}

async fn every_tampering_with_rollouts_is_found<'a>(stage: &impl Fn() -> Stage<'a>) {
    for (sql, problems) in [
        ("UPDATE rollout SET content = '{}'", 2),
        ("UPDATE service_event SET at = at + 1", 2),
        ("UPDATE service_event SET content = '{}'", 2),
        ("UPDATE service_event SET rollout = NULL", 2),
        ("DELETE FROM service_event", 1),
    ] {
        let stage = stage();
        let store = stage.open().await;
        start(&store, &search()).await;
        stage.run(sql);
        let found = store.verify_journal().await.unwrap().problems;
        assert_eq!(found.len(), problems, "{sql}: {found:?}");
    }
}
