//! Decimal numbers out of bytes, eight digits at a time. Every value is the one that
//! `str::parse::<f64>` gives for the same text, to the last bit; what this cannot promise
//! (more than 19 digits, infinities) it leaves to the caller, and so what follows, such as an
//! exponent.
//!
//! Method: Clinger, "How to read floating point numbers accurately" (1990): a whole number below
//! 2^53 divided by a power of ten up to 10^22 is one correctly rounded operation on exact operands.

use super::rounding::divide;
use super::window::{DIGITS_MAX, WINDOW, Written, unsigned};
use super::word::{ZEROS, bytes_above_nine, eight_digits, word_at};

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

/// Whole numbers up to here are exact in an `f64`.
const EXACT_MAX: u64 = 1 << 53;

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
    let window = bytes.get(first..)?.first_chunk::<WINDOW>();
    let found = match window.and_then(scan_window) {
        Some(found) => found,
        None => valued(&anywhere(bytes, first)?, bytes[first]),
    };
    Some(Scanned {
        value: if is_negative {
            -found.value
        } else {
            found.value
        },
        end: first + found.end,
        ..found
    })
}

/// The number that a window starts with, if it has no sign and ends inside.
#[inline(always)]
pub(super) fn scan_window(window: &[u8; WINDOW]) -> Option<Scanned> {
    Some(valued(&unsigned(window)?, window[0]))
}

#[inline(always)]
fn valued(written: &Written, first: u8) -> Scanned {
    let Written {
        mantissa,
        integer_digits,
        fraction_digits,
        length,
    } = *written;
    let value = if mantissa <= EXACT_MAX {
        mantissa as f64 / POWERS[fraction_digits]
    } else {
        divide(mantissa, fraction_digits)
    };
    let has_point = integer_digits < length;
    let is_json = integer_digits > 0
        && (integer_digits == 1 || first != b'0')
        && has_point == (fraction_digits > 0);
    Scanned {
        value,
        end: length,
        has_point,
        is_json,
    }
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
        length: end - first,
    })
}

/// Reads digits from `at` on and appends them to `mantissa`; the place after the last one.
/// The mantissa is meaningless when there are more than [`DIGITS_MAX`].
#[inline]
fn digits(bytes: &[u8], mut at: usize, mut mantissa: u64) -> Option<(u64, usize)> {
    loop {
        let values = word_at(bytes, at)? ^ ZEROS;
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
