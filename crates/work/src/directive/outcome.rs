//! What became of a directive.

use adjutant_domain::{Digest, RunId, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a directive ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DirectiveOutcome {
    /// It was carried out, and every success criterion was proven.
    Done,
    /// It was carried out, and nothing proves at least one success criterion.
    Unproven,
    /// It failed.
    Failed,
}

impl DirectiveOutcome {
    /// The word that is written.
    pub fn name(self) -> &'static str {
        match self {
            DirectiveOutcome::Done => "done",
            DirectiveOutcome::Unproven => "unproven",
            DirectiveOutcome::Failed => "failed",
        }
    }

    /// Whether those that depend on it can go on. What was carried out is there, though nobody can
    /// tell whether it is what was wanted.
    pub fn is_carried_out(self) -> bool {
        match self {
            DirectiveOutcome::Done | DirectiveOutcome::Unproven => true,
            DirectiveOutcome::Failed => false,
        }
    }
}

/// What was found when a directive ended. It is stored, and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DirectiveRecord {
    /// Whether it was carried out.
    pub carried_out: bool,
    /// What came of it, in one line.
    pub result: String,
    /// What it left to be looked at.
    pub evidence: Vec<UsedEvidence>,
    /// Its success criteria, as they were found.
    pub criteria: Vec<JudgedCriterion>,
}

/// Something that a directive left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsedEvidence {
    /// Evidence that is in the store.
    Run {
        /// Whose measurements.
        subject: Subject,
        /// The run.
        run: RunId,
        /// The artifact.
        artifact: Digest,
    },
    /// A record that is in the store: of a decision, of a program's output.
    Record {
        /// What it is, such as `decision of release`.
        what: String,
        /// Its digest.
        artifact: Digest,
    },
    /// A file that was written.
    File {
        /// Where.
        path: String,
        /// The digest of what it held.
        digest: Digest,
    },
}

/// A success criterion, as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JudgedCriterion {
    /// What was asked.
    pub text: String,
    /// How it stands.
    pub standing: CriterionStanding,
    /// Why, in one line.
    pub because: String,
}

/// How a success criterion stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CriterionStanding {
    /// It is proven.
    Met,
    /// It is refuted.
    Missed,
    /// Nothing tells.
    NoData,
}

impl DirectiveRecord {
    /// What it amounts to: a refuted criterion is a failure, however well the rest went.
    pub fn outcome(&self) -> DirectiveOutcome {
        let any = |standing| self.criteria.iter().any(|one| one.standing == standing);
        if !self.carried_out || any(CriterionStanding::Missed) {
            DirectiveOutcome::Failed
        } else if self.criteria.is_empty() || any(CriterionStanding::NoData) {
            DirectiveOutcome::Unproven
        } else {
            DirectiveOutcome::Done
        }
    }
}
