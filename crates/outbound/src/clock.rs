//! The one clock. Everything else takes `now` as an argument.

use std::time::{Duration, Instant, SystemTime};

use adjutant_domain::Timestamp;

/// The time now.
#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the clock"
)]
pub fn now() -> Timestamp {
    from_system_time(SystemTime::now())
}

/// The time now, in nanoseconds of Unix, as finely as the system tells it.
#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the clock"
)]
pub fn unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts one.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since it was started.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A time of the operating system, such as a file's, in whole milliseconds.
pub fn from_system_time(time: SystemTime) -> Timestamp {
    let millis = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    };
    Timestamp::from_unix_millis(millis)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_before_and_after_1970_keep_their_milliseconds() {
        let later = SystemTime::UNIX_EPOCH + Duration::from_millis(1_234);
        let earlier = SystemTime::UNIX_EPOCH - Duration::from_millis(1_234);
        assert_eq!(from_system_time(later).unix_millis(), 1_234);
        assert_eq!(from_system_time(earlier).unix_millis(), -1_234);
    }
}
