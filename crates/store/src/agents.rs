//! Agents and their runs in the store. Both tables only grow: an agent is what its last row says.

use adjutant_domain::{AgentName, Digest, Epoch, ObjectId, TaskId, Timestamp};
use adjutant_work::{Agent, TaskKind, TrialOutcome};

use crate::evidence::insert_artifact;
use crate::journal::{self, JournalKind};
use crate::session::{Purpose, Session};
use crate::value::{Row, json_text, variant_text};
use crate::{Store, StoreError};

/// One run of an agent on a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRun {
    /// Who.
    pub agent: AgentName,
    /// The task.
    pub task: TaskId,
    /// The epoch of the claim under which it ran.
    pub epoch: Epoch,
    /// The task's kind at that time.
    pub kind: Option<TaskKind>,
    /// When it was started.
    pub began_at: Timestamp,
    /// When it had ended.
    pub ended_at: Timestamp,
    /// How its program ended, such as `exited 0` or `timed out`.
    pub ending: String,
    /// The commit on which its work began.
    pub base: ObjectId,
    /// The last commit of its work.
    pub head: ObjectId,
    /// What it wrote to standard output.
    pub transcript: Digest,
    /// What it wrote to standard error.
    pub complaints: Digest,
    /// What a competition said about its work; nothing outside a competition.
    pub judged: Option<TrialOutcome>,
}

/// The bytes of a run's two streams.
#[derive(Debug, Clone, Copy)]
pub struct RunBytes<'a> {
    /// Standard output.
    pub transcript: &'a [u8],
    /// Standard error.
    pub complaints: &'a [u8],
}

/// What became of a change of the list of agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentChange {
    /// It is done.
    Done,
    /// It was so already.
    Unchanged,
}

impl Store {
    /// Adds an agent, or changes the one of this name.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_agent(
        &self,
        agent: &Agent,
        now: Timestamp,
    ) -> Result<AgentChange, StoreError> {
        let definition = json_text("add an agent", agent)?;
        self.change_agent(&agent.name, Some(definition), now).await
    }

    /// Removes an agent. Its runs and its record stay.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn remove_agent(
        &self,
        name: &AgentName,
        now: Timestamp,
    ) -> Result<AgentChange, StoreError> {
        self.change_agent(name, None, now).await
    }

    async fn change_agent(
        &self,
        name: &AgentName,
        definition: Option<String>,
        now: Timestamp,
    ) -> Result<AgentChange, StoreError> {
        const OPERATION: &str = "change an agent";
        let mut session = self.begin(Purpose::Write).await?;
        if definition_of(&mut session, name).await? == definition {
            return Ok(AgentChange::Unchanged);
        }
        let id = session.next_id(OPERATION, "agent").await?;
        session
            .execute(
                OPERATION,
                "INSERT INTO agent (id, name, definition, at) VALUES ($1, $2, $3, $4)",
                &[
                    id.into(),
                    name.as_str().into(),
                    definition.clone().into(),
                    now.unix_millis().into(),
                ],
            )
            .await?;
        let content = agent_content(name.as_str(), definition.as_deref());
        journal::append(&mut session, JournalKind::AgentChanged, &content, now).await?;
        session.commit().await?;
        Ok(AgentChange::Done)
    }

    /// All agents, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn agents(&self) -> Result<Vec<Agent>, StoreError> {
        let mut session = self.begin(Purpose::Look).await?;
        let rows = session
            .query(
                "read agents",
                "SELECT definition FROM agent WHERE definition IS NOT NULL \
                 AND id IN (SELECT MAX(id) FROM agent GROUP BY name) ORDER BY name",
                &[],
            )
            .await?;
        session.commit().await?;
        rows.iter().map(|row| row.json(0)).collect()
    }

    /// Keeps a run with its two streams.
    ///
    /// # Errors
    /// When a file or the database cannot be written.
    pub async fn add_run(
        &self,
        run: &AgentRun,
        bytes: RunBytes<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let artifacts = [
            (run.transcript, bytes.transcript),
            (run.complaints, bytes.complaints),
        ];
        self.artifacts.write_all(&artifacts, now)?;
        let mut session = self.begin(Purpose::Write).await?;
        for (digest, bytes) in artifacts {
            insert_artifact(&mut session, digest, bytes.len(), now).await?;
        }
        insert_run(&mut session, run, now).await?;
        session.commit().await
    }

    /// All runs, or those of one agent, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn runs_of(&self, agent: Option<&AgentName>) -> Result<Vec<AgentRun>, StoreError> {
        let (condition, parameters) = match agent {
            Some(agent) => ("WHERE agent = $1", vec![agent.as_str().into()]),
            None => ("", vec![]),
        };
        let sql = format!("SELECT {RUN_COLUMNS} FROM agent_run {condition} ORDER BY id");
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query("read runs", &sql, &parameters).await?;
        session.commit().await?;
        rows.iter().map(run_of).collect()
    }
}

