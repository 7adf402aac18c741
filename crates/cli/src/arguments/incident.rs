//! `adjutant incident`.

use adjutant_domain::ServiceName;
use adjutant_rollout::{IncidentId, IncidentNoteKind};
use clap::{Args, Subcommand, ValueEnum};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum IncidentCommand {
    /// Lists the versions that were taken back from users, oldest first.
    List(ListIncidentsArguments),
    /// Writes an incident's post-mortem from what was recorded.
    Show(ShowIncidentArguments),
    /// Adds a root cause, a factor, a note, or an action item, which is filed as a task.
    Note(NoteIncidentArguments),
    /// Says how often deployments fail, and how fast faults are found and mended.
    Figures(ListIncidentsArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant incident list
  adjutant incident figures --service search --format json")]
pub(crate) struct ListIncidentsArguments {
    /// Of this service only.
    #[arg(long)]
    pub(crate) service: Option<ServiceName>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant incident show search:17
  adjutant incident show search:17 > reports/post-mortem-search-17.md")]
pub(crate) struct ShowIncidentArguments {
    /// Which, as adjutant incident list names it.
    pub(crate) incident: IncidentId,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant incident note search:17 cause 'the cache had no bound'
  adjutant incident note search:17 action 'bound the cache'")]
pub(crate) struct NoteIncidentArguments {
    /// Which, as adjutant incident list names it.
    pub(crate) incident: IncidentId,
    /// What it says.
    pub(crate) kind: NoteKindArgument,
    /// In words.
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum NoteKindArgument {
    /// The root cause.
    Cause,
    /// What made it possible or worse.
    Factor,
    /// Anything else.
    Note,
    /// What is done so that it does not happen again.
    Action,
}

impl From<NoteKindArgument> for IncidentNoteKind {
    fn from(kind: NoteKindArgument) -> Self {
        match kind {
            NoteKindArgument::Cause => Self::Cause,
            NoteKindArgument::Factor => Self::Factor,
            NoteKindArgument::Note => Self::Note,
            NoteKindArgument::Action => Self::Action,
        }
    }
}
