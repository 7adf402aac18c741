//! `adjutant agent run`.

use adjutant_app::{Completion, RanAgent, RunAnswer, RunOutcome, RunRequest};
use adjutant_domain::{AgentName, Data, Measurement};
use adjutant_outbound::acp::Session;
use adjutant_outbound::agent_process::{self, Finish};
use adjutant_outbound::process::End;
use adjutant_store::AttemptResult;
use adjutant_work::Target;
use serde_json::json;

use crate::arguments::{Format, RunAgentArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::{refusal, streams, unproven};

pub(super) fn run_named(
    name: &AgentName,
    arguments: &RunAgentArguments,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let target = arguments.task.map_or(Target::Next, Target::Task);
    let request = request(arguments, name.clone(), target);
    let answer = complete(true, async {
        let store = open_store(&home).await?;
        let cancel = agent_process::asked_to_end();
        Ok(adjutant_app::run_agent(&store, &home, &request, cancel).await?)
    })?;
    let format = arguments.format.format;
    let ran = match answer {
        RunAnswer::Unknown => return Err(super::unknown(name.as_str())),
        RunAnswer::Refused(refused) => return refusal::tell(&refused, format),
        RunAnswer::Ran(ran) => ran,
    };
    match format {
        Format::Json => streams::print_json(&ran_json(&ran))?,
        Format::Human => streams::print(&ran_text(&ran))?,
    }
    Ok(exit(&ran))
}

/// What a run is to do, as the arguments say.
pub(super) fn request(
    arguments: &RunAgentArguments,
    agent: AgentName,
    target: Target,
) -> RunRequest {
    RunRequest {
        agent,
        target,
        time_max: arguments.time_limit,
        keep_work_tree: arguments.keep_worktree,
        lease: arguments.lease,
        variables: crate::settings::all_variables(),
    }
}

/// What the exit code says of a run; a lost task is told on standard error too.
pub(super) fn exit(ran: &RanAgent) -> Exit {
    match &ran.outcome {
        RunOutcome::ToComplete => Exit::Done,
        RunOutcome::Completed(completion) => completion_exit(completion),
        RunOutcome::GivenBack(_) => Exit::Undecided,
        RunOutcome::EndedByAgent(result) => match result {
            AttemptResult::Proven | AttemptResult::Merged | AttemptResult::HandedOff => Exit::Done,
            AttemptResult::Released
            | AttemptResult::Refused
            | AttemptResult::Lost
            | AttemptResult::Rejected => Exit::Undecided,
        },
        RunOutcome::Lost(refused) => {
            streams::tell(&format!("refused: {}", refusal::reason(refused)));
            Exit::Refused
        }
    }
}

fn completion_exit(completion: &Completion) -> Exit {
    match completion {
        Completion::Proven(_) => Exit::Done,
        Completion::Unproven(reason) => unproven::exit(reason),
        Completion::Refused(_) | Completion::Outside { .. } => Exit::Refused,
    }
}

pub(super) fn ran_json(ran: &RanAgent) -> serde_json::Value {
    let (outcome, reason) = match &ran.outcome {
        RunOutcome::ToComplete => ("to_complete", None),
        RunOutcome::Completed(completion) => completion_words(completion),
        RunOutcome::GivenBack(reason) => ("given_back", Some(reason.clone())),
        RunOutcome::EndedByAgent(result) => ("ended_by_agent", Some(ended_by(*result).to_owned())),
        RunOutcome::Lost(refused) => ("lost", Some(refusal::reason(refused))),
    };
    let (proof, unproven) = match &ran.outcome {
        RunOutcome::Completed(Completion::Proven(proof)) => (Some(proof), None),
        RunOutcome::Completed(Completion::Unproven(reason)) => (None, Some(reason)),
        RunOutcome::Completed(Completion::Refused(_) | Completion::Outside { .. })
        | RunOutcome::ToComplete
        | RunOutcome::GivenBack(_)
        | RunOutcome::EndedByAgent(_)
        | RunOutcome::Lost(_) => (None, None),
    };
    let session = ran.finish.session.as_ref().map(|session| {
        json!({
            "end": session.end,
            "allowed": session.allowed,
            "refused": session.refused,
            "refused_calls": session.told,
        })
    });
    json!({
        "task": ran.holder.task,
        "epoch": ran.holder.epoch,
        "agent": ran.holder.agent,
        "end": ran.finish.ended.end,
        "survivors": ran.finish.ended.survivors,
        "session": session,
        "branch": ran.site.branch,
        "base": ran.site.base,
        "head": ran.left.head,
        "changed": ran.left.is_changed,
        "committed_for_it": ran.left.is_committed_for_it,
        "worktree": ran.is_kept.then(|| ran.site.folder.clone()),
        "transcript": ran.transcript,
        "transcript_bytes_left_out": ran.finish.transcript_left_out,
        "complaints_bytes_left_out": ran.finish.complaints_left_out,
        "usage": ran.usage.as_ref().ok().map(|used| used.iter().map(figure_json).collect::<Vec<_>>()),
        "usage_problem": ran.usage.as_ref().err().map(ToString::to_string),
        "outcome": outcome,
        "reason": reason,
        "proof": proof.map(|proof| proof.record),
        "weaker": proof.map(|proof| proof.proof.is_weaker()),
        "unproven": unproven,
    })
}

/// How a completion ended, in a word, and why.
fn completion_words(completion: &Completion) -> (&'static str, Option<String>) {
    match completion {
        Completion::Proven(_) => ("proven", None),
        Completion::Unproven(reason) => ("not_proven", Some(unproven::problem(reason))),
        Completion::Refused(refused) => ("lost", Some(refusal::reason(refused))),
        Completion::Outside { outside, .. } => ("out_of_bounds", Some(outside.because.join("; "))),
    }
}

fn completion_text(ran: &RanAgent, completion: &Completion) -> String {
    let (task, branch) = (ran.holder.task, &ran.site.branch);
    let (word, reason) = completion_words(completion);
    let reason = reason.unwrap_or_default();
    let name = match completion {
        Completion::Proven(completed) => {
            let weaker = if completed.proof.is_weaker() {
                " (WEAKER: green only)"
            } else {
                ""
            };
            return format!(
                "proven      sha256:{}{weaker}\nnext        adjutant task merge {task}\n",
                completed.record
            );
        }
        Completion::Unproven(reason) => reason.name(),
        Completion::Refused(_) | Completion::Outside { .. } => word,
    };
    format!("not proven  {name}: {reason}\ngiven back  what it left is on the branch {branch}\n")
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

/// What an agent did itself about its claim.
fn ended_by(result: AttemptResult) -> &'static str {
    match result {
        AttemptResult::Proven => "the agent completed the task",
        AttemptResult::Merged => "the task is merged",
        AttemptResult::Refused => "the work was not proven",
        AttemptResult::HandedOff => "the agent handed the task off",
        AttemptResult::Released => "the agent gave the task back",
        AttemptResult::Lost => "the lease ran out",
        AttemptResult::Rejected => "the work was sent back",
    }
}

fn how(finish: &Finish) -> String {
    if let Some(session) = &finish.session {
        return session.end.to_string();
    }
    match finish.ended.end {
        End::Exited(code) => format!("ended with exit code {code}"),
        End::Signaled(signal) => format!("ended by signal {signal}"),
        End::TimedOut => "out of time".to_owned(),
        End::Cancelled => "cancelled".to_owned(),
        End::NotFound => "there is no such program".to_owned(),
        End::NotStarted(number) => format!("not started, error {number}"),
    }
}

/// What the agent asked, and how it was answered.
fn session_text(session: &Session) -> String {
    let mut text = format!(
        "asked       {} allowed, {} refused\n",
        session.allowed, session.refused
    );
    for call in &session.told {
        let title: String = call
            .title
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        text.push_str(&format!("refused     {title}: {}\n", call.reason));
    }
    text
}

fn left_out_text(stream: &str, left_out: u64) -> String {
    if left_out == 0 {
        return String::new();
    }
    format!(
        "cut         {stream}: the first {} bytes are kept, {left_out} are not\n",
        agent_process::STREAM_BYTES_MAX
    )
}

pub(super) fn ran_text(ran: &RanAgent) -> String {
    let (holder, site) = (&ran.holder, &ran.site);
    let mut text = format!(
        "agent {} on {} (epoch {}): {}\nbranch      {}\n",
        holder.agent,
        holder.task,
        holder.epoch,
        how(&ran.finish),
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
    text.push_str(
        &ran.finish
            .session
            .as_ref()
            .map(session_text)
            .unwrap_or_default(),
    );
    text.push_str(&format!("transcript  {}\n", ran.transcript));
    text.push_str(&left_out_text("transcript", ran.finish.transcript_left_out));
    text.push_str(&left_out_text(
        "standard error",
        ran.finish.complaints_left_out,
    ));
    text.push_str(&usage_text(ran));
    text.push_str(&outcome_text(ran));
    text
}

fn usage_text(ran: &RanAgent) -> String {
    let holder = &ran.holder;
    let mut text = String::new();
    match &ran.usage {
        Ok(used) => {
            for measurement in used {
                let value = value_of(measurement).map_or_else(
                    || "NO DATA AVAILABLE".to_owned(),
                    |value| adjutant_report::number::value(value, None, measurement.unit),
                );
                text.push_str(&format!(
                    "used        {} {value} @ {}-e{} (transcript{})\n",
                    measurement.measure, holder.task, holder.epoch, measurement.locator,
                ));
            }
        }
        Err(error) => text.push_str(&format!("used        NO DATA AVAILABLE: {error}\n")),
    }
    text
}

fn outcome_text(ran: &RanAgent) -> String {
    let holder = &ran.holder;
    match &ran.outcome {
        RunOutcome::ToComplete => format!(
            "not proven  no_check: the task has no check, and stays with {}\n\
             next        adjutant task edit {}, then adjutant task complete --task {} --epoch {} \
             --agent {} --commit {}\n",
            holder.agent, holder.task, holder.task, holder.epoch, holder.agent, ran.site.branch
        ),
        RunOutcome::Completed(completion) => completion_text(ran, completion),
        RunOutcome::GivenBack(reason) => format!("given back  {reason}\n"),
        RunOutcome::EndedByAgent(result) => format!("ended       {}\n", ended_by(*result)),
        RunOutcome::Lost(_) => "lost        the task is no longer the agent's\n".to_owned(),
    }
}
