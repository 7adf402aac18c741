//! What goes through: bodies of any length as they come, other protocols, headers.

use std::io::{Read, Write};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use adjutant_traffic::UpstreamProtocol;

use crate::stage::{Proxy, Received, Upstream, arm, command, desired, respond};

/// An upstream that tells what it got.
fn telling() -> (Upstream, Receiver<Received>) {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let upstream = Upstream::start(move |received, stream| {
        tell.lock().unwrap().send(received).unwrap();
        respond(stream, 200, "keep-alive: timeout=9\r\nx-kept: 1\r\n", b"ok")
    });
    (upstream, told)
}

#[test]
fn a_request_goes_through_with_its_body_and_without_hop_by_hop_headers() {
    let (upstream, told) = telling();
    let proxy = Proxy::before(&upstream);
    let mut client = proxy.connect();
    client.send(
        "POST /a/b?c=d%20e HTTP/1.1\r\nhost: shop\r\ncontent-length: 5\r\nconnection: x-mine\r\n\
         x-mine: 1\r\nx-forwarded-for: 6.6.6.6\r\nte: gzip\r\n\r\nhello",
    );
    let reply = client.reply().unwrap();
    let received = told.recv().unwrap();
    assert_eq!(received.target(), "/a/b?c=d%20e");
    assert_eq!(received.body, b"hello");
    assert_eq!(received.header("host"), Some("shop"));
    assert_eq!(received.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(received.header("x-forwarded-host"), Some("shop"));
    for gone in ["x-mine", "te", "connection"] {
        assert_eq!(received.header(gone), None, "{gone}");
    }
    assert_eq!((reply.status, reply.text().as_str()), (200, "ok"));
    assert_eq!(
        (reply.header("x-kept"), reply.header("keep-alive")),
        (Some("1"), None)
    );
}

#[test]
fn connections_are_used_again_on_both_sides() {
    let (upstream, told) = telling();
    let proxy = Proxy::before(&upstream);
    let mut client = proxy.connect();
    for number in 0..50 {
        assert_eq!(client.get(&format!("/{number}")).status, 200);
        assert_eq!(told.recv().unwrap().target(), format!("/{number}"));
    }
}

#[test]
fn a_body_streams_in_both_directions_before_it_is_whole() {
    let upstream = Upstream::start(|_, stream| {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        // The rest comes only when the client has seen the beginning.
        let mut go = [0; 2];
        stream.read_exact(&mut go).unwrap();
        stream.write_all(b"6\r\nsecond\r\n0\r\n\r\n").unwrap();
        false
    });
    let proxy = Proxy::before(&upstream);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    let head = client.head().unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(client.bytes(10), b"5\r\nfirst\r\n");
}

#[test]
fn a_large_body_goes_through_whole() {
    let upstream = Upstream::start(|received, stream| respond(stream, 200, "", &received.body));
    let proxy = Proxy::before(&upstream);
    let body: Vec<u8> = (0..8_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut client = proxy.connect();
    let mut sender = client.other_half();
    let sent = body.clone();
    let sending = std::thread::spawn(move || {
        sender.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
        for piece in sent.chunks(100_000) {
            sender.send(format!("{:x}\r\n", piece.len()));
            sender.send(piece);
            sender.send("\r\n");
        }
        sender.send("0\r\n\r\n");
    });
    let reply = client.reply().unwrap();
    sending.join().unwrap();
    assert_eq!(reply.body.unwrap(), body);
}

#[test]
fn another_protocol_takes_over_the_connection() {
    let upstream = Upstream::start(|received, stream| {
        assert_eq!(received.header("upgrade"), Some("echo"));
        let head =
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut piece = [0; 64];
        loop {
            match stream.read(&mut piece) {
                Ok(0) | Err(_) => return false,
                Ok(length) => stream.write_all(&piece[..length]).unwrap(),
            }
        }
    });
    let proxy = Proxy::before(&upstream);
    let mut client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n");
    let head = client.head().unwrap();
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    for word in ["one", "three", "seventeen"] {
        client.send(word);
        assert_eq!(client.bytes(word.len()), word.as_bytes());
    }
    assert_eq!(proxy.observe().arms[0].in_flight, 1);
}

/// HTTP/2 by curl to the proxy, and by the proxy to a proxy: no other server is needed.
#[test]
fn http2_is_spoken_on_both_sides() {
    let (upstream, told) = telling();
    let inner = Proxy::before(&upstream);
    let outer = Proxy::start();
    let mut to_inner = arm(
        "baseline",
        &Upstream {
            address: inner.address,
        },
        10_000,
    );
    to_inner.protocol = UpstreamProtocol::Http2;
    outer.apply(&desired(1, vec![to_inner]));
    let url = format!("http://{}/x?y=1", outer.address);
    let asked = command("curl")
        .args([
            "-s",
            "--http2-prior-knowledge",
            "-d",
            "hello",
            "-w",
            " %{http_version}",
            &url,
        ])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&asked.stdout), "ok 2");
    let received = told.recv().unwrap();
    assert_eq!(
        (received.target(), received.body.as_slice()),
        ("/x?y=1", b"hello".as_slice())
    );
    assert_eq!(
        received.header("host"),
        Some(outer.address.to_string().as_str())
    );
}
