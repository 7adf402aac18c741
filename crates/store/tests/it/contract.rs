//! What the store promises, whichever engine holds the rows. Each case starts from nothing.

use adjutant_domain::sha256;
use adjutant_domain::{
    Confidence, Data, Digest, Epoch, Evidence, Labels, Locator, Measured, Measurement, Outcome,
    Samples, Scalar, TaskId, Timestamp, Unit, Validity, Verdict,
};
use adjutant_gate::{Accepted, CriterionResult, Decision, Input, JudgedArtifact, Needed, Trend};
use adjutant_store::{
    Added, AgentChange, AgentRun, NewDecision, NewEvidence, RunBytes, Store, StoreError,
};
use adjutant_testkit::postgres::Server;
use adjutant_work::{Agent, Launch, TaskKind, TrialOutcome};

use crate::engine::{Stage, now, play};

#[test]
fn the_contract_holds_on_sqlite() {
    play(async {
        every_case(Stage::sqlite).await;
    });
}

#[test]
fn the_contract_holds_on_postgresql() {
    let server = Server::start();
    play(async {
        every_case(|| Stage::postgres(&server)).await;
    });
}

async fn every_case<'a>(stage: impl Fn() -> Stage<'a>) {
    what_was_added_is_listed_digit_by_digit(&stage()).await;
    the_same_evidence_twice_is_one(&stage()).await;
    a_batch_that_fails_leaves_nothing(&stage()).await;
    the_latest_run_of_each_subject_is_found(&stage()).await;
    decisions_come_back_oldest_first(&stage()).await;
    a_gates_last_decision_about_a_build_is_found_among_any_number(&stage()).await;
    builds_of_decisions_that_were_saved_before_are_noted(&stage()).await;
    a_decision_is_saved_with_its_evidence_or_not_at_all(&stage()).await;
    an_honest_journal_holds(&stage()).await;
    every_tampering_is_found_by_the_journal(&stage).await;
    an_artifact_that_was_changed_is_not_read(&stage()).await;
    stores_that_write_at_once_lose_nothing(&stage()).await;
    a_newer_schema_is_refused(&stage()).await;
    an_agent_is_what_was_last_said_about_it(&stage()).await;
    a_run_is_kept_with_both_of_its_streams(&stage()).await;
}

fn evidence(subject: &str, run: &str, bytes: &[u8]) -> Evidence {
    let locator = Locator::Rows {
        first: 2,
        last: 3,
        column: "latency_ms".to_owned(),
    };
    let labels = Labels::from([("tool".to_owned(), "git\"leaks é".to_owned())]);
    Evidence {
        subject: subject.parse().unwrap(),
        run: run.parse().unwrap(),
        artifact: sha256::digest_of(bytes),
        file: "latency.csv".to_owned(),
        taken_at: Timestamp::from_unix_millis(1_699_999_999_123),
        measurements: vec![
            Measurement {
                measure: "latency_ms".parse().unwrap(),
                labels: Labels::new(),
                unit: Unit::Milliseconds,
                locator,
                data: Data::Samples(Samples {
                    values: vec![1.0, 2.0],
                    ..Samples::default()
                }),
            },
            Measurement {
                measure: "findings".parse().unwrap(),
                labels,
                unit: Unit::Count,
                locator: Locator::Pointer("/runs/0".to_owned()),
                data: Data::Scalar(Scalar {
                    statistic: "count".to_owned(),
                    value: 0.1 + 0.2,
                    interval: None,
                    n: None,
                }),
            },
        ],
    }
}

fn new<'a>(evidence: &'a Evidence, bytes: &'a [u8]) -> NewEvidence<'a> {
    NewEvidence {
        evidence,
        format: "samples-csv",
        named: None,
        bytes,
    }
}

