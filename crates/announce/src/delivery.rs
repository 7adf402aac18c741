//! What becomes of a message after an attempt to deliver it.

use std::time::Duration;

use adjutant_domain::{Timestamp, sha256};
use serde::{Deserialize, Serialize};

use crate::AnnouncementId;

/// How long the next attempt waits after each failed one: the schedule that Standard Webhooks
/// recommends, with one more early attempt for a receiver that is being restarted.
const WAITS: [Duration; 10] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3_600),
    Duration::from_secs(5 * 3_600),
    Duration::from_secs(10 * 3_600),
    Duration::from_secs(14 * 3_600),
    Duration::from_secs(20 * 3_600),
    Duration::from_secs(24 * 3_600),
];

/// After this many attempts, which is more than three days, a message waits for a person.
pub const ATTEMPTS_MAX: u32 = WAITS.len() as u32 + 1;

/// A wait is shortened or lengthened by up to this share, so that what failed together does not
/// come back together.
const JITTER: f64 = 0.2;

/// The longest that a receiver in trouble is left alone, whatever one message has to wait: its
/// other messages find out when it is back.
const REST_MAX: Duration = Duration::from_secs(60);

/// A receiver that asks for more is asked again after this long.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3_600);

/// What came back of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiverAnswer {
    /// The receiver answered.
    Answered {
        /// With this HTTP status.
        status: u16,
        /// And asked to be left alone this long, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// It did not, and why.
    Unanswered(String),
}

/// What becomes of a message, and of its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterAttempt {
    /// It is delivered.
    Delivered,
    /// It is sent again.
    Again {
        /// Not before this time.
        due: Timestamp,
        /// And nothing at all is sent to the receiver before this one, when it is in trouble.
        rests_until: Option<Timestamp>,
    },
    /// It is not sent again unless a person says so.
    GivenUp,
    /// The receiver wants nothing any more; the message waits for a person.
    Stopped,
}

/// What becomes of a message after its `attempts`-th attempt.
pub fn after_attempt(
    id: &AnnouncementId,
    attempts: u32,
    answer: &ReceiverAnswer,
    now: Timestamp,
) -> AfterAttempt {
    let (in_trouble, asked) = match answer {
        ReceiverAnswer::Answered {
            status: 200..=299, ..
        } => return AfterAttempt::Delivered,
        ReceiverAnswer::Answered { status: 410, .. } => return AfterAttempt::Stopped,
        ReceiverAnswer::Answered {
            status,
            retry_after_ms,
        } => (
            *status >= 500 || matches!(status, 408 | 425 | 429),
            *retry_after_ms,
        ),
        ReceiverAnswer::Unanswered(_) => (true, None),
    };
    let Some(wait) = wait(id, attempts) else {
        return AfterAttempt::GivenUp;
    };
    let asked = asked.and_then(|ms| u64::try_from(ms).ok());
    let asked = asked.map(|ms| Duration::from_millis(ms).min(RETRY_AFTER_MAX));
    let rest = match asked {
        Some(asked) => Some(asked),
        None => in_trouble.then_some(wait.min(REST_MAX)),
    };
    AfterAttempt::Again {
        due: now.after(wait.max(asked.unwrap_or_default())),
        rests_until: rest.map(|rest| now.after(rest)),
    }
}

/// How long the next attempt waits; nothing after the last one. The jitter follows from the id, so
/// that the same question has one answer.
fn wait(id: &AnnouncementId, attempts: u32) -> Option<Duration> {
    let at = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let wait = WAITS.get(at)?;
    let drawn = sha256::digest_of(format!("{id}\n{attempts}").as_bytes()).to_string();
    let drawn = u32::from_str_radix(drawn.get(..8)?, 16).ok()?;
    let share = f64::from(drawn) / f64::from(u32::MAX);
    Some(wait.mul_f64(1.0 - JITTER + 2.0 * JITTER * share))
}

