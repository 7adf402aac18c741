//! A client's connection whose latest bytes are kept until a request is made of them. The HTTP
//! library mends a request with both a length and a transfer encoding before anyone sees it, as RFC
//! 9112 (6.3) permits; a proxy refuses it.

use std::io::IoSlice;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use hyper::http::uri::Uri;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::upstream::held;

/// What was read since the last request, up to the longest head.
#[derive(Debug, Clone, Default)]
pub(crate) struct LatestBytes(Arc<Mutex<Vec<u8>>>);

const LENGTH: &[u8] = b"\ncontent-length:";

impl LatestBytes {
    /// Forgets what came before the next request.
    pub(crate) fn forget(&self) {
        held(&self.0).clear();
    }

    /// Whether the head of the request that was just made of these bytes names a length.
    pub(crate) fn name_a_length(&self, uri: &Uri) -> bool {
        let bytes = held(&self.0);
        let target = format!(" {uri} ");
        let after = bytes
            .windows(target.len())
            .position(|part| part == target.as_bytes())
            .unwrap_or(0);
        let from_target = &bytes[after..];
        let end = from_target
            .windows(4)
            .position(|part| part == b"\r\n\r\n")
            .unwrap_or(from_target.len());
        let head = &from_target[..end];
        head.windows(LENGTH.len())
            .any(|part| part.eq_ignore_ascii_case(LENGTH))
    }

    fn keep(&self, bytes: &[u8]) {
        let mut kept = held(&self.0);
        let room = crate::server::HEAD_BYTES_MAX.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// The connection.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) stream: TcpStream,
    pub(crate) latest: LatestBytes,
}

impl AsyncRead for Watched {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        this.latest.keep(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_head_of_the_request_itself_is_looked_at() {
        for (bytes, expected) in [
            (
                "POST /a HTTP/1.1\r\nhost: a\r\nContent-Length: 3\r\n\r\n",
                true,
            ),
            ("POST /a HTTP/1.1\r\nContent-length:3\r\n\r\n", true),
            ("POST /a HTTP/1.1\r\nx-content-length: 3\r\n\r\n", false),
            (
                "POST /a HTTP/1.1\r\nhost: a\r\n\r\n3\r\n\r\ncontent-length: 3\r\n",
                false,
            ),
            (
                "\ncontent-length: 1\r\n\r\nPOST /a HTTP/1.1\r\nhost: a\r\n\r\n",
                false,
            ),
        ] {
            let latest = LatestBytes::default();
            latest.keep(bytes.as_bytes());
            assert_eq!(
                latest.name_a_length(&Uri::from_static("/a")),
                expected,
                "{bytes:?}"
            );
            latest.forget();
            assert!(!latest.name_a_length(&Uri::from_static("/a")));
        }
    }
}
