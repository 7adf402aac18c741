//! Bytes read once from front to back, with the place they stand at. What is skipped in a file is
//! not read.

use std::io::{self, Read};

use crate::blob::Window;

/// Enough that a read costs little beside what is done with the bytes.
const BUFFER_BYTES: usize = 64 * 1_024;

pub(crate) struct Stream<'a> {
    input: Input<'a>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The place of `buffer[start]`, counted from where the stream began.
    position: u64,
}

enum Input<'a> {
    Window { window: Window<'a>, next: u64 },
    Reader(Box<dyn Read + 'a>),
}

/// Why no more bytes came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("the bytes end too early")]
    Ended,
    /// They could not be read or unpacked.
    #[error("{0}")]
    Broken(io::Error),
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::Ended
        } else {
            Self::Broken(error)
        }
    }
}

impl<'a> Stream<'a> {
    pub(crate) fn of_window(window: Window<'a>) -> Self {
        Self::new(Input::Window { window, next: 0 }, BUFFER_BYTES)
    }

    pub(crate) fn of_reader(reader: impl Read + 'a) -> Self {
        Self::new(Input::Reader(Box::new(reader)), BUFFER_BYTES)
    }

    pub(crate) fn of_bytes(bytes: &'a [u8]) -> Self {
        Self::new(Input::Reader(Box::new(bytes)), bytes.len().max(1))
    }

    /// The next `length` bytes of another stream. How far that one is read afterwards is not
    /// told, except that it is not past them.
    pub(crate) fn of_part(stream: &'a mut Stream<'_>, length: u64) -> Self {
        const BYTES_MIN: usize = 16;
        let size = usize::try_from(length).unwrap_or(BUFFER_BYTES);
        let input = Input::Reader(Box::new(stream.take(length)));
        Self::new(input, size.clamp(BYTES_MIN, BUFFER_BYTES))
    }

    fn new(input: Input<'a>, size: usize) -> Self {
        Self {
            input,
            buffer: vec![0; size],
            start: 0,
            end: 0,
            position: 0,
        }
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The bytes at hand, at least `wanted` (at most the buffer's size) unless the stream ends.
    pub(crate) fn peek(&mut self, wanted: usize) -> Result<&[u8], StreamError> {
        let wanted = wanted.min(self.buffer.len());
        if self.end - self.start < wanted {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            while self.end < wanted {
                let read = match &mut self.input {
                    Input::Window { window, next } => {
                        let read = window.read_at(*next, &mut self.buffer[self.end..])?;
                        *next += read as u64;
                        read
                    }
                    Input::Reader(reader) => match reader.read(&mut self.buffer[self.end..]) {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                        read => read?,
                    },
                };
                if read == 0 {
                    break;
                }
                self.end += read;
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Steps over bytes that were peeked at.
    fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.position += count as u64;
    }

    /// The next byte, or `None` at the end.
    #[inline]
    pub(crate) fn byte(&mut self) -> Result<Option<u8>, StreamError> {
        if self.start == self.end && self.peek(1)?.is_empty() {
            return Ok(None);
        }
        let byte = self.buffer[self.start];
        self.start += 1;
        self.position += 1;
        Ok(Some(byte))
    }

    /// Exactly `N` bytes.
    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], StreamError> {
        let bytes = self.peek(N)?;
        let array: [u8; N] = match bytes.get(..N).map(TryInto::try_into) {
            Some(Ok(array)) => array,
            Some(Err(_)) | None => return Err(StreamError::Ended),
        };
        self.consume(N);
        Ok(array)
    }

    /// Steps over `count` bytes; in a window without reading them.
    pub(crate) fn skip(&mut self, count: u64) -> Result<(), StreamError> {
        let mut left = count;
        loop {
            let at_hand = (self.end - self.start) as u64;
            let step = at_hand.min(left);
            self.consume(usize::try_from(step).unwrap_or(usize::MAX));
            left -= step;
            if left == 0 {
                return Ok(());
            }
            if let Input::Window { window, next } = &mut self.input {
                if window.length() - *next < left {
                    self.position += window.length() - *next;
                    *next = window.length();
                    return Err(StreamError::Ended);
                }
                *next += left;
                self.position += left;
                return Ok(());
            }
            if self.peek(1)?.is_empty() {
                return Err(StreamError::Ended);
            }
        }
    }

    /// `length` bytes, of which the first `kept_max` are returned if all of them fit.
    pub(crate) fn text(
        &mut self,
        length: u64,
        kept_max: usize,
    ) -> Result<Option<&[u8]>, StreamError> {
        match usize::try_from(length) {
            Ok(count) if count <= kept_max => {
                if self.peek(count)?.len() < count {
                    self.consume(count);
                    return Err(StreamError::Ended);
                }
                let from = self.start;
                self.consume(count);
                Ok(Some(&self.buffer[from..from + count]))
            }
            Ok(_) | Err(_) => {
                self.skip(length)?;
                Ok(None)
            }
        }
    }

    /// A line without its end, into `line`; `false` when it is longer than `kept_max`.
    pub(crate) fn line(
        &mut self,
        line: &mut Vec<u8>,
        kept_max: usize,
    ) -> Result<bool, StreamError> {
        line.clear();
        let mut fits = true;
        loop {
            let bytes = self.peek(1)?;
            if bytes.is_empty() {
                return Err(StreamError::Ended);
            }
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            if line.len() + part.len() <= kept_max {
                line.extend_from_slice(part);
            } else {
                fits = false;
            }
            let count = part.len() + usize::from(end.is_some());
            self.consume(count);
            if end.is_some() {
                return Ok(fits);
            }
        }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = match self.peek(1) {
            Ok(bytes) => bytes,
            Err(StreamError::Ended) => return Ok(0),
            Err(StreamError::Broken(error)) => return Err(error),
        };
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}
