//! The record of an inquiry: what a server was asked, when, and what it answered, word for word.
//!
//! `outbound` writes it and keeps it as the artifact, so that every number can be looked up again:
//! `{"source", "url", "asked_at", "measure"?, "answers": [{"url", "asks", "http_status", "body" |
//! "text" | "failure", …}]}`. `body` is the answer's JSON as it came; `text` an answer that is not
//! JSON; `failure` the words for no answer at all.

use crate::FormatError;
use crate::json::Node;
use crate::text;

/// How much of an answer that is not JSON is quoted.
const QUOTED_CHARS_MAX: usize = 200;

/// How many bytes of a head tell what it is.
const COMPACT_BYTES_MAX: usize = 4_096;

/// One question and its answer.
pub(super) struct Answer<'a> {
    /// The answer's place in the record.
    pub(super) node: Node<'a>,
    /// The answer's JSON, or why there is none worth reading.
    pub(super) body: Result<Node<'a>, String>,
}

impl<'a> Answer<'a> {
    fn of(node: Node<'a>) -> Result<Self, FormatError> {
        let body = match node.get("failure") {
            Some(failure) => Err(failure.text()?.to_owned()),
            None => answered(&node)?,
        };
        Ok(Self { node, body })
    }

    /// What the question was for, such as `value`.
    pub(super) fn asks(&self) -> Result<&'a str, FormatError> {
        self.node.need("asks")?.text()
    }
}

/// The answers of a record, the first question's first.
///
/// # Errors
/// When there is none, or one is not as `outbound` writes it.
pub(super) fn answers<'a>(record: &Node<'a>) -> Result<Vec<Answer<'a>>, FormatError> {
    let answers = record.need("answers")?;
    let found: Vec<_> = answers.items()?.map(Answer::of).collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err(answers.wrong("the record holds no answer", "Ask the source again."));
    }
    Ok(found)
}

fn answered<'a>(node: &Node<'a>) -> Result<Result<Node<'a>, String>, FormatError> {
    let status = node.need("http_status")?.count()?;
    let body = node.get("body");
    if status == 200
        && let Some(body) = body
    {
        return Ok(Ok(body));
    }
    let words = match (body, node.get("text")) {
        (Some(body), _) => error_words(&body).unwrap_or_else(|| quoted(&body.value.to_string())),
        (None, Some(text)) => quoted(text.text()?),
        (None, None) => "an empty answer".to_owned(),
    };
    Ok(Err(format!("HTTP {status}: {words}")))
}

/// The words of an error as Prometheus (`errorType`, `error`) and MLflow (`error_code`, `message`)
/// put them.
pub(super) fn error_words(body: &Node<'_>) -> Option<String> {
    let text = |key: &str| body.value.get(key).and_then(|value| value.as_str());
    let kind = text("errorType").or_else(|| text("error_code"))?;
    let words = text("error")
        .or_else(|| text("message"))
        .unwrap_or_default();
    Some(quoted(&format!("{kind}: {words}")))
}

fn quoted(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(QUOTED_CHARS_MAX)
        .collect()
}

/// The start of a file without white space, if it may be a JSON object.
pub(super) fn compact_head(head: &[u8]) -> Option<String> {
    let text = text::decode_head(head)?;
    let is_object = text.trim_start().starts_with('{');
    let compact = text.chars().filter(|c| !c.is_whitespace());
    is_object.then(|| compact.take(COMPACT_BYTES_MAX).collect())
}
