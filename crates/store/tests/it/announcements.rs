//! What the store promises about the outbox, whichever engine holds the rows.

use std::collections::BTreeSet;

use adjutant_announce::{
    ATTEMPTS_MAX, AfterAttempt, Announcement, AnnouncementKind, ReceiverAnswer, ServiceAnnouncement,
};
use adjutant_domain::{Epoch, ReceiverName, ServiceName, Timestamp};
use adjutant_rollout::{DesiredService, ServiceEvent, ServiceRecord};
use adjutant_store::{
    DeliveryState, Lead, NewAttempt, NewServiceEvent, ServiceTurn, Store, delivery_lead,
};
use adjutant_testkit::postgres::Server;

use crate::engine::{Stage, now, play};

#[test]
fn the_contract_of_announcements_holds_on_sqlite() {
    play(async {
        every_case(&Stage::sqlite).await;
    });
}

#[test]
fn the_contract_of_announcements_holds_on_postgresql() {
    let server = Server::start();
    play(async {
        every_case(&|| Stage::postgres(&server)).await;
    });
}

async fn every_case<'a>(stage: &impl Fn() -> Stage<'a>) {
    what_happened_waits_for_each_receiver_that_wants_it(&stage()).await;
    what_was_refused_is_not_announced(&stage()).await;
    a_receiver_in_trouble_rests_and_gets_everything_later(&stage()).await;
    only_the_newest_lead_notes_an_attempt(&stage()).await;
    a_receiver_that_wants_no_more_is_stopped_until_a_person_says_so(&stage()).await;
    what_was_given_up_waits_for_a_person(&stage()).await;
    a_receiver_can_be_forgotten_and_named_again(&stage()).await;
    the_next_message_is_known_before_it_is_due(&stage()).await;
    what_was_received_long_ago_is_forgotten_and_still_counted(&stage()).await;
}

fn later(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(now().unix_millis() + millis)
}

fn chat() -> ReceiverName {
    "chat".parse().unwrap()
}

fn search() -> ServiceName {
    "search".parse().unwrap()
}

pub(crate) async fn know(store: &Store, name: &ReceiverName, events: &[AnnouncementKind]) {
    let events: BTreeSet<_> = events.iter().copied().collect();
    store
        .register_receivers([(name, &events)].into_iter(), now())
        .await
        .unwrap();
}

/// A first version that everybody gets.
fn first() -> ServiceRecord {
    let version = adjutant_domain::sha256::digest_of(b"one");
    ServiceRecord {
        desired: DesiredService::default().with_first(version),
        state: None,
        told: ServiceEvent::First,
    }
}

pub(crate) async fn happen(store: &Store, service: &str, seen: i64) -> ServiceTurn {
    let event = NewServiceEvent {
        service: &service.parse().unwrap(),
        seen,
        rollout: None,
        record: &first(),
        at: now(),
    };
    store.add_service_event(event).await.unwrap()
}

async fn lead(store: &Store, name: &ReceiverName) -> Epoch {
    let length = std::time::Duration::ZERO;
    match store.take_lead(&delivery_lead(name), length).await.unwrap() {
        Lead::Mine(epoch) => epoch,
        Lead::Held(left) => panic!("held for {left:?}"),
    }
}

fn answered(status: u16) -> ReceiverAnswer {
    ReceiverAnswer::Answered {
        status,
        retry_after_ms: None,
    }
}

/// Tries the message that is due, and gets this answer.
async fn attempt(
    store: &Store,
    name: &ReceiverName,
    answer: &ReceiverAnswer,
    at: Timestamp,
) -> AfterAttempt {
    let due = store.due_delivery(name, at).await.unwrap().unwrap();
    let attempt = NewAttempt {
        receiver: name,
        announcement: &due.id,
        epoch: lead(store, name).await,
        answer,
        at,
    };
    store.note_attempt(attempt).await.unwrap().unwrap()
}

