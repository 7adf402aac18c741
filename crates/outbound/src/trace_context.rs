//! W3C Trace Context: which trace something belongs to, and which span it is a part of. A `traceparent`
//! that does not follow the recommendation is as good as none, as it says.

use std::fmt;

/// The variable in which programs get the context.
pub const VARIABLE: &str = "TRACEPARENT";

/// The header in which requests carry it.
pub const HEADER: &str = "traceparent";

/// The bytes of version 00: `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits.
const TEXT_BYTES: usize = 55;

/// A trace, and a span in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace: [u8; 16],
    span: [u8; 8],
    is_sampled: bool,
}

impl TraceContext {
    /// The first span of a new trace.
    pub fn root() -> Self {
        Self {
            trace: random(),
            span: random(),
            is_sampled: true,
        }
    }

    /// A new span in the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self {
            span: random(),
            ..self
        }
    }

    /// From a `traceparent`; nothing when it is malformed. Later versions are read as far as this
    /// one goes.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (head, rest) = bytes.split_at_checked(TEXT_BYTES)?;
        let dashes = [2, 35, 52].iter().all(|at| head[*at] == b'-');
        let version: [u8; 1] = digits(&head[..2])?;
        let follows = match version {
            [0] => rest.is_empty(),
            [255] => false,
            [_] => rest.is_empty() || rest[0] == b'-',
        };
        let trace: [u8; 16] = digits(&head[3..35])?;
        let span: [u8; 8] = digits(&head[36..52])?;
        let flags: [u8; 1] = digits(&head[53..])?;
        let is_one = dashes && follows && trace != [0; 16] && span != [0; 8];
        is_one.then_some(Self {
            trace,
            span,
            is_sampled: flags[0] & 1 == 1,
        })
    }

    /// The trace, in 32 digits: what everything of it is found by.
    pub fn trace_id(self) -> String {
        hexadecimal(&self.trace)
    }

    pub(crate) fn trace(&self) -> &[u8; 16] {
        &self.trace
    }

    pub(crate) fn span(&self) -> &[u8; 8] {
        &self.span
    }

    pub(crate) fn is_sampled(self) -> bool {
        self.is_sampled
    }

    pub(crate) fn span_id(self) -> String {
        hexadecimal(&self.span)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.is_sampled);
        write!(f, "00-{}-{}-{flags:02x}", self.trace_id(), self.span_id())
    }
}

/// Bytes that nobody else draws. Without random bytes they are those of the clock: a trace is no
/// secret, and two of one nanosecond are told apart by their spans' times.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() || bytes == [0; N] {
        let nanos = crate::clock::unix_nanos().to_be_bytes();
        bytes[N - nanos.len()..].copy_from_slice(&nanos);
    }
    bytes
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lower-case digits only: others are malformed.
fn digits<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    (text.len() == 2 * N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_is_read_is_written_again() {
        let read = TraceContext::read(GOOD).unwrap();
        assert_eq!(read.to_string(), GOOD);
        assert_eq!(read.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        let child = read.child();
        assert_eq!(child.trace_id(), read.trace_id());
        assert_ne!(child.span, read.span);
        assert_ne!(TraceContext::root().trace, TraceContext::root().trace);
    }

    #[test]
    fn what_the_recommendation_calls_malformed_is_none() {
        let later = GOOD.replacen("00", "cc", 1);
        for good in [
            &later,
            &format!("{later}-more"),
            &GOOD.replace("-01", "-00"),
        ] {
            assert!(TraceContext::read(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "00",
            &GOOD[..54],
            &format!("{GOOD}-more"),
            &format!("{later}more"),
            &GOOD.replacen("00", "ff", 1),
            &GOOD.to_uppercase(),
            &GOOD.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            &GOOD.replace("b7ad6b7169203331", &"0".repeat(16)),
            &GOOD.replace('-', "_"),
            &GOOD.replace("9c-", "é-"),
        ] {
            assert_eq!(TraceContext::read(bad), None, "{bad}");
        }
    }
}
