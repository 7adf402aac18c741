//! A proxy served, steered and looked at.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};

use crate::stage::Stage;

/// A proxy that ends with the test.
struct Serving {
    process: Child,
    address: SocketAddr,
}

impl Serving {
    fn start(stage: &Stage) -> Self {
        let arguments = [
            "traffic",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--control",
            "t.sock",
            "--format",
            "json",
        ];
        let mut process = stage
            .command(&arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = told["listen"].as_str().unwrap().parse().unwrap();
        Self { process, address }
    }

    fn get(&self) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Answers everything with `body`, for as long as the test lives.
fn upstream(body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4_096];
            assert!(stream.read(&mut request).unwrap() > 0);
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    address
}

#[test]
fn a_proxy_is_served_steered_and_looked_at() {
    let stage = Stage::new();
    let serving = Serving::start(&stage);
    let run = |arguments: &[&str]| {
        let all = [&["traffic"], arguments, &["--control", "t.sock"]].concat();
        let output = stage.run(&all);
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.code().unwrap(), text)
    };
    let (exit, text) = run(&["status"]);
    assert_eq!(exit, 20);
    assert!(text.contains("NO DATA AVAILABLE"), "{text}");
    let arm = format!("baseline={}", upstream("old"));
    let set = |arguments: &[&str]| run(&[&["set"], arguments].concat());
    assert_eq!(
        set(&["--arm", &arm]),
        (0, "generation 1: baseline 100 %\n".to_owned())
    );
    assert!(serving.get().ends_with("old"));
    let arm = format!("candidate={}", upstream("new"));
    let told = set(&["--arm", &arm, "--weight", "candidate=100%"]);
    assert_eq!(
        told,
        (
            0,
            "generation 2: baseline 0 %, candidate 100 %\n".to_owned()
        )
    );
    assert!(serving.get().ends_with("new"));
    let (exit, text) = run(&["status"]);
    assert_eq!(exit, 0);
    assert!(text.contains("generation 2"), "{text}");
    let row = text
        .lines()
        .find(|line| line.starts_with("candidate"))
        .unwrap();
    let cells: Vec<&str> = row
        .split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect();
    assert_eq!(
        cells[..6],
        ["candidate", "100 %", "0", "1", "0", "0"],
        "{text}"
    );
}

#[test]
fn what_cannot_be_done_is_refused_with_what_to_do() {
    let stage = Stage::new();
    let output = stage.run(&["traffic", "status", "--control", "t.sock"]);
    assert_eq!(output.status.code(), Some(20));
    let serving = Serving::start(&stage);
    let listen = serving.address.to_string();
    for (arguments, exit, problem) in [
        (
            vec![
                "traffic",
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--control",
                "t.sock",
            ],
            40,
            "error: another proxy is controlled at",
        ),
        (
            vec![
                "traffic",
                "serve",
                "--listen",
                &listen,
                "--control",
                "u.sock",
            ],
            2,
            "cannot be listened at",
        ),
        (
            vec![
                "traffic",
                "set",
                "--control",
                "t.sock",
                "--weight",
                "nobody=1%",
            ],
            2,
            "there is no arm nobody",
        ),
    ] {
        let output = stage.run(&arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{text}");
        assert!(
            text.contains(problem) && text.contains("remedy: "),
            "{text}"
        );
    }
}
