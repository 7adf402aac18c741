//! What the store promises about tasks, claims and leases, whichever engine holds the rows.

use adjutant_domain::{RoleName, TaskId, Timestamp};
use adjutant_store::{
    AttemptResult, Filed, Holder, NewTask, Store, StoreError, TaskFilter, TaskLink, Written,
};
use adjutant_testkit::postgres::Server;
use adjutant_work::{
    Claim, ClaimRequest, Intake, Link, LinkKind, OnOverlap, Pause, Priority, ProvenWork, Refusal,
    Role, StateName, Target, Task, TaskKind, TaskState, Won,
};
use serde_json::json;

use crate::engine::{Stage, now, play};
use crate::queue::{self, LEASE, Timed, agent, ask, intake, new};

#[test]
fn the_contract_of_tasks_holds_on_sqlite() {
    play(async {
        every_case(&Stage::sqlite).await;
    });
}

#[test]
fn the_contract_of_tasks_holds_on_postgresql() {
    let server = Server::start();
    play(async {
        every_case(&|| Stage::postgres(&server)).await;
    });
}

async fn every_case<'a>(stage: &impl Fn() -> Stage<'a>) {
    what_was_filed_comes_back(&stage()).await;
    the_queue_hands_out_by_priority_then_power_then_age(&stage()).await;
    an_agent_works_on_one_task_at_a_time(&stage()).await;
    a_claim_says_why_the_agent_cannot_have_the_task(&stage()).await;
    a_late_writer_is_refused_everywhere(&stage()).await;
    whoever_is_refused_keeps_nobody_waiting(&stage()).await;
    a_renewal_is_granted_as_long_as_nobody_took_the_task(&stage()).await;
    a_task_that_loses_three_holders_is_quarantined(&stage()).await;
    a_monstrous_text_is_kept_or_refused_and_the_queue_goes_on(&stage()).await;
    the_counters_follow_links_and_closing(&stage()).await;
    a_circle_is_refused_and_named(&stage()).await;
    a_repeated_request_has_one_effect(&stage()).await;
    work_goes_from_claim_to_done(&stage()).await;
    a_handoff_files_a_task_and_waits_for_it(&stage()).await;
    what_is_held_or_was_changed_is_not_edited(&stage()).await;
    a_ready_list_comes_in_pages(&stage()).await;
    queue::tasks_are_counted_by_state_at_one_place_of_the_journal(&stage()).await;
    every_tampering_with_tasks_is_found(stage).await;
}