fn decision(at: i64, observed: Option<f64>, inputs: &[&Evidence]) -> Decision {
    let cite = |observed: f64| {
        let source = inputs[0].cite(&inputs[0].measurements[0]);
        Measured::new(observed, Unit::Milliseconds, None, 2, vec![source]).unwrap()
    };
    Decision {
        gate: "release".parse().unwrap(),
        decided_at: Timestamp::from_unix_millis(at),
        verdict: Verdict::ShadowOnly,
        reasons: vec![],
        criteria: vec![CriterionResult {
            id: "p95".parse().unwrap(),
            target: "p95 < 500 ms".to_owned(),
            required: true,
            accepted: Accepted {
                low: None,
                high: Some(500.0),
            },
            bypass: None,
            observed: observed.map(cite),
            confidence: Confidence::TWO_SIDED_95,
            arms: vec![],
            method: String::new(),
            validity: Validity::Insufficient,
            outcome: Outcome::Inconclusive,
            reason: String::new(),
            trend: Trend::NoHistory,
            needed: Needed::default(),
        }],
        triggers: vec![],
        joint: None,
        inputs: inputs
            .iter()
            .map(|evidence| Input {
                subject: evidence.subject.clone(),
                run: evidence.run.clone(),
                artifact: evidence.artifact,
                file: evidence.file.clone(),
                taken_at: evidence.taken_at,
            })
            .collect(),
    }
}

async fn add(store: &Store, subject: &str, run: &str, bytes: &[u8]) -> Added {
    let evidence = evidence(subject, run, bytes);
    store
        .add_evidence(&[new(&evidence, bytes)], now())
        .await
        .unwrap()[0]
}

async fn decide(store: &Store, at: i64, observed: Option<f64>) -> Digest {
    let record = format!("record of {at}");
    save(store, at, observed, (record, None)).await
}

/// A decision whose record says no more than what build it is about.
async fn decide_about(store: &Store, at: i64, build: Option<Digest>) -> Digest {
    let artifact = build.map(|digest| JudgedArtifact {
        file: "build".to_owned(),
        digest,
    });
    let record = serde_json::json!({ "now": at, "artifact": artifact });
    save(store, at, None, (record.to_string(), build)).await
}

async fn save(
    store: &Store,
    at: i64,
    observed: Option<f64>,
    (record, build): (String, Option<Digest>),
) -> Digest {
    let evidence = evidence("candidate", "run_1", b"bytes");
    let decision = decision(at, observed, &[&evidence]);
    let bytes = record.into_bytes();
    let record = sha256::digest_of(&bytes);
    let saved = NewDecision {
        decision: &decision,
        record,
        bytes: &bytes,
        build,
    };
    store
        .save_decision(&saved, &[new(&evidence, b"bytes")], now())
        .await
        .unwrap();
    record
}

async fn what_was_added_is_listed_digit_by_digit(stage: &Stage<'_>) {
    let store = stage.open().await;
    let given = evidence("candidate", "run_1", b"bytes");
    let named = "up".parse().unwrap();
    let request = NewEvidence {
        named: Some(&named),
        ..new(&given, b"bytes")
    };
    store.add_evidence(&[request], now()).await.unwrap();
    drop(store);

    let store = stage.open().await;
    let listed = store.list_evidence(None).await.unwrap();
    assert_eq!(listed.len(), 1);
    let one = &listed[0];
    assert_eq!(one.subject, given.subject);
    assert_eq!(one.run, given.run);
    assert_eq!(one.artifact, given.artifact);
    assert_eq!(one.format, "samples-csv");
    assert_eq!(one.named, Some(named));
    assert_eq!(one.taken_at, given.taken_at);
    assert_eq!(one.added_at, now());
    let measured = store.measurements_of(one.id).await.unwrap();
    assert_eq!(measured[0].locator, given.measurements[0].locator);
    assert_eq!(
        (measured[0].n, measured[0].shape.as_str()),
        (Some(2), "samples")
    );
    assert_eq!(measured[1].labels, given.measurements[1].labels);
    assert_eq!(measured[1].unit, Unit::Count);
    assert_eq!(measured[1].value, Some(0.1 + 0.2));
    assert_eq!(measured[1].statistic.as_deref(), Some("count"));
    assert_eq!(store.artifact(given.artifact).unwrap(), b"bytes");
    let other = "baseline".parse().unwrap();
    assert_eq!(store.list_evidence(Some(&other)).await.unwrap(), vec![]);
}

async fn the_same_evidence_twice_is_one(stage: &Stage<'_>) {
    let store = stage.open().await;
    let first = add(&store, "candidate", "run_1", b"bytes").await;
    let again = add(&store, "candidate", "run_1", b"bytes").await;
    let other = add(&store, "baseline", "run_1", b"bytes").await;
    assert_eq!(first, Added::New(1));
    assert_eq!(again, Added::AlreadyThere(1));
    assert_eq!(other, Added::New(2));
    assert_eq!(store.read_journal().await.unwrap().len(), 2);
}

