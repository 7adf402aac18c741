//! The one number formatter: how many digits a value gets, so that every surface shows the same
//! digits and a check can compare them. It does not cite; [`crate::cite`] does.
//!
//! The rule. A value with an interval shows three significant digits of the interval's half
//! width, and both ends the same decimals: `463.2 [450.1, 476.9]`. Any other value shows six
//! significant digits without trailing zeros: `85.37`, `0.3`. Nothing is shown with more than
//! nine decimals; beyond that, and from 10^15 up, the exponent form is used. A ratio is shown in
//! per cent. Integer digits are grouped by commas from 10,000 up.

use adjutant_domain::{Confidence, Interval, Measured, Unit};

/// Significant digits of a value that has no interval.
const SIGNIFICANT_DIGITS: i32 = 6;
/// Significant digits of an interval's half width.
const HALF_WIDTH_DIGITS: i32 = 3;
/// More decimals than these nobody reads.
const DECIMALS_MAX: i32 = 9;
/// From here up a whole number is no longer exact in an `f64`'s 15 safe digits.
const PLAIN_MAX: f64 = 1e15;
/// Integer parts with more digits than these are grouped.
const UNGROUPED_DIGITS_MAX: usize = 4;

/// What stands in an interval's place when the value was counted, not sampled.
pub const EXACT: &str = "exact";

/// How many decimals a value and its interval share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Precision {
    decimals: usize,
    keep_zeros: bool,
}

/// A value with its unit, such as `463.2 ms` or `1.4 %`, at the precision of its interval.
pub fn value(value: f64, interval: Option<Interval>, unit: Unit) -> String {
    let scale = scale(unit);
    let precision = precision(value * scale, interval.map(|i| i.half_width() * scale));
    with_symbol(write(value * scale, precision), unit)
}

/// The same with a sign in front of a gain too: `+1.4 %`.
pub fn change(change: f64, interval: Option<Interval>, unit: Unit) -> String {
    let text = value(change, interval, unit);
    if change > 0.0 {
        format!("+{text}")
    } else {
        text
    }
}

/// The ends of an interval in the unit's scale, without the symbol: `[450.1, 476.9]`. An interval
/// without width is the value itself: `exact`.
pub fn interval(interval: Interval, unit: Unit) -> String {
    if interval.low() == interval.high() {
        return EXACT.to_owned();
    }
    let scale = scale(unit);
    let precision = precision(interval.low() * scale, Some(interval.half_width() * scale));
    format!(
        "[{}, {}]",
        write(interval.low() * scale, precision),
        write(interval.high() * scale, precision)
    )
}

/// A measured value with its unit.
pub fn measured(measured: &Measured) -> String {
    value(measured.value(), measured.interval(), measured.unit())
}

/// The interval of a measured value, where it has one.
pub fn measured_interval(measured: &Measured) -> Option<String> {
    measured
        .interval()
        .map(|ends| interval(ends, measured.unit()))
}

/// A count: `10,000`.
pub fn count(n: u64) -> String {
    group(&n.to_string())
}

/// The probability that both ends of an interval of this confidence hold the truth between them:
/// 0.95 for a two-sided 95 %, 0.9 for two one-sided 95 % bounds.
pub fn coverage(confidence: Confidence) -> f64 {
    let rounding = 1e12;
    ((1.0 - 2.0 * confidence.tail()) * rounding).round() / rounding
}

/// The name of an interval of this confidence: `CI95`, `CI90`, `CI99.9`.
pub fn interval_name(confidence: Confidence) -> String {
    let level = coverage(confidence) * 100.0;
    format!("CI{}", write(level, precision(level, None)))
}

/// How far apart two values of a unit are. Two shares are percentage points apart, not per cent.
pub fn distance(distance: f64, interval: Option<Interval>, unit: Unit) -> String {
    let text = value(distance, interval, unit);
    match (unit, text.strip_suffix(" %")) {
        (Unit::Ratio, Some(digits)) => format!("{digits} points"),
        (_, _) => text,
    }
}

/// The plain digits of a number that has no unit and no interval, such as minutes or a distance.
pub fn plain(value: f64) -> String {
    write(value, precision(value, None))
}

fn scale(unit: Unit) -> f64 {
    match unit {
        Unit::Ratio => 100.0,
        Unit::Milliseconds
        | Unit::PerSecond
        | Unit::Bytes
        | Unit::Tokens
        | Unit::Count
        | Unit::One => 1.0,
    }
}

fn with_symbol(digits: String, unit: Unit) -> String {
    match unit.symbol() {
        "" => digits,
        symbol => format!("{digits} {symbol}"),
    }
}

