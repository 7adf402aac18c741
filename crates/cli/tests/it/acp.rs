//! Agents that speak the Agent Client Protocol: a script plays the agent, message by message.

use crate::agents::{json, no_sleep_of, ran, stage_with};

/// Opens a session as an agent does, and reads the prompt.
const OPENS: &str = r#"
say() { printf '%s\n' "$1"; }
read -r line
say '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":1}}'
read -r line
case "$line" in *'"cwd":"'"$PWD"'"'*) ;; *) exit 9 ;; esac
say '{"jsonrpc":"2.0","id":1,"result":{"sessionId":"s"}}'
read -r prompt
"#;

/// Asks for a call at `$2`, and fails unless it is answered with option `$3`.
const ASKS: &str = r#"
asks() {
  say '{"jsonrpc":"2.0","id":"'$1'","method":"session/request_permission","params":{"sessionId":"s","toolCall":{"toolCallId":"'$1'","title":"Edit '$2'","kind":"edit","locations":[{"path":"'$2'"}]},"options":[{"optionId":"yes","name":"Yes","kind":"allow_once"},{"optionId":"no","name":"No","kind":"reject_once"}]}}'
  read -r line
  case "$line" in *'"optionId":"'$3'"'*) ;; *) exit 8 ;; esac
}
"#;

#[test]
fn an_agent_works_in_a_session_and_what_it_asks_is_answered_by_the_rule() {
    let script = format!(
        "{OPENS}{ASKS}{}",
        r#"
case "$prompt" in *'brief.md and do the task T-1'*) ;; *) exit 7 ;; esac
asks 1 hello.txt yes
asks 2 /etc/hosts no
say '{"jsonrpc":"2.0","id":3,"method":"fs/write_text_file","params":{"sessionId":"s","path":"'$PWD'/hello.txt","content":"hello\n"}}'
read -r line
say '{"jsonrpc":"2.0","id":4,"method":"fs/write_text_file","params":{"sessionId":"s","path":"../out.txt","content":"x"}}'
read -r line
case "$line" in *'outside the work tree'*) ;; *) exit 6 ;; esac
say '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"Done."}}}}'
say '{"jsonrpc":"2.0","id":2,"result":{"stopReason":"end_turn"}}'
setsid sleep 300 &
sleep 300
"#
    );
    let stage = stage_with(&script, "--acp");
    let ran = ran(&stage, 0, &[]);
    assert_eq!(ran["outcome"], "to_complete", "{ran}");
    let session = serde_json::json!({
        "end": {"turn": "end_turn"},
        "allowed": 1,
        "refused": 1,
        "refused_calls": [
            {"title": "Edit /etc/hosts", "reason": "/etc/hosts is outside the work tree"},
        ],
    });
    assert_eq!(ran["session"], session);
    let hello = stage.workspace.git(&["show", "adjutant/T-1-e1:hello.txt"]);
    assert_eq!(hello, "hello");
    assert!(no_sleep_of(&stage));
    let artifacts = stage.path().join(".git/adjutant/artifacts");
    let transcript = artifacts.join(ran["transcript"].as_str().unwrap());
    let transcript = std::fs::read_to_string(transcript).unwrap();
    let lines: Vec<_> = transcript.lines().map(json).collect();
    assert!(lines.iter().all(|line| line["from"].is_string()));
    let update = &lines[lines.len() - 2]["message"]["params"]["update"];
    assert_eq!(update["content"]["text"], "Done.");
}

#[test]
fn a_session_whose_time_is_up_is_cancelled_before_the_agent_is_ended() {
    let script = format!(
        "{OPENS}{}",
        r#"
echo half > half.txt
read -r line
case "$line" in *'"method":"session/cancel"'*) echo heard > heard.txt ;; esac
say '{"jsonrpc":"2.0","id":2,"result":{"stopReason":"cancelled"}}'
"#
    );
    let stage = stage_with(&script, "--acp");
    let ran = ran(&stage, 20, &["--time-limit", "1s"]);
    assert_eq!(ran["session"]["end"], "timed_out", "{ran}");
    assert_eq!(ran["outcome"], "given_back");
    let files = stage
        .workspace
        .git(&["ls-tree", "--name-only", "adjutant/T-1-e1"]);
    assert!(files.contains("heard.txt"), "{files}");
}

#[test]
fn a_program_that_does_not_speak_the_protocol_gives_the_task_back() {
    for (script, end) in [
        (
            "echo I do not speak it; exit 0".to_owned(),
            "broken_off".into(),
        ),
        (
            r#"read -r line; echo '{"id":0,"error":{"code":-32603,"message":"no model"}}'"#
                .to_owned(),
            serde_json::json!({"failed": "no model"}),
        ),
        (
            r#"read -r line; echo '{"id":0,"result":{"protocolVersion":9}}'"#.to_owned(),
            serde_json::json!({"other_version": "9"}),
        ),
    ] {
        let stage = stage_with(&script, "--acp");
        let ran = ran(&stage, 20, &[]);
        assert_eq!(
            (&ran["session"]["end"], &ran["outcome"]),
            (&end, &"given_back".into())
        );
    }
}
