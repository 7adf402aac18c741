//! Lengths of time as people write them.

use std::time::Duration;

/// A text that is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a length of time: write a number and its unit, such as 90s, 30m, 24h or 7d")]
pub struct InvalidDuration(String);

/// `500ms`, `90s`, `30m`, `24h` or `7d`: a whole number above zero and its unit.
///
/// # Errors
/// When the text is none, or more than a hundred years.
pub fn read_duration(text: &str) -> Result<Duration, InvalidDuration> {
    const MILLIS_MAX: u64 = 100 * 366 * 86_400_000;
    let invalid = || InvalidDuration(text.to_owned());
    let value = text.trim();
    let unit = value
        .find(|c: char| !c.is_ascii_digit())
        .ok_or_else(invalid)?;
    let (number, unit) = value.split_at(unit);
    let number: u64 = number.parse().map_err(|_unreadable| invalid())?;
    let one = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(invalid()),
    };
    number
        .checked_mul(one)
        .filter(|millis| (1..=MILLIS_MAX).contains(millis))
        .map(Duration::from_millis)
        .ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit() {
        for (text, millis) in [
            ("1500ms", 1_500),
            ("90s", 90_000),
            ("30m", 1_800_000),
            (" 5 min ", 300_000),
            ("2h", 7_200_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(read_duration(text), Ok(Duration::from_millis(millis)));
        }
        for text in [
            "",
            "30",
            "m",
            "0s",
            "-1s",
            "1.5h",
            "3w",
            "36601d",
            "18446744073709551615s",
            "99999999999999999999h",
        ] {
            assert_eq!(
                read_duration(text),
                Err(InvalidDuration(text.to_owned())),
                "{text:?}"
            );
        }
    }
}
