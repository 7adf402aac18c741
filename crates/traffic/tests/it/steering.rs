//! What is desired comes into force without a request noticing, and outlives the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use adjutant_traffic::{StickyRule, TrafficControlError, TrafficRefusal};

use crate::stage::{Connection, Proxy, Upstream, arm, desired, until};

#[test]
fn a_change_of_weights_under_load_drops_no_request() {
    let (one, two) = (Upstream::saying("one"), Upstream::saying("two"));
    let proxy = Proxy::before(&one);
    let is_over = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (address, is_over) = (proxy.address, is_over.clone());
            let acknowledged = acknowledged.clone();
            std::thread::spawn(move || {
                let mut connection = Connection::to(address);
                while !is_over.load(Ordering::Relaxed) {
                    let reply = connection.get("/");
                    assert_eq!(reply.status, 200, "{}", reply.head);
                    assert!(["one", "two"].contains(&reply.text().as_str()));
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for generation in 2..80 {
        let weight = (generation as u32 * 997) % 10_001;
        let arms = vec![
            arm("baseline", &one, 10_000 - weight),
            arm("candidate", &two, weight),
        ];
        let before = acknowledged.load(Ordering::Relaxed);
        proxy.apply(&desired(generation, arms));
        until("requests go on", || {
            acknowledged.load(Ordering::Relaxed) > before + 8
        });
    }
    is_over.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    let counted: u64 = proxy
        .measurements()
        .minutes
        .iter()
        .flat_map(|minute| &minute.arms)
        .map(|arm| {
            assert_eq!((arm.started, arm.errors.failures()), (arm.ended, 0));
            arm.statuses[1]
        })
        .sum();
    assert_eq!(counted, acknowledged.load(Ordering::Relaxed));
}

#[test]
fn what_was_acknowledged_is_in_force_after_a_kill() {
    let (one, two) = (Upstream::saying("one"), Upstream::saying("two"));
    let mut proxy = Proxy::before(&one);
    for generation in 2..12 {
        let weight = if generation % 2 == 0 { 10_000 } else { 0 };
        let arms = vec![
            arm("baseline", &one, 10_000 - weight),
            arm("candidate", &two, weight),
        ];
        let next = desired(generation, arms);
        proxy.apply(&next);
        proxy.kill_and_restart();
        assert_eq!(proxy.observe().desired, Some(next));
        let expected = if weight == 0 { "one" } else { "two" };
        assert_eq!(proxy.get("/").text(), expected);
    }
}

#[test]
fn an_older_state_is_refused_and_the_same_state_is_fine() {
    let (one, two) = (Upstream::saying("one"), Upstream::saying("two"));
    let proxy = Proxy::before(&one);
    let current = desired(7, vec![arm("baseline", &one, 10_000)]);
    proxy.apply(&current);
    proxy.apply(&current);
    for generation in [6, 7] {
        let late = desired(generation, vec![arm("baseline", &two, 10_000)]);
        let Err(TrafficControlError::Refused(refusal)) = proxy.try_apply(&late) else {
            panic!("generation {generation} came into force");
        };
        let expected = TrafficRefusal::StaleGeneration {
            given: generation,
            current: 7,
        };
        assert_eq!(refusal, expected);
    }
    assert_eq!(proxy.get("/").text(), "one");
}

#[test]
fn traffic_is_split_as_configured_and_the_split_is_told() {
    let (one, two) = (Upstream::saying("one"), Upstream::saying("two"));
    let proxy = Proxy::start();
    let arms = vec![arm("baseline", &one, 9_000), arm("candidate", &two, 1_000)];
    proxy.apply(&desired(1, arms));
    let mut connections = [proxy.connect(), proxy.connect()];
    let replies = (0..1_000).map(|number| connections[number % 2].get("/").text());
    let candidates = replies.filter(|text| text == "two").count();
    assert!(candidates.abs_diff(100) <= 2, "{candidates}");
    let split = &proxy.observe().splits[0];
    let told: Vec<_> = split
        .arms
        .iter()
        .map(|arm| (arm.weight, arm.free))
        .collect();
    assert_eq!(
        told,
        [
            (9_000, 1_000 - candidates as u64),
            (1_000, candidates as u64)
        ]
    );
}

#[test]
fn a_client_stays_on_its_arm_while_that_arm_grows() {
    let (one, two) = (Upstream::saying("one"), Upstream::saying("two"));
    let proxy = Proxy::start();
    let state = |generation, weight| {
        let arms = vec![
            arm("baseline", &one, 10_000 - weight),
            arm("candidate", &two, weight),
        ];
        let mut state = desired(generation, arms);
        state.sticky = Some(StickyRule::Cookie {
            name: "arm".to_owned(),
            issue: true,
        });
        state
    };
    proxy.apply(&state(1, 2_000));
    let cookies: Vec<(String, String)> = (0..60)
        .map(|_| {
            let reply = proxy.get("/");
            let cookie = reply.header("set-cookie").unwrap();
            (cookie.split(';').next().unwrap().to_owned(), reply.text())
        })
        .collect();
    let again = |cookie: &str| {
        let mut connection = proxy.connect();
        connection.send(format!(
            "GET / HTTP/1.1\r\nhost: a\r\ncookie: x=1; {cookie}\r\n\r\n"
        ));
        let reply = connection.reply().unwrap();
        assert_eq!(reply.header("set-cookie"), None);
        reply.text()
    };
    let on_candidate = |replies: &[String]| replies.iter().filter(|text| *text == "two").count();
    let mut before: Vec<String> = cookies.iter().map(|(_, text)| text.clone()).collect();
    for (generation, weight) in [(2, 2_000), (3, 5_000), (4, 9_000)] {
        proxy.apply(&state(generation, weight));
        let now: Vec<String> = cookies.iter().map(|(cookie, _)| again(cookie)).collect();
        for (before, now) in before.iter().zip(&now) {
            assert!(
                before == "one" || now == "two",
                "a client left the arm that grew"
            );
        }
        assert!(on_candidate(&now) >= on_candidate(&before));
        before = now;
    }
    assert!(on_candidate(&before) > 40, "{}", on_candidate(&before));
}

#[test]
fn the_end_waits_for_requests_that_have_begun() {
    let (begun, is_begun) = std::sync::mpsc::channel();
    let begun = std::sync::Mutex::new(begun);
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let may_go = std::sync::Mutex::new(may_go);
    let upstream = Upstream::start(move |_, stream| {
        begun.lock().unwrap().send(()).unwrap();
        may_go.lock().unwrap().recv().unwrap();
        crate::stage::respond(stream, 200, "", b"last")
    });
    let mut proxy = Proxy::before(&upstream);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    is_begun.recv().unwrap();
    proxy.signal_end();
    until("no more connections are taken", || {
        std::net::TcpStream::connect(proxy.address).is_err()
    });
    go.send(()).unwrap();
    assert_eq!(client.reply().unwrap().text(), "last");
    assert!(proxy.end().success());
}
