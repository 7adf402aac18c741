//! `adjutant gate` and `adjutant report`: both ask a gate.

use std::path::PathBuf;

use adjutant_app::NamedSource;
use adjutant_domain::{CriterionId, GateName};
use clap::{Args, Subcommand, ValueEnum};

use super::FormatArguments;
use crate::pairs;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  adjutant gate release --evidence baseline=old.csv --evidence candidate=new.csv
  adjutant gate merge --reason \"token-cost=prompts now cite their sources\"
  adjutant gate quality --evidence candidate=coverage.lcov --format junit > gate.xml
  adjutant gate list

Without --evidence the gate reads the latest run of each subject in the store.
Exits with 0 for GO, 10 for SHADOW ONLY, 20 for PAUSE_AND_FIX, 30 for REJECT."
)]
pub(crate) struct GateArguments {
    #[command(subcommand)]
    pub(crate) command: Option<GateCommand>,
    /// The gate: release, merge, quality, or one of adjutant.toml.
    #[arg(required = true)]
    pub(crate) name: Option<GateName>,
    #[command(flatten)]
    pub(crate) ask: AskArguments,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = GateFormat::Human)]
    pub(crate) format: GateFormat,
}

#[derive(Debug, Args)]
pub(crate) struct AskArguments {
    /// Evidence to decide on: a file, a folder that a tool wrote, or an http address.
    #[arg(long, value_name = "SUBJECT=FILE", value_parser = pairs::named_source)]
    pub(crate) evidence: Vec<NamedSource>,
    /// A reason that lifts a block, where the policy allows one. It is recorded and shown.
    #[arg(long, value_name = "CRITERION=TEXT", value_parser = pairs::reason)]
    pub(crate) reason: Vec<(CriterionId, String)>,
    /// The build that the evidence about the candidate was taken from: a file, or NAME@sha256:HEX
    /// for an image. A GO of the rollout's gate lifts its block.
    #[arg(long, value_name = "FILE")]
    pub(crate) artifact: Option<PathBuf>,
    /// The file that defines the gate, in place of adjutant.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

/// How a gate's answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateFormat {
    /// For a person.
    Human,
    /// For a program: schemas/gate.schema.json.
    Json,
    /// For test viewers.
    Junit,
    /// For code scanning viewers.
    Sarif,
    /// For a pull request.
    Markdown,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GateCommand {
    /// Lists the gates that can be asked.
    #[command(after_help = "Example:\n  adjutant gate list --format json")]
    List(ListGatesArguments),
    /// Prints the policy of a gate.
    Show(ShowArguments),
    /// Tries a gate where the truth is known: its false-alarm rate and its power.
    SelfTest(SelfTestArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ListGatesArguments {
    /// The file that defines gates, in place of adjutant.toml and the built-in ones.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  adjutant gate show release >> adjutant.toml")]
pub(crate) struct ShowArguments {
    /// The gate.
    pub(crate) name: GateName,
    /// The file that defines the gate, in place of adjutant.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  adjutant gate self-test release --seeds 1000

Exits with 0 when the gate keeps its error rates, with 30 when it may not vote.")]
pub(crate) struct SelfTestArguments {
    /// The gate.
    pub(crate) name: GateName,
    /// How many synthetic candidates each criterion is tried with.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) seeds: u64,
    /// The file that defines the gate, in place of adjutant.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// Writes the deployment report as Markdown, HTML and JSON.
    Deployment(DeploymentArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant report deployment
  adjutant report deployment --out reports --evidence candidate=new.csv

Reports the gate's last decision. With --evidence, or when there is none yet, the gate is asked
first. Exits with the verdict's code.")]
pub(crate) struct DeploymentArguments {
    /// The gate whose decision is reported.
    #[arg(long, default_value = "release")]
    pub(crate) gate: GateName,
    /// The folder that deployment.md, deployment.html and deployment.json are written to.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) ask: AskArguments,
}