async fn a_batch_that_fails_leaves_nothing(stage: &Stage<'_>) {
    let store = stage.open().await;
    stage.run("ALTER TABLE journal RENAME TO away");
    let (one, two) = (
        evidence("baseline", "run_1", b"one"),
        evidence("candidate", "run_1", b"two"),
    );
    let refused = store
        .add_evidence(&[new(&one, b"one"), new(&two, b"two")], now())
        .await;
    assert!(matches!(refused, Err(StoreError::Statement { .. })));
    stage.run("ALTER TABLE away RENAME TO journal");
    assert_eq!(store.list_evidence(None).await.unwrap(), vec![]);
    assert_eq!(store.verify_journal().await.unwrap().entries, 0);
    assert_eq!(
        add(&store, "baseline", "run_1", b"one").await,
        Added::New(1)
    );
}

async fn the_latest_run_of_each_subject_is_found(stage: &Stage<'_>) {
    let store = stage.open().await;
    for (at, subject, run, bytes) in [
        (1, "baseline", "run_1", b"a".as_slice()),
        (2, "candidate", "run_2", b"b"),
        (3, "candidate", "run_3", b"c"),
        (4, "candidate", "run_3", b"d"),
        (5, "baseline", "run_0", b"e"),
        (5, "baseline", "run_9", b"f"),
    ] {
        let evidence = evidence(subject, run, bytes);
        let at = Timestamp::from_unix_millis(at);
        store
            .add_evidence(&[new(&evidence, bytes)], at)
            .await
            .unwrap();
    }
    let latest = store.latest_evidence().await.unwrap();
    let found: Vec<_> = latest
        .iter()
        .map(|evidence| {
            (
                evidence.subject.as_str(),
                evidence.run.as_str(),
                evidence.id,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("candidate", "run_3", 3),
            ("candidate", "run_3", 4),
            ("baseline", "run_0", 5),
            ("baseline", "run_9", 6),
        ]
    );
    let run = "run_2".parse().unwrap();
    assert_eq!(store.evidence_of_run(&run).await.unwrap()[0].id, 2);
}

async fn decisions_come_back_oldest_first(stage: &Stage<'_>) {
    let store = stage.open().await;
    let gate = "release".parse().unwrap();
    assert_eq!(store.past_decisions(&gate, 3).await.unwrap(), vec![]);
    for at in 1..=4 {
        let observed = (at != 3).then_some(at as f64 / 3.0);
        decide(&store, at, observed).await;
    }
    let past = store.past_decisions(&gate, 3).await.unwrap();
    let told: Vec<_> = past
        .iter()
        .map(|past| (past.decided_at.unix_millis(), past.criteria[0].observed))
        .collect();
    assert_eq!(
        told,
        [(2, Some(2.0 / 3.0)), (3, None), (4, Some(4.0 / 3.0))]
    );
    assert_eq!(past[0].criteria[0].validity, Validity::Insufficient);
    assert_eq!(past[0].artifacts, [sha256::digest_of(b"bytes")]);
    let other = "merge".parse().unwrap();
    assert_eq!(store.past_decisions(&other, 3).await.unwrap(), vec![]);
    let last = store.last_decision(&gate).await.unwrap().unwrap();
    assert_eq!(last.verdict, Verdict::ShadowOnly);
    assert_eq!(store.artifact(last.record).unwrap(), b"record of 4");
}

async fn a_gates_last_decision_about_a_build_is_found_among_any_number(stage: &Stage<'_>) {
    let store = stage.open().await;
    let gate = "release".parse().unwrap();
    let build = sha256::digest_of(b"build");
    assert_eq!(store.decisions_about(&gate, build).await.unwrap(), []);
    decide_about(&store, 1, Some(build)).await;
    let last = decide_about(&store, 2, Some(build)).await;
    for at in 3..=250 {
        let other = (at % 2 == 0).then(|| sha256::digest_of(b"another"));
        decide_about(&store, at, other).await;
    }
    assert_eq!(records_about(&store, build).await, [last]);
    assert_eq!(records_about(&store, sha256::digest_of(b"none")).await, []);
}

async fn builds_of_decisions_that_were_saved_before_are_noted(stage: &Stage<'_>) {
    let build = sha256::digest_of(b"build");
    let store = stage.open().await;
    let mut records = vec![];
    for judged in [Some(build), None, None] {
        records.push(decide_about(&store, records.len() as i64, judged).await);
    }
    let gone = records[2];
    std::fs::remove_file(store.artifact_path(gone)).unwrap();
    drop(store);
    stage.go_back_to(13);
    for (id, record) in (1..).zip(&records) {
        stage.run(&format!("INSERT INTO artifact VALUES ('{record}', 1, 0)"));
        stage.run(&format!(
            "INSERT INTO decision VALUES ({id}, 'release', 0, 'GO', '{record}')"
        ));
    }

    let store = stage.open().await;
    // Who looks hears of the record that is gone: it may be about the build.
    assert_eq!(records_about(&store, build).await, [gone, records[0]]);
    let other = sha256::digest_of(b"another");
    assert_eq!(records_about(&store, other).await, [gone]);
}

async fn records_about(store: &Store, build: Digest) -> Vec<Digest> {
    let gate = "release".parse().unwrap();
    let decisions = store.decisions_about(&gate, build).await.unwrap();
    decisions.iter().map(|decision| decision.record).collect()
}

async fn a_decision_is_saved_with_its_evidence_or_not_at_all(stage: &Stage<'_>) {
    let store = stage.open().await;
    stage.run("ALTER TABLE decision_criterion RENAME TO away");
    let evidence = evidence("candidate", "run_1", b"bytes");
    let decision = decision(1, None, &[&evidence]);
    let saved = NewDecision {
        decision: &decision,
        record: sha256::digest_of(b"record"),
        bytes: b"record",
        build: None,
    };
    let refused = store
        .save_decision(&saved, &[new(&evidence, b"bytes")], now())
        .await;
    assert!(matches!(refused, Err(StoreError::Statement { .. })));
    assert_eq!(store.list_evidence(None).await.unwrap(), vec![]);
    assert_eq!(store.verify_journal().await.unwrap().entries, 0);
}

async fn an_honest_journal_holds(stage: &Stage<'_>) {
    let store = stage.open().await;
    add(&store, "baseline", "run_1", b"one").await;
    decide(&store, 1, Some(1.0)).await;
    decide(&store, 2, Some(2.0)).await;
    let check = store.verify_journal().await.unwrap();
    assert_eq!(check.problems, Vec::<String>::new());
    let journal = store.read_journal().await.unwrap();
    let kinds: Vec<_> = journal.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "evidence.added",
            "evidence.added",
            "gate.decided",
            "gate.decided"
        ]
    );
    assert_eq!(check.head, journal[3].hash);
}