const RUN_COLUMNS: &str = "agent, task, epoch, kind, began_at, ended_at, ending, base, head, \
                           transcript, complaints, judged";

fn run_of(row: &Row) -> Result<AgentRun, StoreError> {
    Ok(AgentRun {
        agent: row.parse(0)?,
        task: TaskId::from_number(row.integer(1)?),
        epoch: Epoch::from_number(row.integer(2)?),
        kind: row.optional_text(3)?.map(|_| row.variant(3)).transpose()?,
        began_at: Timestamp::from_unix_millis(row.integer(4)?),
        ended_at: Timestamp::from_unix_millis(row.integer(5)?),
        ending: row.text(6)?.to_owned(),
        base: row.parse(7)?,
        head: row.parse(8)?,
        transcript: row.parse(9)?,
        complaints: row.parse(10)?,
        judged: row
            .optional_text(11)?
            .map(|_| row.variant(11))
            .transpose()?,
    })
}

async fn definition_of(
    session: &mut Session<'_>,
    name: &AgentName,
) -> Result<Option<String>, StoreError> {
    let rows = session
        .query(
            "read an agent",
            "SELECT definition FROM agent WHERE name = $1 ORDER BY id DESC LIMIT 1",
            &[name.as_str().into()],
        )
        .await?;
    match rows.first() {
        Some(row) => Ok(row.optional_text(0)?.map(str::to_owned)),
        None => Ok(None),
    }
}

async fn insert_run(
    session: &mut Session<'_>,
    run: &AgentRun,
    now: Timestamp,
) -> Result<(), StoreError> {
    const OPERATION: &str = "keep a run";
    let id = session.next_id(OPERATION, "agent_run").await?;
    let kind = run
        .kind
        .map(|kind| variant_text(OPERATION, &kind))
        .transpose()?;
    let judged = run
        .judged
        .map(|judged| variant_text(OPERATION, &judged))
        .transpose()?;
    let sql = format!(
        "INSERT INTO agent_run (id, {RUN_COLUMNS}) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    );
    session
        .execute(
            OPERATION,
            &sql,
            &[
                id.into(),
                run.agent.as_str().into(),
                run.task.number().into(),
                run.epoch.number().into(),
                kind.into(),
                run.began_at.unix_millis().into(),
                run.ended_at.unix_millis().into(),
                run.ending.as_str().into(),
                run.base.as_str().into(),
                run.head.as_str().into(),
                run.transcript.to_string().into(),
                run.complaints.to_string().into(),
                judged.into(),
            ],
        )
        .await?;
    journal::append(session, JournalKind::AgentRan, &run_content(run), now).await
}

/// What the journal says about each row of the two tables.
pub(crate) async fn changes(
    session: &mut Session<'_>,
) -> Result<Vec<(JournalKind, String, serde_json::Value)>, StoreError> {
    const OPERATION: &str = "read what the journal explains";
    let mut changes = Vec::new();
    let agents = "SELECT id, name, definition FROM agent ORDER BY id";
    for row in session.query(OPERATION, agents, &[]).await? {
        let content = agent_content(row.text(1)?, row.optional_text(2)?);
        let name = format!("change {} of an agent", row.integer(0)?);
        changes.push((JournalKind::AgentChanged, name, content));
    }
    let runs = format!("SELECT {RUN_COLUMNS}, id FROM agent_run ORDER BY id");
    for row in session.query(OPERATION, &runs, &[]).await? {
        let name = format!("run {} of an agent", row.integer(12)?);
        changes.push((JournalKind::AgentRan, name, run_content(&run_of(&row)?)));
    }
    Ok(changes)
}

fn agent_content(name: &str, definition: Option<&str>) -> serde_json::Value {
    serde_json::json!({ "agent": name, "definition": definition })
}

fn run_content(run: &AgentRun) -> serde_json::Value {
    serde_json::json!({
        "agent": run.agent,
        "base": run.base,
        "began_at": run.began_at.unix_millis(),
        "complaints": run.complaints.to_string(),
        "ended_at": run.ended_at.unix_millis(),
        "ending": run.ending,
        "epoch": run.epoch,
        "head": run.head,
        "judged": run.judged,
        "kind": run.kind,
        "task": run.task,
        "transcript": run.transcript.to_string(),
    })
}
