//! Text that is compared with the start of other text, a word at a time.

use super::word::word_at;

/// A text to be found at a place.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    bytes: Vec<u8>,
    /// Its first eight bytes, and which bits of them count.
    first: u64,
    mask: u64,
    /// Its last eight bytes, when it has eight to sixteen.
    last: u64,
}

impl Literal {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut first = [0; 8];
        let length = bytes.len().min(8);
        first[..length].copy_from_slice(&bytes[..length]);
        let mask = match length {
            0 => 0,
            length => u64::MAX >> (64 - 8 * length),
        };
        Self {
            first: u64::from_le_bytes(first),
            mask,
            last: bytes
                .len()
                .checked_sub(8)
                .and_then(|at| word_at(bytes, at))
                .unwrap_or(0),
            bytes: bytes.to_vec(),
        }
    }

    /// The place after this text, if it stands at `at`.
    #[inline(always)]
    pub(super) fn after(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let length = self.bytes.len();
        let end = at + length;
        let Some(word) = word_at(bytes, at) else {
            return bytes
                .get(at..end)
                .is_some_and(|found| found == self.bytes)
                .then_some(end);
        };
        let is_equal = word & self.mask == self.first
            && (length <= 8
                || if length <= 16 {
                    word_at(bytes, end - 8)? == self.last
                } else {
                    bytes.get(at..end)? == self.bytes
                });
        is_equal.then_some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_found_where_it_stands_and_nowhere_else() {
        for length in 0..20_u8 {
            let text: Vec<u8> = (b'a'..b'a' + length).collect();
            let literal = Literal::of(&text);
            for room in 0..20 {
                let mut bytes = [b"..", text.as_slice(), &vec![b'!'; room]].concat();
                assert_eq!(
                    literal.after(&bytes, 2),
                    Some(2 + text.len()),
                    "{length} {room}"
                );
                for wrong in 2..2 + text.len() {
                    bytes[wrong] ^= 1;
                    assert_eq!(literal.after(&bytes, 2), None, "{length} {room} {wrong}");
                    bytes[wrong] ^= 1;
                }
            }
        }
    }
}
