//! Bytes as a text of bounded length.

use crate::{DOCUMENT_BYTES_MAX, Unreadable};

/// The bytes as UTF-8 without a byte order mark.
///
/// # Errors
/// When it is longer than [`DOCUMENT_BYTES_MAX`], or not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, Unreadable> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        let problem = format!(
            "it has {} bytes, more than {DOCUMENT_BYTES_MAX}",
            bytes.len()
        );
        return Err(Unreadable::whole(problem, "Split it."));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()]
            .split(|&byte| byte == b'\n')
            .count();
        Unreadable::at_line(line, "this is not UTF-8", "Save it as UTF-8.")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