async fn what_happened_waits_for_each_receiver_that_wants_it(stage: &Stage<'_>) {
    let store = stage.open().await;
    happen(&store, "before", 0).await;
    let others: ReceiverName = "others".parse().unwrap();
    know(&store, &chat(), &AnnouncementKind::ALL).await;
    know(&store, &others, &[AnnouncementKind::TaskDone]).await;
    assert_eq!(happen(&store, "search", 0).await, ServiceTurn::Stored);
    let due = store.due_delivery(&chat(), now()).await.unwrap().unwrap();
    let Announcement::Service(ServiceAnnouncement::ServiceDeployed { service, .. }) =
        &due.announcement
    else {
        panic!("{due:?}");
    };
    assert_eq!(*service, search(), "nothing of before it was known");
    assert_eq!((due.at, due.due, due.attempts), (now(), now(), 0));
    assert_eq!(store.due_delivery(&others, now()).await.unwrap(), None);
    assert_eq!(store.due_delivery(&chat(), later(-1)).await.unwrap(), None);
    assert_eq!(
        attempt(&store, &chat(), &answered(204), now()).await,
        AfterAttempt::Delivered
    );
    assert_eq!(store.due_delivery(&chat(), later(1)).await.unwrap(), None);
    let attempts = store.delivery_attempts(&chat(), &due.id).await.unwrap();
    assert_eq!(attempts, [(now(), answered(204))]);
    let known = store.receivers().await.unwrap();
    let told: Vec<_> = known
        .iter()
        .map(|one| (one.name.as_str(), one.delivered, one.waiting))
        .collect();
    assert_eq!(told, [("chat", 1, None), ("others", 0, None)]);
    assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
}

async fn what_was_refused_is_not_announced(stage: &Stage<'_>) {
    let store = stage.open().await;
    know(&store, &chat(), &AnnouncementKind::ALL).await;
    happen(&store, "search", 0).await;
    assert!(matches!(
        happen(&store, "search", 0).await,
        ServiceTurn::Late(_)
    ));
    assert_eq!(store.deliveries(&chat(), 10).await.unwrap().len(), 1);
}

async fn a_receiver_in_trouble_rests_and_gets_everything_later(stage: &Stage<'_>) {
    let store = stage.open().await;
    know(&store, &chat(), &AnnouncementKind::ALL).await;
    happen(&store, "search", 0).await;
    happen(&store, "cart", 0).await;
    let silent = ReceiverAnswer::Unanswered("connection refused".to_owned());
    let AfterAttempt::Again { due, rests_until } = attempt(&store, &chat(), &silent, now()).await
    else {
        panic!("it is sent again");
    };
    let rests_until = rests_until.unwrap();
    let before = Timestamp::from_unix_millis(rests_until.unix_millis() - 1);
    assert_eq!(
        store.due_delivery(&chat(), before).await.unwrap(),
        None,
        "it rests"
    );
    attempt(&store, &chat(), &answered(200), rests_until).await;
    attempt(&store, &chat(), &answered(200), due).await;
    let known = store.receivers().await.unwrap().remove(0);
    assert_eq!((known.delivered, known.waiting), (2, None));
    let ids: BTreeSet<_> = store
        .deliveries(&chat(), 10)
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(ids.len(), 2, "each has an id of its own");
}

async fn only_the_newest_lead_notes_an_attempt(stage: &Stage<'_>) {
    let store = stage.open().await;
    know(&store, &chat(), &AnnouncementKind::ALL).await;
    happen(&store, "search", 0).await;
    let due = store.due_delivery(&chat(), now()).await.unwrap().unwrap();
    let old = lead(&store, &chat()).await;
    let new = lead(&store, &chat()).await;
    for (epoch, is_noted) in [(old, false), (new, true)] {
        let attempt = NewAttempt {
            receiver: &chat(),
            announcement: &due.id,
            epoch,
            answer: &answered(500),
            at: now(),
        };
        let noted = store.note_attempt(attempt).await.unwrap();
        assert_eq!(noted.is_some(), is_noted);
    }
    assert_eq!(store.deliveries(&chat(), 1).await.unwrap()[0].attempts, 1);
}

async fn a_receiver_that_wants_no_more_is_stopped_until_a_person_says_so(stage: &Stage<'_>) {
    let store = stage.open().await;
    know(&store, &chat(), &AnnouncementKind::ALL).await;
    happen(&store, "search", 0).await;
    assert_eq!(
        attempt(&store, &chat(), &answered(410), now()).await,
        AfterAttempt::Stopped
    );
    let forever = later(i64::from(u32::MAX));
    assert_eq!(store.due_delivery(&chat(), forever).await.unwrap(), None);
    happen(&store, "cart", 0).await;
    let known = store.receivers().await.unwrap().remove(0);
    assert_eq!(
        (known.stopped_at, known.waiting),
        (Some(now()), Some((1, now())))
    );
    assert_eq!(
        store.retry_receiver(&chat(), later(5)).await.unwrap(),
        Some(1)
    );
    assert!(
        store
            .due_delivery(&chat(), later(5))
            .await
            .unwrap()
            .is_some()
    );
    let nobody = "nobody".parse().unwrap();
    assert_eq!(store.retry_receiver(&nobody, now()).await.unwrap(), None);
}

