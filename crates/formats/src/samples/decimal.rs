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

/// How the numbers of a column are written: with so many digits after the point.
pub(super) struct Layout {
    /// What stands where, with zeros for digits.
    zeros: u8x16,
    /// How far each byte may lie above that.
    spans: u8x16,
    /// The shortest such number: it has a digit before the point.
    shortest: usize,
    weights: &'static Weights,
    left: f64x2,
    divisor: f64x2,
}

impl Layout {
    /// How the number of `length` bytes before the last byte of `tail`, which is `after`, would be
    /// written if it is one.
    pub(super) fn of(tail: &[u8; TAIL], length: usize, after: u8) -> Self {
        // A point needs a digit before it.
        let first = AFTER.saturating_sub(length).max(1);
        let point = tail[first..AFTER].iter().rposition(|&byte| byte == b'.');
        let point = point.map_or(AFTER, |at| first + at);
        let (mut zeros, mut spans) = ([b'0'; TAIL], [9; TAIL]);
        (zeros[point], spans[point]) = (b'.', 0);
        (zeros[AFTER], spans[AFTER]) = (after, 0);
        let weights = &WEIGHTS[point];
        Self {
            zeros: u8x16::new(zeros),
            spans: u8x16::new(spans),
            shortest: TAIL - point,
            weights,
            left: f64x2::splat(weights.halves[0]),
            divisor: f64x2::splat(weights.divisor),
        }
    }

    /// Reads two numbers, each as [`decimal`] does, and notes in `strays` when one is not written
    /// this way: the values then mean nothing.
    #[inline(always)]
    pub(super) fn read_two(
        &self,
        tails: [&[u8; TAIL]; 2],
        lengths: [usize; 2],
        strays: &mut Strays,
    ) -> [f64; 2] {
        let one = self.digits(tails[0], lengths[0], strays);
        let other = self.digits(tails[1], lengths[1], strays);
        let fours = joined(fours(one, self.weights), fours(other, self.weights));
        let halves = i16x8::from_i32x8_saturate(fours).dot(i16x8::new(self.weights.fours));
        let [left, right, other_left, other_right] = halves.to_array().map(f64::from);
        let lefts = f64x2::new([left, other_left]) * self.left;
        let rights = f64x2::new([right, other_right]);
        ((lefts + rights) / self.divisor).to_array()
    }

    #[inline(always)]
    fn digits(&self, tail: &[u8; TAIL], length: usize, strays: &mut Strays) -> u8x16 {
        let mask = u8x16::new(MASKS[length % TAIL].0);
        let digits = (u8x16::new(*tail) ^ self.zeros) & mask;
        strays.bytes |= digits.saturating_sub(self.spans);
        strays.has_length |= length.wrapping_sub(self.shortest) > AFTER - self.shortest;
        digits
    }
}

/// Whether something was not written as a layout says.
pub(super) struct Strays {
    /// How far bytes lie above what may be there.
    bytes: u8x16,
    has_length: bool,
}

impl Strays {
    pub(super) const NONE: Self = Self {
        bytes: u8x16::new([0; TAIL]),
        has_length: false,
    };

    #[inline(always)]
    pub(super) fn is_none(&self) -> bool {
        !self.has_length && self.bytes == u8x16::splat(0)
    }
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
    let fours = fours(digits, weights);
    let fours = i16x8::from_i32x8_saturate(joined(fours, fours));
    let [left, right, ..] = fours.dot(i16x8::new(weights.fours)).to_array();
    let halves = f64x2::new([f64::from(left), f64::from(right)]) * f64x2::new(weights.halves);
    let [left, right] = halves.to_array();
    (left + right) / weights.divisor
}

/// The value of each four digits.
#[inline(always)]
fn fours(digits: u8x16, weights: &Weights) -> i32x4 {
    let low = i16x8::from_u8x16_low(digits).dot(i16x8::new(weights.low));
    let high = i16x8::from_u8x16_high(digits).dot(i16x8::new(weights.high));
    i16x8::from_i32x8_saturate(joined(low, high)).dot(i16x8::new(weights.pairs))
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

    /// The end of a line in which `text` stands, with other cells before it.
    fn tail(text: &str) -> [u8; TAIL] {
        let line = format!("99.9,99999999.99,{text},");
        *line.as_bytes().last_chunk().unwrap()
    }

    fn read(text: &str) -> Option<f64> {
        decimal(&tail(text), text.len(), b',')
    }

    /// Reads two numbers that should be written as `example` is.
    fn read_alike(example: &str, texts: [&str; 2]) -> Option<[f64; 2]> {
        let layout = Layout::of(&tail(example), example.len(), b',');
        let [one, other] = texts.map(tail);
        let mut strays = Strays::NONE;
        let lengths = texts.map(str::len);
        let values = layout.read_two([&one, &other], lengths, &mut strays);
        strays.is_none().then_some(values)
    }

    fn digits_after_point(text: &str) -> Option<usize> {
        text.find('.').map(|point| text.len() - point)
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

    #[test]
    fn nothing_is_written_as_an_example_that_is_no_number() {
        for example in [".12345678901234", "", "x", "1234567890123456"] {
            assert_eq!(read_alike(example, ["x", "12"]), None, "{example}");
        }
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
        fn two_numbers_are_read_together_if_both_are_written_as_the_example_is(
            example in "[0-9]{1,9}(\\.[0-9]{0,5})?|[0-9.,\\-]{0,17}",
            one in "[0-9]{1,16}|[0-9]{0,9}\\.[0-9]{0,5}|[0-9.,\\-]{0,17}",
            other in "[0-9]{1,16}|[0-9]{0,9}\\.[0-9]{0,5}|[0-9.,\\-]{0,17}",
        ) {
            let both = |[one, other]: [f64; 2]| (one.to_bits(), other.to_bits());
            let found = read_alike(&example, [&one, &other]).map(both);
            let alone = read(&one).zip(read(&other)).map(|(one, other)| both([one, other]));
            let is_alike = |text: &str| digits_after_point(text) == digits_after_point(&example);
            if read(&example).is_some() && is_alike(&one) && is_alike(&other) {
                prop_assert_eq!(found, alone);
            } else {
                prop_assert!(found.is_none() || found == alone);
            }
        }

        #[test]
        fn what_is_taken_is_a_number(text in "[0-9.,\\-+e\n\r\" ]{0,16}") {
            if let Some(value) = read(&text) {
                prop_assert_eq!(Ok(value), text.parse::<f64>());
            }
        }
    }
}
