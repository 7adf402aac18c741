//! What only one process at a time needs to do, whichever engine holds the rows.

use adjutant_testkit::postgres::Server;

use crate::engine::{Stage, play};

#[test]
fn an_office_has_one_holder_on_sqlite() {
    play(async {
        an_office_has_one_holder(&Stage::sqlite()).await;
    });
}

#[test]
fn an_office_has_one_holder_on_postgresql() {
    let server = Server::start();
    play(async {
        an_office_has_one_holder(&Stage::postgres(&server)).await;
    });
}

async fn an_office_has_one_holder(stage: &Stage<'_>) {
    let (one, two) = (stage.open().await, stage.open().await);
    let office = one.take_office("rollout/a/b").await.unwrap().unwrap();
    assert!(two.take_office("rollout/a/b").await.unwrap().is_none());
    let other = two.take_office("rollout/a").await.unwrap();
    assert!(other.is_some(), "each office is one's own");
    assert!(one.has_office(&office).await);

    one.leave_office(office).await.unwrap();
    let office = two.take_office("rollout/a/b").await.unwrap();
    assert!(office.is_some());
    assert!(one.take_office("rollout/a/b").await.unwrap().is_none());
    // A process that ends gives nothing back, and keeps nothing.
    drop((two, office, other));
    let began = std::time::Instant::now();
    while one.take_office("rollout/a/b").await.unwrap().is_none() {
        assert!(began.elapsed().as_secs() < 30, "the office is still held");
        std::thread::yield_now();
    }
}
