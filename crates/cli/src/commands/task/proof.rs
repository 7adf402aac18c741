//! Proving and merging work.

use adjutant_app::{
    CompleteRequest, Completed, Completion, MergeOutcome, MergeRequest, Merging, QueueStep,
    complete_work, merge_work, open_proof,
};
use adjutant_domain::{Digest, ObjectId, TaskId};
use adjutant_outbound::clock;
use adjutant_wire::ProvenJson;
use adjutant_work::{
    CHECKING_LEASE_MILLIS, CheckProof, Drift, Proof, RunRecord, Stage, Strength, Unproven,
};
use serde::Serialize;

use super::holder;
use crate::arguments::{CompleteArguments, Format, MergeArguments, VerifyTaskArguments};
use crate::boundary;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::refusal;
use crate::runtime::complete;
use crate::settings::{self, Settings};
use crate::streams;
use crate::unproven;

#[derive(Serialize)]
struct StepJson<'a> {
    task: TaskId,
    state: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unproven: Option<&'a Unproven>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a adjutant_work::Refusal>,
}

pub(super) fn finish(arguments: CompleteArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let format = arguments.format.format;
    let request = CompleteRequest {
        holder: holder::resolve(&arguments.holder, &home, settings)?,
        revision: arguments.commit,
        evidence: arguments.evidence,
        environment: settings::program_environment(),
        lease_millis: CHECKING_LEASE_MILLIS,
    };
    let completion = complete(true, async {
        let store = open_store(&home).await?;
        Ok(complete_work(&store, &home, &request, clock::now()).await?)
    })?;
    match completion {
        Completion::Proven(completed) => {
            print_proven(&completed, format)?;
            Ok(Exit::Done)
        }
        Completion::Unproven(reason) => unproven::tell(&reason, format),
        Completion::Refused(refused) => refusal::tell(&refused, format),
        Completion::Outside { outside, part } => {
            boundary::stop(request.holder.task, &outside, &part, format)
        }
    }
}

fn print_proven(completed: &Completed, format: Format) -> Result<(), Failure> {
    let proof = &completed.proof;
    match &proof.drift {
        Drift::Outside { paths } => {
            streams::warn(&format!("the task does not declare {}", paths.join(", ")));
        }
        Drift::Within | Drift::NothingDeclared => {}
    }
    match format {
        Format::Json => streams::print_json(&ProvenJson::from(completed)),
        Format::Human => streams::print(&format!(
            "{} is proven\n{}next: adjutant task merge {} brings it into {}\n",
            completed.task.id,
            proof_text(proof, completed.record),
            completed.task.id,
            completed.target
        )),
    }
}

/// A proof for a person.
fn proof_text(proof: &Proof, record: Digest) -> String {
    let mut text = format!(
        "commit    {}\ntree      {}\nbase      {}, {} files changed\nproof     sha256:{}\n",
        proof.commit, proof.tree, proof.base, proof.files_changed, record
    );
    for check in &proof.checks {
        text.push_str(&check_line(check));
    }
    text
}

/// What a passing check says about the work.
pub(super) fn strength_text(strength: &Strength) -> String {
    match strength {
        Strength::RedGreen { tests, declared } => {
            let tests = match (tests.as_slice(), declared) {
                ([], _) => "no test file of the work was needed".to_owned(),
                (tests, true) => format!("declared tests {}", tests.join(", ")),
                (tests, false) => format!("tests by their names {}", tests.join(", ")),
            };
            format!("red-green ({tests})")
        }
        Strength::Gated => "measured, and accepted by its gate".to_owned(),
        Strength::GreenOnly { reason } => format!("WEAKER: green only ({reason})"),
    }
}

fn check_line(check: &CheckProof) -> String {
    let strength = strength_text(&check.strength);
    let mut line = format!("check     {}: {strength}", check.name);
    for (colour, run) in check
        .red
        .iter()
        .map(|red| ("base", red))
        .chain([("work", &check.green)])
    {
        line.push_str(&format!(", {colour} {}", run_text(run)));
    }
    line.push('\n');
    line
}

fn run_text(run: &RunRecord) -> String {
    let left = match run.survivors {
        0 => String::new(),
        count => format!(", ended {count} processes it left"),
    };
    format!(
        "{} in {} ms{left}",
        unproven::end_text(run.end),
        run.lasted_ms
    )
}

