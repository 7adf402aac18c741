//! The decision record: everything a decision was made from, and the decision. It is stored as an
//! artifact, so its digest names it, and it can be decided again.

use adjutant_domain::{
    CriterionId, Digest, Evidence, GateName, MeasureName, RunId, Subject, Timestamp,
};
use adjutant_formats::Format;
use adjutant_gate::{
    Case, Decision, InvalidPolicy, JudgedArtifact, PastDecision, Policy, SourceFailure, Vote,
    decide, directive_counts, integration_rows, learnings, read_policies, task_counts,
};
use adjutant_report::deployment::DeploymentFacts;
use adjutant_store::{Store, StoreError, StoredDecision};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::source::{self, SourceError};

/// The shape of the record; it grows when the shape changes. Votes came with 2, the artifact with 3.
const VERSION: u32 = 3;

/// The formats whose numbers a report shows beside the decision.
const TOLD: [Format; 6] = [
    Format::SchemaDiff,
    Format::DepsAlign,
    Format::ModelScan,
    Format::ModelDiff,
    Format::ShadowCompare,
    Format::TaskProgress,
];

/// A decision with its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The shape of this record.
    pub version: u32,
    /// The gate.
    pub gate: GateName,
    /// The TOML text of its policy, as far as it is one of gates.
    pub policy: String,
    /// When it was decided.
    pub now: Timestamp,
    /// The build that was judged, where it was named.
    #[serde(default)]
    pub artifact: Option<JudgedArtifact>,
    /// The artifacts that were read, in order.
    pub inputs: Vec<RecordedInput>,
    /// The sources that gave nothing.
    pub failures: Vec<SourceFailure>,
    /// The reasons that were given with the call.
    pub reasons: BTreeMap<CriterionId, String>,
    /// The earlier decisions that were looked at, oldest first.
    pub history: Vec<PastDecision>,
    /// The votes that were there, oldest first.
    #[serde(default)]
    pub votes: Vec<Vote>,
    /// The decision.
    pub decision: Decision,
}

/// An artifact that was read, with all that is needed to read it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedInput {
    /// Whose measurements it holds.
    pub subject: Subject,
    /// The run that produced it.
    pub run: RunId,
    /// Its digest.
    pub artifact: Digest,
    /// Its file name.
    pub file: String,
    /// The format it was read as.
    pub format: String,
    /// The name that the caller gave the measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<MeasureName>,
    /// When it was produced.
    pub taken_at: Timestamp,
}

