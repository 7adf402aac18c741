//! Codex: `codex exec --json`. Only the closing `turn.completed` is read: its usage counts the
//! whole session. It tells no model and no cost; cached tokens are part of `input_tokens`, and
//! reasoning is part of `output_tokens`.

use adjutant_domain::Measurement;

use super::{REMEDY_BROKEN_OFF, lines, tokens};
use crate::json::Node;
use crate::{FormatError, Place, text};

/// Whether a file that begins with `head` is such a transcript.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head)
        .is_some_and(|head| head.starts_with("{\"type\":\"thread.started\",\"thread_id\":"))
}

/// What the agent used.
///
/// # Errors
/// When a line is not JSON, the turn failed, or the transcript breaks off before its end.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let lines = lines::parse(bytes)?;
    let is_last = |kind: Option<&str>| matches!(kind, Some("turn.completed" | "turn.failed"));
    let Some(last) = lines.iter().rev().find(|line| is_last(line.kind())) else {
        return Err(FormatError::new(
            Place::Whole,
            "the transcript breaks off: no line of type `turn.completed`",
            REMEDY_BROKEN_OFF,
        ));
    };
    if last.kind() == Some("turn.failed") {
        return Err(FormatError::new(
            Place::Line(last.number),
            "the turn failed; Codex tells no usage then",
            "Mend what the line names, and run the agent again.",
        ));
    }
    last.place(of_usage(&Node::root(&last.value)))
}

fn of_usage(last: &Node<'_>) -> Result<Vec<Measurement>, FormatError> {
    let usage = last.need("usage")?;
    ["input_tokens", "cached_input_tokens", "output_tokens"]
        .into_iter()
        .map(|name| {
            let node = usage.need(name)?;
            tokens(name, None, &node, node.count()?)
        })
        .collect()
}
