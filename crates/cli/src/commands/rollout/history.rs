//! What happened to a service.

use std::collections::BTreeMap;

use adjutant_report::rollout as written;
use adjutant_rollout::{RolloutId, RolloutPlan};
use adjutant_wire::ServiceEventJson;

use crate::arguments::{Format, RolloutHistoryArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

pub(super) fn history(
    arguments: &RolloutHistoryArguments,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let service = &arguments.service;
    let (events, rollouts) = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        let events = store.service_events(service, arguments.rollout).await?;
        Ok((events, store.rollouts(service).await?))
    })?;
    if events.is_empty() {
        return Err(Failure::no_data(
            format!("nothing like it ever happened to {service}"),
            format!("Begin: adjutant rollout start {service} --artifact FILE."),
        ));
    }
    match arguments.format.format {
        Format::Json => {
            let events: Vec<_> = events.iter().map(ServiceEventJson::from).collect();
            streams::print_json(&events)?;
        }
        Format::Human => {
            let plans: BTreeMap<RolloutId, &RolloutPlan> = rollouts
                .iter()
                .map(|rollout| (rollout.id, &rollout.basis.plan))
                .collect();
            for event in &events {
                let id = event.rollout;
                let plan = id.and_then(|id| plans.get(&id).copied());
                let id = id.map_or_else(String::new, |id| id.to_string());
                let line = written::line(event.at, &event.record.told, plan);
                streams::print(&format!("{id:<6}{line}"))?;
            }
        }
    }
    Ok(Exit::Done)
}
