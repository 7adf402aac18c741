//! The journal: every change of the store, in order, each entry sealed with the hash of the one
//! before. It is written in the same transaction as what it explains.

use adjutant_domain::sha256;
use adjutant_domain::{Digest, Timestamp};
use serde_json::Value as Json;

use crate::seen::JournalEnd;
use crate::session::{Purpose, Session};
use crate::value::{Row, json_text};
use crate::{
    Store, StoreError, directives, incidents, north_stars, rollouts, routines, tasks, tokens, votes,
};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalKind {
    /// Evidence was added.
    EvidenceAdded,
    /// A gate decided.
    GateDecided,
    /// A task was filed.
    TaskFiled,
    /// What a task asks for, or its links, changed.
    TaskEdited,
    /// An agent got a task.
    TaskClaimed,
    /// Its lease was prolonged.
    TaskRenewed,
    /// It gave the task back.
    TaskReleased,
    /// It handed the task to another role.
    TaskHandedOff,
    /// The lease ran out, and the task went on without it.
    TaskLapsed,
    /// The task's work was proven.
    TaskProven,
    /// The work was merged.
    TaskDone,
    /// The task was opened, or opened again.
    TaskReopened,
    /// The task was dropped.
    TaskDropped,
    /// A note was added to a task.
    TaskNoted,
    /// An agent was added, changed or removed.
    AgentChanged,
    /// An agent ran.
    AgentRan,
    /// A north-star gate was looked at.
    NorthStarObserved,
    /// A routine ran.
    RoutineRan,
    /// A rollout began.
    RolloutStarted,
    /// Something happened to a service, and what is wanted of it since.
    ServiceChanged,
    /// A role voted.
    VoteCast,
    /// A directive began.
    DirectiveBegun,
    /// A directive ended.
    DirectiveEnded,
    /// A person added something to an incident.
    IncidentNoted,
    /// A token was made.
    TokenCreated,
    /// A token was revoked.
    TokenRevoked,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Counted from 1, without gaps.
    pub position: i64,
    /// When.
    pub at: Timestamp,
    /// What happened, as text.
    pub kind: String,
    /// The change, as JSON on one line.
    pub content: String,
    /// The hash of the entry before; 64 zeros for the first.
    pub previous: String,
    /// The hash of all of the above.
    pub hash: String,
}

/// What `journal verify` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalCheck {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last one; whoever notes it can later tell that nothing before it changed.
    pub head: String,
    /// What is wrong, one sentence each; empty when the journal holds.
    pub problems: Vec<String>,
}

const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl JournalKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            JournalKind::EvidenceAdded => "evidence.added",
            JournalKind::GateDecided => "gate.decided",
            JournalKind::TaskFiled => "task.filed",
            JournalKind::TaskEdited => "task.edited",
            JournalKind::TaskClaimed => "task.claimed",
            JournalKind::TaskRenewed => "task.renewed",
            JournalKind::TaskReleased => "task.released",
            JournalKind::TaskHandedOff => "task.handed_off",
            JournalKind::TaskLapsed => "task.lapsed",
            JournalKind::TaskProven => "task.proven",
            JournalKind::TaskDone => "task.done",
            JournalKind::TaskReopened => "task.reopened",
            JournalKind::TaskDropped => "task.dropped",
            JournalKind::TaskNoted => "task.noted",
            JournalKind::AgentChanged => "agent.changed",
            JournalKind::AgentRan => "agent.ran",
            JournalKind::NorthStarObserved => "north_star.observed",
            JournalKind::RoutineRan => "routine.ran",
            JournalKind::RolloutStarted => "rollout.started",
            JournalKind::ServiceChanged => "service.changed",
            JournalKind::VoteCast => "vote.cast",
            JournalKind::DirectiveBegun => "directive.begun",
            JournalKind::DirectiveEnded => "directive.ended",
            JournalKind::IncidentNoted => "incident.noted",
            JournalKind::TokenCreated => "token.created",
            JournalKind::TokenRevoked => "token.revoked",
        }
    }

    /// Whether an entry of this kind tells of a task. Those are not matched with rows one to one:
    /// each seals what the task was after it.
    pub(crate) fn is_of_task(kind: &str) -> bool {
        kind.starts_with("task.")
    }
}

