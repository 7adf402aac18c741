//! `adjutant agent`: adding, listing, removing, running.

use adjutant_app::{KnownAgent, RanAgent, Ranking, RunAnswer, RunOutcome, RunRequest};
use adjutant_domain::{Data, Measurement};
use adjutant_outbound::process::End;
use adjutant_outbound::{agent_process, clock};
use adjutant_store::AgentChange;
use adjutant_work::{Agent, AgentPreset, Fit, Launch, Record, Refusal, Target};
use serde_json::json;

use super::{complete, find_home, open_store};
use crate::arguments::{
    AddAgentArguments, AgentCommand, Format, ListAgentsArguments, RemoveAgentArguments,
    RunAgentArguments,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::table::table;
use crate::{refusal, streams};

pub(super) fn run(command: AgentCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        AgentCommand::Add(arguments) => add(arguments, settings),
        AgentCommand::List(arguments) => list(&arguments, settings),
        AgentCommand::Remove(arguments) => remove(&arguments, settings),
        AgentCommand::Run(arguments) => run_agent(&arguments, settings),
    }
}

fn add(arguments: AddAgentArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let preset = arguments.preset.map(AgentPreset::from);
    let launch = match (&arguments.command, preset) {
        (Some(command), _) => Launch::command(command)
            .map_err(|error| Failure::usage(error.to_string(), "See adjutant agent add --help."))?,
        (None, Some(preset)) => preset.launch(),
        (None, None) => {
            return Err(Failure::usage(
                "it is not said how the agent is started",
                "Give --preset or --command.",
            ));
        }
    };
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
        return list_for(task, arguments.format.format, settings);
    }
    let home = find_home(settings)?;
    let known = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::list_agents(&store).await?)
    })?;
    match arguments.format.format {
        Format::Json => {
            let json: Vec<_> = known
                .iter()
                .map(|known| {
                    json!({
                        "agent": known.agent, "records": known.records, "trials": known.trials,
                    })
                })
                .collect();
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
                rate(record),
                record.open.to_string(),
            ]);
            rows.push(row);
        }
    }
    table(&rows)
}

fn program(agent: &Agent) -> String {
    let Launch::Command { argv } = &agent.launch;
    argv.first().cloned().unwrap_or_default()
}

/// Never a rate without its counts.
fn rate(record: &Record) -> String {
    match record.rate {
        Some(rate) => format!(
            "{} of {}: {:.0} % [{:.0}, {:.0}] n {}",
            record.accepted,
            record.judged,
            100.0 * rate.mean,
            100.0 * rate.interval.low(),
            100.0 * rate.interval.high(),
            rate.n,
        ),
        None => "NO DATA AVAILABLE".to_owned(),
    }
}

fn list_for(
    task: adjutant_domain::TaskId,
    format: Format,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let ranking = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::rank_agents(&store, task).await?)
    })?;
    let candidates = match ranking {
        Ranking::Ranked(candidates) => candidates,
        Ranking::UnknownTask => return refusal::tell(&Refusal::Unknown { task }, format),
    };
    if format == Format::Json {
        streams::print_json(&candidates)?;
        return Ok(Exit::Done);
    }
    let head = ["place", "agent", "accepted work of this kind", "why"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (place, candidate) in (1..).zip(&candidates) {
        let why = match (&candidate.fit, candidate.record.rate) {
            (Fit::WrongRole { needed }, _) => format!("cannot have it: it needs {needed}"),
            (Fit::Fits, Some(_)) => "by its rate of accepted work".to_owned(),
            (Fit::Fits, None) => "no record: behind those above one half".to_owned(),
        };
        rows.push(vec![
            place.to_string(),
            candidate.agent.name.to_string(),
            rate(&candidate.record),
            why,
        ]);
    }
    streams::print(&table(&rows))?;
    Ok(Exit::Done)
}

fn run_agent(arguments: &RunAgentArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let request = RunRequest {
        agent: arguments.name.clone(),
        target: arguments.task.map_or(Target::Next, Target::Task),
        time_max: arguments.time_limit,
        keep_work_tree: arguments.keep_worktree,
        lease: arguments.lease,
        variables: crate::settings::all_variables(),
    };
    let answer = complete(true, async {
        let store = open_store(&home).await?;
        let cancel = agent_process::asked_to_end();
        Ok(adjutant_app::run_agent(&store, &home, &request, cancel).await?)
    })?;
    let format = arguments.format.format;
    let ran = match answer {
        RunAnswer::Unknown => return Err(unknown(arguments.name.as_str())),
        RunAnswer::Refused(refused) => return refusal::tell(&refused, format),
        RunAnswer::Ran(ran) => ran,
    };
    match format {
        Format::Json => streams::print_json(&ran_json(&ran))?,
        Format::Human => streams::print(&ran_text(&ran))?,
    }
    match &ran.outcome {
        RunOutcome::ToComplete => Ok(Exit::Done),
        RunOutcome::GivenBack(_) => Ok(Exit::Undecided),
        RunOutcome::Lost(refused) => {
            streams::tell(&format!("refused: {}", refusal::reason(refused)));
            Ok(Exit::Refused)
        }
    }
}

