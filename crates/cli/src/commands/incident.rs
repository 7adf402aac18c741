//! `adjutant incident`.

use adjutant_app::{Home, IncidentTurn, budgets_burned, find_objectives};
use adjutant_objective::BudgetBurn;
use adjutant_outbound::clock;
use adjutant_report::incident::{
    self as written, DeliveryAnswer, IncidentAnswer, PostMortem, PostMortemAnswer,
};
use adjutant_rollout::Incident;
use adjutant_store::Store;

use crate::arguments::{
    Format, IncidentCommand, ListIncidentsArguments, NoteIncidentArguments, ShowIncidentArguments,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::refusal;
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

pub(super) fn run(command: IncidentCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        IncidentCommand::List(arguments) => list(&arguments, settings),
        IncidentCommand::Show(arguments) => show(&arguments, settings),
        IncidentCommand::Note(arguments) => note(&arguments, settings),
        IncidentCommand::Figures(arguments) => figures(&arguments, settings),
    }
}

fn list(arguments: &ListIncidentsArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let incidents = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::list_incidents(&store, arguments.service.as_ref()).await?)
    })?;
    match arguments.format.format {
        Format::Json => {
            let json: Vec<_> = incidents.iter().map(IncidentAnswer::from).collect();
            streams::print_json(&json)?;
        }
        Format::Human => streams::print(&written::list(&incidents))?,
    }
    Ok(Exit::Done)
}

fn show(arguments: &ShowIncidentArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let id = &arguments.incident;
    let (found, plan, budgets) = complete(true, async {
        let store = open_store(&home).await?;
        let found = adjutant_app::show_incident(&store, id).await?;
        let found = found.ok_or_else(|| unknown(id.to_string()))?;
        let stored = match found.incident.rollout {
            Some(rollout) => store.rollout(rollout).await?,
            None => None,
        };
        let budgets = burned(&store, &home, &found.incident).await;
        Ok((found, stored.map(|stored| stored.basis.plan), budgets))
    })?;
    let budgets = budgets.map_err(|failure| failure.problem().to_owned());
    let shown = PostMortem {
        incident: &found.incident,
        plan: plan.as_ref(),
        notes: &found.notes,
        tasks: &found.tasks,
        budgets: budgets.as_deref().map_err(String::as_str),
    };
    match arguments.format.format {
        Format::Json => streams::print_json(&PostMortemAnswer::from(shown))?,
        Format::Human => streams::print(&written::post_mortem(shown))?,
    }
    Ok(Exit::Done)
}

/// What an incident burned of the error budgets of its service.
async fn burned(
    store: &Store,
    home: &Home,
    incident: &Incident,
) -> Result<Vec<BudgetBurn>, Failure> {
    let objectives = find_objectives(home, &[])?;
    Ok(budgets_burned(store, &objectives, incident, clock::now()).await?)
}

fn note(arguments: &NoteIncidentArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let (id, kind) = (&arguments.incident, arguments.kind.into());
    let turn = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        let noted = adjutant_app::note_incident(&store, id, kind, &arguments.text, clock::now());
        Ok(noted.await?)
    })?;
    match turn {
        IncidentTurn::Noted(None) => streams::print(&format!("{id}: noted\n"))?,
        IncidentTurn::Noted(Some(task)) => streams::print(&format!(
            "{id}: {} is filed as a draft; adjutant task edit {} fills it in\n",
            task.id, task.id
        ))?,
        IncidentTurn::Unknown => return Err(unknown(id.to_string())),
        IncidentTurn::Refused(refused) => return refusal::tell(&refused, Format::Human),
    }
    Ok(Exit::Done)
}

fn figures(arguments: &ListIncidentsArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let figures = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(adjutant_app::delivery_figures(&store, arguments.service.as_ref()).await?)
    })?;
    match arguments.format.format {
        Format::Json => streams::print_json(&DeliveryAnswer::from(&figures))?,
        Format::Human => streams::print(&written::figures(&figures))?,
    }
    Ok(Exit::Done)
}

fn unknown(id: String) -> Failure {
    Failure::usage(
        format!("there is no incident {id}"),
        "See adjutant incident list.",
    )
}