fn precision(value: f64, half_width: Option<f64>) -> Precision {
    match half_width {
        Some(half) if half > 0.0 => Precision {
            decimals: decimals(HALF_WIDTH_DIGITS, half),
            keep_zeros: true,
        },
        Some(_) | None => Precision {
            decimals: decimals(SIGNIFICANT_DIGITS, value),
            keep_zeros: false,
        },
    }
}

fn decimals(significant: i32, of: f64) -> usize {
    if of == 0.0 || !of.is_finite() {
        return 0;
    }
    let magnitude = of.abs().log10().floor() as i32;
    (significant - 1 - magnitude).clamp(0, DECIMALS_MAX) as usize
}

fn write(value: f64, precision: Precision) -> String {
    let tiny = value != 0.0 && decimals(1, value) as i32 == DECIMALS_MAX && value.abs() < 1e-9;
    if !value.is_finite() || value.abs() >= PLAIN_MAX || tiny {
        return format!("{value:.5e}");
    }
    let mut digits = format!("{:.*}", precision.decimals, value);
    if !precision.keep_zeros && digits.contains('.') {
        digits.truncate(digits.trim_end_matches('0').trim_end_matches('.').len());
    }
    let is_zero = digits.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
    match digits.strip_prefix('-') {
        Some(positive) if is_zero => positive.to_owned(),
        Some(positive) => format!("-{}", group(positive)),
        None => group(&digits),
    }
}

fn group(digits: &str) -> String {
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let mut text = String::with_capacity(digits.len() + whole.len() / 3);
    for (at, digit) in whole.chars().enumerate() {
        let to_go = whole.len() - at;
        if at > 0 && to_go % 3 == 0 && whole.len() > UNGROUPED_DIGITS_MAX {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_shows_as_many_digits_as_its_interval_is_worth() {
        let cases = [
            (
                463.213_71,
                Some((450.1, 476.9)),
                Unit::Milliseconds,
                "463.2 ms",
                "[450.1, 476.9]",
            ),
            (
                463.213_71,
                Some((463.2, 463.3)),
                Unit::Milliseconds,
                "463.2137 ms",
                "[463.2000, 463.3000]",
            ),
            (
                0.002_583_3,
                Some((0.001_755_98, 0.003_665_13)),
                Unit::Ratio,
                "0.2583 %",
                "[0.1756, 0.3665]",
            ),
            (
                123_456.7,
                Some((120_000.0, 127_000.0)),
                Unit::PerSecond,
                "123,457 /s",
                "[120,000, 127,000]",
            ),
            (
                -0.000_1,
                Some((-12.0, 12.0)),
                Unit::Milliseconds,
                "0.0 ms",
                "[-12.0, 12.0]",
            ),
            (1.0, Some((1.0, 1.0)), Unit::Ratio, "100 %", "exact"),
            (85.0, None, Unit::One, "85", ""),
            (0.85, None, Unit::Ratio, "85 %", ""),
            (0.1 + 0.2, None, Unit::One, "0.3", ""),
            (1_234_567.891, None, Unit::Bytes, "1,234,568 B", ""),
            (9_604.0, None, Unit::Count, "9604", ""),
            (0.0, None, Unit::Milliseconds, "0 ms", ""),
            (1.234_567_8e-7, None, Unit::One, "0.000000123", ""),
            (1.234_567_8e-10, None, Unit::One, "1.23457e-10", ""),
            (-2.5e17, None, Unit::One, "-2.50000e17", ""),
        ];
        for (given, ends, unit, expected, expected_interval) in cases {
            let ends = ends.map(|(low, high)| Interval::new(low, high).unwrap());
            assert_eq!(value(given, ends, unit), expected, "{given}");
            let shown = ends.map(|ends| interval(ends, unit)).unwrap_or_default();
            assert_eq!(shown, expected_interval, "{given}");
        }
    }

    #[test]
    fn a_gain_carries_its_sign() {
        assert_eq!(change(0.032, None, Unit::Ratio), "+3.2 %");
        assert_eq!(change(-0.032, None, Unit::Ratio), "-3.2 %");
        assert_eq!(change(0.0, None, Unit::Ratio), "0 %");
    }

    #[test]
    fn one_sided_bounds_are_named_by_what_both_hold_together() {
        let cases = [
            (Confidence::TWO_SIDED_95, 0.95, "CI95"),
            (Confidence::OneSided(0.95), 0.9, "CI90"),
            (Confidence::TwoSided(0.999), 0.999, "CI99.9"),
            (Confidence::OneSided(0.975), 0.95, "CI95"),
        ];
        for (confidence, holds, name) in cases {
            assert_eq!(coverage(confidence), holds);
            assert_eq!(interval_name(confidence), name);
        }
    }
}