async fn what_was_given_up_waits_for_a_person(stage: &Stage<'_>) {
    let store = stage.open().await;
    know(&store, &chat(), &AnnouncementKind::ALL).await;
    happen(&store, "search", 0).await;
    let mut at = now();
    for _ in 1..ATTEMPTS_MAX {
        let refused = attempt(&store, &chat(), &answered(400), at).await;
        let AfterAttempt::Again { due, .. } = refused else {
            panic!("{refused:?}");
        };
        at = due;
    }
    assert_eq!(
        attempt(&store, &chat(), &answered(400), at).await,
        AfterAttempt::GivenUp
    );
    let found = store.deliveries(&chat(), 1).await.unwrap().remove(0);
    assert_eq!(
        (found.state, found.attempts),
        (DeliveryState::GivenUp, ATTEMPTS_MAX)
    );
    assert_eq!(store.receivers().await.unwrap()[0].given_up, 1);
    assert_eq!(store.retry_receiver(&chat(), at).await.unwrap(), Some(1));
    assert_eq!(
        attempt(&store, &chat(), &answered(200), at).await,
        AfterAttempt::Delivered
    );
}

async fn a_receiver_can_be_forgotten_and_named_again(stage: &Stage<'_>) {
    let store = stage.open().await;
    know(&store, &chat(), &[AnnouncementKind::TaskDone]).await;
    know(&store, &chat(), &AnnouncementKind::ALL).await;
    happen(&store, "search", 0).await;
    attempt(&store, &chat(), &answered(500), now()).await;
    assert_eq!(store.forget_receiver(&chat()).await.unwrap(), Some(1));
    assert_eq!(store.forget_receiver(&chat()).await.unwrap(), None);
    assert!(store.receivers().await.unwrap().is_empty());
    know(&store, &chat(), &AnnouncementKind::ALL).await;
    assert_eq!(store.deliveries(&chat(), 10).await.unwrap(), []);
}

async fn the_next_message_is_known_before_it_is_due(stage: &Stage<'_>) {
    let store = stage.open().await;
    know(&store, &chat(), &[AnnouncementKind::ServiceDeployed]).await;
    assert_eq!(store.next_delivery(&chat()).await.unwrap(), None);
    happen(&store, "search", 0).await;
    assert_eq!(store.next_delivery(&chat()).await.unwrap(), Some(now()));
    let after = attempt(&store, &chat(), &answered(500), now()).await;
    let AfterAttempt::Again { due, rests_until } = after else {
        panic!("{after:?}");
    };
    let next = due.max(rests_until.unwrap_or(due));
    assert_eq!(store.next_delivery(&chat()).await.unwrap(), Some(next));
}

async fn what_was_received_long_ago_is_forgotten_and_still_counted(stage: &Stage<'_>) {
    let store = stage.open().await;
    know(&store, &chat(), &[AnnouncementKind::ServiceDeployed]).await;
    for service in ["one", "two", "three", "four"] {
        happen(&store, service, 0).await;
    }
    for _ in 0..3 {
        attempt(&store, &chat(), &answered(200), now()).await;
    }
    let week = 7 * 24 * 3_600_000;
    let forgotten = store.forget_old(later(week)).await.unwrap();
    assert_eq!(forgotten.messages, 0, "a week is not old");
    let forgotten = store.forget_old(later(2 * week)).await.unwrap();
    assert_eq!(
        forgotten.messages, 2,
        "the last one and the one that waits stay"
    );
    assert_eq!(store.forget_old(later(2 * week)).await.unwrap().messages, 0);
    let known = store.receivers().await.unwrap().pop().unwrap();
    assert_eq!(
        (known.delivered, known.waiting.map(|it| it.0)),
        (3, Some(1))
    );
    assert!(known.last.is_some());
    assert_eq!(store.deliveries(&chat(), 10).await.unwrap().len(), 2);
    assert_eq!(
        stage.run("SELECT CAST(COUNT(*) AS TEXT) FROM announcement"),
        ["2"]
    );
    assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
}