async fn every_tampering_is_found_by_the_journal<'a>(stage: &impl Fn() -> Stage<'a>) {
    for (sql, problem) in [
        (
            "UPDATE journal SET at = at + 1 WHERE position = 2",
            "entry 2 was changed",
        ),
        (
            "UPDATE journal SET previous = hash WHERE position = 2",
            "entry 2 does not continue entry 1",
        ),
        (
            "DELETE FROM journal WHERE position = 1",
            "entry 1 is missing; 2 follows",
        ),
        (
            "DELETE FROM journal WHERE position = 3",
            "decision 1 has no journal entry",
        ),
        (
            "UPDATE evidence SET run = 'run_9' WHERE id = 1",
            "entry 1 (evidence.added) has no row: what it explains was removed or changed",
        ),
        (
            "UPDATE decision SET verdict = 'GO'",
            "decision 1 has no journal entry",
        ),
    ] {
        let stage = stage();
        let store = stage.open().await;
        add(&store, "baseline", "run_1", b"one").await;
        decide(&store, 1, Some(1.0)).await;
        stage.run(sql);
        let problems = store.verify_journal().await.unwrap().problems;
        assert!(
            problems.iter().any(|found| found == problem),
            "{sql}: {problems:?}"
        );
    }
}

async fn an_artifact_that_was_changed_is_not_read(stage: &Stage<'_>) {
    let store = stage.open().await;
    add(&store, "candidate", "run_1", b"bytes").await;
    let digest = sha256::digest_of(b"bytes");
    let path = store.artifact_path(digest);
    std::fs::write(&path, b"bytez").unwrap();
    assert!(matches!(
        store.artifact(digest),
        Err(StoreError::ArtifactChanged { .. })
    ));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(
        store.artifact(digest),
        Err(StoreError::ArtifactMissing(_))
    ));
    std::fs::write(&path, b"bytez").unwrap();
    add(&store, "candidate", "run_1", b"bytes").await;
    assert_eq!(store.artifact(digest).unwrap(), b"bytes");
    let incoming = path.parent().unwrap().join("incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
}

