//! Incidents: a list, the figures that follow from all of them, and the post-mortem of one.

use adjutant_domain::{Measured, TaskId, Timestamp, Unit};
use adjutant_objective::{BudgetBurn, duration_text};
use adjutant_rollout::{
    DeliveryFigures, Incident, IncidentFinding, IncidentNote, IncidentNoteKind, RolloutPlan,
};
use adjutant_work::Task;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cite::cited;
use crate::markup::{markdown as safe, markdown_cell};
use crate::number::{count, measured, value};
use crate::rollout::{event, length};

/// What a post-mortem is written from.
#[derive(Debug, Clone, Copy)]
pub struct PostMortem<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The plan of the rollout that brought the version.
    pub plan: Option<&'a RolloutPlan>,
    /// What people added.
    pub notes: &'a [IncidentNote],
    /// The tasks that its actions became.
    pub tasks: &'a [Task],
    /// What it burned of the budgets of its service, or why nobody could look.
    pub budgets: Result<&'a [BudgetBurn], &'a str>,
}

/// The post-mortem as Markdown. What nobody said is `NO DATA AVAILABLE`, with how to say it.
pub fn post_mortem(shown: PostMortem<'_>) -> String {
    let incident = shown.incident;
    let mut text = format!("# Post-mortem: incident {}\n\n", incident.id);
    text.push_str(&facts(incident));
    text.push_str("\n## What happened\n\n| Event | When | What |\n|---|---|---|\n");
    for (number, at, told) in &incident.moments {
        let told = markdown_cell(&event(told, shown.plan));
        text.push_str(&format!("| {number} | {at} | {told} |\n"));
    }
    text.push_str("\n## Impact\n\n");
    text.push_str(&impact(incident));
    text.push_str(&budgets(shown));
    for (heading, kind) in [
        ("Root cause", IncidentNoteKind::Cause),
        ("Contributing factors", IncidentNoteKind::Factor),
        ("Notes", IncidentNoteKind::Note),
    ] {
        text.push_str(&format!("\n## {heading}\n\n"));
        text.push_str(&noted(shown, kind));
    }
    text.push_str("\n## Action items\n\n");
    text.push_str(&actions(shown));
    text
}

fn facts(incident: &Incident) -> String {
    let service = &incident.id.service;
    let by = match &incident.found {
        IncidentFinding::Breach(_) => "measurements".to_owned(),
        IncidentFinding::Person(because) => format!("a person: {}", markdown_cell(because)),
    };
    let back = incident.back_to.map_or_else(
        || "to no other version".to_owned(),
        |version| format!("to {}", version.short()),
    );
    let rollout = incident
        .rollout
        .map_or_else(String::new, |id| format!(" of rollout {id}"));
    let recovery = match &incident.recovered {
        Some((at, times)) => format!(
            "{}, verified at {at}: decision {}, actuation {}, verification {}",
            length(times.from_detection_ms()),
            length(times.decision_ms),
            length(times.actuation_ms),
            length(times.verification_ms),
        ),
        None => format!("under way: `adjutant rollout run {service}` carries it on"),
    };
    format!(
        "| | |\n|---|---|\n\
         | Service | {service} |\n\
         | Version | {}{rollout}, taken back {back} |\n\
         | Shown by | {by} |\n\
         | Began | at the latest exposure, {} |\n\
         | Detected | {}, after {} at most |\n\
         | Decided | {} |\n\
         | Recovery | {recovery} |\n",
        incident.version.short(),
        incident.began_at,
        incident.detected_at,
        length(incident.detection_ms()),
        incident.decided_at,
    )
}

fn impact(incident: &Incident) -> String {
    match incident.affected() {
        Some(affected) => format!(
            "The version served {} requests in the exposure that showed the fault; {} of them \
             failed (event {} of {}).\n",
            count(affected.requests),
            count(affected.failures),
            incident.id.number,
            incident.id.service
        ),
        None => "NO DATA AVAILABLE: no measurement of the traffic belongs to this decision.\n"
            .to_owned(),
    }
}

