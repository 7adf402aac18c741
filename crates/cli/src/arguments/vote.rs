//! `adjutant vote`.

use adjutant_domain::{GateName, RoleName, Subject};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

use super::FormatArguments;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  adjutant vote --role quality-safety-officer --for candidate go \\
    --because \"rolled back twice in staging\" --evidence run_7
  adjutant vote --role infra-performance-monitor --for 5d82a7cc no-go \\
    --because \"the disk is full by Friday\"
  adjutant vote --role ai-operations-engineer --for candidate evaluate
  adjutant vote list --for candidate

Only the roles that the gate's policy names have a voice; [gate.NAME.quorum] names them. A role has
one vote about a subject: voting again changes it, and the old one is kept. A vote counts until
newer evidence of its subject comes. A GO names what it rests on.
Exits with 40 when the role has no voice, with 20 when there is nothing to vote about."
)]
pub(crate) struct VoteArguments {
    #[command(subcommand)]
    pub(crate) command: Option<VoteCommand>,
    #[command(flatten)]
    pub(crate) cast: CastArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CastArguments {
    /// What the role says.
    #[arg(required = true, value_enum)]
    pub(crate) ballot: Option<BallotArgument>,
    /// Who votes.
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) role: Option<RoleName>,
    /// What the vote is about: a subject as it is measured now, or a decision as it was made, by
    /// the first digits of its record.
    #[arg(long = "for", value_name = "SUBJECT|DECISION", required = true)]
    pub(crate) about: Option<String>,
    /// Why, in a sentence; an evaluator says it itself.
    #[arg(
        long,
        value_name = "TEXT",
        required_if_eq_any([("ballot", "go"), ("ballot", "no-go"), ("ballot", "abstain")])
    )]
    pub(crate) because: Option<String>,
    /// What the vote rests on: a run, a number from evidence list, or at least eight digits of an
    /// artifact's SHA-256; may be given again.
    #[arg(long, value_name = "ID")]
    pub(crate) evidence: Vec<String>,
    /// The gate that counts the vote.
    #[arg(long, value_name = "GATE", default_value = "release")]
    pub(crate) gate: GateName,
    /// The file that defines the gate, in place of adjutant.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

/// What a role says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BallotArgument {
    /// Ship it.
    Go,
    /// Do not ship it.
    NoGo,
    /// The evidence does not tell.
    Abstain,
    /// What the role's built-in evaluator reads from the evidence.
    Evaluate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VoteCommand {
    /// Lists votes, oldest first, and says which stand.
    List(ListVotesArguments),
    /// Shows a vote with what it rests on.
    Show(ShowVoteArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant vote list
  adjutant vote list --for candidate --format json")]
pub(crate) struct ListVotesArguments {
    /// Only about this subject.
    #[arg(long = "for", value_name = "SUBJECT")]
    pub(crate) about: Option<Subject>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  adjutant vote show 3")]
pub(crate) struct ShowVoteArguments {
    /// Its number in the list.
    pub(crate) id: i64,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
