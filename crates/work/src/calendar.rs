//! Days, ISO weeks and months in UTC: the periods of routines and of north-star gates. It reads
//! no clock; a period is that of a given time.

use adjutant_domain::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::{Date, Duration, Month as MonthOfYear, OffsetDateTime, Weekday};

/// A day, written `2026-11-21`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

/// An ISO week, Monday to Sunday, written `2026-W47`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct Week {
    /// Its Monday.
    monday: Date,
}

/// A month, written `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month {
    /// Its first day.
    first: Date,
}

/// A text that is not a day, a week or a month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a {kind}: write it as {example}")]
pub struct InvalidPeriod {
    /// The text.
    pub given: String,
    /// What it should be.
    pub kind: &'static str,
    /// How one looks.
    pub example: &'static str,
}

fn date_of(time: Timestamp) -> Date {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.unix_millis()) * 1_000_000)
        .map_or(Date::MIN, OffsetDateTime::date)
}

fn midnight(date: Date) -> Timestamp {
    let days = i64::from(date.to_julian_day()) - i64::from(EPOCH_JULIAN_DAY);
    Timestamp::from_unix_millis(days * DAY_MILLIS)
}

/// The Julian day of 1970-01-01.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

/// The length of a day in UTC, which knows no summer time.
const DAY_MILLIS: i64 = 86_400_000;

impl Day {
    /// The day of a time.
    pub fn of(time: Timestamp) -> Self {
        Self(date_of(time))
    }

    /// When it begins.
    pub fn start(self) -> Timestamp {
        midnight(self.0)
    }

    /// The week it lies in.
    pub fn week(self) -> Week {
        let back = Duration::days(i64::from(self.0.weekday().number_days_from_monday()));
        Week {
            monday: self.0.saturating_sub(back),
        }
    }

    /// How many days lie between it and a later day; negative when `later` is earlier.
    pub fn days_until(self, later: Self) -> i64 {
        (later.0 - self.0).whole_days()
    }
}

impl Week {
    /// The week of a time.
    pub fn of(time: Timestamp) -> Self {
        Day::of(time).week()
    }

    /// When its Monday begins.
    pub fn start(self) -> Timestamp {
        midnight(self.monday)
    }

    /// When the next week begins.
    pub fn end(self) -> Timestamp {
        midnight(self.next().monday)
    }

    /// Whether a time lies in it.
    pub fn contains(self, time: Timestamp) -> bool {
        Self::of(time) == self
    }

    /// Whether a day lies in it.
    pub fn contains_day(self, day: Day) -> bool {
        day.week() == self
    }

    /// The week after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            monday: self.monday.saturating_add(Duration::WEEK),
        }
    }

    /// The week before it.
    #[must_use]
    pub fn previous(self) -> Self {
        Self {
            monday: self.monday.saturating_sub(Duration::WEEK),
        }
    }
}

impl Month {
    /// The month of a time.
    pub fn of(time: Timestamp) -> Self {
        let date = date_of(time);
        Self {
            first: date.replace_day(1).unwrap_or(date),
        }
    }

    /// When it begins.
    pub fn start(self) -> Timestamp {
        midnight(self.first)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        write!(f, "{year:04}-{:02}-{day:02}", u8::from(month))
    }
}

impl std::fmt::Display for Week {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, week, _) = self.monday.to_iso_week_date();
        write!(f, "{year:04}-W{week:02}")
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, _) = self.first.to_calendar_date();
        write!(f, "{year:04}-{:02}", u8::from(month))
    }
}

