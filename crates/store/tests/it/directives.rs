//! What the store promises about leads and directives, whichever engine holds the rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use adjutant_domain::{DirectiveId, Epoch, Timestamp, sha256};
use adjutant_store::{
    Beginning, DIRECTIVES_LEAD, DirectiveAttempt, DirectiveEnding, Lead, LeaseClock, Store,
};
use adjutant_testkit::postgres::Server;
use adjutant_work::directive::{
    CriterionStanding, DirectiveOutcome, DirectiveRecord, JudgedCriterion, UsedEvidence,
};

use crate::engine::{Stage, now, play};

#[test]
fn the_contract_of_directives_holds_on_sqlite() {
    play(async {
        every_case(&Stage::sqlite).await;
    });
}

#[test]
fn the_contract_of_directives_holds_on_postgresql() {
    let server = Server::start();
    play(async {
        every_case(&|| Stage::postgres(&server)).await;
    });
}

async fn every_case<'a>(stage: &impl Fn() -> Stage<'a>) {
    one_leads_until_its_time_is_over(&stage()).await;
    of_many_who_ask_at_once_one_leads(&stage()).await;
    a_directive_is_carried_out_once(&stage()).await;
    who_lost_the_lead_writes_nothing(&stage()).await;
    every_tampering_with_directives_is_found(stage).await;
}

const OUTPUT: &[u8] = b"every page answered\n";

const MINUTE: Duration = Duration::from_secs(60);

async fn lead(store: &Store) -> Epoch {
    match store.take_lead(DIRECTIVES_LEAD, MINUTE).await.unwrap() {
        Lead::Mine(epoch) => epoch,
        Lead::Held(left) => panic!("held for {left:?}"),
    }
}

fn later(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(now().unix_millis() + millis)
}

fn id() -> DirectiveId {
    "deploy-search".parse().unwrap()
}

fn ending(outcome: DirectiveOutcome) -> DirectiveEnding {
    DirectiveEnding {
        at: later(5),
        outcome,
        record: DirectiveRecord {
            carried_out: outcome.is_carried_out(),
            result: "ended with code 0".to_owned(),
            evidence: vec![UsedEvidence::File {
                path: "reports/deployment.md".to_owned(),
                digest: sha256::digest_of(b"report"),
            }],
            criteria: vec![JudgedCriterion {
                text: "it answers".to_owned(),
                standing: CriterionStanding::Met,
                because: "code 0".to_owned(),
            }],
        },
    }
}

async fn begin(store: &Store, lead: Epoch) -> Beginning {
    let digest = sha256::digest_of(b"deploy");
    let begun = store.begin_directive(lead, &id(), digest, now()).await;
    begun.unwrap()
}

async fn end(
    store: &Store,
    lead: Epoch,
    begun: &DirectiveAttempt,
    ending: &DirectiveEnding,
) -> bool {
    let left = [OUTPUT.to_vec()];
    store
        .end_directive(lead, begun, ending, &left)
        .await
        .unwrap()
}

async fn last(store: &Store) -> DirectiveAttempt {
    store.directive_attempts().await.unwrap().pop().unwrap()
}

async fn one_leads_until_its_time_is_over(stage: &Stage<'_>) {
    let clock = Arc::new(AtomicI64::new(1_000));
    let open = async || {
        let clock = LeaseClock::Given(Arc::clone(&clock));
        stage.open().await.with_lease_clock(clock)
    };
    let (first, second) = (open().await, open().await);
    let epoch = lead(&first).await;
    assert_eq!(
        second.take_lead(DIRECTIVES_LEAD, MINUTE).await.unwrap(),
        Lead::Held(MINUTE)
    );
    // Another thing is led by another one.
    let other = second.take_lead("rollout search", MINUTE).await.unwrap();
    assert_eq!(other, Lead::Mine(Epoch::from_number(1)));
    clock.store(31_000, Ordering::SeqCst);
    let kept = first.keep_lead(DIRECTIVES_LEAD, epoch, MINUTE).await;
    assert!(kept.unwrap());
    clock.store(62_000, Ordering::SeqCst);
    assert_eq!(
        second.take_lead(DIRECTIVES_LEAD, MINUTE).await.unwrap(),
        Lead::Held(Duration::from_secs(29))
    );
    clock.store(91_000, Ordering::SeqCst);
    assert_eq!(lead(&second).await, epoch.next());
    let kept = first.keep_lead(DIRECTIVES_LEAD, epoch, MINUTE).await;
    assert!(!kept.unwrap());
    // Who goes leaves the lead at once.
    let left = second.keep_lead(DIRECTIVES_LEAD, epoch.next(), Duration::ZERO);
    assert!(left.await.unwrap());
    assert_eq!(lead(&first).await, epoch.next().next());
}

