//! The text of a file: not empty, UTF-8, without a byte order mark. No format is known here.

use crate::{FormatError, Place};

/// The bytes as text.
///
/// # Errors
/// When there is nothing but white space, or the bytes are not UTF-8 (names the first bad byte).
pub(crate) fn decode(bytes: &[u8]) -> Result<&str, FormatError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(FormatError::new(
            Place::Byte(0),
            "the file is UTF-16, not UTF-8",
            "Save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8`.",
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        FormatError::new(
            Place::Byte(error.valid_up_to() as u64),
            "the bytes are not UTF-8 text",
            "Give the file as the tool wrote it; if it is in another encoding, convert it to UTF-8.",
        )
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(FormatError::new(
            Place::Whole,
            "the file is empty",
            "Run the tool again and check that it ends without an error; an empty file measures nothing.",
        ));
    }
    Ok(text)
}

/// The part of `head` that is text: a head may end inside a character.
pub(crate) fn decode_head(head: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_not_text) => return None,
    };
    Some(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_text_is_refused_with_its_place() {
        for (bytes, place) in [
            (b"".as_slice(), Place::Whole),
            (b" \r\n\t", Place::Whole),
            (b"abc\xffdef", Place::Byte(3)),
            (b"\xff\xfea\0", Place::Byte(0)),
        ] {
            assert_eq!(decode(bytes).unwrap_err().place, place, "{bytes:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(decode(b"\xef\xbb\xbf{}"), Ok("{}"));
    }

    #[test]
    fn a_head_may_end_inside_a_character_but_not_hold_a_bad_byte() {
        assert_eq!(
            decode_head("aé".as_bytes().split_last().unwrap().1),
            Some("a")
        );
        assert_eq!(decode_head(b"a\xffb"), None);
    }
}
