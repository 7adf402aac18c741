//! What the transcripts of real agents yield, and what becomes of bad ones.

use crate::outline::outline;
use crate::{Format, read, recognise};

macro_rules! fixture {
    ($path:literal) => {
        include_bytes!(concat!("../../tests/fixtures/", $path)).as_slice()
    };
}

fn yields(format: Format, bytes: &[u8]) -> String {
    assert_eq!(recognise("transcript", bytes), Ok(format));
    outline(&read(format, bytes).unwrap())
}

#[test]
fn claude_code_tells_tokens_by_model_and_cost() {
    let stream = fixture!("claude_code/stream.jsonl");
    let stopped = fixture!("claude_code/stream_max_turns.jsonl");
    let object = fixture!("claude_code/result.json");
    insta::assert_snapshot!(
        [stream, stopped, object]
            .map(|bytes| yields(Format::ClaudeCode, bytes))
            .join("\n\n")
    );
}

#[test]
fn codex_tells_tokens_of_the_whole_session() {
    insta::assert_snapshot!(yields(Format::CodexExec, fixture!("codex/exec.jsonl")));
}

#[test]
fn gemini_tells_the_same_tokens_in_both_of_its_formats() {
    let stream = yields(Format::GeminiCliStream, fixture!("gemini_cli/stream.jsonl"));
    let object = yields(Format::GeminiCli, fixture!("gemini_cli/result.json"));
    insta::assert_snapshot!(format!("{stream}\n\n{object}"));
}

#[test]
fn a_turn_that_failed_tells_no_usage() {
    let bytes = fixture!("codex/exec_failed.jsonl");
    let error = read(Format::CodexExec, bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 5: the turn failed; Codex tells no usage then"
    );
}

#[test]
fn an_agent_that_was_stopped_has_no_usage_at_all() {
    for (format, bytes) in [
        (Format::ClaudeCode, fixture!("claude_code/stream.jsonl")),
        (Format::CodexExec, fixture!("codex/exec.jsonl")),
        (Format::GeminiCliStream, fixture!("gemini_cli/stream.jsonl")),
    ] {
        let text = std::str::from_utf8(bytes).unwrap().trim_end();
        let (without_last, _last) = text.rsplit_once('\n').unwrap();
        let error = read(format, without_last.as_bytes()).unwrap_err();
        assert!(error.problem.contains("breaks off"), "{format}: {error}");
    }
}

#[test]
fn counts_that_cannot_be_are_refused_with_their_line() {
    let line = r#"{"type":"result","stats":{"duration_ms":1,"models":{"m":{"input_tokens":5,"cached":0,"total_tokens":4}}}}"#;
    let error = read(Format::GeminiCliStream, line.as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: /stats/models/m: the total 4 is less than the input 5"
    );
    let most = u64::MAX;
    let line = format!(
        r#"{{"type":"result","modelUsage":{{"m":{{"inputTokens":{most},"cacheReadInputTokens":{most},"cacheCreationInputTokens":0,"outputTokens":0}}}}}}"#
    );
    let error = read(Format::ClaudeCode, line.as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: /modelUsage/m: this is no number of tokens"
    );
}
