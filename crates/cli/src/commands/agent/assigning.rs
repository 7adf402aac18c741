//! `adjutant agent list --for` and `adjutant agent run --any`: who is the best for a task.

use adjutant_app::{Assigned, Ranking, RunAnswer};
use adjutant_domain::TaskId;
use adjutant_outbound::agent_process;
use adjutant_work::{Candidate, Record, Refusal, Target};
use serde_json::json;

use super::running;
use crate::arguments::{Format, RunAgentArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::table::table;
use crate::{refusal, streams};

/// Never a rate without its counts.
pub(super) fn rate(record: &Record) -> String {
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

/// The agents in order of fitness for a task.
pub(super) fn list_for(task: TaskId, format: Format, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let ranking = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::rank_agents(&store, &home, task).await?)
    })?;
    let candidates = match ranking {
        Ranking::Ranked(candidates) => candidates,
        Ranking::UnknownTask => return refusal::tell(&Refusal::Unknown { task }, format),
    };
    if format == Format::Json {
        streams::print_json(&candidates)?;
        return Ok(Exit::Done);
    }
    if candidates.is_empty() {
        return Ok(tell_no_agents());
    }
    streams::print(&candidates_table(&candidates))?;
    Ok(Exit::Done)
}

fn tell_no_agents() -> Exit {
    streams::tell("NO DATA AVAILABLE: no agent was added yet");
    streams::tell("remedy: Run adjutant agent add NAME --role ROLE --preset claude-code.");
    Exit::Undecided
}

fn candidates_table(candidates: &[Candidate]) -> String {
    let head = ["place", "agent", "accepted work of this kind", "why"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (place, candidate) in (1..).zip(candidates) {
        rows.push(vec![
            place.to_string(),
            candidate.agent.name.to_string(),
            rate(&candidate.record),
            why(candidate),
        ]);
    }
    table(&rows)
}

fn why(candidate: &Candidate) -> String {
    match (&candidate.refusal, candidate.record.rate) {
        (Some(refused), _) => format!("cannot have it now: {}", refusal::reason(refused)),
        (None, Some(_)) => "by its mean rate".to_owned(),
        (None, None) => "no record: behind those above one half".to_owned(),
    }
}

/// Runs the best agent for a task, and says why it was this one.
pub(super) fn run_best(
    task: TaskId,
    arguments: &RunAgentArguments,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let request_for = |agent| running::request(arguments, agent, Target::Task(task));
    let assigned = complete(true, async {
        let store = open_store(&home).await?;
        let cancel = agent_process::asked_to_end();
        let run = adjutant_app::run_best_agent(&store, &home, task, request_for, cancel);
        Ok(run.await?)
    })?;
    let format = arguments.format.format;
    let Some(assigned) = assigned else {
        return refusal::tell(&Refusal::Unknown { task }, format);
    };
    tell_assigned(task, &assigned, format)
}

fn tell_assigned(task: TaskId, assigned: &Assigned, format: Format) -> Result<Exit, Failure> {
    let Some((chosen, answer)) = &assigned.run else {
        return tell_nobody(task, assigned, format);
    };
    let ran = match answer {
        RunAnswer::Unknown => return Err(super::unknown(chosen.agent.name.as_str())),
        RunAnswer::Refused(refused) => return refusal::tell(refused, format),
        RunAnswer::Ran(ran) => ran,
    };
    match format {
        Format::Json => {
            let mut json = assigned_json(assigned);
            json["run"] = running::ran_json(ran);
            streams::print_json(&json)?;
        }
        Format::Human => {
            let mut text = format!(
                "chosen      {} of {} agents; {}: {}\n",
                chosen.agent.name,
                assigned.candidates.len(),
                chosen.record.kind.map_or("no kind", |kind| kind.name()),
                rate(&chosen.record),
            );
            text.push_str(&passed_over_text(assigned));
            text.push_str(&running::ran_text(ran));
            streams::print(&text)?;
        }
    }
    Ok(running::exit(ran))
}

fn tell_nobody(task: TaskId, assigned: &Assigned, format: Format) -> Result<Exit, Failure> {
    if assigned.candidates.is_empty() {
        return Ok(tell_no_agents());
    }
    match format {
        Format::Json => streams::print_json(&assigned_json(assigned))?,
        Format::Human => {
            streams::tell(&format!("refused: no agent can have {task} now"));
            streams::tell("next: Wait for one, or add one with adjutant agent add.");
            let mut text = candidates_table(&assigned.candidates);
            text.push_str(&passed_over_text(assigned));
            streams::print(&text)?;
        }
    }
    Ok(Exit::Refused)
}

fn assigned_json(assigned: &Assigned) -> serde_json::Value {
    let passed_over = assigned
        .passed_over
        .iter()
        .map(|passed| json!({ "agent": passed.agent, "refused": passed.because }));
    json!({
        "candidates": assigned.candidates,
        "passed_over": passed_over.collect::<Vec<_>>(),
        "chosen": assigned.run.as_ref().map(|(chosen, _)| &chosen.agent.name),
        "run": null,
    })
}

fn passed_over_text(assigned: &Assigned) -> String {
    let mut text = String::new();
    for passed in &assigned.passed_over {
        let because = refusal::reason(&passed.because);
        text.push_str(&format!("passed over {}: {because}\n", passed.agent));
    }
    text
}
