//! `adjutant serve` and `adjutant token`.

use std::net::SocketAddr;
use std::time::Duration;

use adjutant_domain::{AgentName, RoleName, TokenName, read_duration};
use clap::{Args, Subcommand};

use super::FormatArguments;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant serve
  adjutant serve --listen 127.0.0.1:8117
  adjutant serve --listen 10.0.0.5:7117 --beyond-this-machine --host ops.example:443

It serves the API below /api/v1 (described at /api/v1/openapi.json), /healthz and /readyz, until it is
told to end (SIGTERM or Ctrl-C); what has begun is answered. Meanwhile it delivers announcements,
carries rollouts on, whoever started them, and asks what objectives need. Each start prints a link that opens the
dashboard once. The first start also prints an administrator's token, which is shown nowhere else.")]
pub(crate) struct ServeArguments {
    /// Where clients come.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7117")]
    pub(crate) listen: SocketAddr,
    /// Serves others than this machine, too: tokens then travel over the network, so put a proxy with
    /// TLS before it.
    #[arg(long)]
    pub(crate) beyond_this_machine: bool,
    /// Another name that the server answers to, with its port as browsers see it.
    #[arg(long = "host", value_name = "NAME:PORT")]
    pub(crate) hosts: Vec<String>,
    /// Only answers: leaves messages and rollouts to other servers and commands.
    #[arg(long)]
    pub(crate) no_reconcile: bool,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant up
  adjutant up --format json

Needs nothing: it writes adjutant.toml where there is none, makes the state, and does what adjutant
serve does, at 127.0.0.1:7117 or, when that is taken, at another port. The link it prints opens the
dashboard once. Where a server of this state runs already, it says so and prints a new link.")]
pub(crate) struct UpArguments {
    /// Where clients come; on this machine.
    #[arg(long, value_name = "ADDRESS", value_parser = read_loopback)]
    pub(crate) listen: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

fn read_loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|error| format!("{error}"))?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("others can reach that: adjutant serve --beyond-this-machine says so".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Makes a token, and prints its secret once.
    Create(CreateTokenArguments),
    /// Lists tokens; never their secrets.
    #[command(after_help = "Example:\n  adjutant token list --format json")]
    List(FormatArguments),
    /// Revokes a token: from now on it opens nothing.
    Revoke(RevokeTokenArguments),
    /// Prints a link that opens the dashboard of a running server once, within a quarter of an hour.
    Link(LinkArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant token create ada --agent ada --role search --expires 30d
  adjutant token create wallboard --reader
  adjutant token create ops --admin --expires 12h

An agent's token claims, submits, hands off and votes as that agent in that role, and nothing else.
A reader's token looks. An administrator's does everything.")]
#[command(group = clap::ArgGroup::new("bearer").required(true))]
pub(crate) struct CreateTokenArguments {
    /// What it is called by.
    pub(crate) name: TokenName,
    /// For this agent.
    #[arg(long, group = "bearer", requires = "role")]
    pub(crate) agent: Option<AgentName>,
    /// The role the agent works in.
    #[arg(long, requires = "agent")]
    pub(crate) role: Option<RoleName>,
    /// For someone who looks.
    #[arg(long, group = "bearer")]
    pub(crate) reader: bool,
    /// For an administrator.
    #[arg(long, group = "bearer")]
    pub(crate) admin: bool,
    /// How long it lasts, such as 12h or 30d; until it is revoked when it is not given.
    #[arg(long, value_name = "TIME", value_parser = read_duration)]
    pub(crate) expires: Option<Duration>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  adjutant token revoke ada")]
pub(crate) struct RevokeTokenArguments {
    /// The token.
    pub(crate) name: TokenName,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  adjutant token link --server http://127.0.0.1:7117")]
pub(crate) struct LinkArguments {
    /// Where the server is.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7117")]
    pub(crate) server: String,
}