async fn stores_that_write_at_once_lose_nothing(stage: &Stage<'_>) {
    const WRITERS: usize = 4;
    const EACH: usize = 10;
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let stage = &stage.location;
            scope.spawn(move || {
                play(async {
                    let store = Store::open(stage, now()).await.unwrap();
                    for number in 0..EACH {
                        let bytes = format!("{writer}/{number}").into_bytes();
                        add(&store, "candidate", &format!("run_{writer}"), &bytes).await;
                    }
                });
            });
        }
    });
    let store = stage.open().await;
    let listed = store.list_evidence(None).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|evidence| evidence.id).collect();
    assert_eq!(ids, (1..=(WRITERS * EACH) as i64).collect::<Vec<_>>());
    assert_eq!(
        store.verify_journal().await.unwrap().problems,
        Vec::<String>::new()
    );
}

async fn a_newer_schema_is_refused(stage: &Stage<'_>) {
    stage.open().await;
    stage.run("INSERT INTO migration (number, applied_at) VALUES (999, 0)");
    assert!(matches!(
        Store::open(&stage.location, now()).await,
        Err(StoreError::SchemaTooNew { found: 999, .. })
    ));
}

fn agent(name: &str, command: &str) -> Agent {
    Agent {
        name: name.parse().unwrap(),
        role: "qa-evals-docs".parse().unwrap(),
        launch: Launch::command(command).unwrap(),
        variables: vec!["MODEL_KEY".to_owned()],
    }
}

async fn an_agent_is_what_was_last_said_about_it(stage: &Stage<'_>) {
    let store = stage.open().await;
    let (ada, bob) = (agent("ada", "a {prompt}"), agent("bob", "b"));
    let changed = agent("ada", "c");
    for (agent, change) in [
        (&bob, AgentChange::Done),
        (&ada, AgentChange::Done),
        (&ada, AgentChange::Unchanged),
        (&changed, AgentChange::Done),
    ] {
        assert_eq!(store.set_agent(agent, now()).await.unwrap(), change);
    }
    assert_eq!(store.agents().await.unwrap(), [changed, bob.clone()]);
    for change in [AgentChange::Done, AgentChange::Unchanged] {
        assert_eq!(store.remove_agent(&ada.name, now()).await.unwrap(), change);
    }
    assert_eq!(store.agents().await.unwrap(), [bob]);
    let check = store.verify_journal().await.unwrap();
    assert_eq!((check.entries, check.problems), (4, vec![]));
    stage.run("UPDATE agent SET definition = NULL WHERE id = 1");
    assert_eq!(store.verify_journal().await.unwrap().problems.len(), 2);
}

async fn a_run_is_kept_with_both_of_its_streams(stage: &Stage<'_>) {
    let store = stage.open().await;
    let bytes = RunBytes {
        transcript: b"done\n",
        complaints: b"",
    };
    let run = AgentRun {
        agent: "ada".parse().unwrap(),
        task: TaskId::from_number(17),
        epoch: Epoch::from_number(3),
        kind: Some(TaskKind::Fix),
        began_at: now(),
        ended_at: now(),
        ending: "exited 0".to_owned(),
        base: "1".repeat(40).parse().unwrap(),
        head: "2".repeat(40).parse().unwrap(),
        transcript: sha256::digest_of(bytes.transcript),
        complaints: sha256::digest_of(bytes.complaints),
        judged: Some(TrialOutcome::Passed),
    };
    store.add_run(&run, bytes, now()).await.unwrap();
    let other = AgentRun {
        agent: "bob".parse().unwrap(),
        kind: None,
        judged: None,
        ..run.clone()
    };
    store.add_run(&other, bytes, now()).await.unwrap();
    assert_eq!(
        store.runs_of(Some(&run.agent)).await.unwrap().as_slice(),
        std::slice::from_ref(&run)
    );
    assert_eq!(store.runs_of(None).await.unwrap(), [run.clone(), other]);
    assert_eq!(store.artifact(run.transcript).unwrap(), bytes.transcript);
    assert!(store.verify_journal().await.unwrap().problems.is_empty());
    stage.run("UPDATE agent_run SET judged = 'won' WHERE id = 1");
    assert_eq!(store.verify_journal().await.unwrap().problems.len(), 2);
}
