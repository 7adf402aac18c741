//! `adjutant task compete`.

use adjutant_app::{
    CompeteAnswer, CompeteRequest, Competition, CompetitionEntry, CompetitionOutcome, Completion,
    Seen, compete,
};
use adjutant_domain::AgentName;
use adjutant_outbound::agent_process;
use adjutant_work::{RulingStep, Unproven};
use serde_json::json;

use crate::arguments::{CompeteArguments, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::{self, Settings};
use crate::table::table;
use crate::{refusal, streams, unproven};

/// The most agents that work at the same time: each is a program with a work tree of its own.
const AGENTS_MAX: usize = 8;

pub(super) fn run(arguments: &CompeteArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let request = CompeteRequest {
        task: arguments.task,
        agents: distinct(&arguments.agents)?,
        time_max: arguments.time_limit,
        lease: arguments.lease,
        keep_work_trees: arguments.keep_worktrees,
        variables: settings::all_variables(),
    };
    let answer = complete(true, async {
        let store = open_store(&home).await?;
        let cancel = agent_process::asked_to_end();
        Ok(compete(&store, &home, &request, cancel).await?)
    })?;
    let format = arguments.format.format;
    let competition = match answer {
        CompeteAnswer::UnknownAgent(name) => {
            return Err(Failure::usage(
                format!("there is no agent {name}"),
                "See adjutant agent list, or add it with adjutant agent add.",
            ));
        }
        CompeteAnswer::Refused(refused) => return refusal::tell(&refused, format),
        CompeteAnswer::Unjudgeable(reason) => return unproven::tell(&reason, format),
        CompeteAnswer::Held(competition) => competition,
    };
    match format {
        Format::Json => streams::print_json(&json_of(&competition, arguments.keep_worktrees))?,
        Format::Human => streams::print(&text_of(&competition))?,
    }
    if let CompetitionOutcome::Lost(refused) = &competition.outcome {
        streams::tell(&format!("refused: {}", refusal::reason(refused)));
    }
    Ok(exit(&competition))
}

fn distinct(agents: &[AgentName]) -> Result<Vec<AgentName>, Failure> {
    let mut seen = agents.to_vec();
    seen.sort();
    seen.dedup();
    if seen.len() != agents.len() || !(2..=AGENTS_MAX).contains(&agents.len()) {
        return Err(Failure::usage(
            format!("{} agents cannot compete", agents.len()),
            format!("Name two to {AGENTS_MAX} agents, each once."),
        ));
    }
    Ok(agents.to_vec())
}

fn exit(competition: &Competition) -> Exit {
    let rejects = |entry: &CompetitionEntry| match &entry.seen {
        Seen::NotProven(completion) => completion_exit(completion) == Exit::Rejected,
        Seen::NoWork | Seen::NotChecked | Seen::Proven { .. } => false,
    };
    match &competition.outcome {
        CompetitionOutcome::Won { .. } => Exit::Done,
        CompetitionOutcome::NobodyWon if competition.entries.iter().any(rejects) => Exit::Rejected,
        CompetitionOutcome::NobodyWon | CompetitionOutcome::Cancelled => Exit::Undecided,
        CompetitionOutcome::Lost(_) => Exit::Refused,
    }
}

fn completion_exit(completion: &Completion) -> Exit {
    match completion {
        Completion::Proven(_) => Exit::Done,
        Completion::Unproven(reason) => unproven::exit(reason),
        Completion::Outside { .. } => Exit::Rejected,
        Completion::Refused(_) => Exit::Refused,
    }
}

fn json_of(competition: &Competition, is_kept: bool) -> serde_json::Value {
    let entries: Vec<_> = competition
        .entries
        .iter()
        .map(|entry| entry_json(entry, is_kept))
        .collect();
    let mut json = json!({
        "task": competition.holder.task,
        "epoch": competition.holder.epoch,
        "outcome": outcome_word(&competition.outcome),
        "entries": entries,
    });
    match &competition.outcome {
        CompetitionOutcome::Won { ruling, completed } => {
            json["winner"] = json!(ruling.winner);
            json["steps"] = json!(ruling.steps);
            json["proof"] = json!(completed.record);
            json["weaker"] = json!(completed.proof.is_weaker());
        }
        CompetitionOutcome::Lost(refused) => json["refused"] = json!(refused),
        CompetitionOutcome::NobodyWon | CompetitionOutcome::Cancelled => {}
    }
    json
}

fn outcome_word(outcome: &CompetitionOutcome) -> &'static str {
    match outcome {
        CompetitionOutcome::Won { .. } => "won",
        CompetitionOutcome::NobodyWon => "nobody_won",
        CompetitionOutcome::Cancelled => "cancelled",
        CompetitionOutcome::Lost(_) => "lost",
    }
}

