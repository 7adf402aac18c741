//! Rows of CSV that hold nothing but plain numbers where numbers are wanted. Whatever is not
//! plain is left to `csv`, which reads one cell after the other.

use super::block::Block;
use super::number;
use super::table::{Table, Target};

/// How the cells of a plain row are read.
#[derive(Debug, Clone)]
pub(super) struct PlainRows {
    steps: Vec<Step>,
    block: Block,
    /// Rows before this place were refused as a block and are to be read one by one.
    refused_until: usize,
}

#[derive(Debug, Clone)]
struct Step {
    /// The slot of the block, if the cell is wanted.
    slot: Option<usize>,
    /// The byte after the cell.
    delimiter: u8,
    short: ShortCell,
}

/// The last short cell of a column without a decimal point: statuses and the like repeat.
#[derive(Debug, Clone, Copy)]
struct ShortCell {
    /// Its bytes with what ends it, the first one lowest.
    word: u64,
    mask: u64,
    length: usize,
    value: f64,
}

impl ShortCell {
    /// Equals no cell: its word does not fit its mask.
    const NONE: Self = Self {
        word: 1,
        mask: 0,
        length: 0,
        value: 0.0,
    };

    fn of(word: u64, length: usize, value: f64) -> Self {
        let mask = u64::MAX >> (64 - 8 * length);
        Self {
            word: word & mask,
            mask,
            length,
            value,
        }
    }
}

impl PlainRows {
    /// How to read rows of these columns, if there is a fast way: every column must be known to
    /// hold numbers, or not be wanted.
    pub(super) fn of(targets: impl Iterator<Item = Target>, table: &Table) -> Option<Self> {
        let mut measures = Vec::new();
        let mut steps = Vec::new();
        for target in targets {
            let slot = match target {
                Target::Ignored => None,
                Target::Key(_) => return None,
                Target::Measure(measure) if table.is_text(measure) => None,
                Target::Measure(measure) if table.is_number(measure) => {
                    measures.push(measure);
                    Some(measures.len() - 1)
                }
                Target::Measure(_unknown) => return None,
            };
            steps.push(Step {
                slot,
                delimiter: b',',
                short: ShortCell::NONE,
            });
        }
        steps.last_mut()?.delimiter = b'\n';
        Some(Self {
            steps,
            block: Block::of(measures),
            refused_until: 0,
        })
    }

    /// Starts with another piece of text.
    pub(super) fn restart(&mut self) {
        self.refused_until = 0;
    }

    /// Reads plain rows from `at` on and counts their lines; the place of the first row that is
    /// not plain.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        at: usize,
        table: &mut Table,
        lines: &mut u64,
        row_bytes_max: usize,
    ) -> usize {
        let mut stored = at;
        if at < self.refused_until {
            return at;
        }
        loop {
            let (end, is_full) = self.gather(bytes, stored, row_bytes_max);
            let rows = self.block.rows();
            if !table.accept_block(&self.block) {
                self.block.clear();
                self.refused_until = end;
                return stored;
            }
            self.block.clear();
            *lines += rows as u64;
            stored = end;
            if !is_full {
                return stored;
            }
        }
    }

    /// Fills the block; the place after its last row, and whether it is full.
    fn gather(&mut self, bytes: &[u8], mut at: usize, row_bytes_max: usize) -> (usize, bool) {
        loop {
            match self.read_row(bytes, at) {
                Some(next) if next - at - 1 <= row_bytes_max => at = next,
                Some(_) | None => return (at, false),
            }
            if !self.block.end_row() {
                return (at, true);
            }
        }
    }

    #[inline(always)]
    fn read_row(&mut self, bytes: &[u8], start: usize) -> Option<usize> {
        let mut at = start;
        for step in &mut self.steps {
            let Some(slot) = step.slot else {
                at = after_cell(bytes, at, step.delimiter)?;
                continue;
            };
            let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?);
            if word & step.short.mask == step.short.word {
                self.block.set(slot, step.short.value);
                at += step.short.length;
                continue;
            }
            let scanned = number::scan(bytes, at)?;
            let next = after_delimiter(bytes, scanned.end, step.delimiter)?;
            self.block.set(slot, scanned.value);
            if !scanned.has_point && next - at <= 8 {
                step.short = ShortCell::of(word, next - at, scanned.value);
            }
            at = next;
        }
        Some(at)
    }
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

/// The place after the cell at `start` that nobody wants, if `delimiter` ends it.
#[inline(always)]
fn after_cell(bytes: &[u8], start: usize, delimiter: u8) -> Option<usize> {
    if *bytes.get(start)? == b'"' {
        return None;
    }
    let mut at = start;
    loop {
        let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?);
        let ends = bytes_equal_to(word, b',') | bytes_equal_to(word, b'\n');
        if ends != 0 {
            let end = at + (ends.trailing_zeros() / 8) as usize;
            return (bytes[end] == delimiter && end > start).then_some(end + 1);
        }
        at += 8;
    }
}

/// The top bit of each byte of `word` that equals `byte`, up to the first one; bytes after it may
/// be wrong.
#[inline(always)]
fn bytes_equal_to(word: u64, byte: u8) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let difference = word ^ (ONES * u64::from(byte));
    difference.wrapping_sub(ONES) & !difference & (ONES << 7)
}