fn budgets(shown: PostMortem<'_>) -> String {
    let service = &shown.incident.id.service;
    let burned = match shown.budgets {
        Ok(burned) => burned,
        Err(why) => return format!("\nError budget: NO DATA AVAILABLE: {}\n", safe(why)),
    };
    if burned.is_empty() {
        return format!(
            "\nError budget: NO DATA AVAILABLE: {service} has no objective. Write one, and \
             `adjutant objective status` tells of it.\n"
        );
    }
    let line = |burn: &BudgetBurn| {
        let target = value(burn.target, None, Unit::Ratio);
        let window = duration_text(burn.window_ms);
        let promise = format!("{} ({target} over {window})", burn.objective);
        match &burn.burned {
            Some((share, bad)) => format!(
                "- {promise}: {} of the budget burned, by {} bad events\n",
                cited(share),
                measured(bad)
            ),
            None => format!(
                "- {promise}: NO DATA AVAILABLE: {}; `adjutant objective status {}` tells what it \
                 counts\n",
                safe(&burn.reason),
                burn.objective
            ),
        }
    };
    let lines: String = burned.iter().map(line).collect();
    format!("\nError budget, while users had the version:\n\n{lines}")
}

fn noted(shown: PostMortem<'_>, kind: IncidentNoteKind) -> String {
    let of_kind = shown.notes.iter().filter(|note| note.kind == kind);
    let lines: String = of_kind
        .map(|note| format!("- {} ({})\n", safe(&note.text), note.at))
        .collect();
    if lines.is_empty() {
        let id = &shown.incident.id;
        let word = kind.name();
        return format!("NO DATA AVAILABLE: `adjutant incident note {id} {word} '…'` says it.\n");
    }
    lines
}

fn actions(shown: PostMortem<'_>) -> String {
    if shown.tasks.is_empty() {
        let id = &shown.incident.id;
        return format!("NO DATA AVAILABLE: `adjutant incident note {id} action '…'` files one.\n");
    }
    let line = |task: &Task| {
        let name = task.state.name();
        let tick = if name == "done" { "x" } else { " " };
        format!(
            "- [{tick}] {} {} ({name})\n",
            task.id,
            safe(&task.intake.title)
        )
    };
    shown.tasks.iter().map(line).collect()
}

/// Incidents for a terminal: one a line.
pub fn list(incidents: &[Incident]) -> String {
    if incidents.is_empty() {
        return "no version was ever taken back because of a fault\n".to_owned();
    }
    let line = |incident: &Incident| {
        let recovery = incident
            .recovery_ms()
            .map_or_else(|| "under way".to_owned(), length);
        let rollout = incident
            .rollout
            .map_or_else(|| "–".to_owned(), |id| id.to_string());
        format!(
            "{}  {}  {rollout}  version {}  detected within {}, recovered in {recovery}\n",
            incident.id,
            incident.detected_at,
            incident.version.short(),
            length(incident.detection_ms()),
        )
    };
    incidents.iter().map(line).collect()
}

/// The figures for a terminal.
pub fn figures(figures: &DeliveryFigures) -> String {
    let share = |part: u64, whole: u64, of: &str, next: &str| {
        if whole == 0 {
            format!("NO DATA AVAILABLE: {next}")
        } else {
            let percent = part as f64 / whole as f64 * 100.0;
            format!("{percent:.1} % ({part} of {whole} {of})")
        }
    };
    let mean = |times: &[i64], next: &str| match mean_ms(times) {
        None => format!("NO DATA AVAILABLE: {next}"),
        Some(mean) => {
            let worst = times.iter().copied().max().unwrap_or_default();
            let n = times.len();
            format!("{} (worst {}, n {n})", length(mean), length(worst))
        }
    };
    let next = "adjutant rollout start begins one";
    format!(
        "deployment success   {}\n\
         change failure rate  {}\n\
         time to detect       {}\n\
         time to recover      {}\n",
        share(
            figures.succeeded,
            figures.ended,
            "rollouts that ended",
            next
        ),
        share(
            figures.failed,
            figures.reached_users,
            "rollouts that reached users",
            next
        ),
        mean(&figures.detection_ms, "there was no incident"),
        mean(&figures.recovery_ms, "there was no recovery"),
    )
}

fn mean_ms(times: &[i64]) -> Option<i64> {
    let n = i64::try_from(times.len()).ok().filter(|n| *n > 0)?;
    Some(times.iter().sum::<i64>() / n)
}

