//! The command line: every command, option and help text. It only reads arguments.

mod agent;
mod announce;
mod ask;
mod compare;
mod db;
mod deps;
mod directives;
mod evidence;
mod focus;
mod incident;
mod mcp;
mod model;
mod objective;
mod risk;
mod role;
mod rollout;
mod routine;
mod schema;
mod selftest;
mod serve;
mod shadow;
mod task;
mod traffic;
mod vote;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use agent::{
    AddAgentArguments, AgentCommand, ListAgentsArguments, RemoveAgentArguments, RunAgentArguments,
};
pub(crate) use announce::{
    AnnounceCommand, DeliverArguments, ReceiverArguments, ShowReceiverArguments,
};
pub(crate) use ask::{
    AskArguments, DeploymentArguments, GateArguments, GateCommand, GateFormat, ListGatesArguments,
    ReportCommand, SelfTestArguments, ShowArguments,
};
pub(crate) use compare::CompareArguments;
pub(crate) use db::{CopyDbArguments, DbCommand};
pub(crate) use deps::{AlignArguments, DepsCommand};
pub(crate) use directives::RunArguments;
pub(crate) use evidence::{AddArguments, EvidenceCommand, ListArguments, ShowEvidenceArguments};
pub(crate) use focus::{
    CompleteFocusArguments, FocusCommand, FocusStatusArguments, FocusWhoArguments,
};
pub(crate) use incident::{
    IncidentCommand, ListIncidentsArguments, NoteIncidentArguments, ShowIncidentArguments,
};
pub(crate) use mcp::McpArguments;
pub(crate) use model::{
    InspectArguments, ModelCommand, ModelDiffArguments, ScanArguments, ScanFormat,
};
pub(crate) use objective::{
    DocumentArguments, ExportArguments, ExportTarget, ListObjectivesArguments, ObjectiveCommand,
    ObjectiveStatusArguments,
};
pub(crate) use risk::RiskArguments;
pub(crate) use role::{RoleCommand, ShowRoleArguments};
pub(crate) use rollout::{
    LiftArguments, OrderedArguments, PromoteArguments, RolloutCommand, RolloutHistoryArguments,
    RolloutStatusArguments, RunRolloutArguments, ServiceArguments, StartRolloutArguments,
    UndoArguments,
};
pub(crate) use routine::{
    EveningArguments, MorningArguments, NorthStarCommand, ObserveArguments, RoutineCommand,
    WeeklyArguments,
};
pub(crate) use schema::{SchemaCommand, SchemaDiffArguments, SchemaFormat};
pub(crate) use selftest::{RaceArguments, SelftestCommand, WorkerArguments, WorkerWord};
pub(crate) use serve::{
    CreateTokenArguments, LinkArguments, RevokeTokenArguments, ServeArguments, TokenCommand,
    UpArguments,
};
pub(crate) use shadow::{ShadowCommand, ShadowCompareArguments, ShadowFormat};
pub(crate) use task::{
    AddTaskArguments, ClaimArguments, CompeteArguments, CompleteArguments, DisposeArguments,
    EditTaskArguments, HandoffArguments, HolderArguments, IntakeArguments, ListTasksArguments,
    MergeArguments, MirrorArguments, ReleaseArguments, ShowTaskArguments, TaskCommand,
    TemplateArguments, VerifyTaskArguments,
};
pub(crate) use traffic::{
    ServeTrafficArguments, SetTrafficArguments, TrafficCommand, TrafficStatusArguments,
};
pub(crate) use vote::{
    BallotArgument, CastArguments, ListVotesArguments, ShowVoteArguments, VoteArguments,
    VoteCommand,
};

const EXIT_CODES: &str = "\
Exit codes:
  0   GO, PASS, done
  1   something inside failed
  2   the command line, a named file or the settings cannot be used
  10  SHADOW ONLY
  20  PAUSE_AND_FIX, INCONCLUSIVE, no data
  30  REJECT, FAIL, or a report or journal that does not hold
  40  refused: a lease, a boundary, a conflict, or not ready

Environment:
  ADJUTANT_DATABASE_URL  postgres://… in place of the SQLite database
  ADJUTANT_AGENT         who works here, where --agent does not say it
  VISUAL, EDITOR         what --editor opens
  NO_COLOR, COLUMNS      how answers look on a terminal
  ADJUTANT_LOG           off, error, warn, info, debug or trace: what is told on standard error;
                         every command takes --log text|json
  TRACEPARENT            the trace that a command belongs to
  OTEL_EXPORTER_OTLP_ENDPOINT
                         the collector that is sent spans";

