//! The messages of the Agent Client Protocol: JSON-RPC 2.0, one message a line. Nothing here
//! decides.

use serde::Deserialize;
use serde_json::{Value, json};

/// The version of the protocol that is spoken.
pub(super) const VERSION: u64 = 1;

/// JSON-RPC: there is no such method.
pub(super) const METHOD_NOT_FOUND: i64 = -32_601;

/// JSON-RPC: the parameters are wrong.
pub(super) const INVALID_PARAMETERS: i64 = -32_602;

/// JSON-RPC: the receiver failed.
pub(super) const INTERNAL_ERROR: i64 = -32_603;

/// The protocol: the user has to log in first.
pub(super) const LOGIN_NEEDED: i64 = -32_000;

/// A message from the agent.
#[derive(Debug)]
pub(super) enum Message {
    /// It asks something.
    Request {
        /// What it must be answered with.
        id: Value,
        /// What it asks.
        method: String,
        /// With what.
        parameters: Value,
    },
    /// It tells something.
    Notification {
        /// What.
        method: String,
        /// With what.
        parameters: Value,
    },
    /// It answers.
    Answer {
        /// The number of our request.
        id: u64,
        /// What it says.
        said: Result<Value, Fault>,
    },
}

/// An error as JSON-RPC tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Fault {
    /// The kind.
    pub(super) code: i64,
    /// The text.
    #[serde(default)]
    pub(super) message: String,
    /// Anything more.
    #[serde(default)]
    pub(super) data: Option<Value>,
}

#[derive(Deserialize)]
struct Raw {
    id: Option<Value>,
    method: Option<String>,
    #[serde(default)]
    params: Value,
    result: Option<Value>,
    error: Option<Fault>,
}

impl Fault {
    /// An error of ours.
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// What it says, in one line; some agents say all of it in `data`.
    pub(super) fn text(&self) -> String {
        let details = self.data.as_ref().and_then(|data| {
            let details = data.get("details").unwrap_or(data);
            details.as_str().map(str::to_owned)
        });
        match details {
            Some(details) => format!("{}: {details}", self.message),
            None => self.message.clone(),
        }
    }
}

/// Reads one line; nothing when it is no message.
pub(super) fn read(line: &[u8]) -> Option<Message> {
    let raw: Raw = serde_json::from_slice(line).ok()?;
    match (raw.method, raw.id) {
        (Some(method), Some(id)) => Some(Message::Request {
            id,
            method,
            parameters: raw.params,
        }),
        (Some(method), None) => Some(Message::Notification {
            method,
            parameters: raw.params,
        }),
        (None, Some(id)) => Some(Message::Answer {
            id: id.as_u64()?,
            said: match raw.error {
                Some(fault) => Err(fault),
                // A result that is null is one.
                None => Ok(raw.result.unwrap_or_default()),
            },
        }),
        (None, None) => None,
    }
}

pub(super) fn request(id: u64, method: &str, parameters: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters})
}

pub(super) fn notification(method: &str, parameters: &Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": parameters})
}

pub(super) fn answer(id: &Value, said: Result<Value, Fault>) -> Value {
    match said {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(fault) => json!({
            "jsonrpc": "2.0",
            "id": id,
            "error": {"code": fault.code, "message": fault.message},
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_request_a_notification_an_answer_or_nothing() {
        for (line, kind) in [
            (r#"{"id":"a","method":"m","params":{}}"#, "request"),
            (r#"{"method":"m"}"#, "notification"),
            (r#"{"id":2,"result":null}"#, "answer"),
            (r#"{"id":2,"error":{"code":-32000}}"#, "fault"),
            (r#"{"id":"2","result":{}}"#, "nothing"),
            ("{}", "nothing"),
            ("[]", "nothing"),
            ("Listening on stdin", "nothing"),
            ("", "nothing"),
        ] {
            let read = match read(line.as_bytes()) {
                Some(Message::Request { .. }) => "request",
                Some(Message::Notification { .. }) => "notification",
                Some(Message::Answer { said: Ok(_), .. }) => "answer",
                Some(Message::Answer { said: Err(_), .. }) => "fault",
                None => "nothing",
            };
            assert_eq!(read, kind, "{line}");
        }
    }
}
