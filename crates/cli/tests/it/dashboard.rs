//! What the dashboard asks for beyond what programs do, and its own files.

use serde_json::json;

use crate::http_server::Served;

/// Whether the program was built with the dashboard or without: an address of it is a page.
#[test]
fn its_pages_hold_no_data_and_are_sent_to_anybody() {
    let served = Served::start();
    for path in ["/", "/work", "/gates/release", "/rollouts/shop"] {
        let page = served.send("GET", path, &[], "");
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        assert!(page.body.contains("<title>Adjutant</title>"), "{path}");
    }
    served.send("GET", "/nowhere", &[], "").expect(404);
}

#[test]
fn links_between_open_tasks_are_told_at_once() {
    let served = Served::start();
    assert_eq!(served.get("/links").expect(200).json(), json!([]));
    served.run(&["task", "add", "--draft", "one"]);
    served.run(&["task", "add", "--draft", "two", "--blocked-by", "T-1"]);
    served.run(&["task", "add", "--draft", "three", "--parent", "T-1"]);
    assert_eq!(
        served.get("/links").expect(200).json(),
        json!([
            { "task": "T-2", "kind": "blocked-by", "target": "T-1" },
            { "task": "T-3", "kind": "parent", "target": "T-1" },
        ])
    );
    served.run(&["task", "drop", "T-3", "--reason", "not needed"]);
    let left = served.get("/links").expect(200).json();
    assert_eq!(left.as_array().unwrap().len(), 1);
}

#[test]
fn a_gate_is_tried_where_the_truth_is_known_and_only_so_often() {
    let served = Served::start();
    let tested = served.get("/gates/merge/self-test?seeds=2").expect(200);
    let tested = tested.json();
    assert_eq!(tested["seeds"], 2);
    assert_eq!(tested["criteria"].as_array().unwrap().len(), 5);
    served.get("/gates/merge/self-test?seeds=1000").expect(400);
    served.get("/gates/other/self-test").expect(404);
}

#[test]
fn north_stars_are_those_of_the_settings() {
    let served = Served::start();
    assert_eq!(served.get("/north-stars").expect(200).json(), json!([]));
}
