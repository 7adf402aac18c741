//! A point in time, in whole milliseconds of UTC. Adjutant never reads a clock here.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since 1970-01-01T00:00:00Z. Shown as RFC 3339.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// A text that is not an RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time: write it as 2026-01-31T12:00:00Z")]
pub struct InvalidTimestamp(String);

/// The years RFC 3339 can write: 0000 to 9999.
const MILLIS_MIN: i64 = -62_167_219_200_000;
const MILLIS_MAX: i64 = 253_402_300_799_999;

impl Timestamp {
    /// From Unix milliseconds, held within the years 0000 to 9999.
    pub fn from_unix_millis(millis: i64) -> Self {
        Self(millis.clamp(MILLIS_MIN, MILLIS_MAX))
    }

    /// Unix milliseconds.
    pub fn unix_millis(self) -> i64 {
        self.0
    }

    /// This long after.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_unix_millis(self.0.saturating_add(millis))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok())
            .ok_or(std::fmt::Error)?;
        f.write_str(&text)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let time = OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|_unreadable| InvalidTimestamp(text.to_owned()))?;
        let millis = time.unix_timestamp() * 1_000 + i64::from(time.millisecond());
        Ok(Self::from_unix_millis(millis))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(text: String) -> Result<Self, InvalidTimestamp> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> String {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_what_it_prints() {
        for millis in [0, 1_700_000_000_123, -1, MILLIS_MIN, MILLIS_MAX] {
            let time = Timestamp::from_unix_millis(millis);
            assert_eq!(time.to_string().parse(), Ok(time), "{millis}");
        }
    }

    #[test]
    fn offsets_are_turned_into_utc() {
        let time: Timestamp = "2026-11-21T10:00:00.5+02:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-11-21T08:00:00.5Z");
    }
}
