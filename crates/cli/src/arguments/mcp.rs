//! `adjutant mcp`.

use adjutant_domain::{AgentName, RoleName};
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant mcp --agent ada --role search
  claude mcp add adjutant -- adjutant mcp --agent ada

It speaks the Model Context Protocol (revisions 2025-11-25 and 2026-07-28) on standard input and output,
until the input ends. Start it in the agent's own work tree: what is claimed there is remembered there.
docs/mcp.md lists the tools; adjutant serve offers the same ones over HTTP at /mcp.")]
pub(crate) struct McpArguments {
    /// Who works here; without it ADJUTANT_AGENT.
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<AgentName>,
    /// In which role: its boundaries are kept, and it votes. Without it the one that the agent was added
    /// with.
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<RoleName>,
}
