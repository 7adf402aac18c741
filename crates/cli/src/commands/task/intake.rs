//! Asking for work.

use std::path::Path;

use adjutant_app::{Disposal, IntakeFormat};
use adjutant_outbound::clock;
use adjutant_store::{Filed, NewTask, Written};
use adjutant_work::template::{self, Filled};
use adjutant_work::{Refusal, Task};

use super::drafting;
use crate::arguments::{
    AddTaskArguments, DisposeArguments, EditTaskArguments, Format, TemplateArguments,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::refusal;
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;
use adjutant_wire::TaskJson;

pub(super) fn template(_arguments: &TemplateArguments) -> Result<Exit, Failure> {
    streams::print(template::BLANK)?;
    Ok(Exit::Done)
}

pub(super) fn add(arguments: AddTaskArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let format = arguments.format.format;
    let key = arguments.key.clone();
    let draft = arguments.draft;
    let tasks = asked_for(arguments, settings)?;
    if let [one] = tasks.as_slice() {
        let missing = one.intake.missing();
        if !draft && !missing.is_empty() {
            let task = None;
            return refusal::tell(&Refusal::Incomplete { task, missing }, format);
        }
    }
    let batch: Vec<NewTask> = tasks
        .into_iter()
        .map(|Filled { intake, links }| NewTask {
            intake,
            links,
            draft,
        })
        .collect();
    let filed = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::file_tasks(&store, &batch, key.as_ref(), clock::now()).await?)
    })?;
    match filed {
        Filed::Refused(refused) => refusal::tell(&refused, format),
        Filed::Tasks(tasks) => {
            print_tasks(&tasks, format)?;
            Ok(Exit::Done)
        }
    }
}

/// The tasks that the arguments ask for, whatever they were read from.
fn asked_for(arguments: AddTaskArguments, settings: &Settings) -> Result<Vec<Filled>, Failure> {
    let options = arguments.intake;
    let mut tasks = Vec::new();
    if let Some(path) = &arguments.from_issue_form {
        tasks.push(adjutant_app::read_intake(path, IntakeFormat::IssueForm)?);
    } else if !arguments.from.is_empty() {
        for path in &arguments.from {
            if path == Path::new("-") {
                tasks.extend(drafting::read_lines()?);
            } else {
                tasks.push(adjutant_app::read_intake(path, IntakeFormat::Template)?);
            }
        }
    } else if arguments.editor {
        let mut filled = Filled::default();
        drafting::apply(options, &mut filled)?;
        let text = if filled == Filled::default() {
            template::BLANK.to_owned()
        } else {
            template::render(&filled.intake, &filled.links)
        };
        return Ok(vec![drafting::edit(&text, settings)?]);
    } else {
        tasks.push(Filled::default());
    }
    match tasks.as_mut_slice() {
        [one] => drafting::apply(options, one)?,
        [] => return Err(Failure::usage("no task is asked for", "Give at least one.")),
        [_, _, ..] => {
            let mut said = Filled::default();
            drafting::apply(options, &mut said)?;
            if said != Filled::default() {
                return Err(Failure::usage(
                    "options say something about one task, and there are several",
                    "Say it in the files.",
                ));
            }
        }
    }
    Ok(tasks)
}

pub(super) fn edit(arguments: EditTaskArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let format = arguments.format.format;
    let id = arguments.task;
    let network = settings.database_url.is_some();
    let shown = complete(network, async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::show_task(&store, id).await?)
    })?;
    let Some(shown) = shown else {
        return refusal::tell(&Refusal::Unknown { task: id }, format);
    };
    let task = shown.stored.task;
    let revision = arguments.revision.unwrap_or(task.revision);
    let mut filled = match &arguments.from {
        Some(path) => adjutant_app::read_intake(path, IntakeFormat::Template)?,
        None => Filled {
            intake: task.intake,
            links: shown.stored.links,
        },
    };
    drafting::apply(arguments.intake, &mut filled)?;
    if arguments.editor {
        let text = template::render(&filled.intake, &filled.links);
        filled = drafting::edit(&text, settings)?;
    }
    let written = complete(network, async {
        let store = open_store(&home).await?;
        let asked = (&filled.intake, filled.links.as_slice());
        Ok(adjutant_app::edit_task(&store, id, revision, asked, clock::now()).await?)
    })?;
    told(written, format)
}

pub(super) fn dispose(
    arguments: &DisposeArguments,
    disposal: Disposal,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let (id, reason) = (arguments.task, arguments.reason.as_str());
    let written = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::dispose_of_task(&store, id, disposal, reason, clock::now()).await?)
    })?;
    told(written, arguments.format.format)
}

fn told(written: Written, format: Format) -> Result<Exit, Failure> {
    match written {
        Written::Refused(refused) => refusal::tell(&refused, format),
        Written::Task(task) => {
            print_tasks(std::slice::from_ref(&task), format)?;
            Ok(Exit::Done)
        }
    }
}

fn print_tasks(tasks: &[Task], format: Format) -> Result<(), Failure> {
    match format {
        Format::Json => {
            let json: Vec<TaskJson<'_>> = tasks.iter().map(Into::into).collect();
            streams::print_json(&json)
        }
        Format::Human => {
            let lines = tasks.iter().map(|task| {
                let (id, state) = (task.id, task.state.name());
                format!("{id} {state}: {}\n", task.intake.title)
            });
            streams::print(&lines.collect::<String>())
        }
    }
}
