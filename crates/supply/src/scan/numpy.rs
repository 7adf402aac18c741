//! An array in NumPy's own format: its header is text, its data a pickle if it holds objects
//! (numpy.lib.format).

use super::look::Scanner;
use crate::pickle::Trust;
use crate::stream::{Stream, StreamError};

/// NumPy itself refuses longer headers unless it is told to trust the file.
const HEADER_BYTES_MAX: u64 = 64 * 1_024;

pub(super) fn scan(scanner: &mut Scanner, stream: &mut Stream<'_>) {
    match read_header(stream) {
        Ok(Some(header)) if holds_objects(&header) => {
            scanner.pickles(stream, Trust::Named);
        }
        Ok(Some(_plain)) => {}
        Ok(None) => scanner.unseen(0, "the header of the array cannot be read"),
        Err(StreamError::Ended) => scanner.unseen(0, "the header of the array is cut off"),
        Err(StreamError::Broken(error)) => {
            scanner.unseen(0, format!("the array cannot be read: {error}"));
        }
    }
}

/// The header's text; `None` when it is none.
pub(crate) fn read_header(stream: &mut Stream<'_>) -> Result<Option<String>, StreamError> {
    let [_, _, _, _, _, _, major, _minor] = stream.array::<8>()?;
    let length = match major {
        1 => u64::from(u16::from_le_bytes(stream.array()?)),
        2 | 3 => u64::from(u32::from_le_bytes(stream.array()?)),
        _ => return Ok(None),
    };
    let text = stream.text(length, HEADER_BYTES_MAX as usize)?;
    Ok(text.map(|text| String::from_utf8_lossy(text).into_owned()))
}

/// Whether a type in the header is Python's object, which NumPy reads by unpickling: `'|O'`, `'O8'`,
/// `'f8,O'`, `'object'`. A header that is not understood counts as one.
fn holds_objects(header: &str) -> bool {
    let texts = header.split(['\'', '"']).skip(1).step_by(2);
    let mut types = texts.flat_map(|text| text.split(','));
    let is_object = |text: &str| {
        let text = text.trim_matches(|c: char| {
            c.is_ascii_digit() || matches!(c, '<' | '>' | '|' | '=' | '(' | ')' | ' ')
        });
        text == "O" || text.starts_with("object")
    };
    !header.contains("descr") || header.contains('\\') || types.any(is_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_type_is_found_in_every_notation() {
        for (descr, expected) in [
            ("'|O'", true),
            ("'O8'", true),
            ("'f8,O'", true),
            ("'object'", true),
            ("[('name', '<f8'), ('object_id', 'O')]", true),
            ("'\\x4f'", true),
            ("'<f8'", false),
            ("[('Ozone', '<f8')]", false),
        ] {
            let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (2,)}}");
            assert_eq!(holds_objects(&header), expected, "{descr}");
        }
    }
}
