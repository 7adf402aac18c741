//! The clock that leases run by: milliseconds that never run backwards, read inside the
//! transaction that uses them. The clocks of workers are never read, and setting the machine's
//! time of day neither ends nor revives a lease.
//!
//! On SQLite it is the time since this machine started, which goes on during sleep, plus what the
//! clock had reached before. On PostgreSQL it is the server's clock; when that is set back, the
//! lease clock goes on from where it stood.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use adjutant_work::LeaseTime;

use crate::StoreError;
use crate::seen::{KeptClock, SeenClock};
use crate::session::Session;

const OPERATION: &str = "read the lease clock";

/// The start that a server's clock counts from: it is a time of day, and has only one.
const SERVER: &str = "server";

/// Where the milliseconds come from.
#[derive(Debug, Clone, Default)]
pub enum LeaseClock {
    /// From this machine on SQLite, from the server on PostgreSQL.
    #[default]
    OfTheStore,
    /// From whoever tests or simulates.
    Given(Arc<AtomicI64>),
}

/// The lease time now, for a transaction that only reads.
pub(super) async fn read(
    session: &mut Session<'_>,
    clock: &LeaseClock,
) -> Result<LeaseTime, StoreError> {
    let seen = seen(session, clock).await?;
    Ok(LeaseTime::from_millis(seen.shown.high))
}

/// The lease time now, and it never runs back behind it. It stands still in a transaction.
pub(crate) async fn tick(
    session: &mut Session<'_>,
    clock: &LeaseClock,
) -> Result<LeaseTime, StoreError> {
    let SeenClock { kept, shown } = seen(session, clock).await?;
    if shown != kept {
        let KeptClock { boot, ahead, high } = shown.clone();
        session
            .write(
                OPERATION,
                "UPDATE lease_clock SET boot = $1, ahead = $2, high = $3 WHERE id = 1",
                vec![boot.into(), ahead.into(), high.into()],
            )
            .await?;
        session.seen().lease_clock = Some(SeenClock {
            kept: shown.clone(),
            shown: shown.clone(),
        });
    }
    Ok(LeaseTime::from_millis(shown.high))
}

async fn seen(session: &mut Session<'_>, clock: &LeaseClock) -> Result<SeenClock, StoreError> {
    if let Some(seen) = &session.seen().lease_clock {
        return Ok(seen.clone());
    }
    let seen = advance(session, clock).await?;
    session.seen().lease_clock = Some(seen.clone());
    Ok(seen)
}

async fn advance(session: &mut Session<'_>, clock: &LeaseClock) -> Result<SeenClock, StoreError> {
    let on_server = session.is_postgres();
    let sql = if on_server {
        "SELECT boot, ahead, high, \
         CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) FROM lease_clock WHERE id = 1"
    } else {
        "SELECT boot, ahead, high FROM lease_clock WHERE id = 1"
    };
    let rows = session.query(OPERATION, sql, &[]).await?;
    let Some(row) = rows.first() else {
        return Err(StoreError::ForeignRow {
            operation: OPERATION,
            found: "no row".to_owned(),
        });
    };
    let kept = KeptClock {
        boot: row.text(0)?.to_owned(),
        ahead: row.integer(1)?,
        high: row.integer(2)?,
    };
    let shown = match clock {
        LeaseClock::Given(millis) => KeptClock {
            high: kept.high.max(millis.load(Ordering::SeqCst)),
            ..kept.clone()
        },
        LeaseClock::OfTheStore if on_server => follow(&kept, SERVER.to_owned(), row.integer(3)?),
        LeaseClock::OfTheStore => follow(&kept, machine::boot(), machine::millis_since_boot()),
    };
    Ok(SeenClock { kept, shown })
}

/// The clock after the machine has been up for `raw` milliseconds of its start `boot`. After
/// another start, or should `raw` ever be less than it was, the clock goes on from where it stood.
fn follow(kept: &KeptClock, boot: String, raw: i64) -> KeptClock {
    let shown = kept.ahead.saturating_add(raw);
    if kept.boot == boot && shown >= kept.high {
        KeptClock {
            boot,
            ahead: kept.ahead,
            high: shown,
        }
    } else {
        KeptClock {
            boot,
            ahead: kept.high.saturating_sub(raw),
            high: kept.high,
        }
    }
}

#[cfg(target_os = "linux")]
mod machine {
    //! Linux counts the time asleep, and names each start.

    use std::sync::OnceLock;

    /// The name of this start of the machine.
    pub(super) fn boot() -> String {
        static BOOT: OnceLock<String> = OnceLock::new();
        BOOT.get_or_init(|| {
            // Where it cannot be read, a new start shows as a count that is less than it was.
            std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
                .map(|text| text.trim().to_owned())
                .unwrap_or_default()
        })
        .clone()
    }

