//! Decisions in the store: the record is an artifact, the rows are what lists and trends need.

use adjutant_announce::Announcement;
use adjutant_domain::{CriterionId, Digest, GateName, Timestamp, Verdict};
use adjutant_gate::{Decision, JudgedArtifact, PastCriterion, PastDecision};
use serde::Deserialize;

use crate::artifacts::Artifacts;
use crate::evidence::{NewEvidence, insert_all, insert_artifact};
use crate::journal::{self, JournalKind};
use crate::session::{Purpose, Session};
use crate::value::{Row, variant_text};
use crate::{Store, StoreError, announcements};

/// A decision that is to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewDecision<'a> {
    /// The decision.
    pub decision: &'a Decision,
    /// The digest of `bytes`.
    pub record: Digest,
    /// The decision record: policy, inputs, history, reasons and decision.
    pub bytes: &'a [u8],
    /// The build that was judged, where it was named.
    pub build: Option<Digest>,
}

/// A decision as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDecision {
    /// Its number in this store.
    pub id: i64,
    /// The gate.
    pub gate: GateName,
    /// When.
    pub decided_at: Timestamp,
    /// What.
    pub verdict: Verdict,
    /// The digest of its record.
    pub record: Digest,
}

const READ: &str = "read decisions";
const COLUMNS: &str = "id, gate, decided_at, verdict, record";

/// What stands for the build of a decision that names none. Without a text it is not known.
const NO_BUILD: &str = "";

impl Store {
    /// Stores a decision, and the evidence that came with the question: all of it or nothing.
    ///
    /// # Errors
    /// When a file or the database cannot be written.
    pub async fn save_decision(
        &self,
        new: &NewDecision<'_>,
        evidence: &[NewEvidence<'_>],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let artifacts: Vec<_> = evidence
            .iter()
            .map(|new| (new.evidence.artifact, new.bytes))
            .chain([(new.record, new.bytes)])
            .collect();
        self.artifacts.write_all(&artifacts, now)?;
        let mut session = self.begin(Purpose::Write).await?;
        insert_all(&mut session, evidence, now).await?;
        insert(&mut session, new, now).await?;
        session.commit().await
    }

    /// The last `limit` decisions of a gate, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn past_decisions(
        &self,
        gate: &GateName,
        limit: u32,
    ) -> Result<Vec<PastDecision>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let mut past = Vec::new();
        for stored in latest(&mut session, gate, limit).await? {
            past.push(PastDecision {
                decided_at: stored.decided_at,
                criteria: criteria_of(&mut session, stored.id).await?,
                artifacts: inputs_of(&mut session, stored.id).await?,
            });
        }
        session.commit().await?;
        Ok(past)
    }

    /// The last `limit` decisions of a gate as they are listed, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn recent_decisions(
        &self,
        gate: &GateName,
        limit: u32,
    ) -> Result<Vec<StoredDecision>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let decisions = latest(&mut session, gate, limit).await?;
        session.commit().await?;
        Ok(decisions)
    }

    /// Decisions as they are listed, of one gate or of all, newest first; those before `before`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn decisions(
        &self,
        gate: Option<&GateName>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredDecision>, StoreError> {
        let mut parameters = vec![before.unwrap_or(i64::MAX).into()];
        let mut of_gate = "";
        if let Some(gate) = gate {
            parameters.push(gate.as_str().into());
            of_gate = "AND gate = $2";
        }
        parameters.push(i64::from(limit).into());
        let sql = format!(
            "SELECT {COLUMNS} FROM decision WHERE id < $1 {of_gate} ORDER BY id DESC LIMIT ${}",
            parameters.len()
        );
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query(READ, &sql, &parameters).await?;
        session.commit().await?;
        rows.iter().map(stored_decision).collect()
    }

    /// Whether a decision has this record.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_decision(&self, record: Digest) -> Result<bool, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session
            .query(
                "look up a decision",
                "SELECT id FROM decision WHERE record = $1 LIMIT 1",
                &[record.to_string().into()],
            )
            .await?;
        session.commit().await?;
        Ok(!rows.is_empty())
    }

    /// The last decision of a gate about a build, behind the later ones that may be about it: what a
    /// record that was missing when builds began to be noted is about is not known. The latest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn decisions_about(
        &self,
        gate: &GateName,
        build: Digest,
    ) -> Result<Vec<StoredDecision>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT {COLUMNS} FROM decision \
             WHERE gate = $1 AND build = $2 ORDER BY id DESC LIMIT 1) AS known \
             UNION ALL SELECT {COLUMNS} FROM decision WHERE gate = $1 AND build IS NULL AND id > \
             COALESCE((SELECT MAX(id) FROM decision WHERE gate = $1 AND build = $2), 0) \
             ORDER BY id DESC"
        );
        let about = [gate.as_str().into(), build.to_string().into()];
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query(READ, &sql, &about).await?;
        session.commit().await?;
        rows.iter().map(stored_decision).collect()
    }

    /// The last decision of a gate.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_decision(
        &self,
        gate: &GateName,
    ) -> Result<Option<StoredDecision>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let mut decisions = latest(&mut session, gate, 1).await?;
        session.commit().await?;
        Ok(decisions.pop())
    }
}

