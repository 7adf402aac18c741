//! Links between tasks. A link that would close a circle is refused before it is written.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use adjutant_domain::TaskId;
use adjutant_work::{Link, LinkKind, Refusal};

use super::counters;
use crate::session::{Purpose, Session};
use crate::value::variant_text;
use crate::{Store, StoreError};

const OPERATION: &str = "link tasks";

/// The links that start at a task.
pub(super) async fn links_of(
    session: &mut Session<'_>,
    id: TaskId,
) -> Result<Vec<Link>, StoreError> {
    let sql = "SELECT kind, target FROM task_link WHERE task = $1 ORDER BY kind, target";
    read(session, sql, id).await
}

/// The links of other tasks that end at this one; `target` is where they start.
pub(super) async fn links_to(
    session: &mut Session<'_>,
    id: TaskId,
) -> Result<Vec<Link>, StoreError> {
    let sql = "SELECT kind, task FROM task_link WHERE target = $1 ORDER BY kind, task";
    read(session, sql, id).await
}

async fn read(session: &mut Session<'_>, sql: &str, id: TaskId) -> Result<Vec<Link>, StoreError> {
    session
        .query("read links", sql, &[id.number().into()])
        .await?
        .iter()
        .map(|row| {
            Ok(Link {
                kind: row.variant(0)?,
                target: TaskId::from_number(row.integer(1)?),
            })
        })
        .collect()
}

/// A link with the task that it starts at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskLink {
    /// Where it starts.
    pub task: TaskId,
    /// What it means, and where it ends.
    pub link: Link,
}

impl Store {
    /// The links between tasks that are neither done nor dropped, by the number of the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open_links(&self) -> Result<Vec<TaskLink>, StoreError> {
        let sql = "SELECT l.task, l.kind, l.target FROM task_link l \
                   JOIN task a ON a.id = l.task JOIN task b ON b.id = l.target \
                   WHERE a.state NOT IN ('done', 'dropped') AND b.state NOT IN ('done', 'dropped') \
                   ORDER BY l.task, l.kind, l.target";
        let mut session = self.begin(Purpose::Read).await?;
        let rows = session.query("read links", sql, &[]).await?;
        session.commit().await?;
        let links = rows.iter().map(|row| {
            Ok(TaskLink {
                task: TaskId::from_number(row.integer(0)?),
                link: Link {
                    kind: row.variant(1)?,
                    target: TaskId::from_number(row.integer(2)?),
                },
            })
        });
        links.collect()
    }
}

/// Makes `wanted` the links of `id`: what is missing is added, what is too much removed.
pub(super) async fn set_links(
    session: &mut Session<'_>,
    id: TaskId,
    wanted: &[Link],
) -> Result<Result<(), Refusal>, StoreError> {
    let there: BTreeSet<Link> = links_of(session, id).await?.into_iter().collect();
    let wanted: BTreeSet<Link> = wanted.iter().copied().collect();
    for link in there.difference(&wanted) {
        remove(session, id, *link).await?;
    }
    for link in wanted.difference(&there) {
        if let Err(refusal) = add(session, id, *link).await? {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(()))
}

/// Adds a link, unless its target is unknown or it would close a circle.
pub(super) async fn add(
    session: &mut Session<'_>,
    id: TaskId,
    link: Link,
) -> Result<Result<(), Refusal>, StoreError> {
    let there = session
        .query(
            OPERATION,
            "SELECT 1 FROM task WHERE id = $1",
            &[link.target.number().into()],
        )
        .await?;
    if there.is_empty() {
        return Ok(Err(Refusal::Unknown { task: link.target }));
    }
    if let Some(path) = circle(session, id, link).await? {
        return Ok(Err(Refusal::Cycle { path }));
    }
    session
        .execute(
            OPERATION,
            "INSERT INTO task_link (task, kind, target) VALUES ($1, $2, $3) \
             ON CONFLICT (task, kind, target) DO NOTHING",
            &[
                id.number().into(),
                variant_text(OPERATION, &link.kind)?.into(),
                link.target.number().into(),
            ],
        )
        .await?;
    if link.kind == LinkKind::BlockedBy {
        counters::link_changed(session, id, link.target).await?;
    }
    Ok(Ok(()))
}

async fn remove(session: &mut Session<'_>, id: TaskId, link: Link) -> Result<(), StoreError> {
    session
        .execute(
            OPERATION,
            "DELETE FROM task_link WHERE task = $1 AND kind = $2 AND target = $3",
            &[
                id.number().into(),
                variant_text(OPERATION, &link.kind)?.into(),
                link.target.number().into(),
            ],
        )
        .await?;
    if link.kind == LinkKind::BlockedBy {
        counters::link_changed(session, id, link.target).await?;
    }
    Ok(())
}

/// The shortest circle that the link would close: the tasks on the way from `id` over the link
/// back to it.
async fn circle(
    session: &mut Session<'_>,
    id: TaskId,
    link: Link,
) -> Result<Option<Vec<TaskId>>, StoreError> {
    if link.target == id {
        return Ok(Some(vec![id]));
    }
    let rows = session
        .query(
            OPERATION,
            "WITH RECURSIVE reached(id) AS (SELECT CAST($1 AS BIGINT) UNION \
             SELECT l.target FROM task_link l JOIN reached r ON l.task = r.id WHERE l.kind = $2) \
             SELECT l.task, l.target FROM task_link l JOIN reached r ON l.task = r.id \
             WHERE l.kind = $2",
            &[
                link.target.number().into(),
                variant_text(OPERATION, &link.kind)?.into(),
            ],
        )
        .await?;
    let mut edges: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for row in &rows {
        edges
            .entry(row.integer(0)?)
            .or_default()
            .push(row.integer(1)?);
    }
    Ok(way(&edges, link.target.number(), id.number()).map(|way| {
        std::iter::once(id)
            .chain(way.into_iter().map(TaskId::from_number))
            .collect()
    }))
}

/// The nodes of a shortest way from `start` to `end`, without `end`.
fn way(edges: &BTreeMap<i64, Vec<i64>>, start: i64, end: i64) -> Option<Vec<i64>> {
    let mut came_from: BTreeMap<i64, i64> = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(node) = waiting.pop_front() {
        for next in edges.get(&node).into_iter().flatten() {
            if *next == end {
                let mut way: Vec<i64> =
                    std::iter::successors(Some(node), |node| came_from.get(node).copied())
                        .collect();
                way.reverse();
                return Some(way);
            }
            if *next != start && !came_from.contains_key(next) {
                came_from.insert(*next, node);
                waiting.push_back(*next);
            }
        }
    }
    None
}
