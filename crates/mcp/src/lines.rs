//! The protocol over two streams: one message a line. Lines are read by ourselves, so that what cannot
//! be read gets an error in place of silence, and no message, whatever it is, ends the server.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use adjutant_wire::Failure;
use rmcp::RoleServer;
use rmcp::model::{ErrorCode, ErrorData, RequestId, ServerJsonRpcMessage};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage, serve_directly};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Mutex, mpsc};

use crate::server::McpServer;

/// The longest message: evidence is the largest thing that anybody sends.
const LINE_BYTES_MAX: usize = 16 << 20;

/// Messages that were read and not yet begun.
const WAITING_MAX: usize = 16;

type Shared<W> = Arc<Mutex<W>>;

/// Serves until the input ends, and then until what has begun is answered.
///
/// # Errors
/// When the server's own task breaks.
pub async fn serve_lines<R, W>(server: McpServer, input: R, output: W) -> Result<(), Failure>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let output = Arc::new(Mutex::new(output));
    let (found, messages) = mpsc::channel(WAITING_MAX);
    let reading = read_all(BufReader::new(input), Arc::clone(&output), found);
    let lines = Lines { messages, output };
    let mut serving = pin!(serve_directly(server, lines, None).waiting());
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = reading => serving.await,
    };
    ended.map(drop).map_err(|error| Failure::defect(&error))
}

struct Lines<W> {
    messages: mpsc::Receiver<RxJsonRpcMessage<RoleServer>>,
    output: Shared<W>,
}

impl<W: AsyncWrite + Send + Unpin + 'static> Transport<RoleServer> for Lines<W> {
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let output = Arc::clone(&self.output);
        async move { write(&output, &message).await }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.messages.recv().await
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output.lock().await.shutdown().await
    }
}

async fn write<W: AsyncWrite + Unpin>(
    output: &Mutex<W>,
    message: &ServerJsonRpcMessage,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    let mut output = output.lock().await;
    output.write_all(&line).await?;
    output.flush().await
}

/// Reads until the input ends, or nobody can be answered any more.
async fn read_all<R, W>(
    mut input: R,
    output: Shared<W>,
    found: mpsc::Sender<RxJsonRpcMessage<RoleServer>>,
) where
    R: AsyncBufRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut line = Vec::new();
    loop {
        let message = match read_line(&mut input, &mut line).await {
            Ok(Line::Whole) if line.trim_ascii().is_empty() => continue,
            Ok(Line::Whole) => read_message(&line),
            Ok(Line::TooLong) => Err(Box::new(unreadable(
                ErrorCode::INVALID_REQUEST,
                format!("a message is longer than {LINE_BYTES_MAX} bytes"),
                None,
            ))),
            Ok(Line::End) | Err(_) => return,
        };
        let went_on = match message {
            Ok(message) => found.send(message).await.is_ok(),
            Err(error) => write(&output, &error).await.is_ok(),
        };
        if !went_on {
            return;
        }
    }
}

enum Line {
    Whole,
    TooLong,
    End,
}

/// Reads a line, of which no more is kept than may be. What is left without a line break at the end
/// of the input is a message that was cut off.
async fn read_line<R: AsyncBufRead + Unpin>(input: &mut R, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    let mut is_too_long = false;
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() {
            return Ok(Line::End);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(available.len(), |end| end + 1);
        is_too_long |= line.len() + taken > LINE_BYTES_MAX;
        if !is_too_long {
            line.extend_from_slice(&available[..taken]);
        }
        input.consume(taken);
        match (end, is_too_long) {
            (Some(_), true) => return Ok(Line::TooLong),
            (Some(_), false) => return Ok(Line::Whole),
            (None, _) => {}
        }
    }
}

/// A message, or the error that answers what is none.
///
/// # Errors
/// For what is no JSON, is nested too deep, or is no message.
pub(crate) fn read_message(
    line: &[u8],
) -> Result<RxJsonRpcMessage<RoleServer>, Box<ServerJsonRpcMessage>> {
    let value: Value = serde_json::from_slice(line).map_err(|error| {
        let problem = format!("this is no JSON: {error}");
        Box::new(unreadable(ErrorCode::PARSE_ERROR, problem, None))
    })?;
    let id = value.get("id").cloned();
    serde_json::from_value(value).map_err(|error| {
        // An id that is no id cannot be answered under.
        let id = id.and_then(|id| serde_json::from_value::<RequestId>(id).ok());
        let problem = format!("this is no message: {error}");
        Box::new(unreadable(ErrorCode::INVALID_REQUEST, problem, id))
    })
}

fn unreadable(code: ErrorCode, problem: String, id: Option<RequestId>) -> ServerJsonRpcMessage {
    ServerJsonRpcMessage::error(ErrorData::new(code, problem, None), id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MESSAGES: [&str; 5] = [
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#,
        r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"now","arguments":{"max_tokens":900}}}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":3,"result":{}}"#,
    ];

    #[test]
    fn messages_are_read() {
        for message in MESSAGES {
            assert!(read_message(message.as_bytes()).is_ok(), "{message}");
        }
    }

    proptest! {
        /// Whatever a line holds, it is a message, or the error that answers it.
        #[test]
        fn a_line_that_was_cut_or_flipped_is_a_message_or_an_error(
            message in prop::sample::select(MESSAGES.to_vec()),
            cut in any::<prop::sample::Index>(),
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut line = message.as_bytes().to_vec();
            for (at, byte) in flips {
                let at = at.index(line.len());
                line[at] = byte;
            }
            line.truncate(cut.index(line.len()) + 1);
            if let Err(answer) = read_message(&line) {
                let answer = serde_json::to_value(*answer).unwrap();
                let code = answer["error"]["code"].as_i64();
                prop_assert!(matches!(code, Some(-32_700 | -32_600)), "{answer}");
            }
        }

        #[test]
        fn noise_is_answered_with_an_error(line in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(read_message(&line).is_err());
        }
    }
}
