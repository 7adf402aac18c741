//! Who gets in, and who does not: docs/security.md names these tests.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::http_server::Served;

/// Every operation as the document describes it: method and path.
fn operations(served: &Served) -> Vec<(String, String, String)> {
    let document = served.at("/api/v1/openapi.json").expect(200).json();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let right = described["description"].as_str().unwrap();
            let right = right.strip_prefix("Needs the right to ").unwrap();
            operations.push((
                method.to_uppercase(),
                path.replace(['{', '}'], ""),
                right.trim_end_matches('.').to_owned(),
            ));
        }
    }
    operations
}

fn status_of(served: &Served, method: &str, path: &str, secret: Option<&str>) -> u16 {
    let bearer = secret.map(|secret| format!("Bearer {secret}"));
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
    // A stream of events does not end by itself; its status is all that is asked for.
    if path.ends_with("/events") {
        headers.push(("Last-Event-ID", "none"));
    }
    served.send(method, path, &headers, "{}").status
}

#[test]
fn every_operation_wants_a_token_with_its_right() {
    let served = Served::start();
    let revoked = served.token(&["gone", "--admin"]);
    served.run(&["token", "revoke", "gone"]);
    let expired = served.token(&["old", "--admin", "--expires", "1s"]);
    let agent = served.token(&["ada", "--agent", "ada", "--role", "qa-evals-docs"]);
    let other = served.token(&["ben", "--agent", "ben", "--role", "architect-planner"]);
    let reader = served.token(&["wall", "--reader"]);
    let link = served.link.split("code=").nth(1).unwrap().to_owned();
    while served
        .run(&["token", "list"])
        .lines()
        .any(|line| line.starts_with("old") && line.contains("good"))
    {}

    let mut table = String::new();
    for (method, path, right) in operations(&served) {
        for secret in [
            None,
            Some(""),
            Some("adj_wrong"),
            Some("\u{e9}"),
            Some(&*"a".repeat(4_096)),
            Some(&*format!("{agent} {reader}")),
            Some(&*revoked),
            Some(&*expired),
            Some(&*link),
        ] {
            let status = status_of(&served, &method, &path, secret);
            // What is no ASCII is no header, before it is no token.
            let wanted = match secret {
                Some("\u{e9}") => 400,
                Some(secret) if secret == link => 403,
                Some(_) | None => 401,
            };
            assert_eq!(status, wanted, "{method} {path} with {secret:?}");
        }
        let answered = |secret: &str| status_of(&served, &method, &path, Some(secret));
        table.push_str(&format!(
            "{right:<14}{method:<5}{path:<42}agent {} other {} reader {} admin {}\n",
            answered(&agent),
            answered(&other),
            answered(&reader),
            answered(&served.admin),
        ));
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_token_that_is_revoked_opens_nothing_from_then_on() {
    let served = Served::start();
    let reader = served.token(&["wall", "--reader"]);
    let status = || status_of(&served, "GET", "/api/v1/tasks", Some(&reader));
    assert_eq!(status(), 200);
    served.run(&["token", "revoke", "wall"]);
    assert_eq!(status(), 401);
}

#[test]
fn an_agent_speaks_for_itself_in_its_role_only() {
    let served = Served::start();
    let ada = served.token(&["ada", "--agent", "ada", "--role", "qa-evals-docs"]);
    for body in [
        json!({ "agent": "ben" }),
        json!({ "role": "architect-planner" }),
    ] {
        let refused = served
            .post_as(&ada, "/claims", &body, &[])
            .expect(403)
            .json();
        assert!(
            refused["detail"]
                .as_str()
                .unwrap()
                .contains("agent ada in the role")
        );
    }
    let release = json!({ "agent": "ben", "epoch": 1, "reason": "mine" });
    served
        .post_as(&ada, "/tasks/T-1/release", &release, &[])
        .expect(403);
    let checks = json!({ "intake": { "title": "x", "checks": [{
        "name": "x", "run": { "command": { "argv": ["touch", "/tmp/pwned"] } },
        "proof": "red_green", "tests": [], "frozen": [], "seconds_max": 1
    }] } });
    let refused = served.post_as(&ada, "/tasks", &checks, &[]);
    assert!(matches!(refused.status, 400 | 403), "{}", refused.body);
    let filed = served.post_as(&ada, "/tasks", &json!({ "intake": { "title": "x" } }), &[]);
    assert_eq!(filed.expect(201).json()["state"], "draft");
}

#[test]
fn an_agent_opens_its_own_artifacts_only() {
    let served = Served::start();
    served
        .workspace
        .write("latency.csv", "latency_ms\n1\n2\n3\n");
    served.run(&[
        "evidence",
        "add",
        "latency.csv",
        "--subject",
        "candidate",
        "--run",
        "run_1",
    ]);
    let evidence = served.get("/evidence").expect(200).json();
    let path = format!(
        "/api/v1/artifacts/{}",
        evidence[0]["sha256"].as_str().unwrap()
    );
    let ada = served.token(&["ada", "--agent", "ada", "--role", "qa-evals-docs"]);
    assert_eq!(status_of(&served, "GET", &path, Some(&ada)), 403);
    let whole = served.at(&path).expect(200);
    assert_eq!(whole.body, "latency_ms\n1\n2\n3\n");
    assert_eq!(whole.header("content-disposition"), Some("attachment"));
    assert_eq!(
        served.at(&format!("{path}?at=L2-3")).expect(200).body,
        "1\n2\n"
    );
}

#[test]
fn an_agent_submits_evidence_under_a_plain_name_and_opens_it_again() {
    let served = Served::start();
    let ada = served.token(&["ada", "--agent", "ada", "--role", "qa-evals-docs"]);
    let ben = served.token(&["ben", "--agent", "ben", "--role", "qa-evals-docs"]);
    let body = |name: &str| {
        json!({
            "name": name, "content": "latency_ms\n1\n2\n3\n", "subject": "candidate", "run": "run_1",
        })
    };
    for name in [
        "../latency.csv",
        "/etc/passwd",
        "http://169.254.169.254/latest",
        "a/b.csv",
        "-o.csv",
        "a\u{0}.csv",
        "",
    ] {
        let refused = served.post_as(&ada, "/evidence", &body(name), &[]);
        assert_eq!(refused.status, 400, "{name:?}: {}", refused.body);
    }
    let key = [("Idempotency-Key", "e-1")];
    let stored = served.post_as(&ada, "/evidence", &body("latency.csv"), &key);
    let stored = stored.expect(201).json();
    assert_eq!(stored[0]["new"], true);
    let again = served.post_as(&ada, "/evidence", &body("latency.csv"), &key);
    assert_eq!(again.expect(201).json(), stored);
    let path = format!(
        "/api/v1/artifacts/{}",
        stored[0]["sha256"].as_str().unwrap()
    );
    assert_eq!(status_of(&served, "GET", &path, Some(&ada)), 200);
    assert_eq!(status_of(&served, "GET", &path, Some(&ben)), 403);
    assert!(
        served
            .run(&["journal", "verify"])
            .starts_with("the journal holds")
    );
}

#[test]
fn an_agent_votes_for_its_role_only_and_neither_decides_nor_steers() {
    let served = Served::start();
    let ada = served.token(&["ada", "--agent", "ada", "--role", "qa-evals-docs"]);
    let vote =
        json!({ "role": "executive", "about": "candidate", "ballot": "ABSTAIN", "because": "x" });
    let refused = served
        .post_as(&ada, "/votes", &vote, &[])
        .expect(403)
        .json();
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("does not vote for executive")
    );
    let own =
        json!({ "about": "candidate", "ballot": "ABSTAIN", "because": "nothing was measured" });
    let refused = served.post_as(&ada, "/votes", &own, &[]).expect(409).json();
    assert!(
        refused["detail"].as_str().unwrap().contains("has no voice"),
        "{refused}"
    );
    let because = json!({ "because": "x" });
    let lift = json!({ "version": "0".repeat(64), "because": "it was the database" });
    let lifting = "/rollouts/search/lift";
    served.post_as(&ada, lifting, &lift, &[]).expect(403);
    let refused = served.post(lifting, &lift).expect(409).json();
    assert_eq!(refused["detail"], "this version is not blocked");
    let start = json!({ "version": "0".repeat(64) });
    served
        .post_as(&ada, "/rollouts/search/start", &start, &[])
        .expect(403);
    let note = json!({ "kind": "cause", "text": "the index was cold" });
    served
        .post_as(&ada, "/incidents/search:1/notes", &note, &[])
        .expect(403);
    for order in ["promote", "abort", "pause", "resume", "undo"] {
        let path = format!("/rollouts/search/{order}");
        served.post_as(&ada, &path, &because, &[]).expect(403);
        let refused = served.post(&path, &because).expect(409).json();
        assert!(!refused["hint"].as_str().unwrap().is_empty(), "{order}");
        served.post(&path, &json!({ "because": " " })).expect(400);
    }
    served
        .post_as(&ada, "/gates/release/decisions", &json!({}), &[])
        .expect(403);
}

#[test]
fn a_gate_that_is_asked_over_http_decides_on_what_is_stored_once_a_key() {
    let served = Served::start();
    let key = [("Idempotency-Key", "g-1")];
    let ask = || served.post_with("/gates/release/decisions", &json!({}), &key);
    let decided = ask().expect(201).json();
    assert_eq!(decided["verdict"], "PAUSE_AND_FIX");
    assert_eq!(ask().expect(201).json(), decided);
    let decisions = served.get("/decisions").expect(200).json();
    assert_eq!(decisions.as_array().unwrap().len(), 1);
    let record = decisions[0]["record"].as_str().unwrap();
    assert_eq!(
        served
            .get(&format!("/decisions/{record}"))
            .expect(200)
            .json(),
        decided
    );
    let report = served
        .get(&format!("/reports/{record}/markdown"))
        .expect(200)
        .body;
    let verified = served.post("/reports/verify", &json!({ "report": report }));
    assert_eq!(verified.expect(200).json()["holds"], true);
    let changed = report.replacen("PAUSE", "PAUZE", 1);
    let verified = served.post("/reports/verify", &json!({ "report": changed }));
    assert_eq!(verified.expect(200).json()["holds"], false);
    served
        .post("/gates/nowhere/decisions", &json!({}))
        .expect(404);
}

#[test]
fn who_sends_slowly_is_dropped_and_others_are_served_meanwhile() {
    let served = Served::start();
    let mut slow: Vec<_> = (0..50).map(|_| served.connect()).collect();
    for stream in &mut slow {
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
            .unwrap();
    }
    assert_eq!(served.at("/readyz").expect(200).body, "ready\n");
    for mut stream in slow {
        let mut answer = String::new();
        // The server ends it, with or without saying why.
        match stream.read_to_string(&mut answer) {
            Ok(_) => assert!(answer.is_empty() || answer.contains("408"), "{answer}"),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
    }
}

#[test]
fn secrets_stand_in_no_answer_no_log_and_not_in_the_state() {
    let served = Served::start();
    let ada = served.token(&["ada", "--agent", "ada", "--role", "qa-evals-docs"]);
    let planted = [
        ada,
        served.admin.clone(),
        "adj_planted_canary_0001".to_owned(),
    ];
    for secret in &planted {
        let bearer = format!("Bearer {secret}");
        for path in [
            "/api/v1/tasks",
            "/api/v1/whoami",
            "/api/v1/tokens",
            "/api/v1/nowhere",
            "/metrics",
        ] {
            let answer = served.send("GET", path, &[("Authorization", &bearer)], "");
            assert!(!answer.body.contains(secret.as_str()), "{path}");
        }
        let broken = format!("{{\"intake\": {{\"{secret}\": 1}}}}");
        served.send(
            "POST",
            "/api/v1/tasks",
            &[
                ("Authorization", &bearer),
                ("Content-Type", "application/json"),
            ],
            &broken,
        );
    }
    for secret in &planted {
        for file in files_below(&served.workspace.path().join(".git/adjutant")) {
            let bytes = std::fs::read(&file).unwrap();
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{}", file.display());
        }
    }
    let told = served.end();
    for secret in &planted {
        assert!(!told.contains(secret.as_str()), "{told}");
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}

#[test]
fn no_name_of_an_artifact_leads_out_of_the_store() {
    let served = Served::start();
    for name in [
        "..%2f..%2fadjutant.db",
        "%2e%2e/adjutant.db",
        "../adjutant.db",
        "..\\adjutant.db",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "%00",
        "a%00b",
        "sha256:",
        "~root",
        "....//",
        "%252e%252e%252f",
        "%c0%ae%c0%ae/",
        "file:///etc/passwd",
        ".",
        "%20",
        "0",
    ] {
        let status = served.at(&format!("/api/v1/artifacts/{name}")).status;
        assert!(matches!(status, 400 | 404), "{name}: {status}");
    }
    let digest = "0".repeat(64);
    for place in [
        "../../etc/passwd",
        "L0",
        "L9-1",
        "-",
        "L1-99999999999999999999999",
    ] {
        let status = served
            .at(&format!("/api/v1/artifacts/{digest}?at={place}"))
            .status;
        assert_eq!(status, 400, "{place}");
    }
}

#[test]
fn a_name_that_is_not_the_servers_is_refused() {
    let served = Served::start();
    let bearer = format!("Bearer {}", served.admin);
    let port = served.address.port();
    for host in [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.nip.io",
        "localhost",
        "127.0.0.1",
        "127.0.0.1:1",
        "0.0.0.0",
        "",
        "[::]",
        "localhost.evil.example",
    ] {
        for path in ["/api/v1/tasks", "/healthz", "/metrics", "/open?code=x", "/"] {
            let headers = [("Host", host), ("Authorization", bearer.as_str())];
            let refused = served.send("GET", path, &headers, "");
            assert!(
                matches!(refused.status, 400 | 421),
                "{host} {path}: {}",
                refused.status
            );
        }
    }
    let local = format!("LocalHost:{port}");
    let headers = [("Host", local.as_str()), ("Authorization", bearer.as_str())];
    served
        .send("GET", "/api/v1/tasks", &headers, "")
        .expect(200);
    let twice = format!(
        "GET /api/v1/tasks HTTP/1.1\r\nHost: {}\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        served.address
    );
    served.exchange(twice.as_bytes()).expect(400);
}

#[test]
fn every_route_refuses_another_name_and_another_site() {
    let served = Served::start();
    let mut routes: Vec<(String, String)> = operations(&served)
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/mcp",
        "/open?code=x",
        "/nowhere",
    ] {
        routes.push(("GET".to_owned(), path.to_owned()));
    }
    routes.push(("GET".to_owned(), "/api/v1/openapi.json".to_owned()));
    routes.push(("POST".to_owned(), "/mcp".to_owned()));
    let bearer = format!("Bearer {}", served.admin);
    let sent = ("Authorization", bearer.as_str());
    let own = served.address.to_string();
    for (method, path) in routes {
        for (headers, wanted) in [
            ([("Host", "evil.example"), sent], 421),
            ([("Host", "127.0.0.1.nip.io:80"), sent], 421),
            ([("Origin", "http://evil.example"), sent], 403),
            ([("Origin", "null"), sent], 403),
            (
                [("Origin", &*format!("http://{own}.evil.example")), sent],
                403,
            ),
            ([("Sec-Fetch-Site", "cross-site"), sent], 403),
        ] {
            let mut all = headers.to_vec();
            all.push(("Content-Type", "application/json"));
            let answered = served.send(&method, &path, &all, "{}");
            assert_eq!(answered.status, wanted, "{method} {path} with {headers:?}");
            let cors = answered.header("access-control-allow-origin");
            assert_eq!(cors, None, "{method} {path}");
        }
    }
}

#[test]
fn a_page_of_another_site_is_refused() {
    let served = Served::start();
    let bearer = format!("Bearer {}", served.admin);
    let own = format!("http://{}", served.address);
    let ask = |headers: &[(&str, &str)]| {
        let mut all = vec![
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        all.extend(headers);
        served
            .send("POST", "/api/v1/claims", &all, r#"{"agent":"ada"}"#)
            .status
    };
    for origin in [
        "null",
        "http://evil.example",
        "https://127.0.0.1.evil.example",
        "file://",
        "http://127.0.0.1:1",
    ] {
        assert_eq!(ask(&[("Origin", origin)]), 403, "{origin}");
    }
    assert_eq!(ask(&[("Sec-Fetch-Site", "cross-site")]), 403);
    assert_eq!(ask(&[("Sec-Fetch-Site", "same-site")]), 403);
    assert_eq!(
        ask(&[("Origin", &own), ("Sec-Fetch-Site", "same-origin")]),
        409
    );
    // What a form of another site can send without being asked.
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ] {
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", media)];
        let form = served.send("POST", "/api/v1/claims", &headers, r#"{"agent":"ada"}"#);
        assert_eq!(form.status, 415, "{media:?}");
    }
}

#[test]
fn a_link_opens_the_dashboard_once_and_its_session_acts_from_its_own_page_only() {
    let served = Served::start();
    let path = served
        .link
        .split_once(&served.address.to_string())
        .unwrap()
        .1;
    let opened = served.send("GET", path, &[], "").expect(303);
    let cookie = opened.header("set-cookie").unwrap();
    assert!(
        cookie.contains("; HttpOnly; SameSite=Strict; Path=/"),
        "{cookie}"
    );
    served.send("GET", path, &[], "").expect(401);

    let session = cookie.split(';').next().unwrap();
    let cookie = [("Cookie", session)];
    assert_eq!(served.send("GET", "/api/v1/tasks", &cookie, "").status, 200);
    let own = format!("http://{}", served.address);
    let claim = |headers: &[(&str, &str)]| {
        let mut all = vec![("Cookie", session), ("Content-Type", "application/json")];
        all.extend(headers);
        served
            .send("POST", "/api/v1/claims", &all, r#"{"agent":"ada"}"#)
            .status
    };
    assert_eq!(claim(&[]), 403);
    assert_eq!(claim(&[("Origin", "http://evil.example")]), 403);
    assert_eq!(claim(&[("Origin", &own)]), 409);
}

#[test]
fn what_is_too_long_or_breaks_off_is_refused_with_its_reason() {
    let served = Served::start();
    let long = "x".repeat((16 << 20) + 1);
    let body = json!({ "intake": { "title": long }, "draft": true });
    let refused = served.post("/tasks", &body).expect(413).json();
    assert!(refused["detail"].as_str().unwrap().contains("16777216"));
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{\"intake\":{}}{",
        "\u{0}",
        &"[".repeat(100_000),
    ] {
        let headers = [
            ("Authorization", &*format!("Bearer {}", served.admin)),
            ("Content-Type", "application/json"),
        ];
        let refused = served.send("POST", "/api/v1/tasks", &headers, body);
        assert!(matches!(refused.status, 400 | 422), "{}", refused.body);
    }
    let nul = json!({ "intake": { "title": "a\u{0}b" }, "draft": true });
    let refused = served.post("/tasks", &nul);
    assert!(refused.status < 500, "{}", refused.body);
    let endless = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nX: {}",
        served.address,
        "x".repeat(64 * 1024)
    );
    assert!(matches!(
        served.exchange(endless.as_bytes()).status,
        400 | 431
    ));
}

#[test]
fn fields_of_a_task_are_kept_as_they_are_and_never_run() {
    let served = Served::start();
    let hostile = [
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "| touch pwned",
        "&& touch pwned",
        "--upload-pack=touch pwned",
        "'; DROP TABLE task; --",
        "<script>window.__pwn=1</script>",
        "\u{202e}evil",
        "../../../../etc/passwd",
        "${IFS}touch${IFS}pwned",
        "%0atouch pwned",
    ];
    for text in hostile {
        let body =
            json!({ "intake": { "title": text, "goal": text, "context": text }, "draft": true });
        let filed = served.post("/tasks", &body).expect(201).json();
        assert_eq!(filed["intake"]["goal"], text);
        let commit = json!({ "agent": "ada", "epoch": 1, "commit": text });
        let id = filed["id"].as_str().unwrap();
        let refused = served.post(&format!("/tasks/{id}/complete"), &commit);
        assert_eq!(refused.status, 400, "{text}: {}", refused.body);
    }
    assert!(!served.workspace.path().join("pwned").exists());
    let shown: Value = served.get("/tasks?limit=100").expect(200).json();
    assert_eq!(shown["tasks"].as_array().unwrap().len(), hostile.len());
}

#[test]
fn another_address_than_loopback_has_to_be_meant() {
    let stage = crate::stage::Stage::new();
    insta::assert_snapshot!(stage.outcome(&["serve", "--listen", "0.0.0.0:0"]));
}
