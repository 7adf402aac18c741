//! Calendar days, for sunsets. Only what a comparison of days needs.

use std::fmt;

/// A day of the proleptic Gregorian calendar, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SunsetDay(i64);

impl SunsetDay {
    /// The day that a Unix time in milliseconds lies in, in UTC.
    pub fn of_unix_millis(millis: i64) -> Self {
        Self(millis.div_euclid(86_400_000))
    }

    /// The day so many days later.
    pub(crate) fn plus(self, days: u32) -> Self {
        Self(self.0 + i64::from(days))
    }

    /// From `2026-01-31`, or an RFC 3339 time that starts with a day.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let is_time = rest.is_empty() || rest.starts_with(['T', 't', ' ']);
        let mut parts = date.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let is_digits = |part: &str, n| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
        if !is_time || !is_digits(year, 4) || !is_digits(month, 2) || !is_digits(day, 2) {
            return None;
        }
        let (year, month, day): (i64, i64, i64) =
            (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => return None,
        };
        if !(1..=length).contains(&day) {
            return None;
        }
        // Days of whole years since the era's start, with the year beginning in March
        // (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil).
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }
}

impl fmt::Display for SunsetDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_back_what_it_prints() {
        for text in [
            "1970-01-01",
            "2000-02-29",
            "2026-11-21",
            "1969-12-31",
            "0001-03-01",
        ] {
            assert_eq!(
                SunsetDay::parse(text).map(|day| day.to_string()).as_deref(),
                Some(text)
            );
        }
        assert_eq!(SunsetDay::of_unix_millis(0), SunsetDay(0));
        assert_eq!(SunsetDay::of_unix_millis(-1).to_string(), "1969-12-31");
    }

    #[test]
    fn what_is_no_day_is_told_so() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "26-01-01",
            "soon",
            "2026-01-01x",
            "2026-1-1",
        ] {
            assert_eq!(SunsetDay::parse(text), None, "{text}");
        }
        assert_eq!(
            SunsetDay::parse("2026-01-31T12:00:00Z"),
            SunsetDay::parse("2026-01-31")
        );
    }
}
