//! A short cell that is the same in most rows, as a status is: it is compared, not read.

use super::cells::Cell;

/// The cell that came last.
#[derive(Debug, Clone, Copy)]
pub(super) struct RepeatedCell {
    /// Its bytes with the one before and the one after it, which ends the word.
    word: u64,
    /// The bits of a word that do not belong to it; 64 when there is no such cell.
    shift: u32,
    pub(super) value: f64,
}

/// The longest cell that fits a word with the bytes around it.
const LENGTH_MAX: usize = 6;

impl RepeatedCell {
    /// Equals no cell.
    pub(super) const NONE: Self = Self {
        word: 0,
        shift: 0,
        value: 0.0,
    };

    /// This cell, if it is short.
    pub(super) fn of(text: &[u8], cell: Cell, value: f64) -> Self {
        let length = cell.end - cell.start;
        match word_until(text, cell.end) {
            Some(word) if length <= LENGTH_MAX => {
                let shift = 8 * (LENGTH_MAX - length) as u32;
                Self {
                    word: word >> shift,
                    shift,
                    value,
                }
            }
            Some(_) | None => Self {
                value,
                ..Self::NONE
            },
        }
    }

    /// Whether the cell that ends at `end` is the same, between the same bytes.
    #[inline(always)]
    pub(super) fn is_at(&self, text: &[u8], end: usize) -> bool {
        word_until(text, end).is_some_and(|word| word >> self.shift == self.word)
    }
}

/// The eight bytes up to and with the one at `end`.
#[inline(always)]
fn word_until(text: &[u8], end: usize) -> Option<u64> {
    let word = text.get(end.wrapping_sub(7)..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_same_cell_is_the_same() {
        let cell_of = |line: &str| {
            let end = line.rfind('\n').unwrap();
            let start = line.rfind(',').unwrap() + 1;
            Cell { start, end }
        };
        let known = "123.456,200\n";
        let repeated = RepeatedCell::of(known.as_bytes(), cell_of(known), 200.0);
        for (line, is_same) in [
            ("987.654,200\n", true),
            ("987.654,201\n", false),
            ("987.654,1200\n", false),
            ("987.6541200\n", false),
            ("987.654,00\n", false),
            ("987.654,200\r\n", false),
            ("987.654,200,\n", false),
            (",200\n", false),
        ] {
            let end = line.rfind('\n').unwrap();
            assert_eq!(repeated.is_at(line.as_bytes(), end), is_same, "{line:?}");
        }
        let long = "123.456,1234567\n";
        let none = RepeatedCell::of(long.as_bytes(), cell_of(long), 1.0);
        assert!(!none.is_at(long.as_bytes(), long.len() - 1));
    }
}
