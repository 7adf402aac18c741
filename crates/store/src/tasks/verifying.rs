//! Holds tasks against the journal: each row is the one that its last entry sealed, each claim is
//! told by an entry, the counters count.

use std::collections::BTreeMap;

use adjutant_domain::{Epoch, TaskId};
use serde::Deserialize;

use super::attempts::{self, Attempt, AttemptResult, attempt_of};
use super::counters::{OPEN_BLOCKERS, UNBLOCKS};
use super::{notes, rows};
use crate::StoreError;
use crate::journal::{JournalEntry, JournalKind};
use crate::session::Session;

const OPERATION: &str = "verify the tasks";

/// What an entry says of a task.
#[derive(Debug, Deserialize)]
struct Said {
    task: TaskId,
    revision: i64,
    digest: String,
    agent: Option<adjutant_domain::AgentName>,
    epoch: Option<Epoch>,
    kind: Option<adjutant_work::TaskKind>,
    role: Option<adjutant_domain::RoleName>,
    attempt: Option<AttemptResult>,
}

/// What is wrong with the tasks, one sentence each.
pub(crate) async fn check_tasks(
    session: &mut Session<'_>,
    entries: &[JournalEntry],
) -> Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    let mut last: BTreeMap<TaskId, Said> = BTreeMap::new();
    let mut claims: BTreeMap<(TaskId, Epoch), Attempt> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| tells_of_a_task(entry)) {
        let Ok(said) = serde_json::from_str::<Said>(&entry.content) else {
            problems.push(format!("entry {} does not tell of a task", entry.position));
            continue;
        };
        let before = last.get(&said.task).map_or(0, |said| said.revision);
        if said.revision != before + 1 {
            problems.push(format!(
                "entry {} is revision {} of {}, which was at {before}",
                entry.position, said.revision, said.task
            ));
        }
        follow(&mut claims, entry, &said);
        last.insert(said.task, said);
    }
    check_rows(session, last, &mut problems).await?;
    check_attempts(session, claims, &mut problems).await?;
    check_counters(session, &mut problems).await?;
    check_notes(session, entries, &mut problems).await?;
    Ok(problems)
}

fn tells_of_a_task(entry: &JournalEntry) -> bool {
    JournalKind::is_of_task(&entry.kind) && entry.kind != JournalKind::TaskNoted.as_str()
}

/// Keeps what the entries say of the claims.
fn follow(claims: &mut BTreeMap<(TaskId, Epoch), Attempt>, entry: &JournalEntry, said: &Said) {
    let Some(epoch) = said.epoch else {
        return;
    };
    if let (true, Some(agent)) = (
        entry.kind == JournalKind::TaskClaimed.as_str(),
        said.agent.as_ref(),
    ) {
        let begun = Attempt {
            task: said.task,
            epoch,
            agent: agent.clone(),
            kind: said.kind,
            role: said.role.clone(),
            began_at: entry.at,
            ended_at: None,
            result: None,
        };
        claims.insert((said.task, epoch), begun);
    }
    if let Some(result) = said.attempt
        && let Some(claim) = claims.get_mut(&(said.task, epoch))
    {
        claim.result = Some(result);
        claim.ended_at = claim.ended_at.or(Some(entry.at));
    }
}

async fn check_rows(
    session: &mut Session<'_>,
    mut last: BTreeMap<TaskId, Said>,
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {} FROM task ORDER BY id", rows::COLUMNS);
    let mut links: BTreeMap<i64, Vec<(String, i64)>> = BTreeMap::new();
    let all = "SELECT task, kind, target FROM task_link ORDER BY task, kind, target";
    for row in session.query(OPERATION, all, &[]).await? {
        let link = (row.text(1)?.to_owned(), row.integer(2)?);
        links.entry(row.integer(0)?).or_default().push(link);
    }
    for row in session.query(OPERATION, &sql, &[]).await? {
        let number = row.integer(0)?;
        let id = TaskId::from_number(number);
        let none = Vec::new();
        let digest = rows::seal(&row.cells, links.get(&number).unwrap_or(&none))?;
        match last.remove(&id) {
            None => problems.push(format!("{id} has no journal entry")),
            Some(said) if said.digest != digest.to_string() => {
                problems.push(format!("{id} was changed past the journal"));
            }
            Some(_) => {}
        }
    }
    for id in last.into_keys() {
        problems.push(format!("{id} was removed past the journal"));
    }
    Ok(())
}

async fn check_attempts(
    session: &mut Session<'_>,
    mut claims: BTreeMap<(TaskId, Epoch), Attempt>,
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT {} FROM attempt ORDER BY task, epoch",
        attempts::COLUMNS
    );
    for row in session.query(OPERATION, &sql, &[]).await? {
        let attempt = attempt_of(&row)?;
        let (task, epoch) = (attempt.task, attempt.epoch);
        match claims.remove(&(task, epoch)) {
            None => problems.push(format!("claim {epoch} of {task} has no journal entry")),
            Some(told) if told != attempt => {
                problems.push(format!(
                    "claim {epoch} of {task} was changed past the journal"
                ));
            }
            Some(_) => {}
        }
    }
    for (task, epoch) in claims.into_keys() {
        problems.push(format!(
            "claim {epoch} of {task} was removed past the journal"
        ));
    }
    Ok(())
}

async fn check_counters(
    session: &mut Session<'_>,
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT id FROM task WHERE open_blockers <> {OPEN_BLOCKERS} OR unblocks <> {UNBLOCKS} \
         ORDER BY id"
    );
    for row in session.query(OPERATION, &sql, &[]).await? {
        let id = TaskId::from_number(row.integer(0)?);
        problems.push(format!("{id} does not count its links"));
    }
    Ok(())
}

async fn check_notes(
    session: &mut Session<'_>,
    entries: &[JournalEntry],
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    let mut told: BTreeMap<String, i64> = entries
        .iter()
        .filter(|entry| entry.kind == JournalKind::TaskNoted.as_str())
        .map(|entry| (entry.content.clone(), entry.position))
        .collect();
    for (name, content) in notes::explained(session).await? {
        if told.remove(&content.to_string()).is_none() {
            problems.push(format!("{name} has no journal entry"));
        }
    }
    for position in told.into_values() {
        problems.push(format!(
            "entry {position} (task.noted) has no row: what it explains was removed or changed"
        ));
    }
    Ok(())
}