async fn of_many_who_ask_at_once_one_leads(stage: &Stage<'_>) {
    const ASKING: usize = 8;
    stage.open().await;
    let location = &stage.location;
    let leaders = std::thread::scope(|scope| {
        let ask = || {
            play(async {
                let store = Store::open(location, now()).await.unwrap();
                let asked = store.take_lead("a", MINUTE).await.unwrap();
                matches!(asked, Lead::Mine(_))
            })
        };
        let asking: Vec<_> = (0..ASKING).map(|_| scope.spawn(ask)).collect();
        let answers = asking.into_iter().map(|asked| asked.join().unwrap());
        answers.filter(|leads| *leads).count()
    });
    assert_eq!(leaders, 1);
}

async fn a_directive_is_carried_out_once(stage: &Stage<'_>) {
    let store = stage.open().await;
    let lead = lead(&store).await;
    assert_eq!(begin(&store, lead).await, Beginning::Attempt(1));
    // Cut off: it begins again.
    assert_eq!(begin(&store, lead).await, Beginning::Attempt(2));
    let failed = ending(DirectiveOutcome::Failed);
    let second = last(&store).await;
    assert!(end(&store, lead, &second, &failed).await);
    // It ended: it does not end again.
    assert!(!end(&store, lead, &second, &failed).await);
    assert_eq!(begin(&store, lead).await, Beginning::Attempt(3));
    let done = ending(DirectiveOutcome::Unproven);
    let third = last(&store).await;
    assert!(end(&store, lead, &third, &done).await);
    assert_eq!(begin(&store, lead).await, Beginning::CarriedOut);
    let attempts = store.directive_attempts().await.unwrap();
    let endings: Vec<_> = attempts.iter().map(|one| one.ending.clone()).collect();
    assert_eq!(endings, [None, Some(failed), Some(done)]);
    let part = store.directive_attempts_after(0, 2).await.unwrap();
    let rest = store.directive_attempts_after(part[1].0, 2).await.unwrap();
    let parts: Vec<_> = part.into_iter().chain(rest).map(|(_, one)| one).collect();
    assert_eq!(parts, attempts);
    let other = "measure".parse().unwrap();
    let digest = sha256::digest_of(b"measure");
    store
        .begin_directive(lead, &other, digest, now())
        .await
        .unwrap();
    let progress = store.work_progress().await.unwrap().unwrap();
    let counted = [
        (Some(DirectiveOutcome::Done), 0),
        (Some(DirectiveOutcome::Unproven), 1),
        (Some(DirectiveOutcome::Failed), 0),
        (None, 1),
    ];
    assert_eq!(
        (progress.directives, progress.states),
        (counted.into(), vec![])
    );
    let output = sha256::digest_of(OUTPUT);
    assert_eq!(store.artifact(output).unwrap(), OUTPUT);
    assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
}

async fn who_lost_the_lead_writes_nothing(stage: &Stage<'_>) {
    let store = stage.open().await;
    let old = lead(&store).await;
    assert_eq!(begin(&store, old).await, Beginning::Attempt(1));
    let left = store.keep_lead(DIRECTIVES_LEAD, old, Duration::ZERO);
    assert!(left.await.unwrap());
    let new = lead(&store).await;
    assert_eq!(begin(&store, old).await, Beginning::LeadLost);
    let begun = last(&store).await;
    let done = ending(DirectiveOutcome::Done);
    assert!(!end(&store, old, &begun, &done).await);
    assert_eq!(last(&store).await.ending, None);
    assert!(end(&store, new, &begun, &done).await);
}

async fn every_tampering_with_directives_is_found<'a>(stage: &impl Fn() -> Stage<'a>) {
    for (sql, problems) in [
        ("UPDATE directive_attempt SET directive = 'other'", 4),
        ("UPDATE directive_attempt SET began_at = began_at + 1", 2),
        ("UPDATE directive_attempt SET outcome = 'failed'", 2),
        (
            "UPDATE directive_attempt SET content = \
             '{\"carried_out\":true,\"result\":\"\",\"evidence\":[],\"criteria\":[]}'",
            2,
        ),
        ("UPDATE directive_attempt SET ended_at = NULL", 1),
        ("DELETE FROM directive_attempt", 2),
    ] {
        let stage = stage();
        let store = stage.open().await;
        let lead = lead(&store).await;
        assert_eq!(begin(&store, lead).await, Beginning::Attempt(1));
        let begun = last(&store).await;
        let done = ending(DirectiveOutcome::Done);
        assert!(end(&store, lead, &begun, &done).await);
        stage.run(sql);
        let found = store.verify_journal().await.unwrap().problems;
        assert_eq!(found.len(), problems, "{sql}: {found:?}");
    }
}
