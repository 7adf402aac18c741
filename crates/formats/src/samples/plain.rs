//! Rows of CSV that hold plain numbers where numbers are wanted, and no quotes. Whatever is not
//! plain is left to `csv`, which reads one cell after the other.

use super::block::{Block, ShortCell, Slot};
use super::number;
use super::table::{Table, Target};
use super::window::WINDOW;
use super::word::{bytes_equal_to, first_word, word_at};

/// How the cells of a plain row are read.
#[derive(Debug, Clone)]
pub(super) struct PlainRows {
    steps: Vec<Step>,
    block: Block,
}

#[derive(Debug, Clone)]
struct Step {
    slot: Slot,
    /// The byte after the cell.
    delimiter: u8,
    short: ShortCell,
}

impl PlainRows {
    /// How to read rows of these columns, if all are known well enough.
    pub(super) fn of(targets: impl Iterator<Item = Target>, table: &Table) -> Option<Self> {
        let (block, slots) = Block::of(targets, table)?;
        let step = |slot| Step {
            slot,
            delimiter: b',',
            short: ShortCell::NONE,
        };
        let mut steps: Vec<Step> = slots.into_iter().map(step).collect();
        steps.last_mut()?.delimiter = b'\n';
        Some(Self { steps, block })
    }

    /// Starts with another text.
    pub(super) fn restart(&mut self) {
        self.block.restart();
    }

    /// Reads plain rows from `at` on and counts their lines; the place of the first row that is
    /// left.
    pub(super) fn read(
        &mut self,
        text: &str,
        at: usize,
        table: &mut Table,
        lines: &mut u64,
        row_bytes_max: usize,
    ) -> usize {
        let bytes = text.as_bytes();
        let steps = &mut self.steps;
        let read_row = |block: &mut Block, at| read_row(steps, block, bytes, at);
        self.block
            .read(text, at, table, lines, row_bytes_max, read_row)
    }
}

#[inline(always)]
fn read_row(steps: &mut [Step], block: &mut Block, bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    for step in steps {
        match step.slot {
            Slot::Number(slot) => {
                let window = bytes.get(at..)?.first_chunk::<WINDOW>()?;
                let word = first_word(window);
                if step.short.equals(word) {
                    block.set(slot, step.short.value);
                    at += step.short.length;
                    continue;
                }
                let (scanned, end) = match number::scan_window(window) {
                    Some(scanned) => (scanned, at + scanned.end),
                    None => {
                        let scanned = number::scan(bytes, at)?;
                        (scanned, scanned.end)
                    }
                };
                let next = after_delimiter(bytes, end, step.delimiter)?;
                block.set(slot, scanned.value);
                if !scanned.has_point && next - at <= 8 {
                    step.short = ShortCell::of(word, next - at, scanned.value);
                }
                at = next;
            }
            Slot::Unwanted => at = cell_end(bytes, at, step.delimiter)? + 1,
            Slot::Key(slot) => {
                let end = cell_end(bytes, at, step.delimiter)?;
                // A blank key is refused, and a carriage return is not part of one: both need
                // more care.
                if bytes[at..end].last().is_none_or(u8::is_ascii_whitespace) {
                    return None;
                }
                block.set_key(slot, at..end);
                at = end + 1;
            }
        }
    }
    Some(at)
}

/// The place after the delimiter at `end`, if it is there.
#[inline(always)]
fn after_delimiter(bytes: &[u8], end: usize, delimiter: u8) -> Option<usize> {
    let found = *bytes.get(end)?;
    if found == delimiter {
        return Some(end + 1);
    }
    let is_crlf = delimiter == b'\n' && found == b'\r' && bytes.get(end + 1) == Some(&b'\n');
    is_crlf.then_some(end + 2)
}

/// The end of the cell at `start`, if it is not empty, has no quotes, and `delimiter` follows it.
#[inline(always)]
fn cell_end(bytes: &[u8], start: usize, delimiter: u8) -> Option<usize> {
    if *bytes.get(start)? == b'"' {
        return None;
    }
    let mut at = start;
    loop {
        let word = word_at(bytes, at)?;
        let ends = bytes_equal_to(word, b',') | bytes_equal_to(word, b'\n');
        if ends != 0 {
            let end = at + (ends.trailing_zeros() / 8) as usize;
            return (bytes[end] == delimiter && end > start).then_some(end);
        }
        at += 8;
    }
}
