//! `adjutant selftest`.

use std::path::PathBuf;

use adjutant_domain::AgentName;
use clap::{Args, Subcommand, ValueEnum};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum SelftestCommand {
    /// Lets real processes race for tasks, stops and kills them, and counts what must not happen.
    Race(RaceArguments),
    /// A process of the race.
    #[command(hide = true)]
    Worker(WorkerArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant selftest race
  adjutant selftest race --processes 16 --rounds 100 --drain 1000 --workers 8
  ADJUTANT_DATABASE_URL=postgres://… adjutant selftest race --format json

It works in a place of its own beside the state (on PostgreSQL in a schema of its own) and removes
it afterwards. Exits with 1 when a round has not exactly one winner, when a task is lost or done
twice, or when no late writer was seen.")]
pub(crate) struct RaceArguments {
    /// Processes that claim one task at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    pub(crate) processes: u32,
    /// How often they do.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) rounds: u32,
    /// Tasks that are drained while holders are killed.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) drain: u32,
    /// Processes that drain them.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    pub(crate) workers: u32,
    /// Of a thousand claims while draining, how many cost the holder its life (SIGKILL).
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(..=500))]
    pub(crate) kill_per_thousand: u32,
    /// Of a thousand, how many holders are held (SIGSTOP) until their lease has run out.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=500))]
    pub(crate) hold_per_thousand: u32,
    /// How long a lease lasts while draining, in milliseconds.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(100..=60_000))]
    pub(crate) lease_millis: u32,
    /// Decides who is held and killed.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
pub(crate) struct WorkerArguments {
    /// What it does.
    #[arg(value_enum)]
    pub(crate) kind: WorkerWord,
    /// Its name.
    pub(crate) agent: AgentName,
    /// The folder of the scratch store.
    pub(crate) folder: PathBuf,
    /// How long its leases last, in milliseconds.
    #[arg(long, default_value_t = 0)]
    pub(crate) lease_millis: u32,
}

/// What a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WorkerWord {
    /// Claims what it is told.
    Racer,
    /// Claims and completes what is ready.
    Drainer,
}