pub(super) fn merge(arguments: &MergeArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let format = arguments.format.format;
    let request = MergeRequest {
        task: arguments.task,
        environment: settings::program_environment(),
    };
    let merging = complete(true, async {
        let store = open_store(&home).await?;
        Ok(merge_work(&store, &home, &request, clock::now()).await?)
    })?;
    let steps = match merging {
        Merging::Steps(steps) => steps,
        Merging::Refused(refused) => return refusal::tell(&refused, format),
        Merging::Busy => {
            streams::tell("refused: another process is merging in this repository");
            streams::tell("next: Wait until it is done, and start again.");
            return Ok(Exit::Refused);
        }
    };
    match format {
        Format::Json => {
            let json: Vec<_> = steps.iter().map(step_json).collect();
            streams::print_json(&json)?;
        }
        Format::Human if steps.is_empty() => streams::tell("no task waits to be merged"),
        Format::Human => {
            let text: String = steps.iter().map(step_text).collect();
            streams::print(&text)?;
        }
    }
    Ok(steps
        .iter()
        .map(step_exit)
        .max_by_key(|exit| *exit as u8)
        .unwrap_or(Exit::Done))
}

fn step_exit(step: &QueueStep) -> Exit {
    match &step.outcome {
        MergeOutcome::Merged { .. } => Exit::Done,
        MergeOutcome::Waits(_) => Exit::Undecided,
        MergeOutcome::SentBack(_) => Exit::Rejected,
        MergeOutcome::Refused(_) => Exit::Refused,
    }
}

fn step_text(step: &QueueStep) -> String {
    let id = step.task.id;
    match &step.outcome {
        MergeOutcome::Merged { commit, stage, .. } => match stage {
            Stage::FoundMerged => {
                format!(
                    "{id} is done: {} holds it already, proven there\n",
                    commit.short()
                )
            }
            Stage::Merged | Stage::Completed => {
                format!("{id} is done: merged as {}, proven there\n", commit.short())
            }
        },
        MergeOutcome::SentBack(reason) => {
            format!(
                "{id} goes back, {}: {}\n",
                reason.name(),
                unproven::problem(reason)
            )
        }
        MergeOutcome::Waits(reason) => {
            format!(
                "{id} waits, {}: {}\n",
                reason.name(),
                unproven::problem(reason)
            )
        }
        MergeOutcome::Refused(_) => format!("{id} was changed by someone else meanwhile\n"),
    }
}

fn step_json(step: &QueueStep) -> StepJson<'_> {
    let mut json = StepJson {
        task: step.task.id,
        state: step.task.state.name(),
        outcome: "merged",
        commit: None,
        stage: None,
        record: None,
        unproven: None,
        refused: None,
    };
    match &step.outcome {
        MergeOutcome::Merged {
            commit,
            stage,
            record,
        } => {
            json.commit = Some(commit);
            json.stage = Some(*stage);
            json.record = Some(*record);
        }
        MergeOutcome::SentBack(reason) => {
            json.outcome = "sent_back";
            json.unproven = Some(reason);
        }
        MergeOutcome::Waits(reason) => {
            json.outcome = "waits";
            json.unproven = Some(reason);
        }
        MergeOutcome::Refused(refused) => {
            json.outcome = "refused";
            json.refused = Some(refused);
        }
    }
    json
}

#[derive(Serialize)]
struct ReproofJson<'a> {
    task: TaskId,
    holds: bool,
    problems: &'a [String],
    record: Digest,
    weaker: bool,
    proof: &'a Proof,
}

/// Opens the proof of a task again.
pub(in crate::commands) fn verify(
    arguments: &VerifyTaskArguments,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let (task, format) = (arguments.task, arguments.format.format);
    let opened = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(open_proof(&store, &home, task).await?)
    })?;
    let reproof = match opened {
        Ok(reproof) => reproof,
        Err(refused) => return refusal::tell(&refused, format),
    };
    let holds = reproof.problems.is_empty();
    match format {
        Format::Json => streams::print_json(&ReproofJson {
            task,
            holds,
            problems: &reproof.problems,
            record: reproof.record,
            weaker: reproof.proof.is_weaker(),
            proof: &reproof.proof,
        })?,
        Format::Human => {
            let mut text = proof_text(&reproof.proof, reproof.record);
            for problem in &reproof.problems {
                text.push_str(&format!("PROBLEM   {problem}\n"));
            }
            if holds {
                text.push_str("every digest and every object holds\n");
            }
            streams::print(&text)?;
        }
    }
    Ok(if holds { Exit::Done } else { Exit::Rejected })
}
