//! Rows of CSV that hold plain numbers where numbers are wanted, and no quotes: some hundred of them
//! are read at once, column by column. Whatever is not plain is left to `csv`, which reads one cell
//! after the other.

use super::block::{BLOCK_ROWS, Block, Slot};
use super::cells::{Cell, CellEnds};
use super::decimal::{Layout, Strays, TAIL, decimal};
use super::number;
use super::repeated::RepeatedCell;
use super::table::{Table, Target};

/// How many cells are looked at at once, at most: their places fit the first-level cache.
const CELLS_MAX: usize = 4_096;

/// How many rows are looked at after one that is not plain: others may follow.
const ROWS_AFTER_OTHER: usize = 8;

/// How many numbers are read before it is asked whether all were written alike.
const ROWS_ALIKE: usize = 32;

/// How the cells of a plain row are read.
#[derive(Debug, Clone)]
pub(super) struct PlainRows {
    columns: Vec<Column>,
    block: Block,
    ends: CellEnds,
    /// How many rows are looked at the next time.
    rows_next: usize,
    rows_max: usize,
}

#[derive(Debug, Clone)]
struct Column {
    slot: Slot,
    /// The byte after each cell.
    delimiter: u8,
    repeated: RepeatedCell,
}

/// Rows whose cells have been found.
#[derive(Clone, Copy)]
struct FoundRows<'a> {
    text: &'a [u8],
    ends: &'a CellEnds,
    rows: usize,
}

impl PlainRows {
    /// How to read rows of these columns, if all are known well enough.
    pub(super) fn of(targets: impl Iterator<Item = Target>, table: &Table) -> Option<Self> {
        let (block, slots) = Block::of(targets, table)?;
        // A line without anything in it must not be taken for such a row.
        if slots.is_empty() || slots.len() > CELLS_MAX || slots == [Slot::Unwanted] {
            return None;
        }
        let column = |slot| Column {
            slot,
            delimiter: b',',
            repeated: RepeatedCell::NONE,
        };
        let mut columns: Vec<Column> = slots.into_iter().map(column).collect();
        columns.last_mut()?.delimiter = b'\n';
        let rows_max = BLOCK_ROWS.min(CELLS_MAX / columns.len());
        Some(Self {
            ends: CellEnds::with_room(rows_max, columns.len()),
            columns,
            block,
            rows_next: rows_max,
            rows_max,
        })
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
        let mut stored = at;
        while stored < text.len() && !self.block.is_refused(stored) {
            // Places are counted from a little before the first row, where its first words start.
            let base = stored.saturating_sub(TAIL);
            let bytes = &text.as_bytes()[base..];
            let found = self.ends.find(bytes, stored - base, self.rows_next);
            if found == 0 {
                return stored;
            }
            let rows = self.short_rows(found, row_bytes_max);
            let rows = self.read_columns(bytes, base, rows);
            let next = base + self.ends.start_of(rows);
            if !table.accept_block(&self.block, rows, text) {
                self.block.refuse(next);
                return stored;
            }
            *lines += rows as u64;
            stored = next;
            if rows == 0 || rows < found {
                self.rows_next =
                    (2 * rows).clamp(ROWS_AFTER_OTHER.min(self.rows_max), self.rows_max);
                return stored;
            }
            self.rows_next = (2 * self.rows_next).min(self.rows_max);
        }
        stored
    }

    /// How many of the rows found come before the first that is too long.
    fn short_rows(&self, rows: usize, row_bytes_max: usize) -> usize {
        let start = |row| self.ends.start_of(row);
        if start(rows) - start(0) <= row_bytes_max {
            return rows;
        }
        let is_long = |&row: &usize| start(row + 1) - start(row) > row_bytes_max + 1;
        (0..rows).find(is_long).unwrap_or(rows)
    }

