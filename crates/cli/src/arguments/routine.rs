//! `adjutant routine` and `adjutant north-star`.

use adjutant_work::calendar::Week;
use clap::{Args, Subcommand};

use super::FormatArguments;
use super::focus::FocusWhoArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum RoutineCommand {
    /// Shows the plan and what blocks; refuses a focus that is stale.
    Morning(MorningArguments),
    /// Updates progress and looks at the north-star gates; refuses an open lease.
    Evening(EveningArguments),
    /// Sets the goals of the week, and counts who did what.
    Weekly(WeeklyArguments),
    /// Begins a new period of the north-star gates; the old one is kept.
    #[command(after_help = "Example:\n  adjutant routine monthly")]
    Monthly(FormatArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  adjutant routine morning

Exits with 40 when the focus is missing or stale.")]
pub(crate) struct MorningArguments {
    #[command(flatten)]
    pub(crate) who: FocusWhoArguments,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant routine evening --note \"two flaky tests left\"
  adjutant routine evening --commit

Exits with 40 when you hold a task that was not handed off: complete it, release it, or hand it
off. --commit commits the changes of the files that [focus] progress names, and no others.")]
pub(crate) struct EveningArguments {
    #[command(flatten)]
    pub(crate) who: FocusWhoArguments,
    /// A line for Notes and Learnings; may be given again.
    #[arg(long = "note", value_name = "TEXT")]
    pub(crate) notes: Vec<String>,
    /// Commit the progress files.
    #[arg(long)]
    pub(crate) commit: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant routine weekly --goal \"half the error rate\" --goal \"ship the dashboard\"
  adjutant routine weekly --format json

Without --goal the first open goals of the strategy are taken. Goals are set once a week.")]
pub(crate) struct WeeklyArguments {
    /// A goal of the week; may be given again.
    #[arg(long = "goal", value_name = "TEXT")]
    pub(crate) goals: Vec<String>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NorthStarCommand {
    /// Lists the north-star gates and how they stand, without storing it.
    #[command(after_help = "Example:\n  adjutant north-star list")]
    List(FormatArguments),
    /// Looks at them and stores how they stand in a week.
    Observe(ObserveArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant north-star observe
  adjutant north-star observe --week 2026-W46

An earlier week is judged by what is dated in it; its last look counts.")]
pub(crate) struct ObserveArguments {
    /// The week; this one when none is named.
    #[arg(long, value_name = "WEEK")]
    pub(crate) week: Option<Week>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
