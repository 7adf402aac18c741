//! `adjutant objective`: listing, standing, writing for others.

use adjutant_app::{FoundObjectives, find_objectives, objective_standings};
use adjutant_domain::{ObjectiveName, Validity};
use adjutant_objective::{
    Objective, OpenSloDocument, alertmanager_routes, prometheus_rules, write_openslo,
};
use adjutant_outbound::clock;
use adjutant_report::objective as written;
use adjutant_wire::{ObjectiveJson, ObjectiveStandingJson};

use crate::arguments::{
    DocumentArguments, ExportArguments, ExportTarget, Format, ListObjectivesArguments,
    ObjectiveCommand, ObjectiveStatusArguments,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;

pub(super) fn run(command: ObjectiveCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        ObjectiveCommand::List(arguments) => list(&arguments, settings),
        ObjectiveCommand::Status(arguments) => status(&arguments, settings),
        ObjectiveCommand::Export(arguments) => export(&arguments, settings),
    }
}

/// The objectives; `None`, and told so, where there are none.
fn found(
    documents: &DocumentArguments,
    settings: &Settings,
) -> Result<Option<FoundObjectives>, Failure> {
    let found = find_objectives(&find_home(settings)?, &documents.files)?;
    if found.objectives.is_empty() {
        streams::tell("NO DATA AVAILABLE: no objective is set");
        streams::tell(
            "remedy: Write an OpenSLO document and name it in adjutant.toml: [objective] files = \
             [\"slo.yaml\"]; docs/objectives.md shows one.",
        );
        return Ok(None);
    }
    Ok(Some(found))
}

fn list(arguments: &ListObjectivesArguments, settings: &Settings) -> Result<Exit, Failure> {
    let Some(found) = found(&arguments.documents, settings)? else {
        return Ok(Exit::Undecided);
    };
    match arguments.format.format {
        Format::Json => {
            let json: Vec<ObjectiveJson<'_>> = found.objectives.iter().map(Into::into).collect();
            streams::print_json(&json)?;
        }
        Format::Human => {
            let head = ["objective", "service", "promise", "alerts", "title"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(found.objectives.iter().map(|objective| {
                vec![
                    objective.name.to_string(),
                    objective.service.to_string(),
                    written::promise(objective),
                    objective.alerts.len().to_string(),
                    objective.title.clone(),
                ]
            }));
            streams::print(&table(&rows))?;
        }
    }
    Ok(Exit::Done)
}

fn status(arguments: &ObjectiveStatusArguments, settings: &Settings) -> Result<Exit, Failure> {
    let Some(found) = found(&arguments.documents, settings)? else {
        return Ok(Exit::Undecided);
    };
    let home = find_home(settings)?;
    let now = clock::now();
    let at = arguments.at.unwrap_or(now);
    let asks_a_server = found
        .objectives
        .iter()
        .any(|objective| objective.evidence_subject().is_none());
    let standings = complete(settings.database_url.is_some() || asks_a_server, async {
        let store = open_store(&home).await?;
        Ok(objective_standings(&store, &found, &arguments.names, at, now).await?)
    })?;
    match arguments.format.format {
        Format::Json => {
            let json: Vec<ObjectiveStandingJson<'_>> = standings.iter().map(Into::into).collect();
            streams::print_json(&json)?;
        }
        Format::Human => streams::print(&written::human(&standings, settings.terminal))?,
    }
    for standing in &standings {
        if standing.window.validity != Validity::Valid {
            tell_remedy(&found, &standing.name);
        }
    }
    Ok(Exit::of_objectives(
        standings.iter().map(|standing| standing.state),
    ))
}

/// How to get what an objective lacks.
fn tell_remedy(found: &FoundObjectives, name: &ObjectiveName) {
    let objective = found.objectives.iter().find(|known| known.name == *name);
    match objective.and_then(Objective::evidence_subject) {
        Some(subject) => streams::tell(&format!(
            "remedy: Run adjutant evidence add FILE --subject {subject} --run RUN_ID."
        )),
        None => streams::tell(&format!(
            "remedy: Ask Prometheus the queries of {name}: adjutant objective export prometheus \
             shows them."
        )),
    }
}

fn export(arguments: &ExportArguments, settings: &Settings) -> Result<Exit, Failure> {
    let Some(found) = found(&arguments.documents, settings)? else {
        return Ok(Exit::Undecided);
    };
    let text = match arguments.target {
        ExportTarget::Prometheus => {
            for objective in &found.objectives {
                if objective.evidence_subject().is_some() {
                    streams::warn(&format!(
                        "{} counts stored evidence, which no Prometheus knows: it has no rules",
                        objective.name
                    ));
                }
            }
            prometheus_rules(&found.objectives)
                .map_err(|problem| Failure::usage(problem, "Mend the query."))?
        }
        ExportTarget::Alertmanager => alertmanager_routes(&found.objectives),
        ExportTarget::Openslo => {
            let documents: Vec<OpenSloDocument> = found
                .documents
                .into_iter()
                .map(|placed| placed.document)
                .collect();
            write_openslo(&documents).map_err(|error| Failure::defect(&error))?
        }
    };
    streams::print(&text)?;
    Ok(Exit::Done)
}
