//! Decimal numbers out of bytes, eight digits at a time. Every value is the one that
//! `str::parse::<f64>` gives for the same text, to the last bit; what this cannot promise
//! (more than 19 digits, infinities) it leaves to the caller, and so what follows, such as an
//! exponent.
//!
//! Method: Clinger, "How to read floating point numbers accurately" (1990): a whole number below
//! 2^53 divided by a power of ten up to 10^22 is one correctly rounded operation on exact operands.

use super::word::bytes_above_nine;

/// A number found at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scanned {
    /// Its value.
    pub(super) value: f64,
    /// Where the first byte after it stands.
    pub(super) end: usize,
    /// Whether it has a decimal point.
    pub(super) has_point: bool,
    /// Whether it is written as JSON demands (RFC 8259): no `.5`, no `5.`, no `007`.
    pub(super) is_json: bool,
}

/// The most digits that fit a `u64` whatever they are.
const DIGITS_MAX: usize = 19;
/// Whole numbers up to here are exact in an `f64`.
const EXACT_MAX: u64 = 1 << 53;

/// How many bytes are looked at at once.
const WINDOW: usize = 16;
const ZEROS: u64 = 0x3030_3030_3030_3030;
const TENS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
const POWERS: [f64; DIGITS_MAX + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19,
];

/// The number that starts at `start`: an optional minus, digits, an optional fraction.
/// What follows it, which may be an exponent, is the caller's business. `None` when there is none,
/// when it needs more care than this takes, or when the bytes end soon after it (words are read
/// whole).
#[inline(always)]
pub(super) fn scan(bytes: &[u8], start: usize) -> Option<Scanned> {
    let is_negative = *bytes.get(start)? == b'-';
    let first = start + usize::from(is_negative);
    let rest = bytes.get(first..)?;
    let written = match rest.first_chunk::<WINDOW>() {
        Some(window) => in_window(window, rest, first).or_else(|| anywhere(bytes, first))?,
        None => anywhere(bytes, first)?,
    };
    let end = written.end;
    let value = if written.mantissa <= EXACT_MAX {
        written.mantissa as f64 / POWERS[written.fraction_digits]
    } else {
        divide(written.mantissa, written.fraction_digits)
    };
    let has_point = written.integer_digits < end - first;
    let is_json = written.integer_digits > 0
        && (written.integer_digits == 1 || bytes[first] != b'0')
        && has_point == (written.fraction_digits > 0);
    Some(Scanned {
        value: if is_negative { -value } else { value },
        end,
        has_point,
        is_json,
    })
}

/// A number as its digits: `mantissa / 10^fraction_digits`.
struct Written {
    mantissa: u64,
    integer_digits: usize,
    fraction_digits: usize,
    end: usize,
}

/// The number that `window`, which starts at `first`, starts with, if it ends inside. All places
/// are found before any digit is read, so that the next number need not wait for this one's value.
#[inline(always)]
fn in_window(window: &[u8; WINDOW], rest: &[u8], first: usize) -> Option<Written> {
    let (low, high) = words_of(window);
    let (low, high) = (low ^ ZEROS, high ^ ZEROS);
    let stops = bytes_above_nine(low);
    if stops == 0 {
        return None;
    }
    let stop = (stops.trailing_zeros() / 8) as usize;
    if window[stop] != b'.' {
        let aligned = if stop == 0 {
            return None;
        } else {
            low << (64 - 8 * stop)
        };
        return Some(Written {
            mantissa: eight_digits(aligned),
            integer_digits: stop,
            fraction_digits: 0,
            end: first + stop,
        });
    }
    let later_stops = stops & (stops - 1);
    let end_bits = if later_stops == 0 {
        64 + bytes_above_nine(high).trailing_zeros()
    } else {
        later_stops.trailing_zeros()
    };
    let length = (end_bits / 8) as usize;
    if length == 1 {
        return None;
    }
    // The point is taken out: what follows it moves one byte down.
    let before = (1_u64 << (8 * stop)) - 1;
    let joined = (low & before) | (((low >> 8) | (high << 56)) & !before);
    let digits = u128::from(joined) | (u128::from(high >> 8) << 64);
    let aligned = digits << (8 * (WINDOW + 1 - length));
    let mantissa =
        eight_digits(aligned as u64) * 100_000_000 + eight_digits((aligned >> 64) as u64);
    let inside = Written {
        mantissa,
        integer_digits: stop,
        fraction_digits: length - 1 - stop,
        end: first + length,
    };
    if length < WINDOW {
        return Some(inside);
    }
    with_last_digits(inside, rest)
}

/// A number that fills the window, point and all, with the digits that follow: floats printed to
/// the last digit have one or two more.
#[inline(always)]
fn with_last_digits(inside: Written, rest: &[u8]) -> Option<Written> {
    let word = u64::from_le_bytes(*rest.get(WINDOW..)?.first_chunk::<8>()?);
    let values = word ^ ZEROS;
    let count = (bytes_above_nine(values).trailing_zeros() / 8) as usize;
    if count > DIGITS_MAX + 1 - WINDOW {
        return None;
    }
    let last = eight_digits((values << (56 - 8 * count)) << 8);
    Some(Written {
        mantissa: inside.mantissa * TENS[count] + last,
        fraction_digits: inside.fraction_digits + count,
        end: inside.end + count,
        ..inside
    })
}

/// The first eight and the last eight bytes of a window. Two loads from memory are faster than
/// taking one apart.
#[inline(always)]
fn words_of(window: &[u8; WINDOW]) -> (u64, u64) {
    let (&[low, high], _none) = window.as_chunks::<8>() else {
        return (0, 0);
    };
    (u64::from_le_bytes(low), u64::from_le_bytes(high))
}

