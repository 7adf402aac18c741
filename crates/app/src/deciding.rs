//! Asking a gate: the evidence is read, the gate decides, and the decision is stored with all of
//! its inputs before it is told.

use std::collections::BTreeMap;
use std::path::Path;

use adjutant_domain::{
    CriterionId, Digest, Evidence, GateName, InvalidName, Subject, Timestamp, sha256,
};
use adjutant_formats::Format;
use adjutant_gate::{Case, Decision, JudgedArtifact, SourceFailure, Vote, decide, policy_lines};
use adjutant_outbound::files::{self, FileError};
use adjutant_outbound::inquiry;
use adjutant_rollout::{GateQuestion, LastVerdict, VerdictStanding};
use adjutant_store::{NewDecision, NewEvidence, Store, StoreError, StoredDecision, StoredEvidence};

use crate::FoundPolicy;
use crate::gate_error::GateError;
use crate::progress;
use crate::record::{DecisionRecord, RecordError, RecordedInput};
use crate::source::{self, Source, SourceError};

/// How many earlier decisions a trend looks at. More would make an old regression look normal.
const HISTORY_MAX: u32 = 20;

/// A source with the subject that it is evidence about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSource {
    /// Whose measurements it holds.
    pub subject: Subject,
    /// A file, a folder or an address.
    pub what: String,
}

/// What a gate is asked.
#[derive(Debug, Clone, Copy)]
pub struct GateRequest<'a> {
    /// The policy.
    pub policy: &'a FoundPolicy,
    /// The evidence; none means the latest run of each subject in the store.
    pub sources: &'a [NamedSource],
    /// Reasons for criteria whose policy allows one.
    pub reasons: &'a BTreeMap<CriterionId, String>,
    /// The build that the evidence about the candidate was taken from, where it is named.
    pub artifact: Option<&'a JudgedArtifact>,
}

/// The build of a file, as a decision names it; or one that is named by its digest, as an image is.
///
/// # Errors
/// When the file cannot be read.
pub fn judged_artifact(path: &Path) -> Result<JudgedArtifact, FileError> {
    if let Some(named) = path.to_str().and_then(JudgedArtifact::named) {
        return Ok(named);
    }
    let content = files::read(path)?;
    Ok(JudgedArtifact {
        file: content.name,
        digest: sha256::digest_of(&content.bytes),
    })
}

/// Where the evidence came from.
#[derive(Debug, Clone, PartialEq)]
pub enum DecidedFrom {
    /// From the sources that were named.
    Sources,
    /// From the store: the latest run of each subject.
    Store(Vec<StoredEvidence>),
}

/// A decision that is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// The digest of its record.
    pub record: Digest,
    /// Where the evidence came from.
    pub from: DecidedFrom,
    /// Sources that gave nothing.
    pub failures: Vec<SourceFailure>,
}

/// Everything that was gathered before deciding.
pub(crate) struct Gathered {
    pub(crate) evidence: Vec<Evidence>,
    inputs: Vec<RecordedInput>,
    /// The sources of `evidence`, in the same order, where they may not be in the store yet.
    sources: Vec<Option<Source>>,
    pub(crate) failures: Vec<SourceFailure>,
    pub(crate) from: DecidedFrom,
}

