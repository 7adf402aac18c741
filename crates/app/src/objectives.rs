//! Objectives: reading their documents, counting their events, how they stand.
//!
//! What a Prometheus answers is stored as evidence of the subject `objective/NAME`, so that every
//! number of a standing can be opened again.

use std::path::{Path, PathBuf};

use adjutant_domain::{
    Data, Evidence, InvalidName, MeasureName, ObjectiveName, RunId, Subject, Timestamp, Validity,
};
use adjutant_formats::Format;
use adjutant_objective::{
    BudgetBurn, DatedEvents, EventCount, IndicatorSource, InvalidOpenSlo, Objective,
    ObjectiveStanding, PlacedDocument, UncountedWindow, WindowCount, WindowQueries, assess,
    budget_burned, count_evidence, count_window, read_objective_settings, read_openslo, resolve,
    window_queries,
};
use adjutant_outbound::files::{self, FileError};
use adjutant_outbound::inquiry::InquiryError;
use adjutant_outbound::prometheus;
use adjutant_rollout::Incident;
use adjutant_store::{NewEvidence, Store, StoreError};

use crate::filing::{IntakeError, read_text};
use crate::source::{self, Source, SourceError};
use crate::{Home, RecordedInput};

/// The objectives that were found, with what they were put together from.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundObjectives {
    /// The documents, file by file.
    pub documents: Vec<PlacedDocument>,
    /// The objectives.
    pub objectives: Vec<Objective>,
    /// The Prometheus that is asked where no document names one.
    pub prometheus: Option<String>,
}

