//! Where the cells of CSV rows end, found for many rows at once. Only text before the first quote
//! is looked at, so that each comma and each line feed ends a cell.

use std::ops::Range;

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};

/// How many bytes are searched at once.
const SEARCHED: usize = 64;

/// How far ends are looked for: their places fit a `u32`.
const REACH: usize = 1 << 24;

/// The ends of some cells.
#[derive(Debug, Clone)]
pub(super) struct CellEnds {
    /// Where the first cell starts, then the place after each end.
    places: Vec<u32>,
    /// The cells of a row.
    width: usize,
    /// What this processor can do at once.
    level: Level,
}

/// A cell: its bytes are those from `start` to before `end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl CellEnds {
    /// Room for the ends of so many rows of `width` cells.
    pub(super) fn with_room(rows: usize, width: usize) -> Self {
        Self {
            places: vec![0; (rows + 1) * width + 1 + SEARCHED],
            width,
            level: Level::new(),
        }
    }

    /// Finds the ends of the cells of `text` from `at` on, up to the first quote; how many of the
    /// `rows` there is room for, as far as numbers of cells make rows.
    pub(super) fn find(&mut self, text: &[u8], at: usize, rows: usize) -> usize {
        dispatch!(self.level, simd => self.find_with(simd, text, at, rows))
    }

    #[inline(always)]
    fn find_with<S: Simd>(&mut self, simd: S, text: &[u8], at: usize, rows: usize) -> usize {
        let wanted = rows * self.width;
        let limit = text.len().min(REACH);
        let mut padded = [0; SEARCHED];
        let mut found = 0;
        let mut from = at;
        self.places[0] = at as u32;
        while from < limit && found < wanted {
            let searched = match text[from..].first_chunk::<SEARCHED>() {
                Some(searched) => searched,
                None => {
                    let rest = &text[from..];
                    padded[..rest.len()].copy_from_slice(rest);
                    &padded
                }
            };
            let Some(room) = self.places[found + 1..].first_chunk_mut::<SEARCHED>() else {
                break;
            };
            let (ends, has_quote) = ends_in(simd, searched);
            if has_quote {
                found += note(ends & before_quote(searched), from as u32 + 1, room);
                break;
            }
            found += note(ends, from as u32 + 1, room);
            from += SEARCHED;
        }
        (found / self.width).min(rows)
    }

    /// Where a row starts; the one after the last starts after the last end.
    #[inline(always)]
    pub(super) fn start_of(&self, row: usize) -> usize {
        self.places[row * self.width] as usize
    }

    /// The cells of one column of these rows.
    #[inline(always)]
    pub(super) fn column(&self, column: usize, rows: Range<usize>) -> impl Iterator<Item = Cell> {
        let mut rest = &self.places[rows.start * self.width + column..];
        rows.map_while(move |_row| {
            let [start, next] = *rest.first_chunk()?;
            rest = rest.get(self.width..)?;
            Some(Cell {
                start: start as usize,
                end: (next as usize).wrapping_sub(1),
            })
        })
    }
}

/// One bit for each byte, the first one lowest: whether it ends a cell. And whether there is a quote.
#[inline(always)]
fn ends_in<S: Simd>(simd: S, searched: &[u8; SEARCHED]) -> (u64, bool) {
    let bytes = u8x64::simd_from(simd, *searched);
    let ends = bytes.simd_eq(b',') | bytes.simd_eq(b'\n');
    (ends.to_bitmask(), bytes.simd_eq(b'"').any_true())
}

/// The bits of the bytes before the first quote.
#[cold]
fn before_quote(searched: &[u8; SEARCHED]) -> u64 {
    match searched.iter().position(|&byte| byte == b'"') {
        Some(at) => (1 << at) - 1,
        None => u64::MAX,
    }
}

/// Notes the places of the bits, that of the lowest being `first`; how many. As many as most bytes
/// hold are noted at once, which may be too many: a branch for each of them costs more.
#[inline(always)]
fn note(mut bits: u64, first: u32, room: &mut [u32; SEARCHED]) -> usize {
    const MOST: usize = 12;
    let count = bits.count_ones() as usize;
    let mut note_lowest = |place: &mut u32| {
        *place = first.wrapping_add(bits.trailing_zeros());
        bits &= bits.wrapping_sub(1);
    };
    let (most, others) = room.split_at_mut(MOST);
    most.iter_mut().for_each(&mut note_lowest);
    if count > MOST {
        others[..count - MOST].iter_mut().for_each(note_lowest);
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_comma_and_line_feed_before_the_first_quote_ends_a_cell(
            text in "([0-9a-z]{0,9}[,\n]){0,400}[0-9]{0,9}(\"[a-z,\n]{0,9})?",
            start in 0..30_usize,
            (width, rows) in (1..7_usize, 1..70_usize),
        ) {
            let text = text.as_bytes();
            let start = start.min(text.len());
            let mut ends = CellEnds::with_room(rows, width);
            let found = ends.find(text, start, rows);
            let unquoted = text[start..].iter().take_while(|&&byte| byte != b'"').count();
            let is_end = |&at: &usize| matches!(text[at], b',' | b'\n');
            let expected: Vec<usize> = (start..start + unquoted).filter(is_end).collect();
            prop_assert_eq!(found, (expected.len() / width).min(rows));
            for column in 0..width {
                let cells: Vec<usize> = ends.column(column, 0..found).map(|cell| cell.end).collect();
                let of_column: Vec<usize> = (0..found).map(|row| expected[row * width + column]).collect();
                prop_assert_eq!(cells, of_column);
            }
            let starts: Vec<usize> = ends.column(0, 0..found).map(|cell| cell.start).collect();
            let of_rows: Vec<usize> = (0..found).map(|row| ends.start_of(row)).collect();
            prop_assert_eq!(&starts, &of_rows);
            if found > 0 {
                prop_assert_eq!(starts[0], start);
                prop_assert_eq!(ends.start_of(found), expected[found * width - 1] + 1);
            }
        }
    }
}
