//! What can be read by an address: tasks, evidence, reports, the focus.

use adjutant_domain::{GateName, TaskId};
use adjutant_outbound::clock;
use adjutant_store::TaskFilter;
use adjutant_wire::{EvidenceJson, Failure, ShownTaskJson, TaskPageJson};
use adjutant_work::Refusal;
use adjutant_work::focus::{compile, plan};

use crate::answer::{Answer, Declined, told};
use crate::room::{Pace, Working};
use crate::tool::{Errand, named};
use crate::tools::report_of;

/// What all addresses begin with.
const SCHEME: &str = "adjutant://";

/// Tasks that the list of ready ones holds.
const READY_MAX: u32 = 100;

/// A kind of thing that can be read.
pub(crate) struct ResourceRow {
    /// Its address; with a `{name}` that is filled in, or without.
    pub(crate) address: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) media: &'static str,
    pub(crate) pace: Pace,
    pub(crate) read: for<'a> fn(Errand<'a>, String) -> Working<'a>,
}

const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown";

/// Everything that can be read.
pub(crate) const RESOURCES: [ResourceRow; 5] = [
    ResourceRow {
        address: "adjutant://focus",
        name: "focus",
        description: "What you are for, what you do next, and why.",
        media: MARKDOWN,
        pace: Pace::Reads,
        read: |errand, _| Box::pin(focus(errand)),
    },
    ResourceRow {
        address: "adjutant://tasks",
        name: "ready tasks",
        description: "What can be claimed, in the order of the queue.",
        media: JSON,
        pace: Pace::Reads,
        read: |errand, _| Box::pin(ready(errand)),
    },
    ResourceRow {
        address: "adjutant://tasks/{task}",
        name: "task",
        description: "A task with everything about it.",
        media: JSON,
        pace: Pace::Reads,
        read: |errand, name| Box::pin(async move { task(errand, &name).await }),
    },
    ResourceRow {
        address: "adjutant://evidence/{run}",
        name: "evidence",
        description: "The measurements of a run, or of one piece of evidence.",
        media: JSON,
        pace: Pace::Reads,
        read: |errand, name| Box::pin(async move { evidence(errand, &name).await }),
    },
    ResourceRow {
        address: "adjutant://reports/{gate}",
        name: "report",
        description: "The deployment report of a gate's last decision.",
        media: MARKDOWN,
        pace: Pace::Reads,
        read: |errand, name| Box::pin(async move { report(errand, &name).await }),
    },
];

/// The row that an address belongs to, with the name in it.
pub(crate) fn find(address: &str) -> Option<(&'static ResourceRow, String)> {
    let (kind, name) = split(address.strip_prefix(SCHEME)?);
    RESOURCES.iter().find_map(|row| {
        let (row_kind, place) = split(row.address.strip_prefix(SCHEME)?);
        let is_it = row_kind == kind && place.is_some() == name.is_some();
        is_it.then(|| (row, name.unwrap_or_default().to_owned()))
    })
}

fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('/') {
        Some((kind, name)) => (kind, Some(name)),
        None => (path, None),
    }
}

async fn focus(errand: Errand<'_>) -> Answer {
    let (agent, role) = errand.caller.agent()?;
    let (store, home) = (errand.store, errand.home());
    let inputs = adjutant_app::focus_inputs(store, home, &agent, role, clock::now()).await;
    let inputs = inputs.map_err(Failure::from)?;
    Ok(compile(&inputs, &plan(&inputs)).text)
}

async fn ready(errand: Errand<'_>) -> Answer {
    let filter = TaskFilter {
        ready: true,
        limit: READY_MAX,
        ..TaskFilter::default()
    };
    let page = adjutant_app::list_tasks(errand.store, &filter).await?;
    told(&TaskPageJson {
        tasks: page.tasks.iter().map(Into::into).collect(),
        more: page.more,
    })
}

async fn task(errand: Errand<'_>, name: &str) -> Answer {
    let task: TaskId = named(name)?;
    match adjutant_app::show_task(errand.store, task).await? {
        Some(shown) => told(&ShownTaskJson::from(&shown)),
        None => Err((&Refusal::Unknown { task }).into()),
    }
}

async fn evidence(errand: Errand<'_>, name: &str) -> Answer {
    let shown = adjutant_app::show_evidence(errand.store, name).await?;
    if shown.is_empty() {
        let problem = format!("no evidence is called {name}");
        return Err(Declined::from(Failure::no_data(
            problem,
            "Store it with submit_evidence.",
        )));
    }
    let json: Vec<EvidenceJson> = shown.iter().map(Into::into).collect();
    told(&json)
}

async fn report(errand: Errand<'_>, name: &str) -> Answer {
    let gate: GateName = named(name)?;
    report_of(errand.store, &gate).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_row_or_none() {
        for (address, found) in [
            ("adjutant://focus", Some(("focus", ""))),
            ("adjutant://tasks", Some(("ready tasks", ""))),
            ("adjutant://tasks/T-17", Some(("task", "T-17"))),
            ("adjutant://evidence/run_1", Some(("evidence", "run_1"))),
            ("adjutant://reports/release", Some(("report", "release"))),
            ("adjutant://focus/other", None),
            ("adjutant://evidence", None),
            ("file:///etc/passwd", None),
            ("adjutant:", None),
        ] {
            let row = find(address);
            let told = row.as_ref().map(|(row, name)| (row.name, name.as_str()));
            assert_eq!(told, found, "{address}");
        }
    }
}
