//! What the tools tell agents of each other: handoffs, conflicts, boundaries, within a number of tokens.

use serde_json::{Value, json};

use crate::mcp::{Bench, Session, intake};

/// A second task, which may be worked on beside the first.
fn other(title: &str) -> Value {
    let mut other = intake();
    other["title"] = json!(title);
    other
}

#[test]
fn a_handoff_is_seen_by_the_role_that_it_goes_to() {
    let bench = Bench::new();
    let mut ada = Session::greeted(&bench.tree(), &["--agent", "ada"]);
    ada.told("claim", json!({}));
    let incomplete = json!({
        "to": "infra-mlops", "state": "begun", "next_command": "sh sum.sh",
        "open_risks": [], "unproven_claims": ["none"],
    });
    let unsaid = ada.refused("hand_off", incomplete);
    assert!(unsaid.contains("does not say: open risks"), "{unsaid}");
    let whole = json!({
        "to": "infra-mlops", "state": "begun", "next_command": "sh sum.sh",
        "open_risks": ["none"], "unproven_claims": ["none"],
    });
    let handed = ada.told("hand_off", whole);
    assert_eq!(handed["from"], "T-1");
    assert_eq!(ada.told("now", json!({}))["claims"], json!([]));

    let in_role = ["--agent", "bo", "--role", "infra-mlops"];
    let mut bo = Session::greeted(bench.workspace.path(), &in_role);
    let now = bo.told("now", json!({}));
    assert_eq!(
        now["handed_over"],
        json!([{ "task": "T-2", "title": "Mend the sum", "from": "T-1" }])
    );
    let claimed = bo.told("claim", json!({ "task": "T-2" }));
    assert_eq!(claimed["agent"], "bo");
    assert_eq!(bo.told("now", json!({}))["handed_over"], json!([]));
}

#[test]
fn who_changes_the_same_lines_is_told_to_both() {
    let bench = Bench::new();
    let theirs = "bo-tree";
    bench
        .workspace
        .git(&["worktree", "add", "-q", "-b", "other", theirs]);
    let mut apart = other("Say the sum");
    apart["paths"] = json!(["docs/**"]);
    bench.file(&apart);
    let mut ada = Session::greeted(&bench.tree(), &["--agent", "ada"]);
    let tree = bench.workspace.path().join(theirs);
    let mut bo = Session::greeted(&tree, &["--agent", "bo"]);
    ada.told("claim", json!({ "task": "T-1" }));
    bo.told("claim", json!({ "task": "T-2" }));
    assert_eq!(ada.told("now", json!({}))["conflicts"], json!([]));

    bench.workspace.write("agent/sum.sh", "echo 4\n");
    bench.workspace.write("bo-tree/sum.sh", "echo four\n");
    for (session, branch, agent, task) in [
        (&mut ada, "other", "bo", "T-2"),
        (&mut bo, "work", "ada", "T-1"),
    ] {
        assert_eq!(
            session.told("now", json!({}))["conflicts"],
            json!([{ "file": "sum.sh", "branch": branch, "agent": agent, "task": task }])
        );
    }
    let whole = ada.told("conflicts", json!({}));
    assert_eq!(whole["conflicts"].as_array().unwrap().len(), 1);
}

#[test]
fn what_lies_outside_a_role_is_refused_as_on_the_command_line() {
    let bench = Bench::new();
    let mut forbidden = other("Mend it again");
    forbidden["paths"] = json!(["sum.sh"]);
    bench.file(&forbidden);
    let settings = format!(
        "{}\n[role.writer]\nlike = \"qa-evals-docs\"\n\n[role.writer.boundaries]\npaths = [\"sum.sh\"]\n",
        crate::stage::POLICY
    );
    bench.workspace.write("agent/adjutant.toml", settings);
    let mut ada = Session::greeted(&bench.tree(), &["--agent", "ada", "--role", "writer"]);
    let refused = ada.call("claim", json!({ "task": "T-2" }));
    assert_eq!(refused["isError"], true, "{refused}");
    let reason = &refused["structuredContent"]["refused"]["reason"];
    assert_eq!(reason, "out_of_bounds", "{refused}");
    let told = refused["content"][0]["text"].as_str().unwrap();
    assert!(
        told.contains("next: Hand it over with hand_off to"),
        "{told}"
    );
    let handed = json!({
        "task": "T-2", "to": "infra-mlops", "state": "not begun", "next_command": "sh sum.sh",
        "open_risks": ["none"], "unproven_claims": ["none"],
    });
    assert_eq!(ada.told("hand_off", handed)["from"], "T-2");
}

#[test]
fn a_situation_is_told_within_its_tokens() {
    let bench = Bench::new();
    for number in 0..12 {
        bench.file(&other(&format!(
            "A task with a long title, number {number}"
        )));
    }
    let mut ada = Session::greeted(&bench.tree(), &["--agent", "ada"]);
    ada.told("claim", json!({}));
    let mut last = 0;
    for tokens in [200, 400, 800, 1_500, 6_000] {
        let answer = ada.call("now", json!({ "max_tokens": tokens }));
        let text = answer["content"][0]["text"].as_str().unwrap();
        assert!(text.len().div_ceil(4) <= tokens, "{tokens}: {text}");
        assert!(text.len() >= last, "{tokens}: more room tells no less");
        last = text.len();
        let told: Value = serde_json::from_str(text).unwrap();
        assert_eq!(told["claims"][0]["task"], "T-1");
    }
    assert!(last > 2_000, "{last}");
    let refused = ada.refused("now", json!({ "max_tokens": 10 }));
    assert!(refused.contains("Ask for 200 to 20000"), "{refused}");
}
