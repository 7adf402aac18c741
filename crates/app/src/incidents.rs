//! Incidents: what the events of services tell, with what people added.

use adjutant_domain::{ServiceName, Timestamp};
use adjutant_rollout::{
    DeliveryFigures, DesiredService, EventAt, Incident, IncidentId, IncidentNote, IncidentNoteKind,
    RolloutPhase, incidents_of,
};
use adjutant_store::{NewTask, Store, StoreError, StoredServiceEvent};
use adjutant_work::{Intake, Refusal, Task, TaskKind};

/// An incident with what people added to it, and how its action items stand.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownIncident {
    /// The incident.
    pub incident: Incident,
    /// What people added, oldest first.
    pub notes: Vec<IncidentNote>,
    /// The tasks that its actions became, in the order of the notes.
    pub tasks: Vec<Task>,
}

/// What became of adding to an incident.
#[derive(Debug, Clone, PartialEq)]
pub enum IncidentTurn {
    /// It is noted; an action became this task.
    Noted(Option<Box<Task>>),
    /// There is no such incident.
    Unknown,
    /// The task was refused.
    Refused(Refusal),
}

/// The incidents of all services, or of one, oldest first.
///
/// # Errors
/// When the store cannot be read.
pub async fn list_incidents(
    store: &Store,
    service: Option<&ServiceName>,
) -> Result<Vec<Incident>, StoreError> {
    let mut incidents = Vec::new();
    for service in services(store, service).await? {
        let events = store.service_events(&service, None).await?;
        incidents.extend(incidents_of(&service, &in_place(&events)));
    }
    incidents.sort_by_key(|incident| incident.detected_at);
    Ok(incidents)
}

/// An incident; `None` when there is none of that id.
///
/// # Errors
/// When the store cannot be read.
pub async fn show_incident(
    store: &Store,
    id: &IncidentId,
) -> Result<Option<ShownIncident>, StoreError> {
    let of_service = list_incidents(store, Some(&id.service)).await?;
    let Some(incident) = of_service.into_iter().find(|one| one.id == *id) else {
        return Ok(None);
    };
    let notes = store.incident_notes(id).await?;
    let mut tasks = Vec::new();
    for task in notes.iter().filter_map(|note| note.task) {
        tasks.extend(store.task(task).await?.map(|stored| stored.task));
    }
    Ok(Some(ShownIncident {
        incident,
        notes,
        tasks,
    }))
}

/// Adds to an incident. An action is filed as a draft of a task, which a person completes.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn note_incident(
    store: &Store,
    id: &IncidentId,
    kind: IncidentNoteKind,
    text: &str,
    now: Timestamp,
) -> Result<IncidentTurn, StoreError> {
    if show_incident(store, id).await?.is_none() {
        return Ok(IncidentTurn::Unknown);
    }
    let note = IncidentNote {
        at: now,
        kind,
        text: text.to_owned(),
        task: None,
    };
    if kind != IncidentNoteKind::Action {
        store.note_incident(id, &note).await?;
        return Ok(IncidentTurn::Noted(None));
    }
    let task = NewTask {
        intake: Intake {
            title: text.to_owned(),
            kind: Some(TaskKind::Fix),
            context: format!("An action item of incident {id}: adjutant incident show {id}"),
            ..Intake::default()
        },
        links: vec![],
        draft: true,
    };
    Ok(match store.act_on_incident(id, &note, &task).await? {
        Ok(task) => IncidentTurn::Noted(Some(Box::new(task))),
        Err(refusal) => IncidentTurn::Refused(refusal),
    })
}

/// What the deployments of all services, or of one, amount to.
///
/// # Errors
/// When the store cannot be read.
pub async fn delivery_figures(
    store: &Store,
    service: Option<&ServiceName>,
) -> Result<DeliveryFigures, StoreError> {
    let mut figures = DeliveryFigures::default();
    for service in services(store, service).await? {
        let events = store.service_events(&service, None).await?;
        figures.add(&service, &in_place(&events));
    }
    Ok(figures)
}

/// How a service stands, and what its deployments amounted to.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceFigures {
    /// Which.
    pub service: ServiceName,
    /// What is wanted of it.
    pub desired: DesiredService,
    /// How its last rollout stands; nothing before the first one.
    pub phase: Option<RolloutPhase>,
    /// Its deployments.
    pub delivery: DeliveryFigures,
    /// Incidents that are not recovered from.
    pub incidents_open: u64,
}

/// How each service stands, by what happened to it.
///
/// # Errors
/// When the store cannot be read.
pub async fn service_figures(store: &Store) -> Result<Vec<ServiceFigures>, StoreError> {
    let mut figures = Vec::new();
    for service in store.services().await? {
        let events = store.service_events(&service, None).await?;
        let Some(last) = events.last() else { continue };
        let mut states = events.iter().filter_map(|one| one.record.state.as_ref());
        let placed = in_place(&events);
        let mut delivery = DeliveryFigures::default();
        delivery.add(&service, &placed);
        let open = |one: &&Incident| one.recovered.is_none();
        figures.push(ServiceFigures {
            incidents_open: incidents_of(&service, &placed).iter().filter(open).count() as u64,
            desired: last.record.desired.clone(),
            phase: states.next_back().map(|state| state.phase),
            delivery,
            service,
        });
    }
    Ok(figures)
}

async fn services(
    store: &Store,
    service: Option<&ServiceName>,
) -> Result<Vec<ServiceName>, StoreError> {
    match service {
        Some(service) => Ok(vec![service.clone()]),
        None => store.services().await,
    }
}

fn in_place(events: &[StoredServiceEvent]) -> Vec<EventAt<'_>> {
    let mut places = Vec::with_capacity(events.len());
    for event in events {
        places.push(EventAt {
            number: event.number,
            rollout: event.rollout,
            at: event.at,
            record: &event.record,
        });
    }
    places
}
