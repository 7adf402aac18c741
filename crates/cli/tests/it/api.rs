//! The HTTP API, spoken to byte by byte: it answers with what the command line prints.

use serde_json::{Value, json};

use crate::http_server::Served;

fn tasks_of(answer: &Value) -> Vec<&str> {
    let tasks = answer["tasks"].as_array().unwrap();
    tasks
        .iter()
        .map(|task| task["id"].as_str().unwrap())
        .collect()
}

#[test]
fn the_api_answers_with_what_the_command_line_prints() {
    let served = Served::start();
    for title in ["one", "two", "three"] {
        served.run(&["task", "add", "--draft", title]);
    }
    for (path, command) in [
        ("/tasks", vec!["task", "list"]),
        ("/tasks/T-2", vec!["task", "show", "T-2"]),
        ("/roles", vec!["role", "list"]),
        ("/gates", vec!["gate", "list"]),
        ("/evidence", vec!["evidence", "list"]),
        ("/votes", vec!["vote", "list"]),
        ("/agents", vec!["agent", "list"]),
        ("/incidents", vec!["incident", "list"]),
        ("/journal/check", vec!["journal", "verify"]),
    ] {
        let told = served.get(path).expect(200);
        let mut command = command;
        command.extend(["--format", "json"]);
        let printed: Value = serde_json::from_str(&served.run(&command)).unwrap();
        assert_eq!(told.json(), printed, "{path}");
    }
}

#[test]
fn a_list_goes_on_where_the_link_says() {
    let served = Served::start();
    for title in ["one", "two", "three"] {
        served.run(&["task", "add", "--draft", title]);
    }
    let first = served.get("/tasks?limit=2").expect(200);
    assert_eq!(tasks_of(&first.json()), ["T-1", "T-2"]);
    assert_eq!(first.header("link"), Some("<?after=T-2>; rel=\"next\""));
    let rest = served.get("/tasks?limit=2&after=T-2").expect(200);
    assert_eq!(tasks_of(&rest.json()), ["T-3"]);
    assert_eq!(rest.header("link"), None);
    for query in [
        "limit=0",
        "limit=1001",
        "state=lost",
        "colour=blue",
        "after=seventeen",
    ] {
        let problem = served.get(&format!("/tasks?{query}")).expect(400);
        assert_eq!(
            problem.header("content-type"),
            Some("application/problem+json")
        );
        assert!(
            !problem.json()["hint"].as_str().unwrap().is_empty(),
            "{query}"
        );
    }
}

#[test]
fn who_knows_the_answer_already_is_told_that_it_did_not_change() {
    let served = Served::start();
    let first = served.get("/tasks").expect(200);
    let tag = first.header("etag").unwrap().to_owned();
    let again = served.get_with("/tasks", &[("If-None-Match", &tag)]);
    assert_eq!(again.expect(304).body, "");
    served.run(&["task", "add", "--draft", "one"]);
    let changed = served.get_with("/tasks", &[("If-None-Match", &tag)]);
    assert_ne!(changed.expect(200).header("etag"), Some(tag.as_str()));
}

#[test]
fn a_claim_over_http_is_the_claim_of_the_command_line() {
    let served = Served::start();
    let intake = json!({
        "title": "Cache", "kind": "feature", "goal": "Fewer reads.", "context": "Slow.",
        "success_criteria": ["p95 below 40 ms"], "deliverables": ["code"],
        "non_goals": ["none"], "risks": [{"risk": "stale", "mitigation": "a time limit"}],
        "test_hooks": ["cache tests"], "timebox": "S", "priority": "HIGH",
        "paths": ["src/cache.rs"],
    });
    let filed = served.post("/tasks", &json!({ "intake": intake }));
    assert_eq!(filed.expect(201).json()["state"], "open");
    let claim = json!({ "agent": "ada", "lease_seconds": 600 });
    let won = served.post("/claims", &claim).expect(200).json();
    assert_eq!((&won["task"], &won["epoch"]), (&json!("T-1"), &json!(1)));

    let busy = served.post("/claims", &claim).expect(409).json();
    assert_eq!(busy["refused"]["refused"]["reason"], "busy");
    assert!(busy["hint"].as_str().unwrap().starts_with("Go on with it"));

    let held = json!({ "epoch": 1, "agent": "ada" });
    let renewed = served.post("/tasks/T-1/renew", &held).expect(200).json();
    assert_eq!(renewed["renewed"], true);
    let late = json!({ "epoch": 0, "agent": "ada", "reason": "no" });
    served.post("/tasks/T-1/release", &late).expect(409);
    let released = json!({ "epoch": 1, "agent": "ada", "reason": "another first" });
    let released = served
        .post("/tasks/T-1/release", &released)
        .expect(200)
        .json();
    assert_eq!(released["state"], "open");
    assert!(
        served
            .run(&["journal", "verify"])
            .starts_with("the journal holds")
    );
}

