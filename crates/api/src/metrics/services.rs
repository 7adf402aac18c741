//! How services and objectives stand. Both follow from more rows than a look every few seconds should
//! read, and so are remembered: services until something happens to one, objectives for a minute.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adjutant_app::{
    FoundObjectives, ObjectiveStanding, ServiceFigures, find_objectives, service_figures,
    stored_standings,
};
use adjutant_outbound::clock::{self, Stopwatch};
use adjutant_wire::Failure;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use super::exposition::{Exposition, Labels, Names};
use crate::Api;
use crate::problem::Problem;

/// How long the standing of objectives is told again: their windows are hours.
const OBJECTIVES_LAST: Duration = Duration::from_secs(60);

/// Upper ends of the classes of recovery times, in seconds: what is promised is 120 s.
const RECOVERY_CLASSES: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 3_600.0];

/// Objectives, or why they cannot be told.
type Standings = Result<Arc<[ObjectiveStanding]>, Problem>;

/// What was found out before, and up to which event, or when.
#[derive(Default)]
pub(super) struct Remembered {
    services: Mutex<Option<(u64, Arc<[ServiceFigures]>)>>,
    objectives: Mutex<Option<(Stopwatch, Standings)>>,
}

/// Nothing panics while these are locked: values are only cloned.
fn kept<T: Clone>(place: &Mutex<Option<T>>) -> Option<T> {
    let place = place.lock().unwrap_or_else(PoisonError::into_inner);
    place.clone()
}

fn keep<T>(place: &Mutex<Option<T>>, value: T) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
}

pub(super) async fn services(api: &Api, events: u64) -> Result<Arc<[ServiceFigures]>, Problem> {
    let place = &api.watched().remembered.services;
    if let Some((_, figures)) = kept(place).filter(|(until, _)| *until == events) {
        return Ok(figures);
    }
    let read = async |store: &adjutant_store::Store| Ok(service_figures(store).await?);
    let figures: Arc<[ServiceFigures]> = api.desks().read(read).await?.into();
    keep(place, (events, Arc::clone(&figures)));
    Ok(figures)
}

/// Counting opens artifacts, which may take longer than a reader should be away.
pub(super) async fn objectives(api: &Api) -> Standings {
    let place = &api.watched().remembered.objectives;
    if let Some((_, standings)) = kept(place).filter(|(at, _)| at.elapsed() < OBJECTIVES_LAST) {
        return standings;
    }
    let home = api.home().clone();
    let counted = api.desks().act(async move |store| {
        let found: FoundObjectives = find_objectives(&home, &[]).map_err(Failure::from)?;
        let standings = stored_standings(store, &found, clock::now()).await;
        Ok(standings.map_err(Failure::from)?)
    });
    let standings = counted.await.map(Arc::from);
    keep(place, (Stopwatch::start(), standings.clone()));
    standings
}

pub(super) fn tell(
    exposition: &mut Exposition,
    services: &[ServiceFigures],
    objectives: &Standings,
) {
    let names = &mut Names::default();
    tell_rollouts(exposition, names, services);
    tell_incidents(exposition, names, services);
    let standings = objectives.as_deref().unwrap_or_default();
    tell_objectives(exposition, names, standings);
    let source = vec![("source", "objectives".to_owned())];
    exposition.gauges(
        "source_unreadable",
        "1 where something that is told here could not be read",
        [(source, f64::from(u8::from(objectives.is_err())))],
    );
}

fn of_service(names: &mut Names, of: &ServiceFigures) -> Labels {
    vec![names.label("service", of.service.as_str())]
}

fn tell_rollouts(exposition: &mut Exposition, names: &mut Names, services: &[ServiceFigures]) {
    exposition.gauges(
        "rollout_phase",
        "1 for the phase of each service's last rollout",
        services.iter().filter_map(|of| {
            let mut labels = of_service(names, of);
            labels.push(("phase", of.phase?.name().replace(' ', "_")));
            Some((labels, 1.0))
        }),
    );
    type Figure = fn(&ServiceFigures) -> f64;
    let figures: [(&str, &str, Figure); 7] = [
        (
            "rollout_candidate_weight_ratio",
            "The share of requests that a candidate answers",
            |of| of.desired.exposure.weight.share(),
        ),
        (
            "rollout_candidate_mirror_ratio",
            "The share of requests that is copied to a candidate",
            |of| of.desired.exposure.mirror.share(),
        ),
        ("versions_blocked", "Versions that were taken back", |of| {
            of.desired.blocked.len() as f64
        }),
        ("rollouts_ended", "Rollouts that ended", |of| {
            of.delivery.ended as f64
        }),
        (
            "rollouts_succeeded",
            "Those that were completed and not undone",
            |of| of.delivery.succeeded as f64,
        ),
        (
            "rollouts_reached_users",
            "Rollouts that gave users something of the candidate",
            |of| of.delivery.reached_users as f64,
        ),
        (
            "rollouts_failed",
            "Those of them that were taken back because of a fault",
            |of| of.delivery.failed as f64,
        ),
    ];
    for (name, help, figure) in figures {
        let series = services
            .iter()
            .map(|of| (of_service(names, of), figure(of)));
        exposition.gauges(name, help, series);
    }
}

fn tell_incidents(exposition: &mut Exposition, names: &mut Names, services: &[ServiceFigures]) {
    exposition.gauges(
        "incidents_open",
        "Incidents that are not recovered from",
        services
            .iter()
            .map(|of| (of_service(names, of), of.incidents_open as f64)),
    );
    exposition.gauges(
        "incident_last_recovery_seconds",
        "From the reading that showed the fault to the verified end, of the last incident",
        services.iter().filter_map(|of| {
            let last = of.delivery.recovery_ms.last()?;
            Some((of_service(names, of), *last as f64 / 1_000.0))
        }),
    );
    type Times = fn(&ServiceFigures) -> &[i64];
    let times: [(&str, &str, Times); 2] = [
        (
            "incident_detection_seconds",
            "From exposure to the reading that showed the fault",
            |of| &of.delivery.detection_ms,
        ),
        (
            "incident_recovery_seconds",
            "From the reading that showed the fault to the verified end",
            |of| &of.delivery.recovery_ms,
        ),
    ];
    for (name, help, times) in times {
        let family =
            Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(RECOVERY_CLASSES));
        for of in services {
            let histogram = family.get_or_create_owned(&of_service(names, of));
            for millis in times(of) {
                histogram.observe(*millis as f64 / 1_000.0);
            }
        }
        exposition.kept(name, help, family);
    }
}

fn tell_objectives(
    exposition: &mut Exposition,
    names: &mut Names,
    standings: &[ObjectiveStanding],
) {
    let labels = |names: &mut Names, of: &ObjectiveStanding| {
        vec![
            names.label("objective", of.name.as_str()),
            names.label("service", of.service.as_str()),
        ]
    };
    exposition.gauges(
        "objective_state",
        "1 for how each objective stands",
        standings.iter().map(|of| {
            let mut labels = labels(names, of);
            labels.push((
                "state",
                of.state.to_string().to_lowercase().replace(' ', "_"),
            ));
            (labels, 1.0)
        }),
    );
    exposition.gauges(
        "objective_budget_remaining_ratio",
        "The share of an error budget that is left; absent without valid data",
        standings.iter().filter_map(|of| {
            let budget = of.budget.as_ref()?;
            Some((labels(names, of), budget.remaining.value()))
        }),
    );
}
