//! Eight bytes at a time. The first byte of a word is its lowest.

use wide::u8x16;

/// The digit zero eight times: with `^` it turns digits into their values.
pub(super) const ZEROS: u64 = 0x3030_3030_3030_3030;
const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// The eight bytes at `at`; `None` close to the end.
#[inline(always)]
pub(super) fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?))
}

/// The top bit of each byte of `word` that equals `byte`. Right up to the first such byte; those
/// after it may be wrong.
#[inline(always)]
pub(super) fn bytes_equal_to(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * u64::from(byte));
    difference.wrapping_sub(ONES) & !difference & TOPS
}

/// The top bit of each byte of `word` below 0x20. Right up to the first such byte.
#[inline(always)]
pub(super) fn controls_in(word: u64) -> u64 {
    word.wrapping_sub(ONES * 0x20) & !word & TOPS
}

/// The top bit of each byte of `values` above 9. Every one is right.
#[inline(always)]
pub(super) fn bytes_above_nine(values: u64) -> u64 {
    (((values & !TOPS) + (0x80 - 10) * ONES) | values) & TOPS
}

/// One bit for each byte, the first one lowest: whether it is no digit.
#[inline(always)]
pub(super) fn places_without_digit(bytes: &[u8; 16]) -> u32 {
    let values = u8x16::new(*bytes) ^ u8x16::splat(b'0');
    let above_nine = values.saturating_sub(u8x16::splat(9));
    !above_nine.simd_eq(u8x16::splat(0)).to_bitmask() & 0xffff
}

/// The number that eight digit values make, the first digit in the lowest byte.
#[inline(always)]
pub(super) fn eight_digits(values: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let high = (pairs & PAIRS).wrapping_mul(0x000f_4240_0000_0064);
    let low = ((pairs >> 16) & PAIRS).wrapping_mul(0x0000_2710_0000_0001);
    high.wrapping_add(low) >> 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn first(word: [u8; 8], is_wanted: impl Fn(u8) -> bool) -> u32 {
        word.iter().take_while(|&&byte| !is_wanted(byte)).count() as u32
    }

    proptest! {
        #[test]
        fn the_first_wanted_byte_is_found(word in prop::array::uniform8(0..60_u8), high: u64) {
            let is_high = |at: usize| high >> at & 1 == 1 && high >> 8 & 3 == 3;
            let word: [u8; 8] =
                std::array::from_fn(|at| if is_high(at) { word[at] | 0x80 } else { word[at] });
            let whole = u64::from_le_bytes(word);
            let place = |tops: u64| tops.trailing_zeros() / 8;
            prop_assert_eq!(place(bytes_equal_to(whole, b',')), first(word, |byte| byte == b','));
            prop_assert_eq!(place(controls_in(whole)), first(word, |byte| byte < 0x20));
            prop_assert_eq!(place(bytes_above_nine(whole)), first(word, |byte| byte > 9));
            let both = std::array::from_fn(|at| if at < 8 { b'5' } else { word[at - 8] ^ b'0' });
            let places: u32 = (0..8).map(|at| u32::from(word[at] > 9) << (at + 8)).sum();
            prop_assert_eq!(places_without_digit(&both), places);
        }
    }
}