impl Store {
    /// All entries, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read_journal(&self) -> Result<Vec<JournalEntry>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let entries = entries(&mut session).await?;
        session.commit().await?;
        Ok(entries)
    }

    /// The entries after a position, oldest first, no more than `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn journal_after(
        &self,
        position: i64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session
            .query(
                "read the journal",
                "SELECT position, at, kind, content, previous, hash FROM journal \
                 WHERE position > $1 ORDER BY position LIMIT $2",
                &[position.into(), i64::from(limit).into()],
            )
            .await?;
        session.commit().await?;
        rows.iter().map(entry).collect()
    }

    /// The position of the last entry; 0 when there is none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn journal_end(&self) -> Result<i64, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let last = last(&mut session).await?;
        session.commit().await?;
        Ok(last.position)
    }

    /// Recomputes the chain, and looks for evidence, decisions and tasks that no entry explains.
    ///
    /// # Errors
    /// When the database cannot be read. A broken chain is a value, not an error.
    pub async fn verify_journal(&self) -> Result<JournalCheck, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let entries = entries(&mut session).await?;
        let changes = changes(&mut session).await?;
        let of_tasks = tasks::check_tasks(&mut session, &entries).await?;
        session.commit().await?;
        let mut problems = check_chain(&entries);
        problems.extend(check_explained(&entries, &changes));
        problems.extend(of_tasks);
        Ok(JournalCheck {
            entries: entries.len() as u64,
            head: entries
                .last()
                .map_or_else(|| FIRST.to_owned(), |entry| entry.hash.clone()),
            problems,
        })
    }
}

/// The last entry; position 0 and 64 zeros when there is none.
pub(crate) async fn last(session: &mut Session<'_>) -> Result<JournalEnd, StoreError> {
    if let Some(end) = &session.seen().journal_end {
        return Ok(end.clone());
    }
    let rows = session
        .query(
            "read the end of the journal",
            "SELECT position, hash FROM journal ORDER BY position DESC LIMIT 1",
            &[],
        )
        .await?;
    Ok(match rows.first() {
        Some(row) => JournalEnd {
            position: row.integer(0)?,
            hash: row.text(1)?.to_owned(),
        },
        None => JournalEnd {
            position: 0,
            hash: FIRST.to_owned(),
        },
    })
}

/// Adds an entry. The caller holds the only write transaction.
pub(crate) async fn append(
    session: &mut Session<'_>,
    kind: JournalKind,
    content: &Json,
    now: Timestamp,
) -> Result<(), StoreError> {
    const OPERATION: &str = "append to the journal";
    let last = last(session).await?;
    let position = last.position + 1;
    let content = json_text(OPERATION, content)?;
    let hash = seal(&last.hash, position, now, kind.as_str(), &content).to_string();
    let end = JournalEnd {
        position,
        hash: hash.clone(),
    };
    session
        .write(
            OPERATION,
            "INSERT INTO journal (position, at, kind, content, previous, hash) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            vec![
                position.into(),
                now.unix_millis().into(),
                kind.as_str().into(),
                content.into(),
                last.hash.into(),
                hash.into(),
            ],
        )
        .await?;
    session.seen().journal_end = Some(end);
    session.announce();
    Ok(())
}

/// The hash of an entry. No part but the last can hold a line break, so two entries cannot look
/// alike.
fn seal(previous: &str, position: i64, at: Timestamp, kind: &str, content: &str) -> Digest {
    let at = at.unix_millis();
    sha256::digest_of(format!("{previous}\n{position}\n{at}\n{kind}\n{content}").as_bytes())
}

async fn entries(session: &mut Session<'_>) -> Result<Vec<JournalEntry>, StoreError> {
    session
        .query(
            "read the journal",
            "SELECT position, at, kind, content, previous, hash FROM journal ORDER BY position",
            &[],
        )
        .await?
        .iter()
        .map(entry)
        .collect()
}

