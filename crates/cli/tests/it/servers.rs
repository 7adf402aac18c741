//! Evidence that a server answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use crate::stage::Stage;

/// Answers one request after another with `body`, for as long as the test lives.
fn serve(body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4_096];
            let length = stream.read(&mut request).unwrap();
            assert!(request[..length].starts_with(b"GET /api/v1/query?query="));
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    address
}

const SCORE: &str = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000,"8.5"]}]}}"#;

const POLICY: &str = r#"
[gate.review]
[[gate.review.criteria]]
id = "score"
measure = "value:review_score"
at_least = "7 score"
"#;

#[test]
fn a_servers_answer_is_stored_word_for_word_and_decided_on() {
    let stage = Stage::new();
    stage.workspace.write("adjutant.toml", POLICY);
    let url = format!("http://{}/api/v1/query?query=score", serve(SCORE));
    let port = url.split([':', '/']).nth(4).unwrap().to_owned();
    let add = [
        "evidence",
        "add",
        &url,
        "--subject",
        "candidate",
        "--run",
        "run_1",
        "--measure",
        "review_score",
    ];
    let mut told = stage.outcome(&add);
    told.push_str(&stage.outcome(&["gate", "review"]));
    stage.answer(0, &["report", "deployment", "--gate", "review"]);
    told.push_str(&stage.outcome(&["verify", "deployment.md"]));
    insta::assert_snapshot!(told.replace(&port, "[PORT]"));
}

#[test]
fn a_server_that_does_not_answer_is_an_error_of_its_source() {
    let stage = Stage::new();
    stage.workspace.write("adjutant.toml", POLICY);
    // Bound and closed again: nobody listens there.
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("candidate=http://{closed}/api/v1/query?query=score#review_score");
    let told = stage.outcome(&["gate", "review", "--evidence", &url]);
    insta::assert_snapshot!(told.replace(&closed.port().to_string(), "[PORT]"));
}

#[test]
fn an_address_of_no_known_source_is_told_so() {
    let stage = Stage::new();
    stage.workspace.write("adjutant.toml", POLICY);
    let url = "candidate=https://user:secret@example.org/?token=secret";
    let told = stage.outcome(&["gate", "review", "--evidence", url]);
    assert!(!told.contains("secret"), "{told}");
    insta::assert_snapshot!(told);
}
