//! A short number at the start of a few bytes: the fast road of `number`.

use super::word::{ZEROS, bytes_above_nine, eight_digits, places_without_digit};

/// The most digits that fit a `u64` whatever they are.
pub(super) const DIGITS_MAX: usize = 19;

/// How many bytes are looked at at once: the longest number that an `f64` is usually printed as,
/// and what ends it.
pub(super) const WINDOW: usize = 24;
/// How many of them are searched for the point and the end at first.
const SEARCHED: usize = 16;
const TENS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// A number as its digits: `mantissa / 10^fraction_digits`.
pub(super) struct Written {
    pub(super) mantissa: u64,
    pub(super) integer_digits: usize,
    pub(super) fraction_digits: usize,
    pub(super) length: usize,
}

/// The number that the window starts with: no sign, at most seven digits before the point, ended
/// inside the window. All places are found before any digit is read, so that the next number need
/// not wait for this one's value.
#[inline(always)]
pub(super) fn unsigned(window: &[u8; WINDOW]) -> Option<Written> {
    let (&[low, high, last], []) = window.as_chunks::<8>() else {
        return None;
    };
    let [low, high, last] = [low, high, last].map(|word| u64::from_le_bytes(word) ^ ZEROS);
    let stops = places_without_digit(window.first_chunk::<SEARCHED>()?);
    if stops == 0 {
        return None;
    }
    let stop = stops.trailing_zeros() as usize % SEARCHED;
    if window[stop] != b'.' {
        let digits = u128::from(low) | (u128::from(high) << 64);
        return whole_number(digits, stop);
    }
    if stop >= 8 {
        return None;
    }
    let later_stops = stops & (stops - 1);
    // The point is taken out: what follows it moves one byte down.
    let before = (1_u64 << (8 * stop)) - 1;
    let joined = (low & before) | (((low >> 8) | (high << 56)) & !before);
    let digits = u128::from(joined) | (u128::from(high >> 8) << 64);
    if later_stops == 0 {
        return long_fraction(digits, last, stop);
    }
    let length = later_stops.trailing_zeros() as usize;
    if length == 1 {
        return None;
    }
    Some(Written {
        mantissa: sixteen_digits(digits << (8 * (SEARCHED + 1 - length))),
        integer_digits: stop,
        fraction_digits: length - 1 - stop,
        length,
    })
}

#[inline(always)]
fn whole_number(digits: u128, length: usize) -> Option<Written> {
    if length == 0 {
        return None;
    }
    Some(Written {
        mantissa: sixteen_digits(digits << (8 * (SEARCHED - length))),
        integer_digits: length,
        fraction_digits: 0,
        length,
    })
}

/// A number of 15 `digits` and those that `last` starts with: floats printed to the last digit
/// have one or two more.
#[inline(always)]
fn long_fraction(digits: u128, last: u64, stop: usize) -> Option<Written> {
    let count = (bytes_above_nine(last).trailing_zeros() / 8) as usize;
    if count > DIGITS_MAX - (SEARCHED - 1) {
        return None;
    }
    let further = eight_digits((last << (56 - 8 * count)) << 8);
    Some(Written {
        mantissa: sixteen_digits(digits << 8) * TENS[count] + further,
        integer_digits: stop,
        fraction_digits: SEARCHED - 1 - stop + count,
        length: SEARCHED + count,
    })
}

/// The number that sixteen digit values make, the first digit in the lowest byte.
#[inline(always)]
fn sixteen_digits(digits: u128) -> u64 {
    eight_digits(digits as u64) * 100_000_000 + eight_digits((digits >> 64) as u64)
}
