//! `adjutant announce`.

use adjutant_domain::ReceiverName;
use clap::{Args, Subcommand};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum AnnounceCommand {
    /// Lists who is told of what happens, and how far their messages are.
    #[command(after_help = "Example:\n  adjutant announce list --format json")]
    List(FormatArguments),
    /// Shows the newest messages to a receiver, and every attempt to deliver them.
    Show(ShowReceiverArguments),
    /// Sends what is due.
    Deliver(DeliverArguments),
    /// Sends again at once what waits or was given up, also to a receiver that had stopped.
    #[command(after_help = "Example:\n  adjutant announce retry chat")]
    Retry(ReceiverArguments),
    /// Forgets a receiver and its messages, after it was taken out of adjutant.toml.
    #[command(after_help = "Example:\n  adjutant announce forget chat")]
    Forget(ReceiverArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ReceiverArguments {
    /// Which, as [announce.NAME] in adjutant.toml names it.
    pub(crate) receiver: ReceiverName,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant announce show chat
  adjutant announce show chat --limit 3 --format json")]
pub(crate) struct ShowReceiverArguments {
    #[command(flatten)]
    pub(crate) receiver: ReceiverArguments,
    /// How many messages, the newest first.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant announce deliver
  adjutant announce deliver --watch

Exits with 20 when messages still wait, were given up, or cannot be sent. adjutant run and adjutant
rollout deliver while they work.")]
pub(crate) struct DeliverArguments {
    /// Stays, and sends what becomes due.
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
