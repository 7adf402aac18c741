//! `adjutant task claim` and `adjutant task release`.

use std::ops::RangeInclusive;
use std::time::Duration;

use adjutant_domain::{AgentName, Epoch, RequestKey, RoleName, TaskId, read_duration};
use clap::Args;

use super::HolderArguments;
use crate::arguments::FormatArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task claim --agent amber                 the best ready task
  adjutant task claim T-17 --agent amber --role infra-mlops
  adjutant task claim --renew                       keep the task that was claimed here
  adjutant task claim --lease 2h --key run-1207     repeated under its key, it is one claim

A claim has exactly one winner. Exits with 40 when it is refused, and says what to do next.")]
pub(crate) struct ClaimArguments {
    /// The task; without it the best ready one, by priority, then what it unblocks, then age.
    #[arg(value_name = "ID", conflicts_with_all = ["next", "renew"])]
    pub(crate) id: Option<TaskId>,
    /// The best ready task, which is also what happens without an ID.
    #[arg(long, conflicts_with = "renew")]
    pub(crate) next: bool,
    /// Prolongs the lease on the task that is held: the heartbeat.
    #[arg(long)]
    pub(crate) renew: bool,
    /// The task whose lease is renewed; without it the one that was claimed in this work tree.
    #[arg(long, value_name = "ID", requires = "renew")]
    pub(crate) task: Option<TaskId>,
    /// The epoch of the claim that is renewed.
    #[arg(long, value_name = "N", requires = "renew")]
    pub(crate) epoch: Option<Epoch>,
    /// Who claims; without it ADJUTANT_AGENT.
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<AgentName>,
    /// In which role: its boundaries are kept.
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<RoleName>,
    /// How long the lease lasts unless it is renewed: 1s to 24h.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = lease_millis)]
    pub(crate) lease: i64,
    /// Warns, and does not refuse, when declared paths overlap with those of a held task.
    #[arg(long)]
    pub(crate) advisory: bool,
    /// Makes a repeated request the same request.
    #[arg(long)]
    pub(crate) key: Option<RequestKey>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant task release --reason 'needs a decision about the schema'
  adjutant task release --task T-17 --epoch 3 --agent amber")]
pub(crate) struct ReleaseArguments {
    /// Why; the next one reads it in the journal.
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) holder: HolderArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

/// The shortest and the longest lease: below a second a claim is over before it is told, beyond a
/// day a dead agent blocks the others for too long.
const LEASE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24);

/// Reads `90s`, `15m` or `2h`.
fn lease_millis(text: &str) -> Result<i64, String> {
    let lease = read_duration(text).map_err(|error| error.to_string())?;
    if LEASE.contains(&lease) {
        Ok(lease.as_millis() as i64)
    } else {
        Err("a lease lasts from 1s to 24h".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_written_with_its_unit() {
        for (text, millis) in [
            ("90s", 90_000),
            ("15m", 900_000),
            ("24h", 86_400_000),
            ("1500ms", 1_500),
        ] {
            assert_eq!(lease_millis(text), Ok(millis), "{text}");
        }
        for text in [
            "",
            "15",
            "m",
            "-5m",
            "0s",
            "25h",
            "99999999999999999h",
            "1.5h",
        ] {
            assert!(lease_millis(text).is_err(), "{text:?} was accepted");
        }
    }
}
