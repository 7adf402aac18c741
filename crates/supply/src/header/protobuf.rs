//! The wire format of protocol buffers, as far as ONNX needs it: fields of a message one after the
//! other, each read or stepped over.

use super::HeaderError;
use super::kind::failed;
use crate::stream::Stream;

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) number: u64,
    pub(super) value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// A number.
    Number(u64),
    /// Bytes that end at this place: a text, a message, or packed numbers.
    Bytes { end: u64 },
}

/// The next field of a message that ends at `end`, or `None` at its end. Bytes are not read yet.
pub(super) fn field(stream: &mut Stream<'_>, end: u64) -> Result<Option<Field>, HeaderError> {
    let offset = stream.position();
    if offset == end {
        return Ok(None);
    }
    let key = varint(stream)?;
    let value = match key & 7 {
        0 => Value::Number(varint(stream)?),
        1 => Value::Number(u64::from_le_bytes(take(stream)?)),
        2 => {
            let length = varint(stream)?;
            let bytes_end = stream.position().checked_add(length);
            match bytes_end.filter(|&bytes_end| bytes_end <= end) {
                Some(end) => Value::Bytes { end },
                None => {
                    return Err(HeaderError::at(
                        offset,
                        "a field is longer than its message",
                    ));
                }
            }
        }
        5 => Value::Number(u64::from(u32::from_le_bytes(take(stream)?))),
        _ => {
            return Err(HeaderError::at(
                offset,
                "this is no field of a protocol buffer",
            ));
        }
    };
    if stream.position() > end {
        return Err(HeaderError::at(
            offset,
            "a field is longer than its message",
        ));
    }
    let number = key >> 3;
    Ok(Some(Field { number, value }))
}

/// Steps over what a field has not read.
pub(super) fn finish(stream: &mut Stream<'_>, value: Value) -> Result<(), HeaderError> {
    match value {
        Value::Number(_) => Ok(()),
        Value::Bytes { end } => {
            let left = end.saturating_sub(stream.position());
            let done = stream.skip(left);
            done.map_err(|error| failed(stream, error))
        }
    }
}

/// The text of a field of at most `longest` bytes; a longer one is stepped over.
pub(super) fn text(
    stream: &mut Stream<'_>,
    value: Value,
    longest: usize,
) -> Result<String, HeaderError> {
    let Value::Bytes { end } = value else {
        let problem = "a text was expected, and a number is here";
        return Err(HeaderError::at(stream.position(), problem));
    };
    let length = end.saturating_sub(stream.position());
    match stream.text(length, longest) {
        Ok(Some(text)) => Ok(String::from_utf8_lossy(text).into_owned()),
        Ok(None) => Ok(format!("{length} bytes")),
        Err(error) => Err(failed(stream, error)),
    }
}

/// A variable-length number of at most ten bytes.
pub(super) fn varint(stream: &mut Stream<'_>) -> Result<u64, HeaderError> {
    let offset = stream.position();
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let [byte] = take(stream)?;
        number |= u64::from(byte & 0x7f).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(HeaderError::at(offset, "a number is longer than ten bytes"))
}

fn take<const N: usize>(stream: &mut Stream<'_>) -> Result<[u8; N], HeaderError> {
    let array = stream.array();
    array.map_err(|error| failed(stream, error))
}