#[test]
fn a_request_that_is_repeated_under_its_key_has_one_effect() {
    let served = Served::start();
    let body = json!({ "intake": { "title": "one" }, "draft": true });
    let key = [("Idempotency-Key", "a-1")];
    let first = served.post_with("/tasks", &body, &key).expect(201);
    let again = served.post_with("/tasks", &body, &key).expect(201);
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(tasks_of(&served.get("/tasks").expect(200).json()), ["T-1"]);

    let other = json!({ "intake": { "title": "two" }, "draft": true });
    let reused = served.post_with("/tasks", &other, &key).expect(422).json();
    assert!(
        reused["detail"]
            .as_str()
            .unwrap()
            .contains("used for another request")
    );
    assert_eq!(tasks_of(&served.get("/tasks").expect(200).json()), ["T-1"]);
}

#[test]
fn events_go_on_where_a_subscriber_stopped() {
    let served = Served::start();
    let mut live = served.events(None);
    served.run(&["task", "add", "--draft", "one"]);
    let first = live.next();
    assert_eq!(first.kind, "task.filed");
    served.run(&["task", "add", "--draft", "two"]);
    let second = live.next();
    assert_eq!(second.id, first.id + 1);
    drop(live);

    served.run(&["task", "add", "--draft", "three"]);
    let mut resumed = served.events(Some(first.id));
    assert_eq!(resumed.next().id, second.id);
    let missed = resumed.next();
    assert_eq!(missed.id, second.id + 1);
    assert_eq!(missed.data["content"]["task"], "T-3");
}

#[test]
fn the_server_says_that_it_lives_and_what_it_counts() {
    let served = Served::start();
    served.run(&["task", "add", "--draft", "one"]);
    assert_eq!(served.at("/healthz").expect(200).body, "alive\n");
    assert_eq!(served.at("/readyz").expect(200).body, "ready\n");
    served.get("/tasks").expect(200);
    let metrics = served.at("/metrics").expect(200).body;
    for line in [
        "adjutant_tasks{state=\"draft\"} 1",
        "adjutant_requests_waiting{desk=\"writer\"} 0",
        "adjutant_http_request_duration_seconds_count{route=\"/api/v1/tasks\",method=\"GET\",status=\"200\"} 1",
        "# EOF",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
}

#[test]
fn a_list_goes_on_where_its_part_ended() {
    let served = Served::start();
    for name in ["one", "two", "three"] {
        served.token(&[name, "--reader"]);
    }
    let whole = served.get("/tokens").expect(200);
    assert_eq!(whole.header("link"), None);
    let first = served.get("/tokens?limit=3").expect(200);
    let next = first.header("link").unwrap();
    let next = next.split(['<', '>']).nth(1).unwrap();
    let rest = served.get(&format!("/tokens{next}&limit=3")).expect(200);
    assert_eq!(rest.header("link"), None);
    let mut parts = first.json().as_array().unwrap().clone();
    parts.extend(rest.json().as_array().unwrap().clone());
    assert_eq!(&parts, whole.json().as_array().unwrap());
    for path in ["/directives", "/incidents"] {
        served.get(&format!("{path}?limit=0")).expect(400);
        assert_eq!(
            served.get(&format!("{path}?limit=1")).expect(200).body,
            "[]"
        );
    }
}

#[test]
fn every_read_has_a_tag_but_the_stream() {
    let served = Served::start();
    for path in [
        "/tokens",
        "/rollouts",
        "/gates",
        "/roles",
        "/incidents",
        "/whoami",
    ] {
        let tag = served
            .get(path)
            .expect(200)
            .header("etag")
            .unwrap()
            .to_owned();
        let known = served
            .get_with(path, &[("If-None-Match", &tag)])
            .expect(304);
        assert_eq!(known.body, "", "{path}");
    }
}
