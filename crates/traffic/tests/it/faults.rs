//! Upstreams and clients that misbehave: each is told apart, and none takes another down.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use adjutant_traffic::{Patience, TrafficErrors};

use crate::stage::{Proxy, Upstream, arm, desired, respond, until};

fn errors(proxy: &Proxy) -> TrafficErrors {
    proxy.measurements().minutes[0].arms[0].errors
}

/// A proxy that does not wait long.
fn impatient(upstream: &Upstream) -> Proxy {
    let proxy = Proxy::start();
    let mut state = desired(1, vec![arm("baseline", upstream, 10_000)]);
    state.patience = Patience {
        connect_ms: 200,
        response_ms: 200,
        idle_ms: 200,
    };
    proxy.apply(&state);
    proxy
}

#[test]
fn a_refused_connection_is_502() {
    let proxy = Proxy::before(&Upstream::nobody());
    let reply = proxy.get("/");
    assert_eq!(reply.status, 502);
    assert_eq!(reply.text(), "adjutant: the upstream refuses connections\n");
    assert_eq!(
        errors(&proxy),
        TrafficErrors {
            refused: 1,
            ..TrafficErrors::default()
        }
    );
}

#[test]
fn an_upstream_that_hangs_is_504_and_the_next_request_is_served() {
    let upstream = Upstream::start(|received, stream| match received.target() {
        "/hang" => {
            let mut wait = [0; 1];
            std::io::Read::read(stream, &mut wait).is_ok_and(|length| length > 0)
        }
        _ => respond(stream, 200, "", b"ok"),
    });
    let proxy = impatient(&upstream);
    let mut client = proxy.connect();
    let reply = client.get("/hang");
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (504, "adjutant: the upstream does not answer in time\n")
    );
    assert_eq!(client.get("/").status, 200);
    assert_eq!(
        errors(&proxy),
        TrafficErrors {
            timed_out: 1,
            ..TrafficErrors::default()
        }
    );
}

#[test]
fn a_response_that_stands_still_is_cut_off() {
    let upstream = Upstream::start(|_, stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
            .unwrap();
        let mut wait = [0; 1];
        std::io::Read::read(stream, &mut wait).is_ok_and(|length| length > 0)
    });
    let proxy = impatient(&upstream);
    assert_eq!(proxy.get("/").body, None);
    until("it is counted", || errors(&proxy).timed_out == 1);
}

#[test]
fn an_upstream_that_closes_inside_a_body_is_a_reset() {
    let upstream = Upstream::start(|_, stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
            .unwrap();
        false
    });
    let proxy = Proxy::before(&upstream);
    assert_eq!(proxy.get("/").body, None);
    until("it is counted", || errors(&proxy).reset == 1);
}

#[test]
fn what_is_not_http_is_told_apart() {
    let upstream = Upstream::start(|_, stream| {
        stream.write_all(b"220 mail.example ESMTP\r\n\r\n").unwrap();
        false
    });
    let proxy = Proxy::before(&upstream);
    assert_eq!(proxy.get("/").status, 502);
    assert_eq!(
        errors(&proxy),
        TrafficErrors {
            malformed: 1,
            ..TrafficErrors::default()
        }
    );
}

#[test]
fn a_server_error_passes_and_counts() {
    let upstream = Upstream::start(|_, stream| respond(stream, 503, "", b"busy"));
    let proxy = Proxy::before(&upstream);
    assert_eq!(proxy.get("/").text(), "busy");
    assert_eq!(
        errors(&proxy),
        TrafficErrors {
            server: 1,
            ..TrafficErrors::default()
        }
    );
}

#[test]
fn a_client_that_goes_away_is_no_fault_of_the_arm() {
    let (begun, is_begun) = std::sync::mpsc::channel();
    let begun = std::sync::Mutex::new(begun);
    let upstream = Upstream::start(move |_, stream| {
        begun.lock().unwrap().send(()).unwrap();
        let mut wait = [0; 1];
        std::io::Read::read(stream, &mut wait).is_ok_and(|length| length > 0)
    });
    let proxy = Proxy::before(&upstream);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    is_begun.recv().unwrap();
    drop(client);
    until("it is counted", || errors(&proxy).cancelled == 1);
    assert_eq!(errors(&proxy).failures(), 0);
    assert_eq!(proxy.observe().arms[0].in_flight, 0);
}

/// Closes a kept connection when it is used for the second time.
fn closing_when_used_again() -> (Upstream, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let upstream = Upstream::start(move |_, stream| {
        let is_second = count.fetch_add(1, Ordering::SeqCst) == 1;
        !is_second && respond(stream, 200, "", b"ok")
    });
    (upstream, asked)
}

#[test]
fn a_request_is_sent_again_only_when_that_is_harmless() {
    let (upstream, asked) = closing_when_used_again();
    let proxy = Proxy::before(&upstream);
    let mut client = proxy.connect();
    assert_eq!((client.get("/").status, client.get("/").status), (200, 200));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    assert_eq!(proxy.measurements().minutes[0].arms[0].retries, 1);

    let (upstream, asked) = closing_when_used_again();
    let proxy = Proxy::before(&upstream);
    let mut client = proxy.connect();
    assert_eq!(client.get("/").status, 200);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(client.reply().unwrap().status, 502);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_head_that_is_too_long_is_431() {
    let proxy = Proxy::before(&Upstream::saying("ok"));
    let mut client = proxy.connect();
    let long = "x".repeat(40_000);
    client.send(format!(
        "GET / HTTP/1.1\r\nhost: a\r\nx-long: {long}\r\n\r\n"
    ));
    assert_eq!(client.reply().unwrap().status, 200);
    client.send(format!(
        "GET / HTTP/1.1\r\nhost: a\r\nx-long: {long}{long}\r\n\r\n"
    ));
    assert_eq!(client.reply().unwrap().status, 431);
}

#[test]
fn no_second_request_is_smuggled_in_a_first() {
    for attempt in [
        "content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nX",
        "transfer-encoding: chunked\r\ncontent-length: 6\r\n\r\n0\r\n\r\nX",
        "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
        "content-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        "content-length: +5\r\n\r\nhello",
        "content-length: 5, 5\r\n\r\nhello",
        " folded: 1\r\n\r\n",
    ] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let upstream = Upstream::start(move |_, stream| {
            count.fetch_add(1, Ordering::SeqCst);
            respond(stream, 200, "", b"ok")
        });
        let proxy = Proxy::before(&upstream);
        let mut client = proxy.connect();
        client.send(format!("POST / HTTP/1.1\r\nhost: a\r\n{attempt}"));
        let reply = client.reply().unwrap();
        assert_eq!(reply.status, 400, "{attempt:?}: {}", reply.head);
        assert!(client.is_closed_by_peer(), "{attempt:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 0, "{attempt:?}");
    }
}