/// Asks a gate and stores its answer.
///
/// # Errors
/// When the store cannot be read or written. An answer that is not stored is not given.
pub async fn run_gate(
    store: &Store,
    request: &GateRequest<'_>,
    now: Timestamp,
) -> Result<Decided, GateError> {
    let mut gathered = if request.sources.is_empty() {
        gather_stored(store).await?
    } else {
        gather_named(request.sources, now).await?
    };
    if let Some(source) = progress::count_work(store, now).await? {
        gathered.add(source, progress::subject()?)?;
    }
    let gate = &request.policy.policy.name;
    let history = store.past_decisions(gate, HISTORY_MAX).await?;
    let votes = match &request.policy.policy.quorum {
        Some(quorum) => standing_votes(store, &quorum.subject).await?,
        None => vec![],
    };
    let decision = decide(
        &request.policy.policy,
        &Case {
            evidence: &gathered.evidence,
            failures: &gathered.failures,
            history: &history,
            reasons: request.reasons,
            votes: &votes,
            now,
        },
    );
    let record = DecisionRecord {
        version: DecisionRecord::VERSION,
        gate: gate.clone(),
        policy: policy_lines(&request.policy.text),
        now,
        artifact: request.artifact.cloned(),
        inputs: gathered.inputs,
        failures: gathered.failures,
        reasons: request.reasons.clone(),
        history,
        votes,
        decision,
    };
    tracing::info!(%gate, verdict = %record.decision.verdict, "a gate decided");
    let bytes = serde_json::to_vec(&record).map_err(GateError::Record)?;
    let digest = sha256::digest_of(&bytes);
    let new_evidence = to_keep(&gathered.evidence, &gathered.sources);
    let new_decision = NewDecision {
        decision: &record.decision,
        record: digest,
        bytes: &bytes,
        build: record.artifact.as_ref().map(|judged| judged.digest),
    };
    store
        .save_decision(&new_decision, &new_evidence, now)
        .await?;
    Ok(Decided {
        decision: record.decision,
        record: digest,
        from: gathered.from,
        failures: record.failures,
    })
}

/// The evidence that may not be in the store yet.
fn to_keep<'a>(evidence: &'a [Evidence], sources: &'a [Option<Source>]) -> Vec<NewEvidence<'a>> {
    let both = evidence.iter().zip(sources);
    both.filter_map(|(evidence, source)| {
        let source = source.as_ref()?;
        Some(NewEvidence {
            evidence,
            format: source.format.name(),
            named: None,
            bytes: &source.bytes,
        })
    })
    .collect()
}

/// The last vote of each role about a subject.
async fn standing_votes(store: &Store, subject: &Subject) -> Result<Vec<Vote>, StoreError> {
    let votes = store.votes(Some(subject)).await?;
    let standing = votes
        .into_iter()
        .filter(|stored| stored.replaced_by.is_none());
    Ok(standing.map(|stored| stored.vote).collect())
}

/// The last stored decision of a gate.
///
/// # Errors
/// When the store cannot be read.
pub async fn last_decision(
    store: &Store,
    gate: &GateName,
) -> Result<Option<StoredDecision>, StoreError> {
    store.last_decision(gate).await
}

/// What a gate says now to another delivery engine about a build: by its last decision about it.
///
/// # Errors
/// When the store cannot be read, or a decision's record cannot be opened.
pub async fn gate_standing(
    store: &Store,
    question: &GateQuestion,
    now: Timestamp,
) -> Result<VerdictStanding, GateError> {
    let Some(build) = question.artifact else {
        return Ok(question.standing(None, now));
    };
    let last = DecisionRecord::last_about::<GateError>(store, &question.gate, build).await?;
    let last = last.map(|(decided, _)| LastVerdict {
        verdict: decided.verdict,
        decided_at: decided.decided_at,
        record: decided.record,
    });
    Ok(question.standing(last, now))
}

/// Reads the named sources. One that gives nothing becomes a failure that the gate answers.
pub(crate) async fn gather_named(
    sources: &[NamedSource],
    now: Timestamp,
) -> Result<Gathered, GateError> {
    let mut gathered = Gathered {
        evidence: vec![],
        inputs: vec![],
        sources: vec![],
        failures: vec![],
        from: DecidedFrom::Sources,
    };
    for named in sources {
        match source::read(&named.what, None, None, now).await {
            Ok(source) => gathered.add(source, named.subject.clone())?,
            Err(error) => gathered.failures.push(failure(named, &error)),
        }
    }
    Ok(gathered)
}

impl Gathered {
    /// Adds what a source holds about a subject, under a run named by its bytes.
    fn add(&mut self, source: Source, subject: Subject) -> Result<(), InvalidName> {
        let run = format!("run_{}", source.digest.short()).parse()?;
        let evidence = source.evidence(subject, run);
        let format = source.format.name();
        self.inputs.push(recorded(&evidence, format));
        self.evidence.push(evidence);
        self.sources.push(Some(source));
        Ok(())
    }
}

