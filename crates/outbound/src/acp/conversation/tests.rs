use super::*;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "1\n2\n").unwrap();
    folder
}

/// A conversation whose prompt was sent.
fn prompted(folder: &Path) -> Conversation {
    let mut conversation = Conversation::new(folder, "Do it").unwrap();
    for line in [
        r#"{"id":0,"result":{"protocolVersion":1,"authMethods":[{"id":"k","name":"A key"}]}}"#,
        r#"{"id":1,"result":{"sessionId":"s"}}"#,
    ] {
        assert_eq!(conversation.take(line.as_bytes()), None);
    }
    conversation.outgoing.clear();
    conversation
}

/// What was said since the last time.
fn said(conversation: &mut Conversation) -> Vec<Value> {
    let outgoing = std::mem::take(&mut conversation.outgoing);
    let text = String::from_utf8(outgoing).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn answered(conversation: &mut Conversation, request: &Value) -> Value {
    let end = conversation.take(request.to_string().as_bytes());
    assert_eq!(end, None, "{request}");
    said(conversation).remove(0)
}

#[test]
fn a_session_is_opened_in_the_work_tree_and_given_the_prompt() {
    let folder = folder();
    let mut conversation = Conversation::new(folder.path(), "Do it").unwrap();
    let first = said(&mut conversation).remove(0);
    assert_eq!(first["method"], "initialize");
    assert_eq!(first["params"]["protocolVersion"], 1);
    let opened = answered(
        &mut conversation,
        &json!({"id": 0, "result": {"protocolVersion": 1}}),
    );
    assert_eq!(opened["method"], "session/new");
    let cwd = folder.path().canonicalize().unwrap();
    assert_eq!(opened["params"]["cwd"], cwd.to_str().unwrap());
    let prompted = answered(
        &mut conversation,
        &json!({"id": 1, "result": {"sessionId": "s"}}),
    );
    assert_eq!(prompted["method"], "session/prompt");
    let text = json!([{"type": "text", "text": "Do it"}]);
    assert_eq!(
        prompted["params"],
        json!({"sessionId": "s", "prompt": text})
    );
    let end = conversation.take(br#"{"id":2,"result":{"stopReason":"end_turn"}}"#);
    assert_eq!(end, Some(SessionEnd::Turn(TurnEnd::EndTurn)));
}

#[test]
fn a_session_that_cannot_go_on_says_why() {
    let login = SessionEnd::LoginNeeded(vec!["A key".to_owned()]);
    let failed = |text: &str| SessionEnd::Failed(text.to_owned());
    for (lines, end) in [
        (
            vec![r#"{"id":0,"result":{"protocolVersion":2}}"#],
            SessionEnd::OtherVersion("2".to_owned()),
        ),
        (
            vec![r#"{"id":0,"error":{"code":-32603,"message":"no","data":{"details":"why"}}}"#],
            failed("no: why"),
        ),
        (
            vec![
                r#"{"id":0,"result":{"protocolVersion":1,"authMethods":[{"id":"k","name":"A key"}]}}"#,
                r#"{"id":1,"error":{"code":-32000,"message":"Authentication required"}}"#,
            ],
            login,
        ),
        (
            vec![
                r#"{"id":0,"result":{"protocolVersion":1}}"#,
                r#"{"id":1,"result":{}}"#,
            ],
            failed("it opened no session"),
        ),
        (
            vec![
                r#"{"id":0,"result":{"protocolVersion":1}}"#,
                r#"{"id":1,"result":{"sessionId":"s"}}"#,
                r#"{"id":2,"result":{"stopReason":"bored"}}"#,
            ],
            failed("it stopped for an unknown reason: \"bored\""),
        ),
    ] {
        let folder = folder();
        let mut conversation = Conversation::new(folder.path(), "Do it").unwrap();
        let mut ends = lines.iter().map(|line| conversation.take(line.as_bytes()));
        assert_eq!(ends.find_map(|end| end), Some(end), "{lines:?}");
    }
}

/// Asks for permission for a call and tells which option was chosen.
fn permission(conversation: &mut Conversation, call: &Value) -> String {
    let options = json!([
        {"optionId": "always", "kind": "allow_always"},
        {"optionId": "once", "kind": "allow_once"},
        {"optionId": "never", "kind": "reject_always"},
        {"optionId": "not", "kind": "reject_once"},
    ]);
    let asked = json!({
        "id": "q",
        "method": "session/request_permission",
        "params": {"sessionId": "s", "toolCall": call, "options": options},
    });
    let answer = answered(conversation, &asked);
    assert_eq!(answer["id"], "q");
    let outcome = &answer["result"]["outcome"];
    let option = outcome["optionId"].as_str();
    option.or(outcome["outcome"].as_str()).unwrap().to_owned()
}

#[test]
fn a_call_is_allowed_once_inside_the_work_tree_and_refused_outside() {
    let folder = folder();
    let mut conversation = prompted(folder.path());
    let inside = folder.path().join("new");
    for (call, option) in [
        (
            json!({"kind": "edit", "locations": [{"path": inside}]}),
            "once",
        ),
        (
            json!({"kind": "edit", "locations": [{"path": "/etc/hosts"}]}),
            "not",
        ),
        (
            json!({"kind": "edit", "content": [{"type": "diff", "path": "../b"}]}),
            "not",
        ),
        (
            json!({"kind": "edit", "rawInput": {"file_path": "/etc/hosts"}}),
            "not",
        ),
        (
            json!({"kind": "edit", "rawInput": {"file_path": "b"}}),
            "once",
        ),
        (json!({"kind": "edit"}), "not"),
        (
            json!({"kind": "execute", "rawInput": {"command": "make test"}}),
            "once",
        ),
        (
            json!({"kind": "execute", "rawInput": {"command": ["cat", "/etc/hosts"]}}),
            "not",
        ),
        (json!({"kind": "execute", "title": "`rm -r ../b`"}), "not"),
        (
            json!({"kind": "execute", "rawInput": {"command": "ls", "cwd": "/etc"}}),
            "not",
        ),
        (
            json!({"kind": "fetch", "rawInput": {"url": "https://localhost"}}),
            "not",
        ),
        (json!({"kind": "switch_mode"}), "not"),
        (json!({"kind": "new_kind"}), "not"),
        (json!({}), "not"),
    ] {
        let mut named = call.clone();
        named["toolCallId"] = call.to_string().into();
        assert_eq!(permission(&mut conversation, &named), option, "{call}");
    }
    let session = conversation.ended(SessionEnd::BrokenOff);
    assert_eq!((session.allowed, session.refused), (3, 11));
    assert_eq!(
        session.told[0].reason,
        "/etc/hosts is outside the work tree"
    );
}

#[test]
fn what_was_said_of_a_call_before_counts_when_the_agent_asks() {
    let folder = folder();
    let mut conversation = prompted(folder.path());
    for (name, path) in [("in", "a"), ("out", "/etc/hosts")] {
        let update = json!({"method": "session/update", "params": {"sessionId": "s", "update": {
            "sessionUpdate": "tool_call", "toolCallId": name, "title": "Edit", "kind": "edit",
            "locations": [{"path": path}],
        }}});
        assert_eq!(conversation.take(update.to_string().as_bytes()), None);
    }
    let asked = |name: &str| json!({"toolCallId": name, "title": "Edit"});
    assert_eq!(permission(&mut conversation, &asked("in")), "once");
    assert_eq!(permission(&mut conversation, &asked("out")), "not");
}

#[test]
fn files_are_offered_inside_the_work_tree_and_nothing_else_is() {
    let folder = folder();
    let mut conversation = prompted(folder.path());
    let mut ask = |method: &str, parameters: Value| {
        let asked = json!({"id": 7, "method": method, "params": parameters});
        answered(&mut conversation, &asked)
    };
    let read = ask("fs/read_text_file", json!({"path": "a", "line": 2}));
    assert_eq!(read["result"], json!({"content": "2\n"}));
    let written = ask("fs/write_text_file", json!({"path": "b", "content": "x"}));
    assert_eq!(written["result"], json!({}));
    assert_eq!(
        std::fs::read_to_string(folder.path().join("b")).unwrap(),
        "x"
    );
    for (method, parameters, code) in [
        ("fs/read_text_file", json!({"path": "/etc/hosts"}), -32_603),
        (
            "fs/write_text_file",
            json!({"path": "../b", "content": "x"}),
            -32_603,
        ),
        ("fs/write_text_file", json!({"path": "b"}), -32_602),
        ("terminal/create", json!({"command": "sh"}), -32_601),
    ] {
        let answer = ask(method, parameters);
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
}

#[test]
fn a_session_that_is_stopped_cancels_its_turn_and_allows_nothing_more() {
    let folder = folder();
    let mut conversation = prompted(folder.path());
    assert!(conversation.stop(SessionEnd::TimedOut));
    let cancel = said(&mut conversation).remove(0);
    assert_eq!(cancel["method"], "session/cancel");
    assert_eq!(cancel["params"], json!({"sessionId": "s"}));
    let call = json!({"toolCallId": "c", "kind": "edit", "locations": [{"path": "a"}]});
    assert_eq!(permission(&mut conversation, &call), "cancelled");
    let end = conversation.take(br#"{"id":2,"result":{"stopReason":"cancelled"}}"#);
    assert_eq!(end, Some(SessionEnd::TimedOut));
    let mut unopened = Conversation::new(folder.path(), "Do it").unwrap();
    assert!(!unopened.stop(SessionEnd::Cancelled));
}

#[test]
fn the_transcript_holds_both_sides_as_they_were_said() {
    let folder = folder();
    let mut conversation = Conversation::new(folder.path(), "Do it").unwrap();
    conversation.transcript.clear();
    for line in ["Ready.", "", "{ \"id\" : 0 , \"error\" : {\"code\":1} }\r"] {
        conversation.take(line.as_bytes());
    }
    conversation.id = Some("s".to_owned());
    conversation.stop(SessionEnd::Cancelled);
    let text = String::from_utf8(conversation.transcript).unwrap();
    let cancel = r#"{"jsonrpc":"2.0","method":"session/cancel","params":{"sessionId":"s"}}"#;
    let expected = [
        r#"{"from":"agent","text":"Ready."}"#.to_owned(),
        r#"{"from":"agent","message":{ "id" : 0 , "error" : {"code":1} }}"#.to_owned(),
        format!(r#"{{"from":"adjutant","message":{cancel}}}"#),
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn sessions_of_real_agents_are_held_again_word_by_word() {
    for session in [
        include_str!("../../../tests/fixtures/acp/claude_code_acp.ndjson"),
        include_str!("../../../tests/fixtures/acp/gemini_cli.ndjson"),
    ] {
        let folder = folder();
        let cwd = folder.path().canonicalize().unwrap();
        let session = session
            .replace("/work-tree", cwd.to_str().unwrap())
            .replace(
                r#""version":"0.1.0""#,
                concat!(r#""version":""#, env!("CARGO_PKG_VERSION"), '"'),
            );
        let lines = session
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let prompt = format!(
            "Read {}/.adjutant/brief.md and do the task T-1 that it describes, in this work tree \
             only. Commit your work.",
            cwd.display()
        );
        let mut conversation = Conversation::new(&cwd, &prompt).unwrap();
        let (mut said, mut end) = (said(&mut conversation), None);
        for line in lines {
            let message = &line["message"];
            if line["from"] == "agent" {
                end = conversation.take(message.to_string().as_bytes());
                said.extend(super::tests::said(&mut conversation));
            } else {
                assert_eq!(said.remove(0), *message);
            }
        }
        assert_eq!(end, Some(SessionEnd::Turn(TurnEnd::EndTurn)));
        assert_eq!((said, conversation.allowed), (vec![], 1));
    }
}

#[test]
fn a_message_that_was_cut_or_changed_ends_nothing_but_the_session() {
    let sessions = [
        include_str!("../../../tests/fixtures/acp/claude_code_acp.ndjson"),
        include_str!("../../../tests/fixtures/acp/gemini_cli.ndjson"),
    ];
    let folder = folder();
    for line in sessions.iter().flat_map(|session| session.lines()) {
        let message = &serde_json::from_str::<Value>(line).unwrap()["message"];
        let bytes = message.to_string().into_bytes();
        let mut conversation = prompted(folder.path());
        for at in 0..bytes.len() {
            conversation.take(&bytes[..at]);
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            conversation.take(&changed);
        }
    }
    let names = std::fs::read_dir(folder.path()).unwrap();
    assert_eq!(names.count(), 1, "nothing was written");
}
