//! The shape of a JSON line: everything but its values. Only objects whose values are flat have
//! one.

use super::number;
use super::table::{Table, Target};

/// The longest line worth remembering.
const SHAPE_BYTES_MAX: usize = 16_384;

/// The text around the values of a line, byte by byte.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    fields: Vec<Field>,
    /// What follows the last value, with the line end.
    after: Vec<u8>,
    /// How many fields feed something.
    width: usize,
}

#[derive(Debug, Clone)]
struct Field {
    /// What stands between the value before and this one.
    before: Vec<u8>,
    target: Target,
}

impl Shape {
    /// The shape of `line`, whose values (parts of `line`, in order) feed `targets`.
    pub(super) fn of<'a>(
        line: &'a str,
        values: impl Iterator<Item = &'a str>,
        targets: &[Target],
    ) -> Option<Self> {
        if line.len() > SHAPE_BYTES_MAX || targets.is_empty() {
            return None;
        }
        let mut fields = Vec::with_capacity(targets.len());
        let mut end = 0;
        for (value, &target) in values.zip(targets) {
            if value.starts_with(['{', '[']) {
                return None;
            }
            let start = (value.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
            let before = line.as_bytes().get(end..start)?.to_vec();
            fields.push(Field { before, target });
            end = start + value.len();
        }
        Some(Self {
            fields,
            after: line.as_bytes().get(end..)?.to_vec(),
            width: targets
                .iter()
                .filter(|&&target| target != Target::Ignored)
                .count(),
        })
    }

    /// Reads the line at `start` if it has this shape; the place after it. Otherwise the table may
    /// be left with an unfinished row.
    #[inline]
    pub(super) fn read(
        &self,
        bytes: &[u8],
        start: usize,
        table: &mut Table,
        line: u64,
    ) -> Option<usize> {
        let mut at = start;
        for field in &self.fields {
            if !bytes.get(at..)?.starts_with(&field.before) {
                return None;
            }
            at += field.before.len();
            if let Target::Measure(measure) = field.target
                && let Some(scanned) = number::scan(bytes, at)
                && scanned.is_json
                && table.accept(measure, scanned.value)
            {
                at = scanned.end;
            } else {
                at = read_value(bytes, at, field.target, table, line)?;
            }
        }
        if !bytes.get(at..)?.starts_with(&self.after) {
            return None;
        }
        table.end_row(self.width == table.width(), line).ok()?;
        Some(at + self.after.len())
    }
}

/// Reads the flat value at `start`; the place after it. `None` when it is anything that needs
/// more care, which includes every error.
fn read_value(
    bytes: &[u8],
    start: usize,
    target: Target,
    table: &mut Table,
    line: u64,
) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let first = *rest.first()?;
    if first == b'"' {
        let length = rest[1..]
            .iter()
            .position(|&byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
        if rest[length + 1] != b'"' {
            return None;
        }
        let text = std::str::from_utf8(&rest[1..=length]).ok()?;
        table.push_word(target, text, line).ok()?;
        return Some(start + length + 2);
    }
    let length = rest
        .iter()
        .position(|byte| matches!(byte, b',' | b'}' | b' ' | b'\r' | b'\n'))?;
    let text = std::str::from_utf8(&rest[..length]).ok()?;
    match text {
        "null" => table.push_missing(target, line).ok()?,
        "true" | "false" => table.push_word(target, text, line).ok()?,
        _number if is_number(text) => table.push_text(target, text, line).ok()?,
        _other => return None,
    }
    Some(start + length)
}

/// Whether a JSON number can start with this byte.
pub(super) fn starts_number(first: u8) -> bool {
    first == b'-' || first.is_ascii_digit()
}

/// Whether `text` is a number by the grammar of RFC 8259.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (text, exponent) = match text.split_once(['e', 'E']) {
        Some((text, exponent)) => (text, Some(exponent)),
        None => (text, None),
    };
    let (integer, fraction) = match text.split_once('.') {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (text, None),
    };
    digits(integer)
        && (integer.len() == 1 || !integer.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_grammar_of_numbers_is_that_of_serde_json(text in "[-+0-9.eE]{0,8}") {
            let is_json = serde_json::from_str::<serde_json::Number>(&text).is_ok()
                || serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(is_number(&text), is_json);
        }
    }
}
