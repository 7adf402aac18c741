//! Decimal numbers out of bytes, eight digits at a time. Every value is the one that
//! `str::parse::<f64>` gives for the same text, to the last bit; what this cannot promise
//! (exponents, more than 19 digits, infinities) it leaves to the caller.
//!
//! Method: Clinger, "How to read floating point numbers accurately" (1990): a whole number below
//! 2^53 divided by a power of ten up to 10^22 is one correctly rounded operation on exact operands.

/// A number found at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scanned {
    /// Its value.
    pub(super) value: f64,
    /// Where the first byte after it stands.
    pub(super) end: usize,
    /// Whether it is written as JSON demands (RFC 8259): no `.5`, no `5.`, no `007`.
    pub(super) is_json: bool,
}

/// The most digits that fit a `u64` whatever they are.
const DIGITS_MAX: usize = 19;
/// Whole numbers up to here are exact in an `f64`.
const EXACT_MAX: u64 = 1 << 53;

const ZEROS: u64 = 0x3030_3030_3030_3030;
const TENS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
const POWERS: [f64; DIGITS_MAX + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19,
];

/// The number that starts at `start`: an optional minus, digits, an optional fraction.
/// `None` when there is none, when it needs more care than this takes, or when fewer than eight
/// bytes follow one of its parts (the words below are read whole).
#[inline]
pub(super) fn scan(bytes: &[u8], start: usize) -> Option<Scanned> {
    let negative = *bytes.get(start)? == b'-';
    let first = start + usize::from(negative);
    let (mantissa, point) = digits(bytes, first, 0)?;
    let integer_digits = point - first;
    let (mantissa, end, fraction_digits) = if *bytes.get(point)? == b'.' {
        let (mantissa, end) = digits(bytes, point + 1, mantissa)?;
        (mantissa, end, end - point - 1)
    } else {
        (mantissa, point, 0)
    };
    let digit_count = integer_digits + fraction_digits;
    if digit_count == 0 || digit_count > DIGITS_MAX || matches!(bytes.get(end), Some(b'e' | b'E')) {
        return None;
    }
    let value = if mantissa <= EXACT_MAX {
        mantissa as f64 / POWERS[fraction_digits]
    } else {
        divide(mantissa, fraction_digits)
    };
    let is_json = integer_digits > 0
        && (integer_digits == 1 || bytes[first] != b'0')
        && (end == point || fraction_digits > 0);
    Some(Scanned {
        value: if negative { -value } else { value },
        end,
        is_json,
    })
}

/// Reads digits from `at` on and appends them to `mantissa`; the place after the last one.
/// The mantissa is meaningless when there are more than [`DIGITS_MAX`].
#[inline]
fn digits(bytes: &[u8], mut at: usize, mut mantissa: u64) -> Option<(u64, usize)> {
    loop {
        let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?);
        let values = word ^ ZEROS;
        // The top bit of a byte is set when the byte is no digit. A carry can only spoil bytes
        // after the first such byte, and only the first one counts.
        let stops = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
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
/// most 19 tens: long division by 5^tens in whole numbers, the twos go into the exponent.
fn divide(mantissa: u64, tens: usize) -> f64 {
    let fives = 5_u64.pow(tens as u32);
    let mantissa_shift = mantissa.leading_zeros();
    let fives_shift = fives.leading_zeros();
    // Both operands have their top bit set, so the quotient has 63 or 64 bits.
    let dividend = u128::from(mantissa << mantissa_shift) << 63;
    let divisor = u128::from(fives << fives_shift);
    let quotient = (dividend / divisor) as u64;
    let is_inexact = dividend % divisor != 0;
    let exponent = fives_shift as i32 - mantissa_shift as i32 - 63 - tens as i32;
    round(quotient, is_inexact, exponent)
}

/// `significand * 2^exponent` (a little more when `is_inexact`), rounded to the nearest, ties to
/// even. The significand has 63 or 64 bits, so none is lost but by this one rounding, and the
/// result is far from the ends of the range of an `f64`.
fn round(significand: u64, is_inexact: bool, exponent: i32) -> f64 {
    let dropped = 11 - significand.leading_zeros();
    let kept = significand >> dropped;
    let rest = significand & ((1 << dropped) - 1);
    let half = 1 << (dropped - 1);
    let up = rest > half || (rest == half && (is_inexact || kept & 1 == 1));
    // 2^53 after rounding up is still exact.
    let whole = (kept + u64::from(up)) as f64;
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
            "1e3",
            "1E3",
            "1.5e3",
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
