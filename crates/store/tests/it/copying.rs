//! A team moves from one engine to the other.

use adjutant_store::{CopyRefusal, Store, StoreError, TaskFilter};
use adjutant_testkit::postgres::Server;

use crate::engine::{Stage, now, play};
use crate::queue;

/// Some tasks, a version of a service, which is an artifact, and a token.
async fn fill(store: &Store) {
    for title in ["one", "two \u{1f600} \"quoted\"", "three"] {
        let new = queue::new(queue::intake(title));
        store.file_tasks(&[new], None, now()).await.unwrap();
    }
    store.store_version(b"a version", now()).await.unwrap();
}

async fn titles(store: &Store) -> Vec<String> {
    let filter = TaskFilter {
        limit: 10,
        ..TaskFilter::default()
    };
    let page = store.list_tasks(&filter).await.unwrap();
    page.tasks
        .into_iter()
        .map(|task| task.intake.title)
        .collect()
}

#[test]
fn a_team_moves_either_way_once_and_into_nothing_else() {
    let server = Server::start();
    play(async {
        for (from, into) in [
            (Stage::sqlite(), Stage::postgres(&server)),
            (Stage::postgres(&server), Stage::sqlite()),
            (Stage::sqlite(), Stage::sqlite()),
        ] {
            let (source, target) = (from.open().await, into.open().await);
            fill(&source).await;
            let copied = source.copy_into(&target).await.unwrap().unwrap();
            assert_eq!((copied.artifacts, copied.journal.entries), (1, 3));
            assert_eq!(titles(&target).await, titles(&source).await);
            let digest = adjutant_domain::sha256::digest_of(b"a version");
            assert_eq!(target.artifact(digest).unwrap(), b"a version");
            let again = source.copy_into(&target).await.unwrap().unwrap_err();
            assert!(matches!(again, CopyRefusal::NotEmpty { .. }), "{again}");
            fill(&target).await;
            assert_eq!(target.verify_journal().await.unwrap().problems, [""; 0]);
            assert_eq!(titles(&source).await.len(), 3);
        }
    });
}

#[test]
fn what_does_not_hold_is_not_copied_and_leaves_the_target_empty() {
    let server = Server::start();
    play(async {
        let (from, into) = (Stage::sqlite(), Stage::postgres(&server));
        let (source, target) = (from.open().await, into.open().await);
        fill(&source).await;
        from.run("UPDATE journal SET content = 'x' WHERE position = 2");
        let refused = source.copy_into(&target).await.unwrap().unwrap_err();
        assert!(
            matches!(refused, CopyRefusal::BrokenJournal(_)),
            "{refused}"
        );

        let other = Stage::sqlite();
        let source = other.open().await;
        fill(&source).await;
        let digest = adjutant_domain::sha256::digest_of(b"a version");
        std::fs::remove_file(source.artifact_path(digest)).unwrap();
        let missing = source.copy_into(&target).await;
        assert!(matches!(missing, Err(StoreError::ArtifactMissing(_))));
        let titles: Vec<String> = titles(&target).await;
        assert_eq!(titles, [""; 0]);
    });
}

#[test]
fn every_table_is_copied() {
    play(async {
        let (from, into) = (Stage::sqlite(), Stage::sqlite());
        let (source, target) = (from.open().await, into.open().await);
        let copied = source.copy_into(&target).await.unwrap().unwrap();
        let mut copied: Vec<String> = copied.tables.into_iter().map(|(name, _)| name).collect();
        copied.sort();
        let there = from.run(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             AND name <> 'migration' ORDER BY name",
        );
        assert_eq!(copied, there);
    });
}

#[test]
fn stores_that_are_opened_at_once_make_one_schema() {
    let server = Server::start();
    let stage = Stage::postgres(&server);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let location = stage.location.clone();
            scope.spawn(move || {
                play(async {
                    let store = Store::open(&location, now()).await.unwrap();
                    assert_eq!(store.journal_end().await.unwrap(), 0);
                });
            });
        }
    });
    let applied = stage.run("SELECT CAST(COUNT(*) AS TEXT) FROM migration");
    let newest = stage.run("SELECT CAST(MAX(number) AS TEXT) FROM migration");
    assert_eq!(applied, newest);
}