/// From measured evidence to a verdict that anyone can check.
#[derive(Debug, Parser)]
#[command(name = "adjutant", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    // Said once, below the list of commands, and not again in the help of each.
    #[arg(long, global = true, hide = true, value_enum)]
    pub(crate) log: Option<LogFormatArgument>,
}

/// How what the program does is told on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormatArgument {
    /// For a person.
    Text,
    /// An object a line.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Writes adjutant.toml, an issue form with its workflow, recipes, and its tools into the settings of
    /// agents' clients; what is there stays.
    #[command(after_help = "Example:\n  adjutant init")]
    Init,
    /// Carries out what a planning team asks for, by priority, and reports back.
    Run(RunArguments),
    /// Adds, lists and shows what tools measured.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Hands out work: what is asked for, who has it, what proves it.
    #[command(subcommand)]
    Task(TaskCommand),
    /// Adds, lists and runs agents.
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Hands a task, or a part of it, to the role it belongs to.
    Handoff(Box<HandoffArguments>),
    /// Says what each role is for, and what it must leave to others.
    #[command(subcommand)]
    Role(RoleCommand),
    /// Compiles AGENT_FOCUS.md: what an agent is for, what it does next, and why.
    #[command(subcommand)]
    Focus(FocusCommand),
    /// Does what is done every morning, evening, week and month.
    #[command(subcommand)]
    Routine(RoutineCommand),
    /// Looks at the few measures that say whether the whole effort goes where it should.
    #[command(subcommand)]
    NorthStar(NorthStarCommand),
    /// Says what services promise, how much of their error budgets is left, and how fast it burns.
    #[command(subcommand)]
    Objective(ObjectiveCommand),
    /// Asks a gate: may the candidate replace the baseline?
    Gate(GateArguments),
    /// Compares two files of measurements, without any set-up.
    Compare(Box<CompareArguments>),
    /// Compares what two versions are built from.
    #[command(subcommand)]
    Deps(DepsCommand),
    /// Looks into model files without loading them.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Tells what a change of a contract breaks: OpenAPI, JSON Schema.
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Says what speaks against a candidate: contract, dependencies, latency, output.
    Risk(RiskArguments),
    /// Compares recorded responses of two versions to the same requests.
    #[command(subcommand)]
    Shadow(ShadowCommand),
    /// Rolls versions out under live measurement, and takes them back.
    #[command(subcommand)]
    Rollout(Box<RolloutCommand>),
    /// Votes for a role: may the candidate go? Lists and shows votes.
    Vote(Box<VoteArguments>),
    /// Splits, mirrors and measures live traffic: a reverse proxy.
    #[command(subcommand)]
    Traffic(TrafficCommand),
    /// Tells of versions that were taken back from users, and what follows from them.
    #[command(subcommand)]
    Incident(IncidentCommand),
    /// Tells others of what happens: CDEvents and webhooks, signed, sent until they are received.
    #[command(subcommand)]
    Announce(AnnounceCommand),
    /// Writes reports in which every number can be recomputed.
    #[command(subcommand)]
    Report(ReportCommand),
    /// Reopens a report's artifacts and recomputes every digit; or a task's proof.
    Verify(VerifyArguments),
    /// Checks the journal of everything that was stored.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Looks at Adjutant's own health.
    Doctor(DoctorArguments),
    /// Starts everything on this machine: API, dashboard, metrics, and what waits is carried out.
    Up(UpArguments),
    /// Serves the HTTP API, for programs on this machine and for the dashboard.
    Serve(ServeArguments),
    /// Offers an agent its tools over the Model Context Protocol, on standard input and output.
    Mcp(McpArguments),
    /// Moves a team from one database to another.
    #[command(subcommand)]
    Db(DbCommand),
    /// Makes, lists and revokes the tokens that open the HTTP API.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Proves on this machine and this database what is promised about the queue.
    #[command(subcommand)]
    Selftest(SelftestCommand),
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person.
    Human,
    /// For a program.
    Json,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct FormatArguments {
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant doctor --format json
  adjutant doctor --deep")]
pub(crate) struct DoctorArguments {
    /// Also runs the set-up and the checks of open tasks on the target branch, in fresh work trees:
    /// can they do their work here?
    #[arg(long)]
    pub(crate) deep: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant verify deployment.md
  adjutant verify deployment.json --format json
  adjutant verify T-17

Exits with 30 when one digit of the report, or one byte of an artifact, has changed.")]
pub(crate) struct VerifyArguments {
    /// A report that `adjutant report deployment` wrote (Markdown, HTML or JSON), or a task whose
    /// proof is opened again.
    #[arg(value_name = "REPORT|TASK")]
    pub(crate) report: PathBuf,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// Recomputes the chain; exits with 30 when an entry or a row was changed.
    #[command(after_help = "Example:\n  adjutant journal verify")]
    Verify(FormatArguments),
}
