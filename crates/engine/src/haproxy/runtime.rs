//! The runtime API: a line of commands on a Unix socket, and its answer until the end.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::NAME;
use crate::EngineError;

/// HAProxy answers at once or has a problem.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Two servers fill less than one KiB each.
const ANSWER_BYTES_MAX: u64 = 1_024 * 1_024;

/// Asks one line.
pub(super) async fn ask(socket: &str, commands: &str) -> Result<String, EngineError> {
    let asking = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(format!("{commands}\n").as_bytes()).await?;
        let mut answer = Vec::new();
        let mut bounded = stream.take(ANSWER_BYTES_MAX);
        bounded.read_to_end(&mut answer).await?;
        Ok(answer)
    };
    let answer = timeout(ANSWER_WITHIN, asking)
        .await
        .map_err(|_late| EngineError::TimedOut {
            engine: NAME,
            at: socket.to_owned(),
            seconds: ANSWER_WITHIN.as_secs(),
        })?
        .map_err(|source| EngineError::Unreachable {
            engine: NAME,
            at: socket.to_owned(),
            source,
        })?;
    String::from_utf8(answer).map_err(|_not_text| unreadable("it is not UTF-8"))
}

/// An answer in one line, for a person.
pub(super) fn words(answer: &str) -> String {
    let lines: Vec<&str> = answer
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() {
        "it says nothing".to_owned()
    } else {
        lines.join("; ")
    }
}

/// A value as a word that needs no quotes: JSON in hexadecimal digits.
pub(super) fn value(value: &impl Serialize) -> Result<String, EngineError> {
    let json = serde_json::to_vec(value).map_err(|error| unreadable(error.to_string()))?;
    Ok(json.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The value of a variable in the answer to `get var`; `None` where there is none.
pub(super) fn value_of<T: DeserializeOwned>(
    answer: &str,
    variable: &str,
) -> Result<Option<T>, EngineError> {
    let answer = answer.trim();
    if answer == "Variable not found." {
        return Ok(None);
    }
    let value = answer
        .strip_prefix(variable)
        .and_then(|rest| rest.split_once("value=<")?.1.strip_suffix('>'));
    let Some(value) = value else {
        return Err(EngineError::Disobeyed {
            engine: NAME,
            words: words(answer),
        });
    };
    let bytes = bytes_of(value).ok_or_else(|| unreadable(format!("{variable} is {value}")))?;
    let read = serde_json::from_slice(&bytes);
    read.map(Some)
        .map_err(|error| unreadable(format!("{variable}: {error}")))
}

fn bytes_of(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits = hexadecimal.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(byte).collect()
}

pub(super) fn unreadable(problem: impl Into<String>) -> EngineError {
    EngineError::Unreadable {
        engine: NAME,
        problem: problem.into(),
    }
}
