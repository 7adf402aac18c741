//! The quotient of a whole number and a power of ten as the nearest `f64`, for numbers that are too
//! long for one exact division.

use super::window::DIGITS_MAX;

/// `mantissa / 10^tens`, rounded to the nearest, ties to even, for a mantissa above 2^53 and at
/// most 19 tens. The fives are divided by, the twos go into the exponent.
///
/// Method: Lemire, "Number parsing at a gigabyte per second" (2021): the upper half of the product
/// with the reciprocal has enough right bits, once the reciprocal's lower half is taken into
/// account where its carry could reach them. Ties need 5^tens to divide the mantissa, which
/// above 2^53 leaves no more than four tens; these are divided in whole numbers.
#[inline]
pub(super) fn divide(mantissa: u64, tens: usize) -> f64 {
    if tens <= TIED_TENS_MAX {
        return divide_whole(mantissa, tens);
    }
    let shift = mantissa.leading_zeros();
    let normalized = u128::from(mantissa << shift);
    let Reciprocal { high, low, bits } = RECIPROCALS[tens];
    let mut product = normalized * u128::from(high);
    if (product >> 64) as u64 & 0x1ff == 0x1ff {
        product += (normalized * u128::from(low)) >> 64;
    }
    let exponent = 1 - shift as i32 - bits - tens as i32;
    round((product >> 64) as u64, true, exponent)
}

/// The most tens for which a mantissa above 2^53 that fits 64 bits can give a tie.
const TIED_TENS_MAX: usize = 4;

/// `2^(bits + 127) / 5^n`, rounded up to a whole number of 128 bits.
#[derive(Clone, Copy)]
struct Reciprocal {
    high: u64,
    low: u64,
    bits: i32,
}

const RECIPROCALS: [Reciprocal; DIGITS_MAX + 1] = reciprocals();

const fn reciprocals() -> [Reciprocal; DIGITS_MAX + 1] {
    let mut all = [Reciprocal {
        high: 0,
        low: 0,
        bits: 0,
    }; DIGITS_MAX + 1];
    let mut fives: u128 = 1;
    let mut n = 0;
    while n < all.len() {
        all[n] = reciprocal(fives);
        fives *= 5;
        n += 1;
    }
    all
}

const fn reciprocal(divisor: u128) -> Reciprocal {
    let bits = u128::BITS - (divisor - 1).leading_zeros();
    // Long division of a one with `bits + 127` zeros after it.
    let (mut quotient, mut remainder, mut step) = (0_u128, 1_u128, 0);
    while step < bits + 127 {
        remainder *= 2;
        quotient *= 2;
        if remainder >= divisor {
            remainder -= divisor;
            quotient += 1;
        }
        step += 1;
    }
    // Only a power of two divides evenly, and its quotient has no room for one more.
    let rounded = if remainder == 0 {
        quotient
    } else {
        quotient + 1
    };
    Reciprocal {
        high: (rounded >> 64) as u64,
        low: rounded as u64,
        bits: bits as i32,
    }
}

/// The same by long division, which knows ties.
#[inline(never)]
fn divide_whole(mantissa: u64, tens: usize) -> f64 {
    let fives = 5_u64.pow(tens as u32);
    let mantissa_shift = mantissa.leading_zeros();
    let fives_shift = fives.leading_zeros();
    // Both operands have their top bit set, so the quotient has 63 or 64 bits.
    let dividend = u128::from(mantissa << mantissa_shift) << 63;
    let divisor = u128::from(fives << fives_shift);
    let quotient = (dividend / divisor) as u64;
    let is_inexact = u128::from(quotient) * divisor != dividend;
    let exponent = fives_shift as i32 - mantissa_shift as i32 - 63 - tens as i32;
    round(quotient, is_inexact, exponent)
}

/// `significand * 2^exponent` (a little more when `is_inexact`), rounded to the nearest, ties to
/// even. The significand has 63 or 64 bits, so none is lost but by this one rounding, and the
/// result is far from the ends of the range of an `f64`.
#[inline(always)]
fn round(significand: u64, is_inexact: bool, exponent: i32) -> f64 {
    let dropped = 11 - significand.leading_zeros();
    let kept = significand >> dropped;
    let rest = significand & ((1 << dropped) - 1);
    let half = 1 << (dropped - 1);
    let up = rest > half || (rest == half && (is_inexact || kept & 1 == 1));
    // 2^53 after rounding up is still exact.
    let whole = (kept + u64::from(up)) as i64 as f64;
    let power = 1023 + exponent + dropped as i32;
    whole * f64::from_bits((power as u64) << 52)
}