    pub(super) fn millis_since_boot() -> i64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}

#[cfg(not(target_os = "linux"))]
mod machine {
    //! Elsewhere a new start shows as a count that is less than it was.

    pub(super) fn boot() -> String {
        "monotonic".to_owned()
    }

    pub(super) fn millis_since_boot() -> i64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(boot: &str, ahead: i64, high: i64) -> KeptClock {
        KeptClock {
            boot: boot.to_owned(),
            ahead,
            high,
        }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn draw(state: &mut u64, limit: u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }

    fn seeds() -> std::ops::Range<u64> {
        0..adjutant_testkit::night::figure(1_000, 20_000).into()
    }

    const JUMPS: [i64; 6] = [600_000, -600_000, 86_400_000, -86_400_000, 1_000, -1_000];

    /// On SQLite: whatever the time of day does, no lease that lives is lost, and none outlives its
    /// length by more than the time that the machine was off.
    #[test]
    fn a_lease_lasts_its_length_whatever_the_time_of_day_does() {
        for seed in seeds() {
            let mut state = seed;
            let (mut raw, mut boot) = (draw(&mut state, 1_000_000) as i64, 0);
            let mut clock = follow(&kept("", 0, 0), boot.to_string(), raw);
            let length = 1_000 + draw(&mut state, 900_000) as i64;
            let expires = clock.high + length;
            let (mut passed, mut unread) = (0, 0);
            for _ in 0..50 {
                let step = draw(&mut state, 60_000) as i64;
                // What the time of day does meanwhile reaches nobody: there is nothing to write.
                raw += step;
                passed += step;
                unread += step;
                if draw(&mut state, 10) == 0 {
                    // A new start: nobody saw the time since the last transaction.
                    boot += 1;
                    raw = draw(&mut state, 5_000) as i64;
                }
                if draw(&mut state, 3) > 0 {
                    let before = clock.high;
                    clock = follow(&clock, boot.to_string(), raw);
                    assert!(clock.high >= before, "seed {seed}: it runs back");
                    unread = 0;
                }
                let is_dead = expires <= clock.high;
                assert!(
                    !is_dead || passed >= length,
                    "seed {seed}: lost while it lives"
                );
                let unseen = boot > 0 || unread > 0;
                assert!(
                    is_dead || passed < length || unseen,
                    "seed {seed}: outlives itself"
                );
            }
        }
    }

    /// On PostgreSQL the server's time of day is all there is. Set back, the clock goes on from
    /// where it stood; set forward, leases end early by as much, never later.
    #[test]
    fn a_server_whose_clock_jumps_neither_runs_back_nor_stands_still() {
        for seed in seeds() {
            let mut state = seed;
            let mut raw = 1_700_000_000_000_i64;
            let mut clock = follow(&kept("", 0, 0), SERVER.to_owned(), raw);
            let (begun, mut passed, mut forward) = (clock.high, 0, 0);
            for _ in 0..50 {
                // It may run at half or at twice its rate.
                let step = (draw(&mut state, 60_000) as i64) << draw(&mut state, 3) >> 1;
                raw += step;
                passed += step;
                let before = clock.high;
                clock = follow(&clock, SERVER.to_owned(), raw);
                assert_eq!(clock.high - before, step, "seed {seed}: it stands still");
                if draw(&mut state, 5) == 0 {
                    let jump = JUMPS[draw(&mut state, 6) as usize];
                    raw += jump;
                    forward += jump.max(0);
                    let before = clock.high;
                    clock = follow(&clock, SERVER.to_owned(), raw);
                    assert!(clock.high >= before, "seed {seed}: it runs back");
                }
                let shown = clock.high - begun;
                assert!((passed..=passed + forward).contains(&shown), "seed {seed}");
            }
        }
    }

    #[test]
    fn the_clock_goes_on_over_a_new_start_and_never_runs_back() {
        let clock = follow(&kept("", 0, 0), "a".to_owned(), 5_000);
        assert_eq!(clock, kept("a", -5_000, 0));
        let clock = follow(&clock, "a".to_owned(), 6_500);
        assert_eq!(clock, kept("a", -5_000, 1_500));
        let clock = follow(&clock, "b".to_owned(), 20);
        assert_eq!(clock, kept("b", 1_480, 1_500));
        let clock = follow(&clock, "b".to_owned(), 10);
        assert_eq!(clock.high, 1_500);
        assert_eq!(follow(&clock, "b".to_owned(), 110).high, 1_600);
    }
}
