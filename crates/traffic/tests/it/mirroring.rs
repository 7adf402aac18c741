//! Mirrored requests: asked, compared, and never seen by a client.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adjutant_domain::Outcome;
use adjutant_traffic::{MirrorRule, TrafficLane};

use crate::stage::{Proxy, Upstream, arm, desired, respond, until};

fn mirrored(baseline: &Upstream, candidate: &Upstream, change: impl Fn(&mut MirrorRule)) -> Proxy {
    let proxy = Proxy::start();
    let mut state = desired(
        1,
        vec![
            arm("baseline", baseline, 10_000),
            arm("candidate", candidate, 0),
        ],
    );
    let allow = vec!["GET /search*".to_owned()];
    let mut rule = MirrorRule::between("baseline".to_owned(), "candidate".to_owned(), allow);
    change(&mut rule);
    state.mirror = Some(rule);
    proxy.apply(&state);
    proxy
}

/// An upstream that counts what it is asked.
fn counting(body: &'static str) -> (Upstream, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let upstream = Upstream::start(move |received, stream| {
        count.fetch_add(1, Ordering::SeqCst);
        assert_eq!(received.header("x-adjutant-mirror"), Some("1"));
        respond(stream, 200, "set-cookie: candidate=1\r\n", body.as_bytes())
    });
    (upstream, asked)
}

#[test]
fn only_what_is_safe_and_allowed_is_mirrored_and_nobody_sees_it() {
    let baseline = Upstream::saying(r#"{"from": "baseline"}"#);
    let (candidate, asked) = counting(r#"{"from": "candidate"}"#);
    let proxy = mirrored(&baseline, &candidate, |_| {});
    let mut client = proxy.connect();
    for (head, body) in [
        ("GET /search?q=1", ""),
        ("GET /other", ""),
        ("POST /search", ""),
        ("DELETE /search", ""),
        ("HEAD /search", ""),
        ("GET /search", "with a body"),
    ] {
        let length = body.len();
        client.send(format!(
            "{head} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{body}"
        ));
        let reply = client.head().unwrap();
        assert!(!reply.contains("set-cookie"), "{reply}");
        if !head.starts_with("HEAD") {
            assert_eq!(client.bytes(20), br#"{"from": "baseline"}"#);
        }
    }
    until("it is compared", || proxy.observe().mirrors.compared == 1);
    assert_eq!(
        (proxy.observe().mirrors.sent, asked.load(Ordering::SeqCst)),
        (1, 1)
    );
    let comparison = proxy.comparison().unwrap();
    assert_eq!((comparison.pairs, comparison.disagreements), (1, 1));
    let lanes: Vec<_> = proxy.measurements().minutes[0]
        .arms
        .iter()
        .map(|arm| (arm.name.clone(), arm.lane, arm.started))
        .collect();
    assert_eq!(
        lanes,
        [
            ("baseline".to_owned(), TrafficLane::Live, 6),
            ("candidate".to_owned(), TrafficLane::Mirrored, 1)
        ]
    );
}

#[test]
fn the_noise_floor_is_what_the_baseline_differs_from_itself() {
    let number = Arc::new(AtomicUsize::new(0));
    let baseline = Upstream::start(move |_, stream| {
        let body = format!(
            r#"{{"id": {}, "total": 3}}"#,
            number.fetch_add(1, Ordering::SeqCst)
        );
        respond(stream, 200, "", body.as_bytes())
    });
    let (candidate, _) = counting(r#"{"id": -1}"#);
    let proxy = mirrored(&baseline, &candidate, |rule| {
        rule.again = Some("baseline".to_owned());
    });
    let mut client = proxy.connect();
    for _ in 0..30 {
        assert_eq!(client.get("/search").status, 200);
    }
    until("all is compared", || proxy.observe().mirrors.compared == 30);
    let comparison = proxy.comparison().unwrap();
    let path = |name: &str| {
        comparison
            .paths
            .iter()
            .find(|path| path.path == name)
            .unwrap()
    };
    let id = path("body.id");
    assert_eq!((id.disagreements, id.noise_disagreements), (30, 30));
    let total = path("body.total");
    assert_eq!((total.disagreements, total.noise_disagreements), (30, 0));
    assert!(total.is_structural_loss);
    assert_eq!(comparison.outcome, Outcome::Fail);
}

#[test]
fn a_candidate_that_hangs_costs_the_client_nothing_and_is_bounded() {
    let baseline = Upstream::saying("fast");
    let candidate = Upstream::start(|_, stream| stream.read(&mut [0; 1]).is_ok_and(|n| n > 0));
    let proxy = mirrored(&baseline, &candidate, |rule| rule.in_flight_max = 3);
    let mut client = proxy.connect();
    for _ in 0..100 {
        assert_eq!(client.get("/search").text(), "fast");
    }
    let mirrors = proxy.observe().mirrors;
    assert_eq!((mirrors.sent, mirrors.dropped_busy), (3, 97));
    assert_eq!(proxy.get("/other").text(), "fast");
}

#[test]
fn a_candidate_that_is_down_disagrees() {
    let proxy = mirrored(&Upstream::saying("up"), &Upstream::nobody(), |_| {});
    assert_eq!(proxy.get("/search").text(), "up");
    until("it is compared", || proxy.observe().mirrors.compared == 1);
    assert_eq!(proxy.comparison().unwrap().outcome, Outcome::Fail);
}

#[test]
fn a_long_answer_passes_but_is_not_compared() {
    let baseline = Upstream::saying("longer than eight bytes");
    let (candidate, _) = counting("short");
    let proxy = mirrored(&baseline, &candidate, |rule| rule.body_bytes_max = 8);
    assert_eq!(proxy.get("/search").text(), "longer than eight bytes");
    until("it is dropped", || {
        proxy.observe().mirrors.dropped_long == 1
    });
    assert_eq!(proxy.comparison().unwrap().pairs, 0);
}
