//! The two counters of a task, kept in the transaction that changes what they count, so that
//! "ready" is an index scan. They are counted anew, never stepped: a count cannot drift.

use adjutant_domain::TaskId;
use adjutant_work::LinkKind;

use crate::StoreError;
use crate::session::Session;
use crate::value::variant_text;

/// How many tasks that block `task` are still open.
pub(super) const OPEN_BLOCKERS: &str = "(SELECT COUNT(*) FROM task_link l JOIN task b \
    ON b.id = l.target WHERE l.task = task.id AND l.kind = 'blocked-by' \
    AND b.state NOT IN ('done', 'dropped'))";

/// How many open tasks `task` blocks.
pub(super) const UNBLOCKS: &str = "(SELECT COUNT(*) FROM task_link l JOIN task w \
    ON w.id = l.task WHERE l.target = task.id AND l.kind = 'blocked-by' \
    AND w.state NOT IN ('done', 'dropped'))";

const OPERATION: &str = "count blockers";

/// After `id` gained or lost a link to `target`.
pub(super) async fn link_changed(
    session: &mut Session<'_>,
    id: TaskId,
    target: TaskId,
) -> Result<(), StoreError> {
    session.seen().queue = None;
    for (id, column, count) in [
        (id, "open_blockers", OPEN_BLOCKERS),
        (target, "unblocks", UNBLOCKS),
    ] {
        let sql = format!("UPDATE task SET {column} = {count} WHERE id = $1");
        session
            .execute(OPERATION, &sql, &[id.number().into()])
            .await?;
    }
    Ok(())
}

/// After `id` was closed or opened again.
pub(super) async fn closing_changed(
    session: &mut Session<'_>,
    id: TaskId,
) -> Result<(), StoreError> {
    let kind = variant_text(OPERATION, &LinkKind::BlockedBy)?;
    let waiting = format!(
        "UPDATE task SET open_blockers = {OPEN_BLOCKERS} \
         WHERE id IN (SELECT task FROM task_link WHERE target = $1 AND kind = $2)"
    );
    let blocking = format!(
        "UPDATE task SET unblocks = {UNBLOCKS} \
         WHERE id IN (SELECT target FROM task_link WHERE task = $1 AND kind = $2)"
    );
    session.seen().queue = None;
    for sql in [waiting, blocking] {
        session
            .execute(OPERATION, &sql, &[id.number().into(), kind.as_str().into()])
            .await?;
    }
    Ok(())
}