/// The number at `first`, wherever its point is and however close the end of the bytes.
#[inline(never)]
fn anywhere(bytes: &[u8], first: usize) -> Option<Written> {
    let (mantissa, point) = digits(bytes, first, 0)?;
    let integer_digits = point - first;
    let (mantissa, end, fraction_digits) = if *bytes.get(point)? == b'.' {
        let (mantissa, end) = digits(bytes, point + 1, mantissa)?;
        (mantissa, end, end - point - 1)
    } else {
        (mantissa, point, 0)
    };
    let digit_count = integer_digits + fraction_digits;
    if digit_count == 0 || digit_count > DIGITS_MAX {
        return None;
    }
    Some(Written {
        mantissa,
        integer_digits,
        fraction_digits,
        end,
    })
}

/// Reads digits from `at` on and appends them to `mantissa`; the place after the last one.
/// The mantissa is meaningless when there are more than [`DIGITS_MAX`].
#[inline]
fn digits(bytes: &[u8], mut at: usize, mut mantissa: u64) -> Option<(u64, usize)> {
    loop {
        let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?);
        let values = word ^ ZEROS;
        let stops = bytes_above_nine(values);
        if stops == 0 {
            mantissa = mantissa
                .wrapping_mul(100_000_000)
                .wrapping_add(eight_digits(values));
            at += 8;
            continue;
        }
        let count = (stops.trailing_zeros() / 8) as usize;
        let aligned = (values << (56 - 8 * count)) << 8;
        mantissa = mantissa
            .wrapping_mul(TENS[count])
            .wrapping_add(eight_digits(aligned));
        return Some((mantissa, at + count));
    }
}

/// The number that eight digit values make, the first digit in the lowest byte.
#[inline]
fn eight_digits(values: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let high = (pairs & PAIRS).wrapping_mul(0x000f_4240_0000_0064);
    let low = ((pairs >> 16) & PAIRS).wrapping_mul(0x0000_2710_0000_0001);
    high.wrapping_add(low) >> 32
}

/// `mantissa / 10^tens`, rounded to the nearest, ties to even, for a mantissa above 2^53 and at
/// most 19 tens. The fives are divided by, the twos go into the exponent.
///
/// Method: Lemire, "Number parsing at a gigabyte per second" (2021): the upper half of the product
/// with the reciprocal has enough right bits, once the reciprocal's lower half is taken into
/// account where its carry could reach them. Ties need 5^tens to divide the mantissa, which
/// above 2^53 leaves no more than four tens; these are divided in whole numbers.
#[inline]
fn divide(mantissa: u64, tens: usize) -> f64 {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str) {
        let line = format!("{text},        ");
        let scanned = scan(line.as_bytes(), 0).unwrap_or_else(|| panic!("{text} was not scanned"));
        let parsed: f64 = text.parse().unwrap();
        assert_eq!(scanned.value.to_bits(), parsed.to_bits(), "{text}");
        assert_eq!(scanned.end, text.len(), "{text}");
        let is_json = serde_json::from_str::<f64>(text).is_ok();
        assert_eq!(scanned.is_json, is_json, "{text}");
    }

    #[test]
    fn numbers_at_the_edges_of_the_method_are_exact() {
        for text in [
            "0",
            "-0",
            "-0.0",
            "5.",
            ".5",
            "007",
            "9007199254740992",
            "9007199254740993",
            "9007199254740991.5",
            "0.1",
            "12.345678",
            "1732000000123",
            "1732000000123.456",
            "99999999",
            "999999999",
            "18446744073709551.61",
            "9999999999999999999",
            "0.999999999999999999",
            "0.000000000000000001",
            ".0000000000000000001",
            "1000000000000000.125",
            "4503599627370496.5",
            "4503599627370497.5",
            "9007199254740993.00",
            "900719925474099.25",
            "9223372036854775807",
        ] {
            check(text);
        }
    }

    #[test]
    fn what_needs_more_care_is_left_to_the_caller() {
        for text in [
            "",
            "-",
            ".",
            "-.",
            "x",
            "12345678901234567890",
            "nan",
            "+1",
            "0.00000000000000000001",
        ] {
            let line = format!("{text},        ");
            assert_eq!(scan(line.as_bytes(), 0), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_scanned_number_is_the_one_the_standard_library_parses(
            text in "-?[0-9]{1,10}(\\.[0-9]{0,9})?",
        ) {
            check(&text);
        }

        #[test]
        fn a_printed_float_is_read_back_to_the_last_bit(bits in any::<u64>(), tens in 0..8_i32) {
            let fraction = (bits >> 11) as f64 / (1_u64 << 53) as f64;
            let text = (fraction * 10_f64.powi(tens)).to_string();
            if text.bytes().filter(u8::is_ascii_digit).count() <= DIGITS_MAX {
                check(&text);
            }
        }

        #[test]
        fn long_mantissas_are_rounded_as_the_standard_library_does(
            mantissa in (1_u64 << 53)..10_000_000_000_000_000_000, tens in 0..19_usize,
        ) {
            let digits = format!("{mantissa:019}");
            let (whole, fraction) = digits.split_at(19 - tens);
            check(&format!("{whole}.{fraction}"));
        }

        #[test]
        fn a_tie_between_two_floats_goes_to_the_even_one(
            odd in (1_u64 << 52)..(1_u64 << 53), quarter in 0..4_u64,
        ) {
            // Halves and quarters of numbers of 53 bits need exactly one or two bits more.
            check(&format!("{}.{:02}", odd / 4, (odd % 4) * 25));
            check(&format!("{}", odd * 2 + quarter));
        }
    }
}
