//! A service over HTTP, in this process and as the program.

use crate::data::data;
use crate::quality::engine;
use adjutant_example_search::fault::Conduct;
use adjutant_example_search::rank::{Sight, Version};
use adjutant_example_search::serve::{Service, serve};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long the program may take to stop; it drains connections for 5 s.
const STOP_TIME_MAX: Duration = Duration::from_secs(10);

/// Sends one request by hand and returns the status line and the body.
fn ask(address: &str, method: &str, target: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let request =
        format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .expect("a request sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    (
        head.lines().next().expect("a status line").to_owned(),
        body.to_owned(),
    )
}

/// Runs a service in this process while `talk` runs on another thread.
fn with_service(version: Version, talk: impl FnOnce(SocketAddr) + Send + 'static) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let service = Arc::new(Service {
        version,
        engine: engine(version, Sight::Pictures),
        conduct: Conduct::new(None, Duration::ZERO),
    });
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopping) = watch::channel(false);
        let talking = async move {
            let talked = tokio::task::spawn_blocking(move || talk(address)).await;
            stop.send_replace(true);
            talked.expect("no assertion fails");
        };
        let ((), served) = tokio::join!(talking, serve(listener, service, stopping));
        served.expect("a clean end");
    });
}

#[test]
fn a_search_finds_the_red_scarf_by_its_picture() {
    with_service(Version::Candidate, |address| {
        let (status, body) = ask(&address.to_string(), "GET", "/search?q=red+scarf&k=3");
        assert_eq!(status, "HTTP/1.1 200 OK");
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(answer["version"], "candidate");
        assert_eq!(answer["query"], "red scarf");
        let results = answer["results"].as_array().expect("results");
        let titles: Vec<&str> = results
            .iter()
            .map(|result| result["title"].as_str().expect("a title"))
            .collect();
        assert_eq!(titles.len(), 3);
        assert!(titles[..2].contains(&"Post Office Scarf"), "{titles:?}");
        let scores: Vec<f64> = results
            .iter()
            .map(|result| result["score"].as_f64().expect("a score"))
            .collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    });
}

#[test]
fn a_request_that_makes_no_sense_is_told_why() {
    with_service(Version::Baseline, |address| {
        for (method, target, status, body) in [
            (
                "GET",
                "/healthz",
                "200 OK",
                r#"{"status":"ok","version":"baseline"}"#,
            ),
            (
                "GET",
                "/search",
                "400 Bad Request",
                r#"{"error":"q is missing or empty"}"#,
            ),
            (
                "GET",
                "/search?q=a&k=x",
                "400 Bad Request",
                r#"{"error":"k is \"x\", not a number from 1 to 100"}"#,
            ),
            (
                "GET",
                "/cart",
                "404 Not Found",
                r#"{"error":"there is no /cart here, try /search?q=…"}"#,
            ),
            (
                "POST",
                "/search?q=a",
                "405 Method Not Allowed",
                r#"{"error":"only GET is understood here"}"#,
            ),
        ] {
            let answer = ask(&address.to_string(), method, target);
            assert_eq!(
                answer,
                (format!("HTTP/1.1 {status}"), body.to_owned()),
                "{target}"
            );
        }
    });
}

/// How the program ended. It is killed, and there is no answer, when it does not end in time.
fn wait_or_kill(child: &mut Child) -> Option<ExitStatus> {
    let asked = Instant::now();
    while asked.elapsed() < STOP_TIME_MAX {
        if let Some(status) = child.try_wait().expect("a state") {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("a kill");
    child.wait().expect("an end");
    None
}

#[test]
fn the_program_serves_on_a_free_port_and_stops_when_its_input_ends() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test runs the program itself"
    )]
    let mut command = Command::new(env!("CARGO_BIN_EXE_search"));
    command.args([
        "serve",
        "--version",
        "baseline",
        "--port",
        "0",
        "--stop-with-stdin",
    ]);
    command.arg("--data").arg(data());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("output"))
        .read_line(&mut line)
        .expect("a line");
    let address = line
        .trim()
        .strip_prefix("listening on http://")
        .expect("an address")
        .to_owned();
    assert_eq!(ask(&address, "GET", "/healthz").0, "HTTP/1.1 200 OK");
    drop(child.stdin.take());
    let status = wait_or_kill(&mut child);
    assert!(status.is_some_and(|status| status.success()), "{status:?}");
    assert!(TcpStream::connect(&address).is_err());
}