async fn latest(
    session: &mut Session<'_>,
    gate: &GateName,
    limit: u32,
) -> Result<Vec<StoredDecision>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM decision WHERE gate = $1 ORDER BY id DESC LIMIT $2");
    let bounds = [gate.as_str().into(), i64::from(limit).into()];
    let rows = session.query(READ, &sql, &bounds).await?;
    rows.iter().rev().map(stored_decision).collect()
}

fn stored_decision(row: &Row) -> Result<StoredDecision, StoreError> {
    Ok(StoredDecision {
        id: row.integer(0)?,
        gate: row.parse(1)?,
        decided_at: Timestamp::from_unix_millis(row.integer(2)?),
        verdict: row.variant(3)?,
        record: row.parse(4)?,
    })
}

async fn criteria_of(
    session: &mut Session<'_>,
    decision: i64,
) -> Result<Vec<PastCriterion>, StoreError> {
    session
        .query(
            "read a decision's criteria",
            "SELECT criterion, observed, validity, outcome FROM decision_criterion \
             WHERE decision = $1 ORDER BY position",
            &[decision.into()],
        )
        .await?
        .iter()
        .map(|row| {
            Ok(PastCriterion {
                id: row.parse::<CriterionId>(0)?,
                observed: row.optional_real(1)?,
                validity: row.variant(2)?,
                outcome: row.variant(3)?,
            })
        })
        .collect()
}

async fn inputs_of(session: &mut Session<'_>, decision: i64) -> Result<Vec<Digest>, StoreError> {
    session
        .query(
            "read a decision's inputs",
            "SELECT artifact FROM decision_input WHERE decision = $1 ORDER BY position",
            &[decision.into()],
        )
        .await?
        .iter()
        .map(|row| row.parse(0))
        .collect()
}

async fn insert(
    session: &mut Session<'_>,
    new: &NewDecision<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    const OPERATION: &str = "save a decision";
    let decision = new.decision;
    let verdict = variant_text(OPERATION, &decision.verdict)?;
    insert_artifact(session, new.record, new.bytes.len(), now).await?;
    let id = session.next_id(OPERATION, "decision").await?;
    session
        .execute(
            OPERATION,
            "INSERT INTO decision (id, gate, decided_at, verdict, record, build) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                id.into(),
                decision.gate.as_str().into(),
                decision.decided_at.unix_millis().into(),
                verdict.as_str().into(),
                new.record.to_string().into(),
                build_text(new.build).into(),
            ],
        )
        .await?;
    insert_criteria(session, id, decision).await?;
    for (position, input) in (0_i64..).zip(&decision.inputs) {
        session
            .execute(
                OPERATION,
                "INSERT INTO decision_input (decision, position, artifact) VALUES ($1, $2, $3)",
                &[
                    id.into(),
                    position.into(),
                    input.artifact.to_string().into(),
                ],
            )
            .await?;
    }
    let record = new.record.to_string();
    let content = journal::decision_content(decision.gate.as_str(), &verdict, &record);
    journal::append(session, JournalKind::GateDecided, &content, now).await?;
    let told = Announcement::GateDecided {
        gate: decision.gate.clone(),
        verdict: decision.verdict,
        record: new.record,
    };
    announcements::announce(session, vec![told], now).await
}

async fn insert_criteria(
    session: &mut Session<'_>,
    id: i64,
    decision: &Decision,
) -> Result<(), StoreError> {
    const OPERATION: &str = "save a decision's criteria";
    for (position, criterion) in (0_i64..).zip(&decision.criteria) {
        let observed = criterion.observed.as_ref().map(|observed| observed.value());
        session
            .execute(
                OPERATION,
                "INSERT INTO decision_criterion \
                 (decision, position, criterion, observed, validity, outcome) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
                &[
                    id.into(),
                    position.into(),
                    criterion.id.as_str().into(),
                    observed.into(),
                    variant_text(OPERATION, &criterion.validity)?.into(),
                    variant_text(OPERATION, &criterion.outcome)?.into(),
                ],
            )
            .await?;
    }
    Ok(())
}

fn build_text(build: Option<Digest>) -> String {
    build.map_or_else(|| NO_BUILD.to_owned(), |build| build.to_string())
}

/// What a decision record says about the build.
#[derive(Deserialize)]
struct Judged {
    #[serde(default)]
    artifact: Option<JudgedArtifact>,
}

/// Notes the builds of the decisions that were saved before builds were. A record that is not here, or
/// is none any more, is asked again by whoever looks for a build, and hears why it cannot be opened.
pub(crate) async fn note_builds(
    session: &mut Session<'_>,
    artifacts: &Artifacts,
) -> Result<(), StoreError> {
    const OPERATION: &str = "note the builds of decisions";
    let rows = session
        .query(OPERATION, "SELECT id, record FROM decision", &[])
        .await?;
    for row in &rows {
        let bytes = match artifacts.read(row.parse(1)?) {
            Ok(bytes) => bytes,
            Err(StoreError::ArtifactMissing(_) | StoreError::ArtifactChanged { .. }) => continue,
            Err(error) => return Err(error),
        };
        let Ok(judged) = serde_json::from_slice::<Judged>(&bytes) else {
            continue;
        };
        let build = build_text(judged.artifact.map(|judged| judged.digest));
        let sql = "UPDATE decision SET build = $1 WHERE id = $2";
        session
            .execute(OPERATION, sql, &[build.into(), row.integer(0)?.into()])
            .await?;
    }
    Ok(())
}