/// The digits of `text` as a number, when it has exactly `width` of them.
fn digits(text: &str, width: usize) -> Option<i32> {
    let is_plain = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

fn month_of_year(text: &str) -> Option<MonthOfYear> {
    u8::try_from(digits(text, 2)?).ok()?.try_into().ok()
}

fn read_day(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let year = digits(parts.next()?, 4)?;
    let month = month_of_year(parts.next()?)?;
    let day = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    Date::from_calendar_date(year, month, day).ok()
}

fn read_week(text: &str) -> Option<Date> {
    let (year, week) = text.split_once("-W")?;
    let week = u8::try_from(digits(week, 2)?).ok()?;
    Date::from_iso_week_date(digits(year, 4)?, week, Weekday::Monday).ok()
}

fn read_month(text: &str) -> Option<Date> {
    let (year, month) = text.split_once('-')?;
    Date::from_calendar_date(digits(year, 4)?, month_of_year(month)?, 1).ok()
}

macro_rules! read_and_written_as_text {
    ($($name:ident, $read:expr, $kind:literal, $example:literal;)*) => {$(
        impl std::str::FromStr for $name {
            type Err = InvalidPeriod;

            fn from_str(given: &str) -> Result<Self, InvalidPeriod> {
                $read(given).ok_or_else(|| InvalidPeriod {
                    given: given.to_owned(),
                    kind: $kind,
                    example: $example,
                })
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidPeriod;

            fn try_from(given: String) -> Result<Self, InvalidPeriod> {
                given.parse()
            }
        }

        impl From<$name> for String {
            fn from(period: $name) -> String {
                period.to_string()
            }
        }
    )*};
}

read_and_written_as_text! {
    Day, |text| read_day(text).map(Day), "day", "2026-11-21";
    Week, |text| read_week(text).map(|monday| Week { monday }), "week", "2026-W47";
    Month, |text| read_month(text).map(|first| Month { first }), "month", "2026-11";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_lies_in_its_day_week_and_month() {
        for (time, day, week, month) in [
            ("2026-11-21T12:00:00Z", "2026-11-21", "2026-W47", "2026-11"),
            ("2026-11-22T23:59:59Z", "2026-11-22", "2026-W47", "2026-11"),
            ("2026-11-23T00:00:00Z", "2026-11-23", "2026-W48", "2026-11"),
            ("2027-01-01T00:00:00Z", "2027-01-01", "2026-W53", "2027-01"),
            ("1969-12-31T23:00:00Z", "1969-12-31", "1970-W01", "1969-12"),
        ] {
            let time = at(time);
            assert_eq!(Day::of(time).to_string(), day);
            assert_eq!(Week::of(time).to_string(), week);
            assert_eq!(Month::of(time).to_string(), month);
            assert_eq!(day.parse(), Ok(Day::of(time)));
            assert_eq!(week.parse(), Ok(Week::of(time)));
            assert_eq!(month.parse(), Ok(Month::of(time)));
            assert!(Week::of(time).contains(time));
        }
    }

    #[test]
    fn a_week_begins_on_monday_and_ends_where_the_next_begins() {
        let week: Week = "2026-W47".parse().unwrap();
        assert_eq!(week.start().to_string(), "2026-11-16T00:00:00Z");
        assert_eq!(week.end().to_string(), "2026-11-23T00:00:00Z");
        assert_eq!(week.next().previous(), week);
        assert_eq!(week.previous().to_string(), "2026-W46");
    }

    #[test]
    fn days_are_counted_between_days() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(day("2026-10-12").days_until(day("2026-11-21")), 40);
        assert_eq!(day("2026-11-21").days_until(day("2026-11-20")), -1);
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for given in [
            "",
            "2026-13-01",
            "2026-02-30",
            "26-01-01",
            "2026-1-1",
            "2026-11-21T00:00Z",
        ] {
            assert!(given.parse::<Day>().is_err(), "{given:?} was accepted");
        }
        for given in ["2026-W54", "2026-W00", "2026W47", "2025-W53"] {
            assert!(given.parse::<Week>().is_err(), "{given:?} was accepted");
        }
        for given in ["2026-00", "2026", "2026-11-21"] {
            assert!(given.parse::<Month>().is_err(), "{given:?} was accepted");
        }
    }
}