/// A record that cannot be decided again.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The record itself is missing or was changed.
    #[error("the decision record cannot be opened")]
    Missing(#[source] Box<StoreError>),
    /// It is not a record that this program knows.
    #[error("the decision record cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// It was written by a newer Adjutant.
    #[error("the decision record has version {found}; this Adjutant knows {VERSION}")]
    TooNew {
        /// The record's version.
        found: u32,
    },
    /// An artifact is missing or was changed.
    #[error("{file} of {run} cannot be opened")]
    Artifact {
        /// The artifact's file name.
        file: String,
        /// Its run.
        run: RunId,
        /// Why.
        source: Box<StoreError>,
    },
    /// An artifact can no longer be read as what it was.
    #[error("{file} of {run} cannot be read")]
    Content {
        /// The artifact's file name.
        file: String,
        /// Its run.
        run: RunId,
        /// Why.
        source: Box<SourceError>,
    },
    /// The record names a format that this program does not have.
    #[error("{file} was read as {format}, which this Adjutant does not know")]
    Format {
        /// The artifact's file name.
        file: String,
        /// The format.
        format: String,
    },
    /// The policy's text can no longer be followed.
    #[error("the record's policy cannot be followed")]
    Policy(#[source] InvalidPolicy),
    /// The policy's text does not hold the gate.
    #[error("the record's policy does not define the gate {0}")]
    NoGate(GateName),
}

impl DecisionRecord {
    pub(crate) const VERSION: u32 = VERSION;

    /// Opens a record, after checking its digest.
    ///
    /// # Errors
    /// When it is missing, was changed, or is not a record.
    pub fn open(store: &Store, digest: Digest) -> Result<Self, RecordError> {
        let bytes = store
            .artifact(digest)
            .map_err(|error| RecordError::Missing(Box::new(error)))?;
        let record: Self = serde_json::from_slice(&bytes).map_err(RecordError::Unreadable)?;
        if record.version > VERSION {
            return Err(RecordError::TooNew {
                found: record.version,
            });
        }
        Ok(record)
    }

    /// The last decision of a gate about a build, with its record.
    pub(crate) async fn last_about<E: From<StoreError> + From<RecordError>>(
        store: &Store,
        gate: &GateName,
        build: Digest,
    ) -> Result<Option<(StoredDecision, Self)>, E> {
        for decision in store.decisions_about(gate, build).await? {
            let record = Self::open(store, decision.record)?;
            let is_about = |judged: &JudgedArtifact| judged.digest == build;
            if record.artifact.as_ref().is_some_and(is_about) {
                return Ok(Some((decision, record)));
            }
        }
        Ok(None)
    }

    /// Opens every artifact again and decides again.
    ///
    /// # Errors
    /// When an artifact is missing, was changed, or can no longer be read.
    pub fn decide_again(&self, store: &Store) -> Result<Decision, RecordError> {
        let policy = self.read_policy()?;
        let evidence = self
            .inputs
            .iter()
            .map(|input| input.open(store))
            .collect::<Result<Vec<_>, _>>()?;
        let case = Case {
            evidence: &evidence,
            failures: &self.failures,
            history: &self.history,
            reasons: &self.reasons,
            votes: &self.votes,
            now: self.now,
        };
        Ok(decide(&policy, &case))
    }

    /// What the recorded evidence says beside a decision that was made from it.
    ///
    /// # Errors
    /// When an artifact is missing, was changed, or can no longer be read.
    pub fn facts(
        &self,
        store: &Store,
        decision: &Decision,
    ) -> Result<DeploymentFacts, RecordError> {
        let told = |input: &&RecordedInput| TOLD.iter().any(|format| format.name() == input.format);
        let inputs = self.inputs.iter().filter(told);
        let evidence = inputs
            .map(|input| input.open(store))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(DeploymentFacts {
            integration: integration_rows(&evidence),
            artifact: self.artifact.clone(),
            tasks: task_counts(&evidence),
            directives: directive_counts(&evidence),
            learnings: learnings(&self.read_policy()?, decision),
        })
    }

    fn read_policy(&self) -> Result<Policy, RecordError> {
        let policies = read_policies(&self.policy).map_err(RecordError::Policy)?;
        let mut policies = policies.policies.into_iter();
        policies
            .find(|policy| policy.name == self.gate)
            .ok_or_else(|| RecordError::NoGate(self.gate.clone()))
    }
}

impl RecordedInput {
    /// The evidence, read from its artifact again.
    ///
    /// # Errors
    /// When the artifact is missing, was changed, or can no longer be read.
    pub fn open(&self, store: &Store) -> Result<Evidence, RecordError> {
        let format: Format = self
            .format
            .parse()
            .map_err(|_unknown| RecordError::Format {
                file: self.file.clone(),
                format: self.format.clone(),
            })?;
        let bytes = store
            .artifact(self.artifact)
            .map_err(|source| RecordError::Artifact {
                file: self.file.clone(),
                run: self.run.clone(),
                source: Box::new(source),
            })?;
        let measurements = source::measure(&self.file, format, &bytes, self.named.as_ref())
            .map_err(|source| RecordError::Content {
                file: self.file.clone(),
                run: self.run.clone(),
                source: Box::new(source),
            })?;
        Ok(Evidence {
            subject: self.subject.clone(),
            run: self.run.clone(),
            artifact: self.artifact,
            file: self.file.clone(),
            taken_at: self.taken_at,
            measurements,
        })
    }
}