fn entry(row: &Row) -> Result<JournalEntry, StoreError> {
    Ok(JournalEntry {
        position: row.integer(0)?,
        at: Timestamp::from_unix_millis(row.integer(1)?),
        kind: row.text(2)?.to_owned(),
        content: row.text(3)?.to_owned(),
        previous: row.text(4)?.to_owned(),
        hash: row.text(5)?.to_owned(),
    })
}

fn check_chain(entries: &[JournalEntry]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut previous = FIRST;
    for (expected, entry) in (1..).zip(entries) {
        let position = entry.position;
        if position != expected {
            problems.push(format!("entry {expected} is missing; {position} follows"));
            return problems;
        }
        if entry.previous != previous {
            problems.push(format!(
                "entry {position} does not continue entry {}",
                position - 1
            ));
        }
        let hash = seal(
            &entry.previous,
            position,
            entry.at,
            &entry.kind,
            &entry.content,
        );
        if entry.hash != hash.to_string() {
            problems.push(format!("entry {position} was changed"));
        }
        previous = &entry.hash;
    }
    problems
}

/// Every row that the journal must explain: the kind of its entry, its name for a person, and the
/// content of its entry.
async fn changes(
    session: &mut Session<'_>,
) -> Result<Vec<(JournalKind, String, Json)>, StoreError> {
    const OPERATION: &str = "read what the journal explains";
    let mut changes = Vec::new();
    let evidence = "SELECT id, subject, run, artifact, file, format FROM evidence ORDER BY id";
    for row in session.query(OPERATION, evidence, &[]).await? {
        let content = evidence_content(
            row.text(1)?,
            row.text(2)?,
            row.text(3)?,
            row.text(4)?,
            row.text(5)?,
        );
        let name = format!("evidence {}", row.integer(0)?);
        changes.push((JournalKind::EvidenceAdded, name, content));
    }
    let decisions = "SELECT id, gate, verdict, record FROM decision ORDER BY id";
    for row in session.query(OPERATION, decisions, &[]).await? {
        let content = decision_content(row.text(1)?, row.text(2)?, row.text(3)?);
        let name = format!("decision {}", row.integer(0)?);
        changes.push((JournalKind::GateDecided, name, content));
    }
    changes.extend(crate::agents::changes(session).await?);
    changes.extend(north_stars::explained(session).await?);
    changes.extend(routines::explained(session).await?);
    changes.extend(rollouts::explained(session).await?);
    changes.extend(votes::explained(session).await?);
    changes.extend(directives::explained(session).await?);
    changes.extend(incidents::explained(session).await?);
    changes.extend(tokens::explained(session).await?);
    Ok(changes)
}

pub(crate) fn evidence_content(
    subject: &str,
    run: &str,
    artifact: &str,
    file: &str,
    format: &str,
) -> Json {
    serde_json::json!({
        "subject": subject, "run": run, "artifact": artifact, "file": file, "format": format,
    })
}

pub(crate) fn decision_content(gate: &str, verdict: &str, record: &str) -> Json {
    serde_json::json!({ "gate": gate, "verdict": verdict, "record": record })
}

/// Matches rows and entries one to one, in both directions.
fn check_explained(
    entries: &[JournalEntry],
    changes: &[(JournalKind, String, Json)],
) -> Vec<String> {
    let mut unexplained: std::collections::BTreeMap<(String, String), Vec<String>> =
        std::collections::BTreeMap::new();
    for (kind, name, content) in changes {
        unexplained
            .entry((kind.as_str().to_owned(), content.to_string()))
            .or_default()
            .push(name.clone());
    }
    let mut problems = Vec::new();
    for entry in entries
        .iter()
        .filter(|entry| !JournalKind::is_of_task(&entry.kind))
    {
        let key = (entry.kind.clone(), entry.content.clone());
        if unexplained.get_mut(&key).and_then(Vec::pop).is_none() {
            problems.push(format!(
                "entry {} ({}) has no row: what it explains was removed or changed",
                entry.position, entry.kind
            ));
        }
    }
    for name in unexplained.into_values().flatten() {
        problems.push(format!("{name} has no journal entry"));
    }
    problems
}