fn ran_json(ran: &RanAgent) -> serde_json::Value {
    let (outcome, reason) = match &ran.outcome {
        RunOutcome::ToComplete => ("to_complete", None),
        RunOutcome::GivenBack(reason) => ("given_back", Some(reason.clone())),
        RunOutcome::Lost(refused) => ("lost", Some(refusal::reason(refused))),
    };
    json!({
        "task": ran.holder.task,
        "epoch": ran.holder.epoch,
        "agent": ran.holder.agent,
        "end": ran.ended.end,
        "survivors": ran.ended.survivors,
        "branch": ran.site.branch,
        "base": ran.site.base,
        "head": ran.left.head,
        "changed": ran.left.is_changed,
        "committed_for_it": ran.left.is_committed_for_it,
        "worktree": ran.is_kept.then(|| ran.site.folder.clone()),
        "transcript": ran.transcript,
        "usage": ran.usage.as_ref().ok().map(|used| used.iter().map(figure_json).collect::<Vec<_>>()),
        "usage_problem": ran.usage.as_ref().err().map(ToString::to_string),
        "outcome": outcome,
        "reason": reason,
    })
}

fn figure_json(measurement: &Measurement) -> serde_json::Value {
    json!({
        "measure": measurement.measure,
        "labels": measurement.labels,
        "value": value_of(measurement),
        "unit": measurement.unit,
        "locator": measurement.locator,
    })
}

fn value_of(measurement: &Measurement) -> Option<f64> {
    match &measurement.data {
        Data::Scalar(scalar) => Some(scalar.value),
        Data::Samples(_)
        | Data::Histogram(_)
        | Data::Proportion { .. }
        | Data::Ranking(_)
        | Data::Judgements(_)
        | Data::Absent(_) => None,
    }
}

fn how(end: End) -> String {
    match end {
        End::Exited(code) => format!("ended with exit code {code}"),
        End::Signaled(signal) => format!("ended by signal {signal}"),
        End::TimedOut => "out of time".to_owned(),
        End::Cancelled => "cancelled".to_owned(),
        End::NotFound => "there is no such program".to_owned(),
        End::NotStarted(number) => format!("not started, error {number}"),
    }
}

fn ran_text(ran: &RanAgent) -> String {
    let (holder, site) = (&ran.holder, &ran.site);
    let mut text = format!(
        "agent {} on {} (epoch {}): {}\nbranch      {}\n",
        holder.agent,
        holder.task,
        holder.epoch,
        how(ran.ended.end),
        site.branch
    );
    let work = match (ran.left.is_changed, ran.left.is_committed_for_it) {
        (false, _) => "none: the tree is as before".to_owned(),
        (true, false) => ran.left.head.short().to_owned(),
        (true, true) => format!("{} (committed for the agent)", ran.left.head.short()),
    };
    text.push_str(&format!("work        {work}\n"));
    if ran.is_kept {
        text.push_str(&format!("work tree   {}\n", site.folder.display()));
    }
    text.push_str(&format!("transcript  {}\n", ran.transcript));
    match &ran.usage {
        Ok(used) => {
            for measurement in used {
                let value = value_of(measurement)
                    .map(|value| adjutant_report::number::value(value, None, measurement.unit));
                text.push_str(&format!(
                    "used        {} {} @ {}-e{} (transcript{})\n",
                    measurement.measure,
                    value.unwrap_or_default(),
                    holder.task,
                    holder.epoch,
                    measurement.locator,
                ));
            }
        }
        Err(error) => text.push_str(&format!("used        NO DATA AVAILABLE: {error}\n")),
    }
    match &ran.outcome {
        RunOutcome::ToComplete => text.push_str(&format!(
            "next        adjutant task complete {} --epoch {} --agent {} (in {})\n",
            holder.task, holder.epoch, holder.agent, site.branch
        )),
        RunOutcome::GivenBack(reason) => {
            text.push_str(&format!("given back  {reason}\n"));
        }
        RunOutcome::Lost(_) => text.push_str("lost        the task is no longer the agent's\n"),
    }
    text
}
