//! Two numbers as they were written: the same, near enough, poorer, or different.

/// How far two numbers with a fraction may lie apart, in steps between neighbouring doubles, where
/// nothing else was said: what a different order of the same additions leaves.
const ULPS_MAX: u64 = 4;

/// Every whole number up to here is a double of its own.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// The most significant digits that a single-precision number needs.
const SINGLE_DIGITS_MAX: usize = 9;

/// What two numbers are to each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Numbers {
    /// The same, or within the tolerance.
    Agree,
    /// The same value, once as a whole number and once with a fraction or an exponent.
    WrittenOtherwise,
    /// The candidate is the baseline after it went through a poorer type.
    Poorer,
    /// Different, with the relative difference.
    Differ(f64),
}

/// Compares the texts of two JSON numbers. `tolerance` is relative to the larger of the two.
pub(crate) fn compare(baseline: &str, candidate: &str, tolerance: Option<f64>) -> Numbers {
    if baseline == candidate {
        return Numbers::Agree;
    }
    let (Ok(one), Ok(other)) = (baseline.parse::<f64>(), candidate.parse::<f64>()) else {
        return Numbers::Differ(f64::INFINITY);
    };
    let gap = relative_gap(one, other);
    if tolerance.is_some_and(|tolerance| gap <= tolerance) {
        return Numbers::Agree;
    }
    let whole = (is_whole(baseline), is_whole(candidate));
    if whole == (false, false) && ulps(one, other).is_some_and(|ulps| ulps <= ULPS_MAX) {
        return Numbers::Agree;
    }
    if is_poorer(baseline, one, candidate, other) {
        return Numbers::Poorer;
    }
    match whole {
        // Texts of whole numbers that differ are different numbers, save for -0.
        (true, true) if one == 0.0 && other == 0.0 => Numbers::Agree,
        (true, true) => Numbers::Differ(gap),
        (true, false) | (false, true) if one == other => Numbers::WrittenOtherwise,
        (true, false) | (false, true) | (false, false) => Numbers::Differ(gap),
    }
}

fn is_whole(text: &str) -> bool {
    !text.contains(['.', 'e', 'E'])
}

fn relative_gap(one: f64, other: f64) -> f64 {
    let largest = one.abs().max(other.abs());
    if !largest.is_finite() {
        f64::INFINITY
    } else if largest == 0.0 {
        0.0
    } else {
        // Halves, so that the difference of two huge numbers stays finite.
        (one / 2.0 - other / 2.0).abs() / (largest / 2.0)
    }
}

/// Steps between two doubles; `None` when one is not finite.
fn ulps(one: f64, other: f64) -> Option<u64> {
    let place = |value: f64| {
        let bits = value.to_bits() as i64;
        if bits < 0 {
            i64::MIN.wrapping_sub(bits)
        } else {
            bits
        }
    };
    (one.is_finite() && other.is_finite()).then(|| place(one).abs_diff(place(other)))
}

/// Whether the candidate went through a double (whole numbers beyond 2^53) or a single.
fn is_poorer(baseline: &str, one: f64, candidate: &str, other: f64) -> bool {
    if !one.is_finite() || !other.is_finite() {
        return false;
    }
    if is_whole(baseline) {
        return one.abs() >= EXACT_MAX && one == other && !same_whole(baseline, candidate);
    }
    let single = one as f32;
    if single != other as f32 || !single.is_finite() || one == other {
        return false;
    }
    let is_widened = f64::from(single) == other;
    let is_short = digits(candidate) <= SINGLE_DIGITS_MAX && digits(candidate) < digits(baseline);
    is_widened || is_short
}

/// Whether a number that is written with a fraction of zeros is the whole number.
fn same_whole(whole: &str, other: &str) -> bool {
    other
        .split_once('.')
        .is_some_and(|(digits, zeros)| digits == whole && zeros.bytes().all(|zero| zero == b'0'))
}

/// How many significant digits a number is written with.
fn digits(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let first = digits.iter().position(|&digit| digit != b'0');
    first.map_or(0, |first| digits.len() - first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_compared_by_what_they_were_written_as() {
        use Numbers::{Agree, Differ, Poorer, WrittenOtherwise};
        for (baseline, candidate, tolerance, expected) in [
            ("1", "1", None, Agree),
            ("1", "2", None, Differ(0.5)),
            ("1", "1.0", None, WrittenOtherwise),
            ("1.0", "1", None, WrittenOtherwise),
            ("1.50", "1.5", None, Agree),
            ("0.30000000000000004", "0.3", None, Agree),
            ("0.1", "0.2", None, Differ(0.5)),
            ("0.1", "0.1000001", Some(1e-5), Agree),
            ("100", "101", Some(0.02), Agree),
            ("0", "-0", None, Agree),
            ("0.12345678901234", "0.12345679", None, Poorer),
            ("0.1", "0.10000000149011612", None, Poorer),
            ("9007199254740993", "9007199254740992", None, Poorer),
            ("9007199254740993", "9.007199254740992e15", None, Poorer),
            (
                "9007199254740993",
                "9007199254740993.0",
                None,
                WrittenOtherwise,
            ),
            ("18446744073709551615", "18446744073709551616", None, Poorer),
            (
                "9007199254740991",
                "9007199254740990",
                None,
                Differ(1.1102230246251568e-16),
            ),
            ("1e999", "2e999", None, Differ(f64::INFINITY)),
        ] {
            let found = compare(baseline, candidate, tolerance);
            assert_eq!(found, expected, "{baseline} and {candidate}");
        }
    }

    proptest! {
        #[test]
        fn a_double_that_went_through_a_single_is_poorer_unless_it_is_one(value in -1e3..1e3_f64) {
            let single = value as f32;
            prop_assume!(value.to_string().len() > 12 && value.fract() != 0.0);
            let found = compare(&value.to_string(), &format!("{single:?}"), None);
            prop_assert_eq!(found, Numbers::Poorer, "{} {:?}", value, single);
        }

        #[test]
        fn whole_numbers_that_differ_never_agree(one in any::<i64>(), other in any::<i64>()) {
            prop_assume!(one != other);
            prop_assert_ne!(compare(&one.to_string(), &other.to_string(), None), Numbers::Agree);
        }

        #[test]
        fn steps_are_counted_across_zero(steps in 0..1000_u64) {
            let one = f64::from_bits(steps);
            prop_assert_eq!(ulps(one, -one), Some(2 * steps));
        }
    }
}
