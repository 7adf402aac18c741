//! Evidence in the store: adding, listing, and finding the latest of each subject.

use adjutant_domain::{
    Data, Digest, Evidence, Labels, Locator, MeasureName, Measurement, RunId, Subject, Timestamp,
    Unit,
};

use crate::journal::{self, JournalKind};
use crate::session::{Purpose, Session};
use crate::value::{Row, Value, json_text, variant_text};
use crate::{Store, StoreError, SubjectPage};

/// Evidence that is to be stored, with the artifact it was read from.
#[derive(Debug, Clone, Copy)]
pub struct NewEvidence<'a> {
    /// What was measured; its `artifact` is the digest of `bytes`.
    pub evidence: &'a Evidence,
    /// The format that it was read as.
    pub format: &'a str,
    /// The name that the caller gave the measure, where the source does not name it.
    pub named: Option<&'a MeasureName>,
    /// The artifact's bytes.
    pub bytes: &'a [u8],
}

/// What became of evidence that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is stored under this number.
    New(i64),
    /// The same artifact was stored for the same subject and run before, under this number.
    AlreadyThere(i64),
}

/// Evidence as it is listed: what the database knows without opening the artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvidence {
    /// Its number in this store.
    pub id: i64,
    /// Whose measurements these are.
    pub subject: Subject,
    /// The run that produced the artifact.
    pub run: RunId,
    /// The artifact's digest.
    pub artifact: Digest,
    /// The artifact's file name.
    pub file: String,
    /// The format that it was read as.
    pub format: String,
    /// The name that the caller gave the measure.
    pub named: Option<MeasureName>,
    /// When it was produced.
    pub taken_at: Timestamp,
    /// When it was stored.
    pub added_at: Timestamp,
}

/// A measurement as it is listed; its data are in the artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMeasurement {
    /// What was measured.
    pub measure: MeasureName,
    /// What tells it apart.
    pub labels: Labels,
    /// What one of the value is.
    pub unit: Unit,
    /// `samples`, `histogram`, `proportion`, `scalar`, `ranking`, `judgements` or `absent`.
    pub shape: String,
    /// How many observations stand behind it, where that is known.
    pub n: Option<i64>,
    /// Which statistic a scalar is.
    pub statistic: Option<String>,
    /// A scalar's value, or a proportion's events over trials.
    pub value: Option<f64>,
    /// Where in the artifact it stands.
    pub locator: Locator,
}

const COLUMNS: &str = "e.id, e.subject, e.run, e.artifact, e.file, e.format, e.named, \
                       e.taken_at, e.added_at";

impl Store {
    /// Stores artifacts and their measurements: all of them or none. What is there already stays
    /// as it is.
    ///
    /// # Errors
    /// When a file or the database cannot be written.
    pub async fn add_evidence(
        &self,
        batch: &[NewEvidence<'_>],
        now: Timestamp,
    ) -> Result<Vec<Added>, StoreError> {
        let artifacts: Vec<_> = batch
            .iter()
            .map(|new| (new.evidence.artifact, new.bytes))
            .collect();
        self.artifacts.write_all(&artifacts, now)?;
        let mut session = self.begin(Purpose::Write).await?;
        let added = insert_all(&mut session, batch, now).await?;
        session.commit().await?;
        Ok(added)
    }

    /// All evidence, oldest first; of one subject when one is named.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list_evidence(
        &self,
        subject: Option<&Subject>,
    ) -> Result<Vec<StoredEvidence>, StoreError> {
        self.evidence_page(&SubjectPage::whole(subject)).await
    }

    /// A page of the evidence, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn evidence_page(
        &self,
        page: &SubjectPage<'_>,
    ) -> Result<Vec<StoredEvidence>, StoreError> {
        let (condition, parameters) = page.condition("e");
        self.select(&condition, &parameters).await
    }

    /// The evidence of one run, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn evidence_of_run(&self, run: &RunId) -> Result<Vec<StoredEvidence>, StoreError> {
        self.select("WHERE e.run = $1 ORDER BY e.id", &[run.as_str().into()])
            .await
    }

    /// For each subject, all evidence of the run that evidence was last added for, and what was
    /// added together with it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn latest_evidence(&self) -> Result<Vec<StoredEvidence>, StoreError> {
        let condition = "JOIN (SELECT subject, MAX(id) AS id FROM evidence GROUP BY subject) m \
                         ON m.subject = e.subject JOIN evidence l ON l.id = m.id \
                         WHERE e.run = l.run OR e.added_at = l.added_at ORDER BY e.id";
        self.select(condition, &[]).await
    }

    /// The measurements of one evidence, in file order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn measurements_of(&self, id: i64) -> Result<Vec<StoredMeasurement>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session
            .query(
                "read measurements",
                "SELECT measure, labels, unit, shape, n, statistic, value, locator \
                 FROM measurement WHERE evidence = $1 ORDER BY position",
                &[id.into()],
            )
            .await?;
        session.commit().await?;
        rows.iter().map(stored_measurement).collect()
    }

    async fn select(
        &self,
        condition: &str,
        parameters: &[Value],
    ) -> Result<Vec<StoredEvidence>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM evidence e {condition}");
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query("read evidence", &sql, parameters).await?;
        session.commit().await?;
        rows.iter().map(stored_evidence).collect()
    }
}