/// Objectives that cannot be had. Missing data is not among these: it is a standing.
#[derive(Debug, thiserror::Error)]
pub enum ObjectiveError {
    /// The settings cannot be read.
    #[error(transparent)]
    Text(#[from] IntakeError),
    /// A document cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A document, or the settings, cannot be followed.
    #[error(transparent)]
    Document(#[from] InvalidOpenSlo),
    /// No objective has the name.
    #[error("there is no objective {name}; known are {}", known.join(", "))]
    Unknown {
        /// The name.
        name: ObjectiveName,
        /// Those that there are.
        known: Vec<String>,
    },
    /// No address is known to ask.
    #[error("nothing says which Prometheus counts {0}")]
    NoServer(ObjectiveName),
    /// The address of the Prometheus is none.
    #[error(transparent)]
    Address(#[from] InquiryError),
    /// The name is too long to be stored.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A query has no window, which reading excludes.
    #[error("{0}")]
    Query(String),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The objectives of some files, or else of those that the settings name.
///
/// # Errors
/// When a file cannot be read or followed.
pub fn find_objectives(home: &Home, files: &[PathBuf]) -> Result<FoundObjectives, ObjectiveError> {
    let mut found = FoundObjectives {
        documents: vec![],
        objectives: vec![],
        prometheus: None,
    };
    let mut paths: Vec<PathBuf> = files.to_vec();
    if let Some(path) = &home.settings {
        let settings = read_objective_settings(&path.display().to_string(), &read_text(path)?)?;
        found.prometheus = settings.prometheus;
        if files.is_empty() {
            let folder = path.parent().unwrap_or(Path::new(""));
            paths = settings
                .files
                .iter()
                .map(|file| folder.join(file))
                .collect();
        }
    }
    for path in &paths {
        let shown = path.strip_prefix(&home.folder).unwrap_or(path);
        let bytes = files::read(path)?.bytes;
        let read = read_openslo(&shown.display().to_string(), &bytes)?;
        found.documents.extend(read);
    }
    found.objectives = resolve(&found.documents)?;
    Ok(found)
}

/// How objectives stand at a time; all of them where none is named.
///
/// # Errors
/// When a name is unknown, a Prometheus is not known, or the store cannot be read or written.
pub async fn objective_standings(
    store: &Store,
    found: &FoundObjectives,
    names: &[ObjectiveName],
    at: Timestamp,
    now: Timestamp,
) -> Result<Vec<ObjectiveStanding>, ObjectiveError> {
    let known = |name: &ObjectiveName| found.objectives.iter().any(|known| known.name == *name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        return Err(ObjectiveError::Unknown {
            name: unknown.clone(),
            known: found
                .objectives
                .iter()
                .map(|o| o.name.to_string())
                .collect(),
        });
    }
    let mut standings = Vec::new();
    for objective in &found.objectives {
        if names.is_empty() || names.contains(&objective.name) {
            let asked = AskedWindows {
                windows: objective.windows(),
                at,
                now,
            };
            let counts = counts(store, found, objective, asked).await?;
            standings.push(assess(objective, &counts, at));
        }
    }
    Ok(standings)
}

/// How the objectives stand whose events are counted of stored evidence. Nobody is asked and nothing
/// is stored.
///
/// # Errors
/// When the store cannot be read.
pub async fn stored_standings(
    store: &Store,
    found: &FoundObjectives,
    at: Timestamp,
) -> Result<Vec<ObjectiveStanding>, ObjectiveError> {
    let counted_here = |objective: &&Objective| objective.evidence_subject().is_some();
    let names: Vec<ObjectiveName> = found
        .objectives
        .iter()
        .filter(counted_here)
        .map(|objective| objective.name.clone())
        .collect();
    match names.is_empty() {
        true => Ok(vec![]),
        false => objective_standings(store, found, &names, at, at).await,
    }
}

/// What an incident burned of the budgets of its service: from its beginning to its recovery, or
/// to now.
///
/// # Errors
/// When a Prometheus is not known, or the store cannot be read or written.
pub async fn budgets_burned(
    store: &Store,
    found: &FoundObjectives,
    incident: &Incident,
    now: Timestamp,
) -> Result<Vec<BudgetBurn>, ObjectiveError> {
    let at = incident.recovered.map_or(now, |(at, _)| at);
    let lasted_ms = at.unix_millis() - incident.began_at.unix_millis();
    let lasted_ms = lasted_ms.max(1);
    let mut burned = Vec::new();
    let service = incident.id.service.as_str();
    for objective in &found.objectives {
        if objective.service.as_str() != service {
            continue;
        }
        let asked = AskedWindows {
            windows: vec![lasted_ms, objective.window_ms],
            at,
            now,
        };
        if let [during, window] = &counts(store, found, objective, asked).await?[..] {
            burned.push(budget_burned(objective, during, window));
        }
    }
    Ok(burned)
}

/// The times that events are counted of.
struct AskedWindows {
    /// How long each is.
    windows: Vec<i64>,
    /// When all of them end.
    at: Timestamp,
    now: Timestamp,
}

/// What was counted of each window, in their order.
async fn counts(
    store: &Store,
    found: &FoundObjectives,
    objective: &Objective,
    asked: AskedWindows,
) -> Result<Vec<WindowCount>, ObjectiveError> {
    match objective.evidence_subject() {
        Some(subject) => from_evidence(store, objective, subject, asked).await,
        None => {
            let server = server_of(objective, found)?;
            from_prometheus(store, objective, server, asked).await
        }
    }
}

async fn from_evidence(
    store: &Store,
    objective: &Objective,
    subject: &Subject,
    AskedWindows { windows, at, .. }: AskedWindows,
) -> Result<Vec<WindowCount>, ObjectiveError> {
    let longest = windows.iter().copied().max().unwrap_or(objective.window_ms);
    let starts = at.unix_millis().saturating_sub(longest);
    let mut events = Vec::new();
    for evidence in store.list_evidence(Some(subject)).await? {
        let taken_at = evidence.taken_at;
        if taken_at.unix_millis() <= starts || taken_at > at {
            continue;
        }
        let input = RecordedInput {
            subject: evidence.subject,
            run: evidence.run,
            artifact: evidence.artifact,
            file: evidence.file,
            format: evidence.format,
            named: evidence.named,
            taken_at,
        };
        match input.open(store) {
            Ok(opened) => events.extend(count_evidence(objective, &opened)),
            Err(error) => events.push(DatedEvents {
                at: taken_at,
                counted: Err(UncountedWindow {
                    validity: Validity::SourceError,
                    reason: error.to_string(),
                }),
            }),
        }
    }
    let count = |window| count_window(objective, &events, window, at);
    Ok(windows.into_iter().map(count).collect())
}

fn server_of<'f>(
    objective: &'f Objective,
    found: &'f FoundObjectives,
) -> Result<&'f str, ObjectiveError> {
    let named = objective
        .indicator
        .sources()
        .into_iter()
        .find_map(|source| match source {
            IndicatorSource::Prometheus { server, .. } => server.as_deref(),
            IndicatorSource::Evidence { .. } => None,
        });
    named
        .or(found.prometheus.as_deref())
        .ok_or_else(|| ObjectiveError::NoServer(objective.name.clone()))
}

/// Answers of one assessment: what was counted of each window, and the evidence to store.
struct Asked {
    evidence: Vec<(Evidence, Source)>,
    subject: Subject,
    run: RunId,
}

async fn from_prometheus(
    store: &Store,
    objective: &Objective,
    server: &str,
    AskedWindows { windows, at, now }: AskedWindows,
) -> Result<Vec<WindowCount>, ObjectiveError> {
    let mut asked = Asked {
        evidence: vec![],
        subject: format!("objective/{}", objective.name).parse()?,
        run: format!("objective_{}", now.unix_millis()).parse()?,
    };
    let mut counts = Vec::new();
    for window_ms in windows {
        let queries = window_queries(objective, window_ms).map_err(ObjectiveError::Query)?;
        if let Some(queries) = queries {
            let counted = asked.count(server, &queries, at, now).await?;
            counts.push(WindowCount { window_ms, counted });
        }
    }
    let batch: Vec<NewEvidence<'_>> = asked
        .evidence
        .iter()
        .map(|(evidence, source)| NewEvidence {
            evidence,
            format: source.format.name(),
            named: None,
            bytes: &source.bytes,
        })
        .collect();
    store.add_evidence(&batch, now).await?;
    Ok(counts)
}

impl Asked {
    async fn count(
        &mut self,
        server: &str,
        queries: &WindowQueries,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Result<EventCount, UncountedWindow>, ObjectiveError> {
        let mut count = EventCount::default();
        for (name, query) in [("good_events", &queries.good), ("events", &queries.total)] {
            let address = prometheus::instant_address(server, query, at)?;
            let measure: MeasureName = name.parse()?;
            let read = source::read(&address, Some(Format::Prometheus), Some(&measure), now).await;
            let source = match read {
                Ok(source) => source,
                Err(error) => return Ok(Err(unreadable(&error))),
            };
            let evidence = source.evidence(self.subject.clone(), self.run.clone());
            let value = single_value(&evidence);
            count.sources.extend(
                evidence
                    .measurements
                    .first()
                    .map(|found| evidence.cite(found)),
            );
            self.evidence.push((evidence, source));
            match value {
                Err(uncounted) => return Ok(Err(uncounted)),
                Ok(value) if name == "events" => count.total = value,
                Ok(value) => count.good = value,
            }
        }
        Ok(Ok(count))
    }
}

fn unreadable(error: &SourceError) -> UncountedWindow {
    UncountedWindow {
        validity: Validity::SourceError,
        reason: error.problem(),
    }
}

/// The one number of an answer.
fn single_value(evidence: &Evidence) -> Result<f64, UncountedWindow> {
    let uncounted = |validity, reason: String| Err(UncountedWindow { validity, reason });
    match evidence.measurements.as_slice() {
        [one] => match &one.data {
            Data::Scalar(scalar) => Ok(scalar.value),
            Data::Absent(absence) => uncounted(absence.validity(), absence.to_string()),
            Data::Samples(_)
            | Data::Histogram(_)
            | Data::Proportion { .. }
            | Data::Ranking(_)
            | Data::Judgements(_) => uncounted(
                Validity::SourceError,
                format!("the answer is {}, not one number", one.data.shape()),
            ),
        },
        several => uncounted(
            Validity::SourceError,
            format!("the answer has {} series: write sum(…)", several.len()),
        ),
    }
}
