//! What is counted for those who watch from outside, whichever engine holds the rows.

use adjutant_announce::AnnouncementKind;
use adjutant_domain::{
    Data, Epoch, Evidence, Labels, Locator, Measurement, Scalar, TaskId, Unit, sha256,
};
use adjutant_store::{
    AgentRun, AgentRunFigure, AgentUsage, DeliveryFigure, NewEvidence, RunBytes, Store,
    StoreFigures, UsageMeasure,
};
use adjutant_testkit::postgres::Server;
use adjutant_work::{Claim, Target, TaskKind};

use crate::announcements::{happen, know};
use crate::engine::{Stage, now, play};
use crate::queue::{ask, intake, new};

#[test]
fn everything_is_counted_on_sqlite() {
    play(async {
        every_case(&Stage::sqlite).await;
    });
}

#[test]
fn everything_is_counted_on_postgresql() {
    let server = Server::start();
    play(async {
        every_case(&|| Stage::postgres(&server)).await;
    });
}

async fn every_case<'a>(stage: &impl Fn() -> Stage<'a>) {
    an_empty_store_counts_nothing(&stage()).await;
    what_waits_and_what_is_held_is_counted(&stage()).await;
    what_agents_reported_is_summed_and_what_they_did_not_is_not(&stage()).await;
}

async fn an_empty_store_counts_nothing(stage: &Stage<'_>) {
    let store = stage.open().await;
    assert_eq!(store.figures().await.unwrap(), StoreFigures::default());
}

async fn what_waits_and_what_is_held_is_counted(stage: &Stage<'_>) {
    let store = stage.open().await;
    for title in ["one", "two"] {
        let task = new(intake(title));
        store.file_tasks(&[task], None, now()).await.unwrap();
    }
    let claim = store.claim(&ask("ada", Target::Next), now()).await.unwrap();
    assert!(matches!(claim, Claim::Won(_)), "{claim:?}");
    let chat = "chat".parse().unwrap();
    know(&store, &chat, &AnnouncementKind::ALL).await;
    happen(&store, "search", 0).await;
    let figures = store.figures().await.unwrap();
    let one_of = |state: &str| (state.to_owned(), 1);
    assert_eq!(figures.tasks, [one_of("leased"), one_of("open")]);
    assert_eq!((figures.ready, figures.leases), (1, 1));
    assert_eq!(figures.oldest_ready, Some(now()));
    assert_eq!(figures.claims, []);
    assert_eq!(figures.service_events, 1);
    let waiting = DeliveryFigure {
        receiver: "chat".to_owned(),
        state: "waiting".to_owned(),
        count: figures.deliveries[0].count,
        oldest_waiting: Some(now()),
    };
    assert_eq!(figures.deliveries, [waiting]);
}

async fn run(store: &Store, agent: &str, kind: Option<TaskKind>, transcript: &[u8]) {
    let bytes = RunBytes {
        transcript,
        complaints: b"",
    };
    let run = AgentRun {
        agent: agent.parse().unwrap(),
        task: TaskId::from_number(1),
        epoch: Epoch::from_number(1),
        kind,
        began_at: now(),
        ended_at: now(),
        ending: "exited 0".to_owned(),
        base: "1".repeat(40).parse().unwrap(),
        head: "2".repeat(40).parse().unwrap(),
        transcript: sha256::digest_of(transcript),
        complaints: sha256::digest_of(b""),
        judged: None,
    };
    store.add_run(&run, bytes, now()).await.unwrap();
}

async fn reports(store: &Store, agent: &str, run: &str, bytes: &[u8], figures: &[(&str, f64)]) {
    let measurement = |(measure, value): &(&str, f64)| Measurement {
        measure: measure.parse().unwrap(),
        labels: match *measure {
            "input_tokens" => Labels::from([("model".to_owned(), "m".to_owned())]),
            _ => Labels::new(),
        },
        unit: Unit::Tokens,
        locator: Locator::Pointer("/usage".to_owned()),
        data: Data::Scalar(Scalar {
            statistic: "sum".to_owned(),
            value: *value,
            interval: None,
            n: None,
        }),
    };
    let evidence = Evidence {
        subject: agent.parse().unwrap(),
        run: run.parse().unwrap(),
        artifact: sha256::digest_of(bytes),
        file: "transcript".to_owned(),
        taken_at: now(),
        measurements: figures.iter().map(measurement).collect(),
    };
    let new = NewEvidence {
        evidence: &evidence,
        format: "claude-code",
        named: None,
        bytes,
    };
    store.add_evidence(&[new], now()).await.unwrap();
}

async fn what_agents_reported_is_summed_and_what_they_did_not_is_not(stage: &Stage<'_>) {
    let store = stage.open().await;
    let fix = Some(TaskKind::Fix);
    for (name, bytes, tokens) in [("one", b"1", 40.0), ("two", b"2", 2.0)] {
        run(&store, "ada", fix, bytes).await;
        let used = [("input_tokens", tokens), ("cost_usd", 0.25), ("turns", 3.0)];
        reports(&store, "ada", name, bytes, &used).await;
    }
    run(&store, "bob", None, b"says nothing of it").await;
    // Of no run, or another agent's: not what a run used.
    reports(&store, "eve", "three", b"1", &[("cost_usd", 9.0)]).await;
    let figures = store.figures().await.unwrap();
    let runs = |agent: &str, kind: Option<&str>, is_reported, count| AgentRunFigure {
        agent: agent.to_owned(),
        kind: kind.map(str::to_owned),
        is_reported,
        count,
    };
    let expected = [
        runs("ada", Some("fix"), true, 2),
        runs("bob", None, false, 1),
    ];
    assert_eq!(figures.runs, expected);
    let used = |model: Option<&str>, measure, sum| AgentUsage {
        agent: "ada".to_owned(),
        kind: Some("fix".to_owned()),
        model: model.map(str::to_owned),
        measure,
        sum,
    };
    let expected = [
        used(None, UsageMeasure::CostUsd, 0.5),
        used(Some("m"), UsageMeasure::InputTokens, 42.0),
    ];
    assert_eq!(figures.usage, expected);
}
