//! The shape of a JSON line: everything but its values. Only objects whose values are flat have
//! one.

use super::block::{Block, ShortCell, Slot};
use super::literal::Literal;
use super::number;
use super::table::{Table, Target};
use super::word::{bytes_equal_to, controls_in, word_at};

/// The longest line worth remembering.
const SHAPE_BYTES_MAX: usize = 16_384;

/// The text around the values of a line, byte by byte.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    fields: Vec<Field>,
    /// What follows the last value, with the line end.
    after: Literal,
    /// How many fields feed something.
    width: usize,
    /// The fast way to lines of this shape, once the columns are known to have one.
    alike: Option<AlikeLines>,
}

#[derive(Debug, Clone)]
struct Field {
    /// What stands between the value before and this one.
    before: Literal,
    target: Target,
}

/// Lines of one shape whose values are plain.
#[derive(Debug, Clone)]
struct AlikeLines {
    /// For each field, where its value goes.
    slots: Vec<(Slot, ShortCell)>,
    block: Block,
}

/// A value without members, as it stands in the line.
enum Flat<'a> {
    /// A text without escapes, without its quotes.
    Text(&'a str),
    Number(&'a str),
    /// `true` or `false`.
    Boolean(&'a str),
    Null,
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
            let before = Literal::of(line.as_bytes().get(end..start)?);
            fields.push(Field { before, target });
            end = start + value.len();
        }
        Some(Self {
            fields,
            after: Literal::of(line.as_bytes().get(end..)?),
            width: targets
                .iter()
                .filter(|&&target| target != Target::Ignored)
                .count(),
            alike: None,
        })
    }

    /// Reads lines of this shape from `at` on and counts them; the place of the first line that
    /// is left. Lines are read fast when this shape feeds every column.
    pub(super) fn read_alike(
        &mut self,
        text: &str,
        at: usize,
        table: &mut Table,
        lines: &mut u64,
        row_bytes_max: usize,
    ) -> usize {
        if self.width != table.width() {
            return at;
        }
        if self.alike.is_none() {
            let targets = self.fields.iter().map(|field| field.target);
            self.alike = Block::of(targets, table).map(|(block, slots)| AlikeLines {
                slots: slots
                    .into_iter()
                    .map(|slot| (slot, ShortCell::NONE))
                    .collect(),
                block,
            });
        }
        let Some(AlikeLines { slots, block }) = &mut self.alike else {
            return at;
        };
        let (fields, after) = (&self.fields, &self.after);
        let read_line = |block: &mut Block, at| read_line(fields, slots, after, block, text, at);
        block.read(text, at, table, lines, row_bytes_max, read_line)
    }

    /// Starts with another text.
    pub(super) fn restart(&mut self) {
        if let Some(alike) = &mut self.alike {
            alike.block.restart();
        }
    }

    /// Reads the line at `start` if it has this shape; the place after it. Otherwise the table may
    /// be left with an unfinished row.
    pub(super) fn read(
        &self,
        text: &str,
        start: usize,
        table: &mut Table,
        line: u64,
    ) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = start;
        for field in &self.fields {
            at = field.before.after(bytes, at)?;
            let (value, end) = flat_at(text, at)?;
            match value {
                Flat::Text(word) | Flat::Boolean(word) => {
                    table.push_word(field.target, word, line).ok()?;
                }
                Flat::Number(number) => table.push_text(field.target, number, line).ok()?,
                Flat::Null => table.push_missing(field.target, line).ok()?,
            }
            at = end;
        }
        let next = self.after.after(bytes, at)?;
        table.end_row(self.width == table.width(), line).ok()?;
        Some(next)
    }
}

#[inline(always)]
fn read_line(
    fields: &[Field],
    slots: &mut [(Slot, ShortCell)],
    after: &Literal,
    block: &mut Block,
    text: &str,
    start: usize,
) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start;
    for (field, (slot, short)) in fields.iter().zip(slots) {
        at = field.before.after(bytes, at)?;
        match *slot {
            Slot::Number(slot) => {
                let word = word_at(bytes, at)?;
                if short.equals(word) {
                    block.set(slot, short.value);
                    at += short.length - 1;
                    continue;
                }
                let scanned = number::scan(bytes, at).filter(|scanned| scanned.is_json)?;
                block.set(slot, scanned.value);
                let length = scanned.end + 1 - at;
                if !scanned.has_point && length <= 8 {
                    *short = ShortCell::of(word, length, scanned.value);
                }
                at = scanned.end;
            }
            Slot::Unwanted => at = flat_at(text, at)?.1,
            Slot::Key(slot) => {
                let (value, end) = flat_at(text, at)?;
                let place = match value {
                    Flat::Text(key) if !key.trim_ascii().is_empty() => at + 1..end - 1,
                    Flat::Number(_) => at..end,
                    Flat::Text(_) | Flat::Boolean(_) | Flat::Null => return None,
                };
                block.set_key(slot, place);
                at = end;
            }
        }
    }
    after.after(bytes, at)
}

/// The flat value at `start` and the place after it. `None` when it is anything that needs more
/// care, which includes every error.
#[inline(always)]
fn flat_at(text: &str, start: usize) -> Option<(Flat<'_>, usize)> {
    let bytes = text.as_bytes();
    if *bytes.get(start)? == b'"' {
        let end = string_end(bytes, start + 1)?;
        return Some((Flat::Text(&text[start + 1..end]), end + 1));
    }
    if let Some(scanned) = number::scan(bytes, start)
        && scanned.is_json
        && matches!(bytes.get(scanned.end), Some(b',' | b'}'))
    {
        return Some((Flat::Number(&text[start..scanned.end]), scanned.end));
    }
    let ends_word = |byte: &u8| matches!(byte, b',' | b'}' | b' ' | b'\r' | b'\n');
    let end = start + bytes[start..].iter().position(ends_word)?;
    let value = match text.get(start..end)? {
        "null" => Flat::Null,
        word @ ("true" | "false") => Flat::Boolean(word),
        number if is_number(number) => Flat::Number(number),
        _other => return None,
    };
    Some((value, end))
}

/// The place of the quote that ends the string whose content starts at `start`; `None` when an
/// escape or a control character comes first.
#[inline(always)]
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while let Some(word) = word_at(bytes, at) {
        let found = bytes_equal_to(word, b'"') | bytes_equal_to(word, b'\\') | controls_in(word);
        if found != 0 {
            at += (found.trailing_zeros() / 8) as usize;
            break;
        }
        at += 8;
    }
    let special = |&byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let end = at + bytes.get(at..)?.iter().position(special)?;
    (bytes[end] == b'"').then_some(end)
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
