//! `adjutant mcp`: the tools of an agent's day, on standard input and output.

use std::sync::Arc;

use adjutant_app::Home;
use adjutant_domain::RoleName;
use adjutant_mcp::{McpServer, OwnRoom, ToolCaller, ToolGround, serve_lines};

use crate::arguments::McpArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::{self, Settings};

pub(super) fn serve(arguments: McpArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    complete(true, async {
        let caller = caller(arguments, &home, settings).await?;
        let room = OwnRoom::new(home.state.clone());
        let ground = ToolGround {
            home,
            environment: settings::program_environment(),
        };
        let server = McpServer::new(Arc::new(room), ground, caller);
        serve_lines(server, tokio::io::stdin(), tokio::io::stdout()).await?;
        Ok(Exit::Done)
    })
}

/// Who works here. A state that cannot be opened, or a role that nobody knows, is told before the first
/// call.
async fn caller(
    arguments: McpArguments,
    home: &Home,
    settings: &Settings,
) -> Result<ToolCaller, Failure> {
    let store = open_store(home).await?;
    let agent = match arguments.agent {
        Some(agent) => Some(agent),
        None => settings.agent()?,
    };
    let known = adjutant_app::list_agents(&store).await?;
    let added = known
        .into_iter()
        .map(|known| known.agent)
        .find(|added| Some(&added.name) == agent.as_ref());
    let role: Option<RoleName> = arguments.role.or(added.map(|added| added.role));
    if let Some(role) = &role {
        adjutant_app::role_named(home, role)?;
    }
    Ok(ToolCaller::Here { agent, role })
}
