//! `adjutant rollout`.

use std::path::PathBuf;

use adjutant_domain::{Digest, ServiceName};
use adjutant_rollout::RolloutId;
use clap::{Args, Subcommand};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum RolloutCommand {
    /// Shows a plan's steps, and how long a recovery takes at worst at the present traffic.
    Plan(PlanRolloutArguments),
    /// Rolls a version out, step by step, and stays until it is decided.
    Start(StartRolloutArguments),
    /// Carries on a rollout whose controller is gone.
    Run(RunRolloutArguments),
    /// Shows what is wanted of a service, what its versions do now, and where its rollout stands.
    Status(RolloutStatusArguments),
    /// Leaves the step under way without its checks, or the whole rollout with --full.
    Promote(PromoteArguments),
    /// Takes the candidate back, blocks its version, and stays until the traffic has followed.
    Abort(OrderArguments),
    /// Holds the rollout where it is; its monitor goes on.
    Pause(OrderArguments),
    /// Goes on; the step under way begins again.
    Resume(OrderArguments),
    /// Goes back to the last good version after a rollout was completed.
    Undo(UndoArguments),
    /// Allows a version again that was taken back.
    Lift(LiftArguments),
    /// Ends a service's proxy and versions on this machine; what is wanted stays, and rollout run
    /// brings them back.
    Down(DownArguments),
    /// Lists what happened to a service, with every decision and its reasons.
    History(RolloutHistoryArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant rollout plan search
  adjutant rollout plan search --format json

The plan stands in adjutant.toml under [rollout.search]; docs/rollouts.md shows one. Exits with 20
when there is no traffic to compute the worst case from, with 40 when it is above 120 s.")]
pub(crate) struct PlanRolloutArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant rollout down search
  adjutant rollout down search --format json

Clients get no answer until adjutant rollout run search.")]
pub(crate) struct DownArguments {
    #[command(flatten)]
    pub(crate) service: ServiceArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceArguments {
    /// The service: NAME of [rollout.NAME].
    pub(crate) service: ServiceName,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant rollout start search --artifact target/release/search
  adjutant rollout start search --artifact ./search-2.sh --watch

The first version of a service gets everything: there is nothing to compare it with. Killed at any
moment, the same command goes on where it stopped. Exits with 0 when the version has everything,
with 30 when it was taken back, with 20 when a person has to look, with 40 when it may not start.")]
pub(crate) struct StartRolloutArguments {
    /// The service: NAME of [rollout.NAME].
    pub(crate) service: ServiceName,
    /// The version: the file that the service's command starts as {artifact}.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "image",
        conflicts_with = "image"
    )]
    pub(crate) artifact: Option<PathBuf>,
    /// The version, where it runs in a cluster: its image.
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,
    /// Shows the rollout as it goes, in place of a line an event.
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant rollout run search
  adjutant rollout run search --watch

Stays until the rollout is decided, also while a person has to look, and brings back the proxy and
the versions that shall run. Several at once do no harm. Exits as rollout start.")]
pub(crate) struct RunRolloutArguments {
    /// The service: NAME of [rollout.NAME].
    pub(crate) service: ServiceName,
    /// Shows the rollout as it goes, in place of a line an event.
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant rollout status search
  adjutant rollout status search --watch
  adjutant rollout status search --format json

Changes nothing. Exits with 20 when nothing is known of the service.")]
pub(crate) struct RolloutStatusArguments {
    /// The service: NAME of [rollout.NAME].
    pub(crate) service: ServiceName,
    /// Goes on showing, until the rollout has ended.
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant rollout promote search --because 'seen enough'
  adjutant rollout promote search --full --because 'the fix cannot wait'

It passes the measurements by, and is recorded so. The running controller follows at its next look;
without one, run adjutant rollout run.")]
pub(crate) struct PromoteArguments {
    /// Gives the candidate everything, without the steps that are left.
    #[arg(long)]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) order: OrderedArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant rollout abort search --because 'support is called'
  adjutant rollout pause search --because 'the sale begins'
  adjutant rollout resume search --because 'the sale is over'

Exits with 40 when the rollout does not wait for this.")]
pub(crate) struct OrderArguments {
    #[command(flatten)]
    pub(crate) order: OrderedArguments,
}

#[derive(Debug, Args)]
pub(crate) struct OrderedArguments {
    /// The service: NAME of [rollout.NAME].
    pub(crate) service: ServiceName,
    /// Why, in a sentence.
    #[arg(long, value_name = "TEXT")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant rollout undo search --because 'carts are empty'
  adjutant rollout undo search --to 3f2a… --because 'the last two are bad'

The version in use is blocked until it is lifted. The version before it runs on after a rollout, so
that the way back takes seconds. Exits with 40 when there is none.")]
pub(crate) struct UndoArguments {
    /// The version to go back to, by its SHA-256; the last good one when it is not given.
    #[arg(long, value_name = "SHA256")]
    pub(crate) to: Option<Digest>,
    #[command(flatten)]
    pub(crate) order: OrderedArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant rollout lift search 3f2a… --because 'the table was at fault'

adjutant rollout status shows what is blocked. Exits with 40 when the version is not.")]
pub(crate) struct LiftArguments {
    /// The service: NAME of [rollout.NAME].
    pub(crate) service: ServiceName,
    /// The version, by its SHA-256.
    #[arg(value_name = "SHA256")]
    pub(crate) version: Digest,
    /// Why, in a sentence.
    #[arg(long, value_name = "TEXT")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant rollout history search
  adjutant rollout history search --rollout R-3 --format json

With --format json every decision comes with its inputs: state, histograms and counts.")]
pub(crate) struct RolloutHistoryArguments {
    /// The service: NAME of [rollout.NAME].
    pub(crate) service: ServiceName,
    /// Only this rollout.
    #[arg(long, value_name = "ID")]
    pub(crate) rollout: Option<RolloutId>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