async fn file(store: &Store, intake: Intake, blocked_by: &[TaskId]) -> TaskId {
    let mut task = new(intake);
    task.links = blocked_by.iter().map(|id| blocked(*id)).collect();
    match store.file_tasks(&[task], None, now()).await.unwrap() {
        Filed::Tasks(tasks) => tasks[0].id,
        Filed::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn blocked(target: TaskId) -> Link {
    Link {
        kind: LinkKind::BlockedBy,
        target,
    }
}

async fn won(store: &Store, name: &str, target: Target) -> Won {
    match store.claim(&ask(name, target), now()).await.unwrap() {
        Claim::Won(won) => *won,
        Claim::Refused(refusal) => panic!("{name}: {refusal:?}"),
    }
}

async fn refused(store: &Store, name: &str, target: Target) -> Refusal {
    refused_as(store, &ask(name, target)).await
}

async fn refused_as(store: &Store, request: &ClaimRequest) -> Refusal {
    match store.claim(request, now()).await.unwrap() {
        Claim::Won(won) => panic!("won {won:?}"),
        Claim::Refused(refusal) => refusal,
    }
}

fn holder(won: &Won) -> Holder {
    Holder {
        task: won.task.id,
        epoch: won.lease.epoch,
        agent: won.lease.owner.clone(),
    }
}

fn done(written: Written) -> Task {
    match written {
        Written::Task(task) => *task,
        Written::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn denied(written: Written) -> Refusal {
    match written {
        Written::Task(task) => panic!("written {task:?}"),
        Written::Refused(refusal) => refusal,
    }
}

async fn the(store: &Store, id: TaskId) -> Task {
    store.task(id).await.unwrap().unwrap().task
}

async fn ready(store: &Store) -> Vec<i64> {
    let filter = TaskFilter {
        ready: true,
        limit: 50,
        ..TaskFilter::default()
    };
    let page = store.list_task_texts(&filter).await.unwrap();
    page.tasks.iter().map(|task| task.id.number()).collect()
}

fn work(won: &Won) -> ProvenWork {
    let object = |digit: &str| digit.repeat(40).parse().unwrap();
    ProvenWork {
        by: won.lease.owner.clone(),
        epoch: won.lease.epoch,
        commit: object("a"),
        tree: object("b"),
        base: object("c"),
        proof: adjutant_domain::sha256::digest_of(b"proof"),
    }
}

async fn sound(store: &Store) {
    let problems = store.verify_journal().await.unwrap().problems;
    assert_eq!(problems, Vec::<String>::new());
}

async fn what_was_filed_comes_back(stage: &Stage<'_>) {
    let store = stage.open().await;
    let first = file(&store, intake("first"), &[]).await;
    let mut whole = intake("whole");
    whole.paths = vec!["crates/gate".parse().unwrap()];
    whole.role = Some("qa".parse().unwrap());
    let second = file(&store, whole.clone(), &[first]).await;
    drop(store);
    let store = stage.open().await;
    let stored = store.task(second).await.unwrap().unwrap();
    assert_eq!(stored.task.intake, whole);
    assert_eq!(stored.task.state, TaskState::Open);
    assert_eq!(stored.task.revision, 1);
    assert_eq!(stored.task.open_blockers, 1);
    assert_eq!(stored.links, [blocked(first)]);
    let first = store.task(first).await.unwrap().unwrap();
    assert_eq!(first.task.unblocks, 1);
    assert_eq!(first.links_to, [blocked(second)]);
    let missing = store.task(TaskId::from_number(9)).await.unwrap();
    assert_eq!(missing, None);

    let incomplete = NewTask {
        intake: Intake::default(),
        links: vec![],
        draft: false,
    };
    let batch = [new(intake("third")), incomplete.clone()];
    let filed = store.file_tasks(&batch, None, now()).await.unwrap();
    assert!(matches!(
        filed,
        Filed::Refused(Refusal::Incomplete { task: None, missing }) if missing.len() == 11
    ));
    assert_eq!(store.task(TaskId::from_number(3)).await.unwrap(), None);
    let draft = NewTask {
        draft: true,
        ..incomplete
    };
    store.file_tasks(&[draft], None, now()).await.unwrap();
    let id = TaskId::from_number(3);
    assert_eq!(the(&store, id).await.state, TaskState::Draft);
    let early = store.reopen_task(id, 1, "publish", now()).await.unwrap();
    assert!(matches!(denied(early), Refusal::Incomplete { .. }));
    let edited = store
        .edit_task(id, 1, &intake("complete"), &[], now())
        .await;
    assert_eq!(done(edited.unwrap()).state, TaskState::Draft);
    let open = store.reopen_task(id, 2, "publish", now()).await.unwrap();
    assert_eq!(done(open).state, TaskState::Open);
    sound(&store).await;
}

async fn the_queue_hands_out_by_priority_then_power_then_age(stage: &Stage<'_>) {
    let store = stage.open().await;
    let mut low = intake("low");
    low.priority = Some(Priority::Low);
    let mut high = intake("high");
    high.priority = Some(Priority::High);
    let low = file(&store, low, &[]).await;
    let old = file(&store, intake("old"), &[]).await;
    let mighty = file(&store, intake("mighty"), &[]).await;
    let waiting = file(&store, intake("waiting"), &[mighty]).await;
    let high = file(&store, high, &[]).await;
    let order = [high, mighty, old, low];
    let numbers: Vec<_> = order.iter().map(|id| id.number()).collect();
    assert_eq!(ready(&store).await, numbers);
    for (number, expected) in (0..).zip(order) {
        let name = format!("agent-{number}");
        assert_eq!(won(&store, &name, Target::Next).await.task.id, expected);
    }
    let nothing = refused(&store, "late", Target::Next).await;
    assert_eq!(
        nothing,
        Refusal::NothingReady {
            blocked: 1,
            held: 4,
            passed_over: vec![]
        }
    );
    let blocked = refused(&store, "late", Target::Task(waiting)).await;
    assert!(matches!(blocked, Refusal::Blocked { blockers, .. } if blockers[0].task == mighty));
    sound(&store).await;
}

async fn an_agent_works_on_one_task_at_a_time(stage: &Stage<'_>) {
    let Timed { store, .. } = Timed::open(stage).await;
    let one = file(&store, intake("one"), &[]).await;
    let two = file(&store, intake("two"), &[]).await;
    let first = won(&store, "amber", Target::Next).await;
    assert_eq!((first.task.id, first.lasts_millis), (one, LEASE));
    let busy = Refusal::Busy {
        task: one,
        epoch: first.lease.epoch,
    };
    for target in [Target::Next, Target::Task(two), Target::Task(one)] {
        assert_eq!(refused(&store, "amber", target).await, busy);
    }
    let held = refused(&store, "birch", Target::Task(one)).await;
    assert!(
        matches!(held, Refusal::Held { owner, millis_left: LEASE, .. } if owner == agent("amber"))
    );
    let unknown = refused(&store, "birch", Target::Task(TaskId::from_number(7))).await;
    assert!(matches!(unknown, Refusal::Unknown { .. }));
    let left = store
        .release(&holder(&first), "lunch", now())
        .await
        .unwrap();
    assert_eq!(done(left).state, TaskState::Open);
    assert_eq!(won(&store, "amber", Target::Task(two)).await.task.id, two);
    let attempts = store.attempts_of(Some(&agent("amber"))).await.unwrap();
    let results: Vec<_> = attempts.iter().map(|attempt| attempt.result).collect();
    assert_eq!(results, [Some(AttemptResult::Released), None]);
    let second = won(&store, "birch", Target::Task(first.task.id)).await;
    let second = holder(&second);
    let left = store.refuse_work(&second, "not proven", now()).await;
    assert_eq!(done(left.unwrap()).state, TaskState::Open);
    let attempts = store.attempts_of(Some(&agent("birch"))).await.unwrap();
    let last = attempts.last().unwrap();
    assert_eq!(last.result, Some(AttemptResult::Refused));
    sound(&store).await;
}

fn role(name: &str) -> Role {
    Role {
        name: name.parse::<RoleName>().unwrap(),
        scope: String::new(),
        deliverables: vec![],
        definition_of_done: vec![],
        owns: adjutant_work::Territory::default(),
        boundaries: adjutant_work::Boundaries::default(),
        key_questions: vec![],
        prompt: String::new(),
    }
}

async fn a_claim_says_why_the_agent_cannot_have_the_task(stage: &Stage<'_>) {
    let store = stage.open().await;
    let mut held = intake("held");
    held.paths = vec!["crates/gate".parse().unwrap()];
    held.priority = Some(Priority::High);
    let held = file(&store, held, &[]).await;
    won(&store, "amber", Target::Task(held)).await;
    let mut infra = intake("infra");
    infra.role = Some("infra".parse().unwrap());
    infra.paths = vec!["deploy".parse().unwrap()];
    file(&store, infra, &[]).await;
    let mut near = intake("near");
    near.paths = vec!["crates/*/src".parse().unwrap()];
    let near = file(&store, near, &[]).await;

    let reasons = |refusal: Refusal| {
        if let Refusal::NothingReady { passed_over, .. } = refusal {
            return passed_over;
        }
        panic!("{refusal:?}");
    };
    let told = reasons(refused(&store, "birch", Target::Next).await);
    assert!(
        matches!(&told[0], Refusal::WrongRole { has: None, .. }),
        "{told:?}"
    );
    assert!(
        matches!(&told[1], Refusal::Overlapping { overlaps, .. } if overlaps[0].task == held),
        "{told:?}"
    );
    let mut bounded = ask("birch", Target::Next);
    let mut infra = role("infra");
    infra.boundaries.paths = vec!["deploy/secret".parse().unwrap()];
    bounded.role = Some(infra);
    let told = reasons(refused_as(&store, &bounded).await);
    assert!(matches!(&told[0], Refusal::OutOfBounds { .. }), "{told:?}");
    let mut paused = ask("birch", Target::Task(near));
    paused.pauses = vec![Pause {
        kind: TaskKind::Fix,
        reason: "missed".to_owned(),
    }];
    assert!(matches!(
        refused_as(&store, &paused).await,
        Refusal::Paused { .. }
    ));
    let mut advisory = ask("birch", Target::Next);
    advisory.on_overlap = OnOverlap::Warn;
    match store.claim(&advisory, now()).await.unwrap() {
        Claim::Won(won) => assert_eq!((won.task.id, won.overlaps.len()), (near, 1)),
        Claim::Refused(refusal) => panic!("{refusal:?}"),
    }
    sound(&store).await;
}

async fn a_late_writer_is_refused_everywhere(stage: &Stage<'_>) {
    let timed = Timed::open(stage).await;
    let store = &timed.store;
    let id = file(store, intake("contested"), &[]).await;
    let early = won(store, "amber", Target::Next).await;
    timed.pass(LEASE);
    let late = holder(&early);
    let expired = denied(store.release(&late, "", now()).await.unwrap());
    assert!(matches!(expired, Refusal::Expired { .. }), "{expired:?}");
    let taker = won(store, "birch", Target::Next).await;
    assert_eq!(taker.task.id, id);
    assert_eq!(taker.lease.epoch, early.lease.epoch.next());
    let stale = Refusal::StaleEpoch {
        task: id,
        given: early.lease.epoch,
        current: taker.lease.epoch,
        owner: Some(agent("birch")),
    };
    let other = new(intake("other"));
    let answers = [
        store.release(&late, "", now()).await.unwrap(),
        store
            .prove(&late, &work(&early), b"proof", now())
            .await
            .unwrap(),
        store
            .hand_off(&late, "{}", &other, false, now())
            .await
            .unwrap(),
        store
            .add_note(id, Some(&late), "late", now())
            .await
            .unwrap(),
    ];
    for answer in answers {
        assert_eq!(denied(answer), stale);
    }
    let renewal = Target::Renewal(id, early.lease.epoch);
    assert_eq!(refused(store, "amber", renewal).await, stale);
    let impostor = Target::Renewal(id, taker.lease.epoch);
    assert!(matches!(
        refused(store, "amber", impostor).await,
        Refusal::StaleEpoch { .. }
    ));
    let attempts = store.attempts_of(None).await.unwrap();
    assert_eq!(attempts[0].result, Some(AttemptResult::Lost));
    assert_eq!(the(store, id).await.losses, 1);
    assert_eq!(store.task(TaskId::from_number(2)).await.unwrap(), None);
    sound(store).await;
}

/// On PostgreSQL the transaction of a refused claim once stayed open until the next one began.
async fn whoever_is_refused_keeps_nobody_waiting(stage: &Stage<'_>) {
    let (first, second) = (stage.open().await, stage.open().await);
    let nothing = refused(&first, "amber", Target::Next).await;
    assert!(matches!(nothing, Refusal::NothingReady { .. }));
    file(&second, intake("new"), &[]).await;
    won(&first, "amber", Target::Next).await;
}

async fn a_renewal_is_granted_as_long_as_nobody_took_the_task(stage: &Stage<'_>) {
    let timed = Timed::open(stage).await;
    let store = &timed.store;
    let id = file(store, intake("long"), &[]).await;
    let first = won(store, "amber", Target::Next).await;
    let renewal = Target::Renewal(id, first.lease.epoch);
    timed.pass(LEASE / 2);
    let renewed = won(store, "amber", renewal).await;
    assert!(renewed.renewed);
    assert_eq!(renewed.lasts_millis, LEASE);
    assert_eq!(renewed.lease.epoch, first.lease.epoch);
    timed.pass(5 * LEASE);
    assert_eq!(store.leases().await.unwrap(), vec![]);
    assert_eq!(ready(store).await, [id.number()]);
    assert_eq!(won(store, "amber", renewal).await.lasts_millis, LEASE);
    assert_eq!(store.leases().await.unwrap().len(), 1);
    assert_eq!(the(store, id).await.losses, 0);
    timed.pass(-10 * LEASE);
    assert_eq!(store.leases().await.unwrap().len(), 1);
    let kept = store.lease_time().await.unwrap();
    timed.pass(10 * LEASE);
    assert_eq!(store.lease_time().await.unwrap(), kept);
    sound(store).await;
}

async fn a_task_that_loses_three_holders_is_quarantined(stage: &Stage<'_>) {
    let timed = Timed::open(stage).await;
    let store = &timed.store;
    let poison = file(store, intake("poison"), &[]).await;
    let other = file(store, intake("other"), &[]).await;
    for name in ["amber", "birch", "cedar"] {
        assert_eq!(won(store, name, Target::Next).await.task.id, poison);
        timed.pass(LEASE);
    }
    assert_eq!(won(store, "dogwood", Target::Next).await.task.id, other);
    let task = the(store, poison).await;
    assert!(
        matches!(&task.state, TaskState::Quarantined { reason } if reason.contains("cedar")),
        "{task:?}"
    );
    assert!(matches!(
        refused(store, "elder", Target::Task(poison)).await,
        Refusal::NotOpen { .. }
    ));
    let freed = store
        .reopen_task(poison, task.revision, "looked at", now())
        .await;
    assert_eq!(done(freed.unwrap()).losses, 0);
    assert_eq!(won(store, "elder", Target::Next).await.task.id, poison);
    sound(store).await;
}

async fn a_monstrous_text_is_kept_or_refused_and_the_queue_goes_on(stage: &Stage<'_>) {
    // A slow machine works on it for longer than a lease.
    let Timed { store, .. } = Timed::open(stage).await;
    let mut huge = intake("huge");
    huge.goal = "\u{0}\u{202e}\u{fffd}x".repeat(1_000_000);
    let id = file(&store, huge.clone(), &[]).await;
    assert!(
        the(&store, id).await.intake == huge,
        "it comes back changed"
    );
    let nul = store.file_tasks(&[new(intake("a\0b"))], None, now()).await;
    assert!(matches!(nul, Err(StoreError::Nul { .. })), "{nul:?}");
    let nul = store.add_note(id, None, "a\0b", now()).await;
    assert!(matches!(nul, Err(StoreError::Nul { .. })), "{nul:?}");
    let other = file(&store, intake("other"), &[]).await;
    assert_eq!(won(&store, "amber", Target::Next).await.task.id, id);
    assert_eq!(won(&store, "birch", Target::Next).await.task.id, other);
    sound(&store).await;
}

async fn the_counters_follow_links_and_closing(stage: &Stage<'_>) {
    let store = stage.open().await;
    let base = file(&store, intake("base"), &[]).await;
    let other = file(&store, intake("other"), &[]).await;
    let top = file(&store, intake("top"), &[base, other]).await;
    let counts = async |id| {
        let task = the(&store, id).await;
        (task.open_blockers, task.unblocks)
    };
    assert_eq!(counts(top).await, (2, 0));
    let edit = store
        .edit_task(top, 1, &intake("top"), &[blocked(base)], now())
        .await;
    assert_eq!(done(edit.unwrap()).open_blockers, 1);
    let open = [TaskLink {
        task: top,
        link: blocked(base),
    }];
    assert_eq!(store.open_links().await.unwrap(), open);
    assert_eq!((counts(other).await, counts(base).await), ((0, 0), (0, 1)));
    let dropped = done(store.drop_task(base, 1, "no", now()).await.unwrap());
    assert_eq!(store.open_links().await.unwrap(), []);
    assert_eq!(counts(top).await, (0, 0));
    let again = store
        .reopen_task(base, dropped.revision, "yes", now())
        .await;
    done(again.unwrap());
    assert_eq!(counts(top).await, (1, 0));
    let revision = the(&store, top).await.revision;
    done(store.drop_task(top, revision, "no", now()).await.unwrap());
    assert_eq!(counts(base).await, (0, 0));
    sound(&store).await;
}

async fn a_circle_is_refused_and_named(stage: &Stage<'_>) {
    let store = stage.open().await;
    let one = file(&store, intake("one"), &[]).await;
    let two = file(&store, intake("two"), &[one]).await;
    let three = file(&store, intake("three"), &[two]).await;
    let edit = store
        .edit_task(one, 1, &intake("one"), &[blocked(three)], now())
        .await;
    assert_eq!(
        denied(edit.unwrap()),
        Refusal::Cycle {
            path: vec![one, three, two]
        }
    );
    let own = store
        .edit_task(one, 1, &intake("one"), &[blocked(one)], now())
        .await;
    assert_eq!(denied(own.unwrap()), Refusal::Cycle { path: vec![one] });
    let gone = TaskId::from_number(99);
    let edit = store
        .edit_task(one, 1, &intake("one"), &[blocked(gone)], now())
        .await;
    assert_eq!(denied(edit.unwrap()), Refusal::Unknown { task: gone });
    assert_eq!(the(&store, one).await.revision, 1);
    sound(&store).await;
}

async fn a_repeated_request_has_one_effect(stage: &Stage<'_>) {
    let store = stage.open().await;
    let key = "k-1".parse().unwrap();
    let batch = [new(intake("one")), new(intake("two"))];
    let first = store.file_tasks(&batch, Some(&key), now()).await.unwrap();
    let again = store.file_tasks(&batch, Some(&key), now()).await.unwrap();
    assert_eq!(first, again);
    let other = store
        .file_tasks(&batch[..1], Some(&key), now())
        .await
        .unwrap();
    assert_eq!(
        other,
        Filed::Refused(Refusal::KeyReused { key: key.clone() })
    );
    assert_eq!(ready(&store).await, [1, 2]);
    let mut claim = ask("amber", Target::Next);
    claim.key = Some("k-2".parse().unwrap());
    let first = store.claim(&claim, now()).await.unwrap();
    assert_eq!(store.claim(&claim, now()).await.unwrap(), first);
    claim.agent = agent("birch");
    assert!(matches!(
        refused_as(&store, &claim).await,
        Refusal::KeyReused { .. }
    ));
    assert_eq!(store.attempts_of(None).await.unwrap().len(), 1);
    sound(&store).await;
}

async fn work_goes_from_claim_to_done(stage: &Stage<'_>) {
    let store = stage.open().await;
    let id = file(&store, intake("work"), &[]).await;
    let waiting = file(&store, intake("waiting"), &[id]).await;
    let claim = won(&store, "amber", Target::Task(id)).await;
    let held = holder(&claim);
    done(
        store
            .add_note(id, Some(&held), "half way", now())
            .await
            .unwrap(),
    );
    let proven = done(
        store
            .prove(&held, &work(&claim), b"proof", now())
            .await
            .unwrap(),
    );
    assert_eq!(proven.state, TaskState::Proven(work(&claim)));
    let twice = denied(
        store
            .prove(&held, &work(&claim), b"proof", now())
            .await
            .unwrap(),
    );
    assert!(matches!(twice, Refusal::NotOpen { .. }));
    assert_eq!(store.artifact(work(&claim).proof).unwrap(), b"proof");
    let merged = "d".repeat(40).parse().unwrap();
    let back = done(
        store
            .reopen_task(id, proven.revision, "red", now())
            .await
            .unwrap(),
    );
    let record = b"merge record".as_slice();
    let early = store
        .finish(id, back.revision, &merged, record, now())
        .await;
    assert!(matches!(denied(early.unwrap()), Refusal::NotOpen { .. }));
    let claim = won(&store, "birch", Target::Task(id)).await;
    let proven = store
        .prove(&holder(&claim), &work(&claim), b"proof", now())
        .await;
    let proven = done(proven.unwrap());
    assert_eq!(the(&store, waiting).await.open_blockers, 1);
    let stale = store
        .finish(id, back.revision, &merged, record, now())
        .await;
    assert!(matches!(denied(stale.unwrap()), Refusal::Changed { .. }));
    let closed = store
        .finish(id, proven.revision, &merged, record, now())
        .await;
    assert!(matches!(
        done(closed.unwrap()).state,
        TaskState::Done { .. }
    ));
    assert_eq!(ready(&store).await, [waiting.number()]);
    let results: Vec<_> = store.attempts_of(None).await.unwrap();
    let results: Vec<_> = results.iter().map(|attempt| attempt.result).collect();
    assert_eq!(
        results,
        [Some(AttemptResult::Rejected), Some(AttemptResult::Merged)]
    );
    assert_eq!(
        store.task(id).await.unwrap().unwrap().notes[0].text,
        "half way"
    );
    sound(&store).await;
}

async fn a_handoff_files_a_task_and_waits_for_it(stage: &Stage<'_>) {
    let store = stage.open().await;
    let id = file(&store, intake("whole"), &[]).await;
    let claim = won(&store, "amber", Target::Task(id)).await;
    let part = new(intake("part"));
    let kept = store
        .hand_off(&holder(&claim), "{}", &part, true, now())
        .await;
    let kept = done(kept.unwrap());
    assert!(matches!(the(&store, id).await.state, TaskState::Leased(_)));
    let filed = store
        .hand_off(&holder(&claim), "{\"state\":1}", &part, false, now())
        .await;
    let filed = done(filed.unwrap());
    assert_eq!(filed.unblocks, 1);
    let stored = store.task(filed.id).await.unwrap().unwrap();
    assert_eq!(stored.notes[0].text, "{\"state\":1}");
    assert_eq!(stored.notes[0].agent, Some(agent("amber")));
    let handed = the(&store, id).await;
    assert_eq!((handed.state, handed.open_blockers), (TaskState::Open, 1));
    assert_eq!(ready(&store).await, [filed.id.number(), kept.id.number()]);
    let attempts = store.attempts_of(None).await.unwrap();
    assert_eq!(attempts[0].result, Some(AttemptResult::HandedOff));
    sound(&store).await;
}

async fn what_is_held_or_was_changed_is_not_edited(stage: &Stage<'_>) {
    let store = stage.open().await;
    let id = file(&store, intake("one"), &[]).await;
    let changed = store.edit_task(id, 7, &intake("two"), &[], now()).await;
    assert!(matches!(
        denied(changed.unwrap()),
        Refusal::Changed {
            given: 7,
            current: 1,
            ..
        }
    ));
    let revision = won(&store, "amber", Target::Next).await.task.revision;
    let edit = store
        .edit_task(id, revision, &intake("two"), &[], now())
        .await;
    assert!(matches!(denied(edit.unwrap()), Refusal::Held { .. }));
    let dropped = store.drop_task(id, revision, "no", now()).await;
    assert!(matches!(denied(dropped.unwrap()), Refusal::Held { .. }));
    let reopened = store.reopen_task(id, revision, "no", now()).await;
    assert!(matches!(denied(reopened.unwrap()), Refusal::Held { .. }));
    sound(&store).await;
}

async fn a_ready_list_comes_in_pages(stage: &Stage<'_>) {
    let store = stage.open().await;
    let batch: Vec<NewTask> = (0..40)
        .map(|number| new(intake(&format!("{number}"))))
        .collect();
    store.file_tasks(&batch, None, now()).await.unwrap();
    let mut filter = TaskFilter {
        ready: true,
        limit: 15,
        ..TaskFilter::default()
    };
    for ready in [true, false] {
        filter.ready = ready;
        filter.after = None;
        let mut seen = Vec::new();
        loop {
            let page = store.list_tasks(&filter).await.unwrap();
            seen.extend(page.tasks.iter().map(|task| task.id.number()));
            let texts = store.list_task_texts(&filter).await.unwrap().tasks;
            assert_eq!(json!(texts), json!(page.tasks), "ready: {ready}");
            filter.after = page.tasks.last().map(|task| task.id);
            if !page.more {
                break;
            }
        }
        assert_eq!(seen, (1..=40).collect::<Vec<_>>(), "ready: {ready}");
    }
    won(&store, "amber", Target::Next).await;
    let held = TaskFilter {
        owner: Some(agent("amber")),
        state: Some(StateName::Leased),
        limit: 5,
        ..TaskFilter::default()
    };
    assert_eq!(store.list_tasks(&held).await.unwrap().tasks.len(), 1);
}

async fn every_tampering_with_tasks_is_found<'a>(stage: &impl Fn() -> Stage<'a>) {
    for (sql, problem) in [
        (
            "UPDATE task SET owner = 'birch' WHERE id = 2",
            "T-2 was changed past the journal",
        ),
        (
            "UPDATE task SET priority = 0 WHERE id = 1",
            "T-1 was changed past the journal",
        ),
        ("DELETE FROM task_link", "T-3 was changed past the journal"),
        (
            "UPDATE task SET open_blockers = 0",
            "T-3 does not count its links",
        ),
        (
            "UPDATE attempt SET agent = 'birch'",
            "claim 1 of T-2 was changed past the journal",
        ),
        (
            "DELETE FROM attempt",
            "claim 1 of T-2 was removed past the journal",
        ),
        (
            "UPDATE task_note SET text = 'no'",
            "note 1 of T-1 has no journal entry",
        ),
        (
            "DELETE FROM journal WHERE position = 5",
            "T-2 was changed past the journal",
        ),
    ] {
        let stage = stage();
        let store = stage.open().await;
        let one = file(&store, intake("one"), &[]).await;
        let two = file(&store, intake("two"), &[]).await;
        file(&store, intake("three"), &[one]).await;
        store.add_note(one, None, "yes", now()).await.unwrap();
        won(&store, "amber", Target::Task(two)).await;
        sound(&store).await;
        stage.run(sql);
        let problems = store.verify_journal().await.unwrap().problems;
        assert!(
            problems.iter().any(|found| found == problem),
            "{sql}: {problems:?}"
        );
    }
}

#[test]
fn ready_tasks_and_leases_are_found_by_their_indexes() {
    play(async {
        let stage = Stage::sqlite();
        stage.open().await;
        for (sql, plan) in [
            (
                "SELECT * FROM task WHERE state = 'open' AND open_blockers = 0 \
                 ORDER BY priority, unblocks DESC, id LIMIT 16",
                "SCAN task USING INDEX task_ready",
            ),
            (
                "SELECT * FROM task WHERE state = 'open' AND id > 0 ORDER BY id LIMIT 16",
                "SEARCH task USING INDEX task_open (id>?)",
            ),
            (
                "SELECT * FROM task WHERE state <> 'open' AND state = 'done' ORDER BY id LIMIT 16",
                "SEARCH task USING INDEX task_by_state (state=?)",
            ),
            (
                "SELECT id, owner, epoch, expires, paths FROM task WHERE state = 'leased' \
                 ORDER BY owner",
                "SCAN task USING INDEX task_leased",
            ),
        ] {
            assert_eq!(stage.explain(sql), [plan]);
        }
    });
}

#[test]
fn a_timestamp_of_the_caller_never_decides_about_a_lease() {
    play(async {
        let stage = Stage::sqlite();
        let Timed { store, .. } = Timed::open(&stage).await;
        file(&store, intake("one"), &[]).await;
        won(&store, "amber", Target::Next).await;
        let years_later = Timestamp::from_unix_millis(now().unix_millis() + 100_000_000_000);
        let claim = store.claim(&ask("birch", Target::Next), years_later).await;
        assert!(matches!(
            claim.unwrap(),
            Claim::Refused(Refusal::NothingReady { .. })
        ));
    });
}
