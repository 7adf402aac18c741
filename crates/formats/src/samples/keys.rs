//! A column of keys: each distinct text is held once, each row holds its number.

use std::hash::BuildHasher;

use adjutant_domain::Keys;
use hashbrown::{DefaultHashBuilder, HashTable};

/// Keys in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyColumn {
    keys: Keys,
    /// Each name's number with its hash, so that a larger table need not look at the names.
    numbers: HashTable<(u64, u32)>,
    hasher: DefaultHashBuilder,
}

impl KeyColumn {
    /// How many rows have a key.
    pub(super) fn len(&self) -> usize {
        self.keys.rows.len()
    }

    /// Gives the next row its key.
    #[inline]
    pub(super) fn push(&mut self, name: &str) {
        let number = self.number_of(name);
        self.keys.rows.push(number);
    }

    /// Forgets every row and name.
    pub(super) fn clear(&mut self) {
        self.keys.names.clear();
        self.keys.rows.clear();
        self.numbers.clear();
    }

    /// Takes the key of the last row back.
    pub(super) fn pop(&mut self) {
        self.keys.rows.pop();
    }

    #[inline]
    fn number_of(&mut self, name: &str) -> u32 {
        // Keys come in runs (one cluster after the other) and in turns (a, b, c, a, b, c).
        if let Some(&last) = self.keys.rows.last() {
            for guess in [last, last.wrapping_add(1), 0] {
                if self
                    .keys
                    .names
                    .get(guess as usize)
                    .is_some_and(|known| known == name)
                {
                    return guess;
                }
            }
        }
        let names = &self.keys.names;
        let hash = self.hasher.hash_one(name);
        let is_same =
            |&(known, number): &(u64, u32)| known == hash && names[number as usize] == name;
        if let Some(&(_, number)) = self.numbers.find(hash, is_same) {
            return number;
        }
        // There are no more names than rows, and rows are counted in a u32.
        let number = names.len() as u32;
        self.numbers
            .insert_unique(hash, (hash, number), |&(hash, _)| hash);
        self.keys.names.push(name.to_owned());
        number
    }

    /// Puts the rows of `next` after these.
    pub(super) fn append(&mut self, next: &KeyColumn) {
        let numbers: Vec<u32> = next
            .keys
            .names
            .iter()
            .map(|name| self.number_of(name))
            .collect();
        let rows = next
            .keys
            .rows
            .iter()
            .map(|&number| numbers[number as usize]);
        self.keys.rows.extend(rows);
    }

    /// The finished keys.
    pub(super) fn finish(mut self) -> Keys {
        // A row that was taken back may have left a name that no row has.
        let used = self
            .keys
            .rows
            .iter()
            .max()
            .map_or(0, |&number| number as usize + 1);
        self.keys.names.truncate(used);
        self.keys
    }
}

/// The keys of all rows but `missing` (ascending).
pub(super) fn without_rows(keys: &Keys, missing: &[u32]) -> Keys {
    let mut absent = missing.iter().copied().peekable();
    let mut numbers = vec![None; keys.names.len()];
    let mut kept = Keys::default();
    for (row, &number) in keys.rows.iter().enumerate() {
        if absent.peek().is_some_and(|&gone| gone as usize == row) {
            absent.next();
            continue;
        }
        let known = &mut numbers[number as usize];
        let number = *known.get_or_insert_with(|| {
            kept.names.push(keys.names[number as usize].clone());
            kept.names.len() as u32 - 1
        });
        kept.rows.push(number);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(names: &[&str]) -> KeyColumn {
        let mut column = KeyColumn::default();
        for name in names {
            column.push(name);
        }
        column
    }

    #[test]
    fn equal_keys_share_one_name_in_order_of_first_appearance() {
        let keys = column(&["b", "a", "b", "c", "a", "a"]).finish();
        assert_eq!(keys.names, ["b", "a", "c"]);
        assert_eq!(keys.rows, [0, 1, 0, 2, 1, 1]);
    }

    #[test]
    fn joined_columns_are_the_column_of_all_rows() {
        let mut joined = column(&["b", "a"]);
        joined.append(&column(&["c", "a", "d", "b"]));
        assert_eq!(
            joined.finish(),
            column(&["b", "a", "c", "a", "d", "b"]).finish()
        );
    }

    #[test]
    fn left_out_rows_leave_no_unused_name() {
        let keys = column(&["b", "a", "b", "c"]).finish();
        assert_eq!(without_rows(&keys, &[1, 2]), column(&["b", "c"]).finish());
    }

    #[test]
    fn a_key_that_was_taken_back_leaves_no_unused_name() {
        let mut taken_back = column(&["a", "b"]);
        taken_back.pop();
        assert_eq!(taken_back.finish(), column(&["a"]).finish());
    }
}
