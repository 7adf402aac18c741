//! A short number whose end is known, out of the sixteen bytes that end with the byte after it.
//! All digits are turned into their value at once, wherever the point is; there is no branch but
//! for what is no such number.
//!
//! The value is the one that `str::parse::<f64>` gives, to the last bit: up to 15 digits are a whole
//! number below 2^53 divided by a power of ten up to 10^22, one correctly rounded operation on exact
//! operands (Clinger 1990, as in `number`).

use wide::{f64x2, i16x8, i32x4, i32x8, u8x16};

/// The bytes that a number is taken from, the last one being the byte after it.
pub(super) const TAIL: usize = 16;

/// The place of the byte after the number.
pub(super) const AFTER: usize = TAIL - 1;

/// What the digits count, by the place of the point; where there is none, it is [`AFTER`].
#[repr(align(128))]
struct Weights {
    /// Of each digit in its pair.
    low: [i16; 8],
    high: [i16; 8],
    /// Of each pair in its four.
    pairs: [i16; 8],
    /// Of each four in its half, twice.
    fours: [i16; 8],
    /// Of each half.
    halves: [f64; 2],
    /// The power of ten of the digits after the point.
    divisor: f64,
}

#[repr(align(16))]
struct Mask([u8; TAIL]);

static WEIGHTS: [Weights; TAIL] = weights();

/// By the length of the number, the bytes of it and the one after it.
static MASKS: [Mask; TAIL] = masks();

const fn masks() -> [Mask; TAIL] {
    let mut masks = [const { Mask([0; TAIL]) }; TAIL];
    let mut length = 0;
    while length < TAIL {
        let mut at = AFTER - length;
        while at < TAIL {
            masks[length].0[at] = 0xff;
            at += 1;
        }
        length += 1;
    }
    masks
}

const fn weights() -> [Weights; TAIL] {
    let mut all = [const {
        Weights {
            low: [0; 8],
            high: [0; 8],
            pairs: [0; 8],
            fours: [0; 8],
            halves: [0.0; 2],
            divisor: 1.0,
        }
    }; TAIL];
    let mut point = 0;
    while point < TAIL {
        let weights = &mut all[point];
        let mut at = 0;
        while at < 8 {
            weights.low[at] = weight(point, at, 1, 2) as i16;
            weights.high[at] = weight(point, at + 8, 1, 2) as i16;
            weights.pairs[at] = weight(point, 2 * at, 2, 4) as i16;
            weights.fours[at] = weight(point, 4 * (at % 4), 4, 8) as i16;
            at += 1;
        }
        weights.halves = [weight(point, 0, 8, TAIL) as f64, 1.0];
        weights.divisor = tens(digits_between(point, point + 1, TAIL)) as f64;
        point += 1;
    }
    all
}

/// What the last digit of the `part` bytes from `at` on counts in the group of so many bytes that
/// holds them; nothing if these are no digits.
const fn weight(point: usize, at: usize, part: usize, group: usize) -> u64 {
    if digits_between(point, at, at + part) == 0 {
        0
    } else {
        tens(digits_between(point, at + part, (at / group + 1) * group))
    }
}

/// How many digits there are from one place to before another.
const fn digits_between(point: usize, from: usize, to: usize) -> u32 {
    let (mut count, mut at) = (0, from);
    while at < to {
        if at != point && at != AFTER {
            count += 1;
        }
        at += 1;
    }
    count
}

const fn tens(digits: u32) -> u64 {
    10_u64.pow(digits)
}

/// The number of `length` bytes that `tail` holds before the last byte, which is `after`: digits,
/// or digits around a point. `None` for anything else.
#[inline(always)]
pub(super) fn decimal(tail: &[u8; TAIL], length: usize, after: u8) -> Option<f64> {
    const NINE: u8x16 = u8x16::new([9; TAIL]);
    let mask = MASKS.get(length)?;
    let mut zeros = [b'0'; TAIL];
    zeros[AFTER] = after;
    let digits = (u8x16::new(*tail) ^ u8x16::new(zeros)) & u8x16::new(mask.0);
    let others = digits.saturating_sub(NINE).simd_eq(u8x16::splat(0));
    let others = !others.to_bitmask() & 0xffff;
    let point = if others == 0 {
        AFTER
    } else {
        let point = others.trailing_zeros() as usize % TAIL;
        if others & (others - 1) != 0 || tail[point] != b'.' || point == AFTER {
            return None;
        }
        point
    };
    // At least one digit stands before the point.
    if point + length < TAIL {
        return None;
    }
    Some(value(digits, &WEIGHTS[point]))
}

#[inline(always)]
fn value(digits: u8x16, weights: &Weights) -> f64 {
    let low = i16x8::from_u8x16_low(digits).dot(i16x8::new(weights.low));
    let high = i16x8::from_u8x16_high(digits).dot(i16x8::new(weights.high));
    let pairs = i16x8::from_i32x8_saturate(joined(low, high));
    let fours = pairs.dot(i16x8::new(weights.pairs));
    let fours = i16x8::from_i32x8_saturate(joined(fours, fours));
    let [left, right, ..] = fours.dot(i16x8::new(weights.fours)).to_array();
    let halves = f64x2::new([f64::from(left), f64::from(right)]) * f64x2::new(weights.halves);
    let [left, right] = halves.to_array();
    (left + right) / weights.divisor
}

#[inline(always)]
fn joined(low: i32x4, high: i32x4) -> i32x8 {
    let ([a, b, c, d], [e, f, g, h]) = (low.to_array(), high.to_array());
    i32x8::new([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads `text` as it stands in a line, with other cells before it.
    fn read(text: &str) -> Option<f64> {
        let line = format!("99.9,99999999.99,{text},");
        let tail = line.as_bytes().last_chunk::<TAIL>().unwrap();
        decimal(tail, text.len(), b',')
    }

    #[test]
    fn only_digits_around_a_point_are_taken() {
        for text in [
            "",
            ".",
            ".5",
            "-1",
            "1-",
            "1..2",
            "1.2.3",
            "1e5",
            "x",
            "1x",
            " 1",
            "1 ",
            "+1",
            "1/2",
            "1:2",
            "1234567890123456",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let other_end = b"0000000000000012\n";
        assert_eq!(decimal(other_end.last_chunk().unwrap(), 2, b','), None);
    }

    proptest! {
        #[test]
        fn a_number_is_the_one_the_standard_library_parses(
            text in "[0-9]{1,15}|[0-9]{1,14}\\.|[0-9]{1,7}\\.[0-9]{0,7}|[0-9]\\.[0-9]{13}",
        ) {
            let expected: f64 = text.parse().unwrap();
            prop_assert_eq!(read(&text).map(f64::to_bits), Some(expected.to_bits()));
        }

        #[test]
        fn what_is_taken_is_a_number(text in "[0-9.,\\-+e\n\r\" ]{0,16}") {
            if let Some(value) = read(&text) {
                prop_assert_eq!(Ok(value), text.parse::<f64>());
            }
        }
    }
}
