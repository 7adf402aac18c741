//! What the store promises about votes, whichever engine holds the rows.

use adjutant_domain::{Citation, Digest, Locator};
use adjutant_gate::{Ballot, Vote, VoteSource};
use adjutant_store::Store;
use adjutant_testkit::postgres::Server;

use crate::engine::{Stage, now, play};

#[test]
fn the_contract_of_votes_holds_on_sqlite() {
    play(async {
        every_case(&Stage::sqlite).await;
    });
}

#[test]
fn the_contract_of_votes_holds_on_postgresql() {
    let server = Server::start();
    play(async {
        every_case(&|| Stage::postgres(&server)).await;
    });
}

async fn every_case<'a>(stage: &impl Fn() -> Stage<'a>) {
    a_vote_comes_back_as_it_was_cast(&stage()).await;
    one_vote_stands_of_each_role_and_subject(&stage()).await;
    a_vote_without_its_journal_entry_is_not_cast(&stage()).await;
    every_tampering_with_votes_is_found(stage).await;
}

fn vote(subject: &str, role: &str, ballot: Ballot) -> Vote {
    let artifact = Digest::from_bytes([7; 32]);
    Vote {
        subject: subject.parse().unwrap(),
        role: role.parse().unwrap(),
        ballot,
        because: "it holds: \"ça va\"".to_owned(),
        evidence: vec![Citation {
            run: "run_1".parse().unwrap(),
            artifact,
            file: "load.json".to_owned(),
            locator: Locator::Pointer("/p95".to_owned()),
        }],
        seen: vec![artifact],
        decision: Some(Digest::from_bytes([8; 32])),
        source: VoteSource::Person,
        at: now(),
    }
}

async fn cast(store: &Store, subject: &str, role: &str, ballot: Ballot) -> i64 {
    let vote = vote(subject, role, ballot);
    store.cast_vote(&vote, now()).await.unwrap()
}

async fn a_vote_comes_back_as_it_was_cast(stage: &Stage<'_>) {
    let store = stage.open().await;
    cast(&store, "candidate", "platform", Ballot::NoGo).await;
    drop(store);
    let votes = stage.open().await.votes(None).await.unwrap();
    assert_eq!(votes.len(), 1);
    assert_eq!(votes[0].vote, vote("candidate", "platform", Ballot::NoGo));
}

async fn one_vote_stands_of_each_role_and_subject(stage: &Stage<'_>) {
    let store = stage.open().await;
    for (subject, role, ballot) in [
        ("candidate", "platform", Ballot::Go),
        ("candidate", "quality", Ballot::Go),
        ("canary", "platform", Ballot::Go),
        ("candidate", "platform", Ballot::Abstain),
        ("candidate", "platform", Ballot::NoGo),
    ] {
        cast(&store, subject, role, ballot).await;
    }
    let subject = "candidate".parse().unwrap();
    let votes = store.votes(Some(&subject)).await.unwrap();
    let told: Vec<_> = votes
        .iter()
        .map(|stored| (stored.id, stored.vote.ballot, stored.replaced_by))
        .collect();
    assert_eq!(
        told,
        [
            (1, Ballot::Go, Some(4)),
            (2, Ballot::Go, None),
            (4, Ballot::Abstain, Some(5)),
            (5, Ballot::NoGo, None),
        ]
    );
    assert_eq!(store.votes(None).await.unwrap().len(), 5);
    let journal = store.read_journal().await.unwrap();
    assert!(journal.iter().all(|entry| entry.kind == "vote.cast"));
    assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
}

async fn a_vote_without_its_journal_entry_is_not_cast(stage: &Stage<'_>) {
    let store = stage.open().await;
    stage.run("ALTER TABLE journal RENAME TO away");
    let vote = vote("candidate", "platform", Ballot::Go);
    store.cast_vote(&vote, now()).await.unwrap_err();
    stage.run("ALTER TABLE away RENAME TO journal");
    assert_eq!(store.votes(None).await.unwrap(), vec![]);
}

async fn every_tampering_with_votes_is_found<'a>(stage: &impl Fn() -> Stage<'a>) {
    for sql in [
        "UPDATE vote SET content = replace(content, 'NO-GO', 'GO')",
        "UPDATE vote SET role = 'quality'",
        "UPDATE vote SET subject = 'canary'",
        "DELETE FROM vote",
        "DELETE FROM journal",
    ] {
        let stage = stage();
        let store = stage.open().await;
        cast(&store, "candidate", "platform", Ballot::NoGo).await;
        assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
        stage.run(sql);
        let problems = store.verify_journal().await.unwrap().problems;
        assert!(!problems.is_empty(), "{sql}");
    }
}
