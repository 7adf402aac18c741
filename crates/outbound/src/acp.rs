//! Agents that speak the Agent Client Protocol, version 1: one session, one prompt, over the
//! program's standard streams. We are the client: the agent reads and writes files of its work
//! tree through us, and asks us for permission; `work` holds the rule by which it is answered.
//!
//! The protocol's crate is not linked (decision 0005): the messages are few and stand in `wire`.

mod conversation;
mod room;
mod wire;

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, ChildStdout};

use crate::agent_process::KeptStream;
use conversation::Conversation;

/// How much is read at a time.
const READ_BYTES: usize = 64 * 1_024;

/// The longest message of an agent: the longest file, escaped, and what goes around it.
const LINE_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// The most that may wait to be read by the agent.
const OUTGOING_BYTES_MAX: usize = 128 * 1_024 * 1_024;

/// How an agent ended its turn, in the protocol's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the protocol's words")]
pub enum TurnEnd {
    EndTurn,
    MaxTokens,
    MaxTurnRequests,
    Refusal,
    Cancelled,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// The agent ended its turn.
    #[error("{}", match .0 {
        TurnEnd::EndTurn => "ended its turn",
        TurnEnd::MaxTokens => "ran out of tokens",
        TurnEnd::MaxTurnRequests => "made as many requests as it may",
        TurnEnd::Refusal => "refused to go on",
        TurnEnd::Cancelled => "cancelled its turn by itself",
    })]
    Turn(TurnEnd),
    /// The time was up.
    #[error("ran out of time")]
    TimedOut,
    /// The caller asked.
    #[error("was cancelled")]
    Cancelled,
    /// The user must log in first, in one of these ways.
    #[error("needs a login ({})", .0.join(", "))]
    LoginNeeded(Vec<String>),
    /// The agent speaks another version of the protocol.
    #[error("speaks version {0} of the protocol, not {version}", version = wire::VERSION)]
    OtherVersion(String),
    /// The agent answered with an error.
    #[error("failed: {0}")]
    Failed(String),
    /// The agent stopped speaking before it answered.
    #[error("stopped speaking in the middle of the session")]
    BrokenOff,
    /// The agent said more at once than is taken, or left too much unread.
    #[error("said or asked for more at once than is taken")]
    TooMuch,
}

/// A session that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// How.
    pub end: SessionEnd,
    /// How many calls were allowed that the agent asked about.
    pub allowed: u64,
    /// How many were refused.
    pub refused: u64,
    /// The first of the refused calls.
    pub told: Vec<RefusedCall>,
}

/// A call that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedCall {
    /// What the agent called it.
    pub title: String,
    /// Why.
    pub reason: String,
}

/// What a session needs.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The work tree.
    pub folder: &'a Path,
    /// What the agent is to do.
    pub prompt: &'a str,
    /// The longest that the session may last.
    pub time_max: Duration,
    /// How long the agent has to end its turn when it is asked to.
    pub grace: Duration,
}

/// Holds one session over the streams of a running agent. When `cancel` is done or the time is
/// up, the agent is asked to end its turn, and waited for as long as its grace lasts. Its input is
/// closed at the end.
///
/// # Errors
/// When the transcript cannot be written, or the folder is not there.
pub(crate) async fn hold(
    terms: Terms<'_>,
    mut input: ChildStdin,
    output: &mut ChildStdout,
    transcript: &mut KeptStream,
    cancel: impl Future<Output = ()>,
) -> std::io::Result<Session> {
    let mut conversation = Conversation::new(terms.folder, terms.prompt)?;
    let mut incoming = Vec::new();
    let mut cancel = std::pin::pin!(cancel);
    let mut deadline = std::pin::pin!(tokio::time::sleep(terms.time_max));
    let end = loop {
        transcript.add(&conversation.transcript)?;
        conversation.transcript.clear();
        if incoming.len() > LINE_BYTES_MAX || conversation.outgoing.len() > OUTGOING_BYTES_MAX {
            break SessionEnd::TooMuch;
        }
        let is_stopping = conversation.stopping().is_some();
        let has_more = !conversation.outgoing.is_empty();
        let searched = incoming.len();
        incoming.reserve(READ_BYTES);
        let why = tokio::select! {
            read = output.read_buf(&mut incoming) => match read {
                Ok(0) | Err(_) => {
                    break conversation.stopping().cloned().unwrap_or(SessionEnd::BrokenOff);
                }
                Ok(_) => match take_lines(&mut conversation, &mut incoming, searched) {
                    Some(end) => break end,
                    None => continue,
                }
            },
            written = input.write(&conversation.outgoing), if has_more => match written {
                Ok(length) => {
                    conversation.outgoing.drain(..length);
                    continue;
                }
                // What it said before it closed its input is still read.
                Err(_closed) => {
                    conversation.outgoing.clear();
                    continue;
                }
            },
            () = &mut cancel, if !is_stopping => SessionEnd::Cancelled,
            () = &mut deadline => match conversation.stopping() {
                Some(stop) => break stop.clone(),
                None => SessionEnd::TimedOut,
            },
        };
        if !conversation.stop(why.clone()) {
            break why;
        }
        deadline
            .as_mut()
            .reset(tokio::time::Instant::now() + terms.grace);
    };
    transcript.add(&conversation.transcript)?;
    Ok(conversation.ended(end))
}

/// Takes every whole line; what is left is the beginning of the next one. There is no end of a
/// line in the first `searched` bytes.
fn take_lines(
    conversation: &mut Conversation,
    incoming: &mut Vec<u8>,
    searched: usize,
) -> Option<SessionEnd> {
    let mut begin = 0;
    let mut from = searched;
    let mut end = None;
    while end.is_none()
        && let Some(length) = memchr::memchr(b'\n', &incoming[from..])
    {
        end = conversation.take(&incoming[begin..from + length]);
        begin = from + length + 1;
        from = begin;
    }
    incoming.drain(..begin);
    end
}