fn recorded(evidence: &Evidence, format: &str) -> RecordedInput {
    RecordedInput {
        subject: evidence.subject.clone(),
        run: evidence.run.clone(),
        artifact: evidence.artifact,
        file: evidence.file.clone(),
        format: format.to_owned(),
        named: None,
        taken_at: evidence.taken_at,
    }
}

fn failure(named: &NamedSource, error: &SourceError) -> SourceFailure {
    SourceFailure {
        subject: named.subject.clone(),
        what: shown_name(&named.what),
        why: format!(
            "{}. {}",
            error.problem(),
            error.remedy().trim_end_matches('.')
        ),
        empty: error.is_empty(),
    }
}

/// A file without its folders, an address without its parameters and credentials.
fn shown_name(what: &str) -> String {
    if !inquiry::is_address(what) {
        return files::name_of(Path::new(what));
    }
    let end = what.find(['?', '#']).unwrap_or(what.len());
    let (scheme, rest) = what[..end].split_once("://").unwrap_or(("http", what));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("{scheme}://{host}")
}

/// Opens the artifacts of the latest run of each subject.
pub(crate) async fn gather_stored(store: &Store) -> Result<Gathered, GateError> {
    let latest = store.latest_evidence().await?;
    Ok(opened(store, latest))
}

/// Opens artifacts. One that does not hold becomes a failure that the gate answers.
pub(crate) fn opened(store: &Store, evidence: Vec<StoredEvidence>) -> Gathered {
    let mut gathered = Gathered {
        evidence: vec![],
        inputs: vec![],
        sources: vec![],
        failures: vec![],
        from: DecidedFrom::Store(vec![]),
    };
    for stored in &evidence {
        if stored.format == Format::TaskProgress.name() {
            continue;
        }
        let input = RecordedInput {
            subject: stored.subject.clone(),
            run: stored.run.clone(),
            artifact: stored.artifact,
            file: stored.file.clone(),
            format: stored.format.clone(),
            named: stored.named.clone(),
            taken_at: stored.taken_at,
        };
        match input.open(store) {
            Ok(evidence) => {
                gathered.evidence.push(evidence);
                gathered.inputs.push(input);
                gathered.sources.push(None);
            }
            Err(error) => gathered.failures.push(stored_failure(stored, &error)),
        }
    }
    gathered.from = DecidedFrom::Store(evidence);
    gathered
}

fn stored_failure(stored: &StoredEvidence, error: &RecordError) -> SourceFailure {
    SourceFailure {
        subject: stored.subject.clone(),
        what: stored.file.clone(),
        why: format!("{}. Add the original file again", stored_problem(error)),
        empty: false,
    }
}

/// What is wrong with a stored artifact, without paths.
fn stored_problem(error: &RecordError) -> String {
    match error {
        RecordError::Artifact { source, .. } => match source.as_ref() {
            StoreError::ArtifactMissing(_) => "the stored artifact is missing".to_owned(),
            StoreError::ArtifactChanged { .. } => "the stored artifact was changed".to_owned(),
            StoreError::Open { .. }
            | StoreError::SqliteTooOld { .. }
            | StoreError::SchemaTooNew { .. }
            | StoreError::NotDurable { .. }
            | StoreError::Statement { .. }
            | StoreError::TakenBack { .. }
            | StoreError::ForeignRow { .. }
            | StoreError::Encode { .. }
            | StoreError::Nul { .. }
            | StoreError::File { .. } => "the stored artifact cannot be read".to_owned(),
        },
        RecordError::Content { source, .. } => source.problem(),
        RecordError::Format { .. }
        | RecordError::Missing(_)
        | RecordError::Unreadable(_)
        | RecordError::TooNew { .. }
        | RecordError::Policy(_)
        | RecordError::NoGate(_) => error.to_string(),
    }
}
