//! What the store promises about tokens, kept answers and groups of writes, whichever engine holds
//! the rows.

use adjutant_domain::sha256;
use adjutant_store::{KeptAnswer, NewTask, NewToken};
use adjutant_testkit::postgres::Server;
use adjutant_work::access::{Bearer, TokenStanding};
use adjutant_work::{Intake, Refusal};

use crate::engine::{Stage, now, play};

#[test]
fn the_contract_of_access_holds_on_sqlite() {
    play(async {
        every_case(&Stage::sqlite).await;
    });
}

#[test]
fn the_contract_of_access_holds_on_postgresql() {
    let server = Server::start();
    play(async {
        every_case(&|| Stage::postgres(&server)).await;
    });
}

async fn every_case<'a>(stage: &impl Fn() -> Stage<'a>) {
    a_token_is_found_by_its_digest_until_it_is_revoked(&stage()).await;
    a_group_is_kept_whole_and_a_part_of_it_is_taken_back_alone(&stage()).await;
    an_answer_is_kept_with_what_it_tells_or_not_at_all(&stage()).await;
    tampering_with_tokens_is_found(&stage()).await;
}

fn token(name: &str) -> NewToken {
    NewToken {
        name: name.parse().unwrap(),
        bearer: Bearer::Agent {
            agent: "ada".parse().unwrap(),
            role: "search".parse().unwrap(),
        },
        digest: sha256::digest_of(name.as_bytes()),
        expires_at: None,
    }
}

fn draft(title: &str) -> NewTask {
    NewTask {
        intake: Intake {
            title: title.to_owned(),
            ..Intake::default()
        },
        links: vec![],
        draft: true,
    }
}

async fn a_token_is_found_by_its_digest_until_it_is_revoked(stage: &Stage<'_>) {
    let store = stage.open().await;
    let new = token("ada");
    let made = store.create_token(&new, now()).await.unwrap().unwrap();
    assert_eq!(store.create_token(&new, now()).await.unwrap(), None);
    let found = store.token_of(new.digest).await.unwrap();
    assert_eq!(found, Some(made));
    let revoked = store.revoke_token(&new.name, now()).await.unwrap().unwrap();
    assert_eq!(revoked.standing(now()), TokenStanding::Revoked);
    let again = store.revoke_token(&new.name, now()).await.unwrap();
    assert_eq!(again, Some(revoked));
    let nobody = "ben".parse().unwrap();
    assert_eq!(store.revoke_token(&nobody, now()).await.unwrap(), None);
    assert_eq!(store.verify_journal().await.unwrap().problems, [""; 0]);
}

async fn a_group_is_kept_whole_and_a_part_of_it_is_taken_back_alone(stage: &Stage<'_>) {
    let store = stage.open().await;
    let other = stage.open().await;
    let group = store.open_group().await.unwrap();
    store.create_token(&token("kept"), now()).await.unwrap();
    let part = store.open_group().await.unwrap();
    store
        .create_token(&token("taken-back"), now())
        .await
        .unwrap();
    drop(part);
    let part = store.open_group().await.unwrap();
    store
        .create_token(&token("also-kept"), now())
        .await
        .unwrap();
    part.keep().await.unwrap();
    assert_eq!(
        other.list_tokens().await.unwrap(),
        [],
        "seen before it was kept"
    );
    group.keep().await.unwrap();
    let names = |tokens: Vec<adjutant_work::access::AccessToken>| {
        let names = tokens.iter().map(|token| token.name.to_string());
        names.collect::<Vec<_>>()
    };
    let kept = names(other.list_tokens().await.unwrap());
    assert_eq!(kept, ["kept", "also-kept"]);
    let first = other.tokens_after(0, 1).await.unwrap();
    let rest = other.tokens_after(first[0].id, 10).await.unwrap();
    assert_eq!(
        (names(first), names(rest)),
        (vec![kept[0].clone()], vec![kept[1].clone()])
    );

    let group = store.open_group().await.unwrap();
    store.create_token(&token("lost"), now()).await.unwrap();
    drop(group);
    assert_eq!(names(other.list_tokens().await.unwrap()), kept);
    assert_eq!(other.verify_journal().await.unwrap().problems, [""; 0]);
}

async fn an_answer_is_kept_with_what_it_tells_or_not_at_all(stage: &Stage<'_>) {
    let store = stage.open().await;
    let key = "api:1:k".parse().unwrap();
    let request = sha256::digest_of(b"one");
    let answer = KeptAnswer {
        status: 201,
        body: "{\"id\":\"T-1\"}".to_owned(),
    };
    let group = store.open_group().await.unwrap();
    store
        .file_tasks(&[draft("one")], None, now())
        .await
        .unwrap();
    store.keep_answer(&key, request, &answer).await.unwrap();
    drop(group);
    assert_eq!(store.kept_answer(&key, request).await.unwrap(), Ok(None));
    assert_eq!(store.figures().await.unwrap().tasks, []);

    let group = store.open_group().await.unwrap();
    store
        .file_tasks(&[draft("one")], None, now())
        .await
        .unwrap();
    store.keep_answer(&key, request, &answer).await.unwrap();
    group.keep().await.unwrap();
    let kept = store.kept_answer(&key, request).await.unwrap();
    assert_eq!(kept, Ok(Some(answer)));
    let other = sha256::digest_of(b"two");
    let refused = store.kept_answer(&key, other).await.unwrap();
    assert_eq!(refused, Err(Refusal::KeyReused { key }));
    let figures = store.figures().await.unwrap();
    assert_eq!(figures.tasks, [("draft".to_owned(), 1)]);
    assert_eq!(figures.ready, 0);
}

async fn tampering_with_tokens_is_found(stage: &Stage<'_>) {
    let store = stage.open().await;
    store.create_token(&token("ada"), now()).await.unwrap();
    stage.run("UPDATE access_token SET bearer = '{\"bearer\":\"admin\"}'");
    let problems = store.verify_journal().await.unwrap().problems;
    assert_eq!(problems.len(), 2, "{problems:?}");
}