/// An incident as it is listed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IncidentAnswer<'a> {
    id: String,
    service: &'a str,
    rollout: Option<String>,
    version: String,
    back_to: Option<String>,
    by_person: bool,
    began_at: Timestamp,
    detected_at: Timestamp,
    decided_at: Timestamp,
    recovered_at: Option<Timestamp>,
    detection_ms: i64,
    recovery_ms: Option<i64>,
    /// The requests that the version served; null where no measurement tells.
    requests: Option<u64>,
    failures: Option<u64>,
}

/// An incident with everything that its post-mortem is written from.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PostMortemAnswer<'a> {
    incident: IncidentAnswer<'a>,
    /// What it burned of the budgets of its service.
    budgets: Vec<BudgetInJson<'a>>,
    /// Why nobody could look at the budgets.
    no_budgets_because: Option<&'a str>,
    events: Vec<MomentInJson>,
    notes: &'a [IncidentNote],
    actions: Vec<IncidentActionInJson<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct MomentInJson {
    event: i64,
    at: Timestamp,
    told: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct IncidentActionInJson<'a> {
    task: TaskId,
    title: &'a str,
    state: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BudgetInJson<'a> {
    objective: &'a str,
    target: f64,
    window_ms: i64,
    incident_ms: i64,
    burned: Option<&'a Measured>,
    bad: Option<&'a Measured>,
    reason: &'a str,
}

/// Counts of deployments, and the times of each incident in milliseconds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliveryAnswer<'a> {
    ended: u64,
    succeeded: u64,
    reached_users: u64,
    failed: u64,
    detection_ms: &'a [i64],
    recovery_ms: &'a [i64],
    /// Null without an incident.
    mean_detection_ms: Option<i64>,
    /// Null without a recovery.
    mean_recovery_ms: Option<i64>,
}

impl<'a> From<&'a BudgetBurn> for BudgetInJson<'a> {
    fn from(burn: &'a BudgetBurn) -> Self {
        Self {
            objective: burn.objective.as_str(),
            target: burn.target,
            window_ms: burn.window_ms,
            incident_ms: burn.during.window_ms,
            burned: burn.burned.as_ref().map(|(share, _)| share),
            bad: burn.burned.as_ref().map(|(_, bad)| bad),
            reason: &burn.reason,
        }
    }
}

impl<'a> From<&'a Incident> for IncidentAnswer<'a> {
    fn from(incident: &'a Incident) -> Self {
        let affected = incident.affected();
        Self {
            id: incident.id.to_string(),
            service: incident.id.service.as_str(),
            rollout: incident.rollout.map(|id| id.to_string()),
            version: incident.version.to_string(),
            back_to: incident.back_to.map(|version| version.to_string()),
            by_person: matches!(incident.found, IncidentFinding::Person(_)),
            began_at: incident.began_at,
            detected_at: incident.detected_at,
            decided_at: incident.decided_at,
            recovered_at: incident.recovered.map(|(at, _)| at),
            detection_ms: incident.detection_ms(),
            recovery_ms: incident.recovery_ms(),
            requests: affected.map(|affected| affected.requests),
            failures: affected.map(|affected| affected.failures),
        }
    }
}

impl<'a> From<PostMortem<'a>> for PostMortemAnswer<'a> {
    fn from(shown: PostMortem<'a>) -> Self {
        let moments = shown.incident.moments.iter();
        let budgets = shown.budgets.unwrap_or_default();
        Self {
            incident: shown.incident.into(),
            budgets: budgets.iter().map(Into::into).collect(),
            no_budgets_because: shown.budgets.err(),
            events: moments
                .map(|(number, at, told)| MomentInJson {
                    event: *number,
                    at: *at,
                    told: event(told, shown.plan),
                })
                .collect(),
            notes: shown.notes,
            actions: shown.tasks.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a Task> for IncidentActionInJson<'a> {
    fn from(task: &'a Task) -> Self {
        Self {
            task: task.id,
            title: &task.intake.title,
            state: task.state.name(),
        }
    }
}

impl<'a> From<&'a DeliveryFigures> for DeliveryAnswer<'a> {
    fn from(figures: &'a DeliveryFigures) -> Self {
        Self {
            ended: figures.ended,
            succeeded: figures.succeeded,
            reached_users: figures.reached_users,
            failed: figures.failed,
            detection_ms: &figures.detection_ms,
            recovery_ms: &figures.recovery_ms,
            mean_detection_ms: mean_ms(&figures.detection_ms),
            mean_recovery_ms: mean_ms(&figures.recovery_ms),
        }
    }
}