    /// Reads the cells of these rows into the block; how many rows come before the first that is
    /// not plain. The `text` starts at `base`.
    fn read_columns(&mut self, text: &[u8], base: usize, rows: usize) -> usize {
        let mut found = FoundRows {
            text,
            ends: &self.ends,
            rows,
        };
        for (at, column) in self.columns.iter_mut().enumerate() {
            found.rows = match column.slot {
                Slot::Number(slot) => {
                    let values = self.block.column_mut(slot);
                    found.read_numbers(at, column, values)
                }
                Slot::Unwanted => found.rows_before(at, |_, after| after != Some(column.delimiter)),
                Slot::Key(slot) => {
                    let places = self.block.places_mut(slot);
                    for (place, cell) in places.iter_mut().zip(found.column(at)) {
                        *place = base + cell.start..base + cell.end;
                    }
                    // A blank key is refused, and a carriage return is not part of one: both need
                    // more care.
                    found.rows_before(at, |cell, after| {
                        let last = text[cell.start..cell.end].last();
                        after != Some(column.delimiter) || last.is_none_or(u8::is_ascii_whitespace)
                    })
                }
            };
        }
        found.rows
    }
}

impl FoundRows<'_> {
    #[inline(always)]
    fn column(&self, column: usize) -> impl Iterator<Item = Cell> {
        self.ends.column(column, 0..self.rows)
    }

    /// How many rows come before the first whose cell, or the byte after it, `is_other`.
    #[inline(always)]
    fn rows_before(&self, column: usize, is_other: impl Fn(Cell, Option<u8>) -> bool) -> usize {
        self.column(column)
            .position(|cell| is_other(cell, self.text.get(cell.end).copied()))
            .unwrap_or(self.rows)
    }

    /// Reads the numbers of a column; how many rows come before the first that is none.
    fn read_numbers(mut self, at: usize, column: &mut Column, values: &mut [f64]) -> usize {
        let Some(first) = self.column(at).next() else {
            return 0;
        };
        if column.repeated.is_at(self.text, first.end) {
            return self.read_repeated(at, column, values);
        }
        let delimiter = column.delimiter;
        let has_return = delimiter == b'\n' && self.text[..first.end].last() == Some(&b'\r');
        if has_return {
            self.rows = self.rows_before(at, |_, after| after != Some(delimiter));
        }
        // A number that is long in one row is so in the others.
        let mut read = match first.end - first.start {
            ..=TAIL => 0,
            _longer => self.read_long_numbers(at, delimiter, values),
        };
        loop {
            read = if has_return {
                self.read_decimals::<1>(at, read, b'\r', values)
            } else {
                self.read_decimals::<0>(at, read, delimiter, values)
            };
            let Some(cell) = self.ends.column(at, read..self.rows).next() else {
                break;
            };
            match any_number(self.text, cell, delimiter) {
                Some(value) => values[read] = value,
                None => break,
            }
            read += 1;
        }
        if read > 0 {
            column.repeated = RepeatedCell::of(self.text, first, values[0]);
        }
        read
    }

    /// Reads numbers of a column from row `first` on that end `BEFORE` bytes before the end of their
    /// cells, where `after` follows them; the first row with another cell.
    #[inline(always)]
    fn read_decimals<const BEFORE: usize>(
        &self,
        column: usize,
        first: usize,
        after: u8,
        values: &mut [f64],
    ) -> usize {
        let first = first + self.read_alike::<BEFORE>(column, first, after, values);
        let cells = self.ends.column(column, first..self.rows);
        for (row, (cell, value)) in cells.zip(&mut values[first..]).enumerate() {
            let end = cell.end.wrapping_sub(BEFORE);
            match decimal_before(self.text, end, cell.start, after) {
                Some(number) => *value = number,
                None => return first + row,
            }
        }
        self.rows
    }

    /// As `read_decimals`, as long as numbers are written like the first one; how many rows, at
    /// least, come before one that is not. Not inlined, its loop has more registers.
    #[inline(never)]
    fn read_alike<const BEFORE: usize>(
        &self,
        column: usize,
        first: usize,
        after: u8,
        values: &mut [f64],
    ) -> usize {
        let Some(layout) = self.layout::<BEFORE>(column, first, after) else {
            return 0;
        };
        let mut numbers = self.ends.column(column, first..self.rows).map(|cell| {
            let end = cell.end.wrapping_sub(BEFORE);
            tail_before(self.text, end).map(|tail| (tail, end.wrapping_sub(cell.start)))
        });
        let (groups, _) = values[first..self.rows].as_chunks_mut::<ROWS_ALIKE>();
        for (group, values) in groups.iter_mut().enumerate() {
            let mut strays = Strays::NONE;
            for pair in values.as_chunks_mut::<2>().0 {
                let Some(Some((tail, length))) = numbers.next() else {
                    return group * ROWS_ALIKE;
                };
                let Some(Some((other_tail, other_length))) = numbers.next() else {
                    return group * ROWS_ALIKE;
                };
                *pair = layout.read_two([tail, other_tail], [length, other_length], &mut strays);
            }
            if !strays.is_none() {
                return group * ROWS_ALIKE;
            }
        }
        groups.len() * ROWS_ALIKE
    }

    /// How the number of a column in this row is written.
    fn layout<const BEFORE: usize>(&self, column: usize, row: usize, after: u8) -> Option<Layout> {
        let cell = self.ends.column(column, row..self.rows).next()?;
        let end = cell.end.wrapping_sub(BEFORE);
        let tail = tail_before(self.text, end)?;
        Some(Layout::of(tail, end.wrapping_sub(cell.start), after))
    }

    /// Reads numbers of many digits; how many rows come before the first that is none.
    fn read_long_numbers(&self, column: usize, delimiter: u8, values: &mut [f64]) -> usize {
        for (row, (cell, value)) in self.column(column).zip(values).enumerate() {
            match number_in(self.text, cell, delimiter) {
                Some(number) => *value = number,
                None => return row,
            }
        }
        self.rows
    }

    /// Reads numbers most of which are the same.
    fn read_repeated(&self, at: usize, column: &mut Column, values: &mut [f64]) -> usize {
        let delimiter = column.delimiter;
        for (row, (cell, value)) in self.column(at).zip(values).enumerate() {
            if !column.repeated.is_at(self.text, cell.end) {
                let other = decimal_before(self.text, cell.end, cell.start, delimiter)
                    .or_else(|| any_number(self.text, cell, delimiter));
                let Some(other) = other else {
                    return row;
                };
                column.repeated = RepeatedCell::of(self.text, cell, other);
            }
            *value = column.repeated.value;
        }
        self.rows
    }
}

/// The short number from `start` to `end`, where `after` stands.
#[inline(always)]
fn decimal_before(text: &[u8], end: usize, start: usize, after: u8) -> Option<f64> {
    decimal(tail_before(text, end)?, end.wrapping_sub(start), after)
}

/// The bytes up to and with the one at `end`.
#[inline(always)]
fn tail_before(text: &[u8], end: usize) -> Option<&[u8; TAIL]> {
    text.get(..=end)?.last_chunk()
}

/// As [`number_in`], where it is rarely asked for.
#[cold]
fn any_number(text: &[u8], cell: Cell, delimiter: u8) -> Option<f64> {
    number_in(text, cell, delimiter)
}

/// The number that a cell holds, however long it is.
#[inline(always)]
fn number_in(text: &[u8], cell: Cell, delimiter: u8) -> Option<f64> {
    let scanned = number::scan(text, cell.start)?;
    let is_crlf = delimiter == b'\n' && text.get(scanned.end) == Some(&b'\r');
    let end = scanned.end + usize::from(is_crlf);
    (end == cell.end && text.get(end) == Some(&delimiter)).then_some(scanned.value)
}