/// What the header `Retry-After` asks for (RFC 9110, 10.2.3): seconds, or a date as
/// `Sun, 06 Nov 1994 08:49:37 GMT`. Nothing where it says neither.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    /// More digits than any time to wait.
    const DIGITS_MAX: usize = 9;
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.get(..DIGITS_MAX).unwrap_or(text).parse().ok()?;
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(text)?;
    let millis = until.unix_millis().saturating_sub(now.unix_millis());
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (_weekday, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (time, zone) = (parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|known| *known == month)? + 1;
    let is_whole = zone == "GMT" && parts.next().is_none();
    let date = format!("{year}-{month:02}-{day}T{time}Z");
    date.parse().ok().filter(|_| is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> AnnouncementId {
        AnnouncementId::of_entry("00", 0)
    }

    fn now() -> Timestamp {
        "1994-11-06T08:49:07Z".parse().unwrap()
    }

    fn answered(status: u16, retry_after_ms: Option<i64>) -> ReceiverAnswer {
        ReceiverAnswer::Answered {
            status,
            retry_after_ms,
        }
    }

    fn waits(attempts: u32, answer: &ReceiverAnswer) -> (i64, Option<i64>) {
        let since = |at: Timestamp| at.unix_millis() - now().unix_millis();
        let after = after_attempt(&id(), attempts, answer, now());
        let AfterAttempt::Again { due, rests_until } = after else {
            panic!("{after:?}");
        };
        (since(due), rests_until.map(since))
    }

    #[test]
    fn a_message_is_sent_again_ever_later_and_given_up_after_three_days() {
        let refused = answered(400, None);
        let mut total = 0;
        for (attempts, wait) in (1..).zip(WAITS) {
            let (due, rests_until) = waits(attempts, &refused);
            let share = due as f64 / wait.as_millis() as f64;
            assert!((0.8..=1.2).contains(&share), "attempt {attempts}: {share}");
            assert_eq!(rests_until, None, "it is the message that is refused");
            total += due;
        }
        assert!(total > 3 * 86_400_000 * 8 / 10, "{total} ms");
        let last = after_attempt(&id(), ATTEMPTS_MAX, &refused, now());
        assert_eq!(last, AfterAttempt::GivenUp);
    }

    #[test]
    fn a_receiver_in_trouble_is_left_alone_for_a_minute_at_most() {
        let silent = ReceiverAnswer::Unanswered("connection refused".to_owned());
        for answer in [answered(503, None), answered(429, None), silent] {
            let (due, rests_until) = waits(1, &answer);
            assert_eq!(rests_until, Some(due), "{answer:?}");
            assert_eq!(waits(9, &answer).1, Some(60_000), "{answer:?}");
        }
    }

    #[test]
    fn what_a_receiver_asks_for_is_respected_within_a_day() {
        let (due, rests_until) = waits(1, &answered(503, Some(3_600_000)));
        assert_eq!((due, rests_until), (3_600_000, Some(3_600_000)));
        assert_eq!(waits(1, &answered(429, Some(i64::MAX))).0, 86_400_000);
        let (due, rests_until) = waits(3, &answered(503, Some(1_000)));
        assert!(due > 200_000, "it does not shorten the wait: {due}");
        assert_eq!(rests_until, Some(1_000));
    }

    #[test]
    fn only_2xx_is_delivered_and_410_stops_the_receiver() {
        for status in 100..600 {
            let after = after_attempt(&id(), 1, &answered(status, None), now());
            match status {
                200..=299 => assert_eq!(after, AfterAttempt::Delivered),
                410 => assert_eq!(after, AfterAttempt::Stopped),
                _ => assert!(matches!(after, AfterAttempt::Again { .. }), "{status}"),
            }
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("999999999999999999999999", Some(999_999_999)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sun, 6 Nov 1994 08:49:37 GMT", None),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            let read = retry_after(text, now()).map(|wait| wait.as_secs());
            assert_eq!(read, seconds, "{text:?}");
        }
    }
}