fn entry_json(entry: &CompetitionEntry, is_kept: bool) -> serde_json::Value {
    let mut json = json!({
        "agent": entry.agent,
        "end": entry.finish.ended.end,
        "survivors": entry.finish.ended.survivors,
        "branch": entry.site.branch,
        "base": entry.site.base,
        "head": entry.left.head,
        "changed": entry.left.is_changed,
        "worktree": is_kept.then(|| entry.site.folder.clone()),
        "transcript": entry.transcript,
        "judged": entry.judged,
    });
    match &entry.seen {
        Seen::NoWork => json["seen"] = json!("no_work"),
        Seen::NotChecked => json["seen"] = json!("not_checked"),
        Seen::Proven { measures, lines } => {
            json["seen"] = json!("proven");
            json["measures"] = json!(measures);
            json["lines"] = json!(lines);
        }
        Seen::NotProven(completion) => {
            json["seen"] = json!("not_proven");
            json["reason"] = json!(why(completion));
            if let Completion::Unproven(reason) = completion {
                json["unproven"] = json!(reason);
            }
        }
    }
    json
}

/// Why work is not proven.
fn why(completion: &Completion) -> String {
    match completion {
        Completion::Proven(_) => String::new(),
        Completion::Unproven(reason) => named(reason),
        Completion::Refused(refused) => refusal::reason(refused),
        Completion::Outside { outside, .. } => {
            format!("out of bounds: {}", outside.because.join("; "))
        }
    }
}

fn named(reason: &Unproven) -> String {
    format!("{}: {}", reason.name(), unproven::problem(reason))
}

fn text_of(competition: &Competition) -> String {
    let holder = &competition.holder;
    let head = ["agent", "its work", "lines", "branch"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for entry in &competition.entries {
        let (work, lines) = match &entry.seen {
            Seen::NoWork => ("none".to_owned(), String::new()),
            Seen::NotChecked => ("not checked".to_owned(), String::new()),
            Seen::Proven { lines, .. } => ("proven".to_owned(), lines.to_string()),
            Seen::NotProven(completion) => {
                (format!("not proven, {}", why(completion)), String::new())
            }
        };
        let branch = entry.site.branch.clone();
        rows.push(vec![entry.agent.to_string(), work, lines, branch]);
    }
    let mut text = format!(
        "competition for {}, epoch {}\n{}",
        holder.task,
        holder.epoch,
        table(&rows)
    );
    match &competition.outcome {
        CompetitionOutcome::Won { ruling, completed } => {
            for step in &ruling.steps {
                text.push_str(&step_text(step));
            }
            let weaker = if completed.proof.is_weaker() {
                " (WEAKER: green only)"
            } else {
                ""
            };
            text.push_str(&format!(
                "winner  {}, proof sha256:{}{weaker}\nnext    adjutant task merge {}\n",
                ruling.winner, completed.record, holder.task
            ));
        }
        CompetitionOutcome::NobodyWon => {
            text.push_str("nobody won: no work is proven, and the task is given back\n");
        }
        CompetitionOutcome::Cancelled => {
            text.push_str("cancelled: nobody is judged, and the task is given back\n");
        }
        CompetitionOutcome::Lost(_) => {
            text.push_str("lost: the task is no longer the competition's\n");
        }
    }
    text
}

fn step_text(step: &RulingStep) -> String {
    let listed = |out: &[AgentName]| {
        let names: Vec<_> = out.iter().map(AgentName::as_str).collect();
        names.join(", ")
    };
    match step {
        RulingStep::Measured {
            check,
            criterion,
            best,
            out,
        } => format!(
            "out     {}: {criterion} of {check} is worse than {best}'s, and the intervals show it\n",
            listed(out)
        ),
        RulingStep::LargerChange { lines, out } => {
            format!("out     {}: more than {lines} lines\n", listed(out))
        }
        RulingStep::NamedLater { out } => {
            format!("out     {}: as good, and named later\n", listed(out))
        }
    }
}
