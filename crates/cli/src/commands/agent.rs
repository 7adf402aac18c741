//! `adjutant agent`: adding, listing, removing; running is in a file of its own.

mod assigning;
mod running;

use adjutant_app::KnownAgent;
use adjutant_outbound::clock;
use adjutant_store::AgentChange;
use adjutant_wire::KnownAgentJson;
use adjutant_work::{Agent, AgentPreset, Launch};
use serde_json::json;

use crate::arguments::{
    AddAgentArguments, AgentCommand, Format, ListAgentsArguments, RemoveAgentArguments,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;

pub(super) fn run(command: AgentCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        AgentCommand::Add(arguments) => add(arguments, settings),
        AgentCommand::List(arguments) => list(&arguments, settings),
        AgentCommand::Remove(arguments) => remove(&arguments, settings),
        AgentCommand::Run(arguments) => match (&arguments.name, arguments.any) {
            (Some(name), _) => running::run_named(name, &arguments, settings),
            (None, Some(task)) => assigning::run_best(task, &arguments, settings),
            (None, None) => {
                let remedy = "Give an agent's name, or --any TASK.";
                Err(Failure::usage("it is not said which agent runs", remedy))
            }
        },
    }
}

fn add(arguments: AddAgentArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let preset = arguments.preset.map(AgentPreset::from);
    let written = match (&arguments.command, &arguments.acp) {
        (Some(command), _) => Some(Launch::command(command)),
        (None, Some(command)) => Some(Launch::acp(command)),
        (None, None) => preset.map(|preset| Ok(preset.launch())),
    };
    let launch = written
        .ok_or_else(|| {
            Failure::usage(
                "it is not said how the agent is started",
                "Give --preset, --command or --acp.",
            )
        })?
        .map_err(|error| Failure::usage(error.to_string(), "See adjutant agent add --help."))?;
    let mut variables = preset.map(AgentPreset::variables).unwrap_or_default();
    variables.extend(arguments.variables);
    let agent = Agent {
        name: arguments.name,
        role: arguments.role,
        launch,
        variables,
    };
    let change = complete(settings.database_url.is_some(), async {
        adjutant_app::role_named(&home, &agent.role)?;
        let store = open_store(&home).await?;
        Ok(adjutant_app::add_agent(&store, &agent, clock::now()).await?)
    })?;
    match arguments.format.format {
        Format::Json => streams::print_json(&agent)?,
        Format::Human => streams::print(&match change {
            AgentChange::Done => format!("agent {} works as {}\n", agent.name, agent.role),
            AgentChange::Unchanged => format!("agent {} was there already\n", agent.name),
        })?,
    }
    Ok(Exit::Done)
}

fn remove(arguments: &RemoveAgentArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let change = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::remove_agent(&store, &arguments.name, clock::now()).await?)
    })?;
    if change == AgentChange::Unchanged {
        return Err(unknown(arguments.name.as_str()));
    }
    match arguments.format.format {
        Format::Json => streams::print_json(&json!({ "removed": arguments.name }))?,
        Format::Human => streams::print(&format!("agent {} is removed\n", arguments.name))?,
    }
    Ok(Exit::Done)
}

fn unknown(name: &str) -> Failure {
    Failure::usage(
        format!("there is no agent {name}"),
        "See adjutant agent list, or add it with adjutant agent add.",
    )
}

fn list(arguments: &ListAgentsArguments, settings: &Settings) -> Result<Exit, Failure> {
    if let Some(task) = arguments.task {
        return assigning::list_for(task, arguments.format.format, settings);
    }
    let home = find_home(settings)?;
    let known = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::list_agents(&store).await?)
    })?;
    match arguments.format.format {
        Format::Json => {
            let json: Vec<_> = known.iter().map(KnownAgentJson::from).collect();
            streams::print_json(&json)?;
        }
        Format::Human if known.is_empty() => {
            streams::tell("NO DATA AVAILABLE: no agent was added yet");
            streams::tell("remedy: Run adjutant agent add NAME --role ROLE --preset claude-code.");
        }
        Format::Human => streams::print(&agents_table(&known))?,
    }
    Ok(Exit::Done)
}

fn agents_table(known: &[KnownAgent]) -> String {
    let head = ["agent", "role", "starts", "kind", "accepted work", "open"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for KnownAgent { agent, records, .. } in known {
        let mut first = vec![
            agent.name.to_string(),
            agent.role.to_string(),
            program(agent),
        ];
        if records.is_empty() {
            first.extend([
                "".to_owned(),
                "NO DATA AVAILABLE".to_owned(),
                "0".to_owned(),
            ]);
            rows.push(first);
            continue;
        }
        for record in records {
            let mut row = std::mem::replace(&mut first, vec![String::new(); 3]);
            let kind = record.kind.map(|kind| kind.name().to_owned());
            row.extend([
                kind.unwrap_or_default(),
                assigning::rate(record),
                record.open.to_string(),
            ]);
            rows.push(row);
        }
    }
    table(&rows)
}

fn program(agent: &Agent) -> String {
    let program = agent.launch.argv().first().cloned().unwrap_or_default();
    match agent.launch {
        Launch::Command { .. } => program,
        Launch::Acp { .. } => format!("{program} (ACP)"),
    }
}