pub(crate) async fn insert_all(
    session: &mut Session<'_>,
    batch: &[NewEvidence<'_>],
    now: Timestamp,
) -> Result<Vec<Added>, StoreError> {
    let mut added = Vec::with_capacity(batch.len());
    for new in batch {
        added.push(insert(session, new, now).await?);
    }
    Ok(added)
}

async fn insert(
    session: &mut Session<'_>,
    new: &NewEvidence<'_>,
    now: Timestamp,
) -> Result<Added, StoreError> {
    const OPERATION: &str = "add evidence";
    let evidence = new.evidence;
    let artifact = evidence.artifact.to_string();
    let there = session
        .query(
            OPERATION,
            "SELECT id FROM evidence WHERE subject = $1 AND run = $2 AND artifact = $3",
            &[
                evidence.subject.as_str().into(),
                evidence.run.as_str().into(),
                artifact.as_str().into(),
            ],
        )
        .await?;
    if let Some(row) = there.first() {
        return Ok(Added::AlreadyThere(row.integer(0)?));
    }
    insert_artifact(session, evidence.artifact, new.bytes.len(), now).await?;
    let id = session.next_id(OPERATION, "evidence").await?;
    session
        .execute(
            OPERATION,
            "INSERT INTO evidence \
             (id, subject, run, artifact, file, format, named, taken_at, added_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                id.into(),
                evidence.subject.as_str().into(),
                evidence.run.as_str().into(),
                artifact.as_str().into(),
                evidence.file.as_str().into(),
                new.format.into(),
                new.named.map(MeasureName::as_str).into(),
                evidence.taken_at.unix_millis().into(),
                now.unix_millis().into(),
            ],
        )
        .await?;
    for (position, measurement) in (0..).zip(&evidence.measurements) {
        insert_measurement(session, id, position, measurement).await?;
    }
    let content = journal::evidence_content(
        evidence.subject.as_str(),
        evidence.run.as_str(),
        &artifact,
        &evidence.file,
        new.format,
    );
    journal::append(session, JournalKind::EvidenceAdded, &content, now).await?;
    Ok(Added::New(id))
}

pub(crate) async fn insert_artifact(
    session: &mut Session<'_>,
    digest: Digest,
    bytes: usize,
    now: Timestamp,
) -> Result<(), StoreError> {
    session
        .execute(
            "add an artifact",
            "INSERT INTO artifact (digest, bytes, added_at) VALUES ($1, $2, $3) \
             ON CONFLICT (digest) DO NOTHING",
            &[
                digest.to_string().into(),
                (bytes as i64).into(),
                now.unix_millis().into(),
            ],
        )
        .await?;
    Ok(())
}

async fn insert_measurement(
    session: &mut Session<'_>,
    evidence: i64,
    position: i64,
    measurement: &Measurement,
) -> Result<(), StoreError> {
    const OPERATION: &str = "add a measurement";
    let (statistic, value) = summary(&measurement.data);
    let n = measurement.data.n().and_then(|n| i64::try_from(n).ok());
    session
        .execute(
            OPERATION,
            "INSERT INTO measurement (evidence, position, measure, labels, unit, shape, n, \
             statistic, value, locator) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                evidence.into(),
                position.into(),
                measurement.measure.as_str().into(),
                json_text(OPERATION, &measurement.labels)?.into(),
                variant_text(OPERATION, &measurement.unit)?.into(),
                measurement.data.shape().into(),
                n.into(),
                statistic.into(),
                value.into(),
                json_text(OPERATION, &measurement.locator)?.into(),
            ],
        )
        .await?;
    Ok(())
}

/// What of the data is a single number.
fn summary(data: &Data) -> (Option<&str>, Option<f64>) {
    match data {
        Data::Scalar(scalar) => (Some(&scalar.statistic), Some(scalar.value)),
        Data::Proportion { events, trials } if *trials > 0 => {
            (None, Some(*events as f64 / *trials as f64))
        }
        Data::Samples(_)
        | Data::Histogram(_)
        | Data::Proportion { .. }
        | Data::Ranking(_)
        | Data::Judgements(_)
        | Data::Absent(_) => (None, None),
    }
}

fn stored_evidence(row: &Row) -> Result<StoredEvidence, StoreError> {
    Ok(StoredEvidence {
        id: row.integer(0)?,
        subject: row.parse(1)?,
        run: row.parse(2)?,
        artifact: row.parse(3)?,
        file: row.text(4)?.to_owned(),
        format: row.text(5)?.to_owned(),
        named: match row.optional_text(6)? {
            Some(_) => Some(row.parse(6)?),
            None => None,
        },
        taken_at: Timestamp::from_unix_millis(row.integer(7)?),
        added_at: Timestamp::from_unix_millis(row.integer(8)?),
    })
}

fn stored_measurement(row: &Row) -> Result<StoredMeasurement, StoreError> {
    Ok(StoredMeasurement {
        measure: row.parse(0)?,
        labels: row.json(1)?,
        unit: row.variant(2)?,
        shape: row.text(3)?.to_owned(),
        n: row.optional_integer(4)?,
        statistic: row.optional_text(5)?.map(str::to_owned),
        value: row.optional_real(6)?,
        locator: row.json(7)?,
    })
}
