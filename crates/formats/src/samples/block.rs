//! Rows without surprises, gathered before they are checked and stored: checking a column of some
//! hundred values at once costs a fraction of checking each. CSV and NDJSON say how such a row is
//! read; every other row is read cell by cell.

use std::ops::Range;

use super::table::{Table, Target};

/// How many rows are gathered. Ten columns of them fit the first-level cache.
pub(super) const BLOCK_ROWS: usize = 256;

/// Rows that wait to be stored.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// For each slot, the measure that its values belong to.
    measures: Vec<usize>,
    /// The values, slot after slot, [`BLOCK_ROWS`] each.
    values: Vec<f64>,
    /// For each slot of keys, the column that its keys belong to.
    keys: Vec<usize>,
    /// Where in the text the keys stand, slot after slot.
    places: Vec<Range<usize>>,
    rows: usize,
    /// Rows before this place were refused as a block and are to be read one by one.
    refused_until: usize,
}

/// Where the cell of a column goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Nowhere.
    Unwanted,
    /// To a slot of values.
    Number(usize),
    /// To a slot of keys.
    Key(usize),
}

impl Block {
    /// A block for rows whose cells feed `targets`, and the slots of the cells. `None` when a
    /// measure is not known to hold numbers or text yet.
    pub(super) fn of(
        targets: impl Iterator<Item = Target>,
        table: &Table,
    ) -> Option<(Self, Vec<Slot>)> {
        let (mut measures, mut keys) = (Vec::new(), Vec::new());
        let mut slots = Vec::new();
        for target in targets {
            slots.push(match target {
                Target::Ignored => Slot::Unwanted,
                Target::Key(key) => {
                    keys.push(key);
                    Slot::Key(keys.len() - 1)
                }
                Target::Measure(measure) if table.is_text(measure) => Slot::Unwanted,
                Target::Measure(measure) if table.is_number(measure) => {
                    measures.push(measure);
                    Slot::Number(measures.len() - 1)
                }
                Target::Measure(_unknown) => return None,
            });
        }
        let block = Self {
            values: vec![0.0; measures.len() * BLOCK_ROWS],
            places: vec![0..0; keys.len() * BLOCK_ROWS],
            measures,
            keys,
            rows: 0,
            refused_until: 0,
        };
        Some((block, slots))
    }

    /// Sets a value of the row that is being read.
    #[inline(always)]
    pub(super) fn set(&mut self, slot: usize, value: f64) {
        self.values[slot * BLOCK_ROWS + self.rows] = value;
    }

    /// Sets a key of the row that is being read: where it stands in the text.
    #[inline(always)]
    pub(super) fn set_key(&mut self, slot: usize, place: Range<usize>) {
        self.places[slot * BLOCK_ROWS + self.rows] = place;
    }

    /// The values of a slot, to be set before rows are accepted.
    #[inline(always)]
    pub(super) fn column_mut(&mut self, slot: usize) -> &mut [f64] {
        &mut self.values[slot * BLOCK_ROWS..][..BLOCK_ROWS]
    }

    /// Where the keys of a slot stand in the text, to be set before rows are accepted.
    pub(super) fn places_mut(&mut self, slot: usize) -> &mut [Range<usize>] {
        &mut self.places[slot * BLOCK_ROWS..][..BLOCK_ROWS]
    }

    /// Has the rows before this place read one by one.
    pub(super) fn refuse(&mut self, until: usize) {
        self.refused_until = until;
    }

    /// Whether the row at this place is to be read by itself.
    pub(super) fn is_refused(&self, at: usize) -> bool {
        at < self.refused_until
    }

    /// Starts with another text.
    pub(super) fn restart(&mut self) {
        self.refused_until = 0;
    }

    /// Reads rows of `text` from `at` on into `table`, as long as `read_row` finds one and the
    /// table accepts them, and counts their lines; the place of the first row that is left.
    #[inline(always)]
    pub(super) fn read(
        &mut self,
        text: &str,
        at: usize,
        table: &mut Table,
        lines: &mut u64,
        row_bytes_max: usize,
        mut read_row: impl FnMut(&mut Self, usize) -> Option<usize>,
    ) -> usize {
        if self.is_refused(at) {
            return at;
        }
        let mut stored = at;
        loop {
            let mut end = stored;
            while self.rows < BLOCK_ROWS {
                match read_row(self, end) {
                    Some(next) if next - end - 1 <= row_bytes_max => end = next,
                    Some(_) | None => break,
                }
                self.rows += 1;
            }
            let rows = std::mem::take(&mut self.rows);
            if !table.accept_block(self, rows, text) {
                self.refuse(end);
                return stored;
            }
            *lines += rows as u64;
            stored = end;
            if rows < BLOCK_ROWS {
                return stored;
            }
        }
    }

    /// The measures with the values of the first `rows` rows.
    pub(super) fn columns(&self, rows: usize) -> impl Iterator<Item = (usize, &[f64])> {
        let columns = self.values.chunks_exact(BLOCK_ROWS);
        self.measures
            .iter()
            .zip(columns)
            .map(move |(&measure, column)| (measure, &column[..rows]))
    }

    /// The columns of keys with the keys' places in the first `rows` rows.
    pub(super) fn key_columns(
        &self,
        rows: usize,
    ) -> impl Iterator<Item = (usize, &[Range<usize>])> {
        let columns = self.places.chunks_exact(BLOCK_ROWS);
        self.keys
            .iter()
            .zip(columns)
            .map(move |(&key, column)| (key, &column[..rows]))
    }
}

/// The last short cell of a column: statuses and the like repeat.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShortCell {
    /// Its bytes with what ends it, the first one lowest.
    word: u64,
    mask: u64,
    /// Its length with what ends it.
    pub(super) length: usize,
    pub(super) value: f64,
}

impl ShortCell {
    /// Equals no cell: its word does not fit its mask.
    pub(super) const NONE: Self = Self {
        word: 1,
        mask: 0,
        length: 0,
        value: 0.0,
    };

    /// The cell whose first eight bytes are `word`, of `length` (1 to 8) with what ends it.
    #[inline(always)]
    pub(super) fn of(word: u64, length: usize, value: f64) -> Self {
        let mask = u64::MAX >> (64 - 8 * length);
        Self {
            word: word & mask,
            mask,
            length,
            value,
        }
    }

    /// Whether a cell that starts with these eight bytes is the same.
    #[inline(always)]
    pub(super) fn equals(&self, word: u64) -> bool {
        word & self.mask == self.word
    }
}
