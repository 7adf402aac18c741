//! What the store promises about incidents, whichever engine holds the rows.

use adjutant_rollout::{IncidentId, IncidentNote, IncidentNoteKind};
use adjutant_store::{NewTask, Store};
use adjutant_testkit::postgres::Server;
use adjutant_work::Intake;

use crate::engine::{Stage, now, play};

#[test]
fn the_contract_of_incidents_holds_on_sqlite() {
    play(async {
        every_case(&Stage::sqlite).await;
    });
}

#[test]
fn the_contract_of_incidents_holds_on_postgresql() {
    let server = Server::start();
    play(async {
        every_case(&|| Stage::postgres(&server)).await;
    });
}

async fn every_case<'a>(stage: &impl Fn() -> Stage<'a>) {
    notes_come_back_in_their_order_and_an_action_is_a_task(&stage()).await;
    an_action_that_is_no_task_is_not_noted(&stage()).await;
    every_tampering_with_incidents_is_found(stage).await;
}

fn id(text: &str) -> IncidentId {
    text.parse().unwrap()
}

fn note(kind: IncidentNoteKind, text: &str) -> IncidentNote {
    IncidentNote {
        at: now(),
        kind,
        text: text.to_owned(),
        task: None,
    }
}

fn task(draft: bool) -> NewTask {
    NewTask {
        intake: Intake {
            title: "Bound the cache".to_owned(),
            ..Intake::default()
        },
        links: vec![],
        draft,
    }
}

async fn act(store: &Store, draft: bool) -> bool {
    let action = note(IncidentNoteKind::Action, "Bound the cache");
    let (incident, task) = (id("search:5"), task(draft));
    let acted = store.act_on_incident(&incident, &action, &task).await;
    acted.unwrap().is_ok()
}

async fn notes_come_back_in_their_order_and_an_action_is_a_task(stage: &Stage<'_>) {
    let store = stage.open().await;
    let cause = note(IncidentNoteKind::Cause, "the cache grew without a bound");
    store.note_incident(&id("search:5"), &cause).await.unwrap();
    assert!(act(&store, true).await);
    let other = note(IncidentNoteKind::Note, "another incident");
    store.note_incident(&id("search:50"), &other).await.unwrap();
    let notes = store.incident_notes(&id("search:5")).await.unwrap();
    assert_eq!(notes.len(), 2);
    assert_eq!(notes[0], cause);
    let filed = store.task(notes[1].task.unwrap()).await.unwrap().unwrap();
    assert_eq!(filed.task.intake.title, "Bound the cache");
    assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
}

async fn an_action_that_is_no_task_is_not_noted(stage: &Stage<'_>) {
    let store = stage.open().await;
    assert!(!act(&store, false).await);
    assert_eq!(store.incident_notes(&id("search:5")).await.unwrap(), []);
}

async fn every_tampering_with_incidents_is_found<'a>(stage: &impl Fn() -> Stage<'a>) {
    for (sql, problems) in [
        ("UPDATE incident_note SET text = 'nothing happened'", 2),
        ("UPDATE incident_note SET incident = 'search:6'", 2),
        ("UPDATE incident_note SET task = NULL", 2),
        ("DELETE FROM incident_note", 1),
    ] {
        let stage = stage();
        let store = stage.open().await;
        assert!(act(&store, true).await);
        stage.run(sql);
        let found = store.verify_journal().await.unwrap().problems;
        assert_eq!(found.len(), problems, "{sql}: {found:?}");
    }
}
