//! Looking at tasks.

use adjutant_app::ShownTask;
use adjutant_store::{TaskFilter, TaskPage};
use adjutant_wire::{ShownTaskJson, TaskPageJson};
use adjutant_work::{LinkKind, Refusal, Task, TaskState, template};

use super::proof::strength_text;
use crate::arguments::{Format, ListTasksArguments, ShowTaskArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::refusal;
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;

pub(super) fn list(arguments: ListTasksArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let format = arguments.format.format;
    let agent = match arguments.agent {
        Some(agent) => Some(agent),
        None => settings.agent()?,
    };
    let owner = match (arguments.mine, agent) {
        (false, _) => None,
        (true, Some(agent)) => Some(agent),
        (true, None) => {
            let remedy = "Give --agent NAME, or set ADJUTANT_AGENT.";
            return Err(Failure::usage("it is not known who asks", remedy));
        }
    };
    let filter = TaskFilter {
        state: arguments.state,
        ready: arguments.ready,
        role: arguments.role,
        owner,
        after: arguments.after,
        limit: arguments.limit,
    };
    let page = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::list_tasks(&store, &filter).await?)
    })?;
    match format {
        Format::Json => streams::print_json(&TaskPageJson {
            tasks: page.tasks.iter().map(Into::into).collect(),
            more: page.more,
        })?,
        Format::Human => print_page(&page)?,
    }
    Ok(Exit::Done)
}

fn print_page(page: &TaskPage) -> Result<(), Failure> {
    let Some(last) = page.tasks.last() else {
        streams::tell("NO DATA AVAILABLE: no such task");
        streams::tell("remedy: File one with adjutant task add, or ask for less.");
        return Ok(());
    };
    let head = ["task", "state", "priority", "timebox", "role", "title"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(page.tasks.iter().map(row));
    streams::print(&table(&rows))?;
    if page.more {
        streams::tell(&format!("there are more: --after {}", last.id));
    }
    Ok(())
}

fn row(task: &Task) -> Vec<String> {
    let intake = &task.intake;
    let state = match &task.state {
        TaskState::Leased(lease) => format!("leased by {}", lease.owner),
        TaskState::Open if task.open_blockers > 0 => {
            format!("waits for {}", task.open_blockers)
        }
        TaskState::Open
        | TaskState::Draft
        | TaskState::Proven(_)
        | TaskState::Done { .. }
        | TaskState::Dropped { .. }
        | TaskState::Quarantined { .. } => task.state.name().to_owned(),
    };
    vec![
        task.id.to_string(),
        state,
        intake.priority.map(|it| it.to_string()).unwrap_or_default(),
        intake.timebox.map(|it| it.to_string()).unwrap_or_default(),
        intake
            .role
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        intake.title.clone(),
    ]
}

pub(super) fn show(arguments: &ShowTaskArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let id = arguments.task;
    let shown = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::show_task(&store, id).await?)
    })?;
    let Some(shown) = shown else {
        return refusal::tell(&Refusal::Unknown { task: id }, arguments.format.format);
    };
    let asked = template::render(&shown.stored.task.intake, &shown.stored.links);
    match arguments.format.format {
        Format::Json => streams::print_json(&ShownTaskJson::from(&shown))?,
        Format::Human if arguments.markdown => streams::print(&asked)?,
        Format::Human => streams::print(&format!("{}\n{asked}", standing(&shown)))?,
    }
    Ok(Exit::Done)
}

/// How strong the proof of the work is, check by check.
fn proof_lines(shown: &ShownTask) -> Vec<String> {
    let id = shown.stored.task.id;
    let Some(proof) = &shown.proof else {
        return match &shown.stored.task.state {
            TaskState::Proven(_) | TaskState::Done { .. } => {
                vec![format!("THE PROOF CANNOT BE OPENED: adjutant verify {id}")]
            }
            TaskState::Draft
            | TaskState::Open
            | TaskState::Leased(_)
            | TaskState::Dropped { .. }
            | TaskState::Quarantined { .. } => vec![],
        };
    };
    let checks = proof.checks.iter();
    checks
        .map(|check| format!("check {}: {}", check.name, strength_text(&check.strength)))
        .collect()
}

/// Where the task stands, line by line.
fn standing(shown: &ShownTask) -> String {
    let task = &shown.stored.task;
    let mut lines = vec![format!("{}, revision {}", task.id, task.revision)];
    lines.push(match &task.state {
        TaskState::Draft => "draft: not complete enough to be handed out".to_owned(),
        TaskState::Open if task.open_blockers > 0 => {
            format!("open: waits for {} tasks", task.open_blockers)
        }
        TaskState::Open => "open: ready to be claimed".to_owned(),
        TaskState::Leased(lease) => {
            let left = shown.millis_left.unwrap_or_default();
            let left = if left > 0 {
                format!("{} left", refusal::time_text(left))
            } else {
                "run out".to_owned()
            };
            format!("leased by {}, epoch {}, {left}", lease.owner, lease.epoch)
        }
        TaskState::Proven(work) => {
            format!(
                "proven: {} by {}, proof {}",
                work.commit.short(),
                work.by,
                work.proof.short()
            )
        }
        TaskState::Done { work, merged } => {
            format!("done: merged as {} by {}", merged.short(), work.by)
        }
        TaskState::Dropped { reason } => format!("dropped: {reason}"),
        TaskState::Quarantined { reason } => format!("quarantined: {reason}"),
    });
    lines.extend(proof_lines(shown));
    lines.push(format!(
        "filed {}, changed {}",
        task.created_at, task.updated_at
    ));
    let to = shown.stored.links_to.iter().map(|link| {
        let word = match link.kind {
            LinkKind::BlockedBy => "blocks",
            LinkKind::Parent => "has part",
            LinkKind::DiscoveredFrom => "led to",
            LinkKind::HandoffOf => "handed on as",
        };
        format!("{word} {}", link.target)
    });
    lines.extend(to);
    lines.extend(shown.attempts.iter().map(|attempt| {
        let result = attempt.result.map_or("goes on", |result| result.name());
        let (epoch, agent) = (attempt.epoch, &attempt.agent);
        format!("claim {epoch} by {agent} at {}: {result}", attempt.began_at)
    }));
    lines.extend(shown.stored.notes.iter().map(|note| {
        let agent = note.agent.as_ref().map(|agent| format!(" by {agent}"));
        format!(
            "note {}{}: {}",
            note.at,
            agent.unwrap_or_default(),
            note.text
        )
    }));
    lines.join("\n") + "\n"
}
