//! The clock that leases run by: milliseconds that never run backwards, read inside the
//! transaction that uses them. The clocks of workers are never read, and setting the machine's
//! time of day neither ends nor revives a lease.
//!
//! On SQLite it is the time since this machine started, which goes on during sleep, plus what the
//! clock had reached before. On PostgreSQL it is the server's clock, held at the latest time it
//! has shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use adjutant_work::LeaseTime;

use crate::StoreError;
use crate::session::Session;

const OPERATION: &str = "read the lease clock";

/// Where the milliseconds come from.
#[derive(Debug, Clone, Default)]
pub enum LeaseClock {
    /// From this machine on SQLite, from the server on PostgreSQL.
    #[default]
    OfTheStore,
    /// From whoever tests or simulates.
    Given(Arc<AtomicI64>),
}

/// What the clock showed, and what has to be kept so that it never shows less.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    boot: String,
    ahead: i64,
    high: i64,
}

/// The lease time now, for a transaction that only reads.
pub(super) async fn read(
    session: &mut Session<'_>,
    clock: &LeaseClock,
) -> Result<LeaseTime, StoreError> {
    let (_, next) = advance(session, clock).await?;
    Ok(LeaseTime::from_millis(next.high))
}

/// The lease time now, and it never runs back behind it.
pub(super) async fn tick(
    session: &mut Session<'_>,
    clock: &LeaseClock,
) -> Result<LeaseTime, StoreError> {
    let (kept, next) = advance(session, clock).await?;
    if next != kept {
        session
            .execute(
                OPERATION,
                "UPDATE lease_clock SET boot = $1, ahead = $2, high = $3 WHERE id = 1",
                &[next.boot.into(), next.ahead.into(), next.high.into()],
            )
            .await?;
    }
    Ok(LeaseTime::from_millis(next.high))
}

async fn advance(
    session: &mut Session<'_>,
    clock: &LeaseClock,
) -> Result<(Kept, Kept), StoreError> {
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
    let kept = Kept {
        boot: row.text(0)?.to_owned(),
        ahead: row.integer(1)?,
        high: row.integer(2)?,
    };
    let next = match clock {
        LeaseClock::Given(millis) => Kept {
            high: kept.high.max(millis.load(Ordering::SeqCst)),
            ..kept.clone()
        },
        LeaseClock::OfTheStore if on_server => Kept {
            high: kept.high.max(row.integer(3)?),
            ..kept.clone()
        },
        LeaseClock::OfTheStore => follow(&kept, machine::boot(), machine::millis_since_boot()),
    };
    Ok((kept, next))
}

/// The clock after the machine has been up for `raw` milliseconds of its start `boot`. After
/// another start, or should `raw` ever be less than it was, the clock goes on from where it stood.
fn follow(kept: &Kept, boot: String, raw: i64) -> Kept {
    let shown = kept.ahead.saturating_add(raw);
    if kept.boot == boot && shown >= kept.high {
        Kept {
            boot,
            ahead: kept.ahead,
            high: shown,
        }
    } else {
        Kept {
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

    fn kept(boot: &str, ahead: i64, high: i64) -> Kept {
        Kept {
            boot: boot.to_owned(),
            ahead,
            high,
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
