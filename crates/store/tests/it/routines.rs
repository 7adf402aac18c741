//! What the store promises about north-star gates and routines, whichever engine holds the rows.

use adjutant_domain::{Citation, Locator, Measured, Timestamp, Unit, sha256};
use adjutant_store::{NewObservation, RoutineRun, RoutineTurn, Store};
use adjutant_testkit::postgres::Server;
use adjutant_work::calendar::Week;
use adjutant_work::north_star::{Observation, Standing};
use adjutant_work::routine::Routine;

use crate::engine::{Stage, now, play};

#[test]
fn the_contract_of_routines_holds_on_sqlite() {
    play(async {
        every_case(&Stage::sqlite).await;
    });
}

#[test]
fn the_contract_of_routines_holds_on_postgresql() {
    let server = Server::start();
    play(async {
        every_case(&|| Stage::postgres(&server)).await;
    });
}

async fn every_case<'a>(stage: &impl Fn() -> Stage<'a>) {
    an_observation_comes_back_digit_by_digit_and_once(&stage()).await;
    a_routine_runs_once_a_period(&stage()).await;
    every_tampering_with_routines_is_found(stage).await;
}

const TABLE: &[u8] = b"company,role\n";

fn seen(standing: Standing, value: f64, at: Timestamp) -> Observation {
    let source = Citation {
        run: "run_1".parse().unwrap(),
        artifact: sha256::digest_of(TABLE),
        file: "applications.csv".to_owned(),
        locator: Locator::Whole,
    };
    Observation {
        gate: "interviews".parse().unwrap(),
        week: Week::of(at),
        at,
        standing,
        value: Some(Measured::new(value, Unit::Count, None, 3, vec![source]).unwrap()),
        because: "1 of 3".to_owned(),
        command: None,
    }
}

fn later(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(now().unix_millis() + millis)
}

async fn observe(store: &Store, observation: &Observation) -> bool {
    let new = NewObservation {
        observation,
        input: Some((sha256::digest_of(TABLE), TABLE)),
    };
    store
        .observe_north_stars(&[new], observation.at)
        .await
        .unwrap()[0]
}

async fn an_observation_comes_back_digit_by_digit_and_once(stage: &Stage<'_>) {
    let store = stage.open().await;
    let first = seen(Standing::Missed, 0.1 + 0.2, now());
    assert!(observe(&store, &first).await);
    assert!(!observe(&store, &seen(Standing::Missed, 0.1 + 0.2, later(5))).await);
    let second = seen(Standing::Met, 0.7, later(9));
    assert!(observe(&store, &second).await);
    assert!(observe(&store, &seen(Standing::Missed, 0.1 + 0.2, later(12))).await);
    let all = store.north_star_observations().await.unwrap();
    assert_eq!(all[..2], [first, second]);
    assert_eq!(all.len(), 3);
    assert_eq!(store.artifact(sha256::digest_of(TABLE)).unwrap(), TABLE);
    assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
}

fn run(period: &str, agent: Option<&str>, content: &str) -> RoutineRun {
    RoutineRun {
        routine: Routine::Weekly,
        period: period.to_owned(),
        agent: agent.map(|agent| agent.parse().unwrap()),
        at: now(),
        content: content.to_owned(),
    }
}

async fn a_routine_runs_once_a_period(stage: &Stage<'_>) {
    let store = stage.open().await;
    let first = run("2026-W47", None, "{\"goals\":[\"one\"]}");
    assert_eq!(
        store.store_routine(&first).await.unwrap(),
        RoutineTurn::First
    );
    let again = run("2026-W47", None, "{\"goals\":[\"two\"]}");
    let stored = store.store_routine(&again).await.unwrap();
    assert_eq!(stored, RoutineTurn::Again(first.clone()));
    for other in [
        run("2026-W47", Some("amber"), "{}"),
        run("2026-W48", None, "{}"),
    ] {
        assert_eq!(
            store.store_routine(&other).await.unwrap(),
            RoutineTurn::First
        );
        let agent = other.agent.as_ref();
        let found = store
            .routine(Routine::Weekly, &other.period, agent)
            .await
            .unwrap();
        assert_eq!(found, Some(other));
    }
    let last = store.last_routine(Routine::Weekly).await.unwrap().unwrap();
    assert_eq!(last.period, "2026-W48");
    assert_eq!(store.last_routine(Routine::Monthly).await.unwrap(), None);
    assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
}

async fn every_tampering_with_routines_is_found<'a>(stage: &impl Fn() -> Stage<'a>) {
    for (sql, problems) in [
        ("UPDATE north_star_observation SET content = '{}'", 2),
        ("DELETE FROM north_star_observation", 1),
        ("UPDATE routine_run SET period = '2026-W01'", 2),
        ("UPDATE routine_run SET at = at + 1", 2),
        ("DELETE FROM routine_run", 1),
    ] {
        let stage = stage();
        let store = stage.open().await;
        observe(&store, &seen(Standing::Missed, 1.0, now())).await;
        store
            .store_routine(&run("2026-W47", None, "{}"))
            .await
            .unwrap();
        stage.run(sql);
        let found = store.verify_journal().await.unwrap().problems;
        assert_eq!(found.len(), problems, "{sql}: {found:?}");
    }
}
