//! Filing tasks: one process a task, and one process for all where that is offered.

use anyhow::{Result, ensure};

use super::tracker::is_done;
use super::{Field, Taken, rate};
use crate::results::Section;
use crate::timing::timed;

/// Tasks of a batch.
const BATCH: usize = 100;

/// Tasks filed a second.
pub(super) fn compare(field: &Field) -> Result<Section> {
    eprintln!("filing tasks");
    let mut singly = field.nothing_taken();
    let mut together = field.nothing_taken();
    for round in 0..field.rounds {
        for (one, batch) in singly.iter_mut().zip(&mut together) {
            if field.has_turn(field.trackers[one.of].as_ref(), round) {
                file(field, round, one, batch)?;
            }
        }
    }
    together.retain(|batch| !batch.values.is_empty());
    let mut demands = field.demands("tasks filed per second, a process each", &singly, true);
    demands.extend(field.demands(
        "tasks filed per second, one process for 100",
        &together,
        true,
    ));
    let mut figures = field.figures(&singly, "a process each", rate);
    figures.extend(field.figures(&together, "one process for 100", rate));
    Ok(Section {
        title: "Filing",
        method: "Into an empty store: 100 tasks, a process each (Backlog.md: 20 and task-master-ai: \
                 4, because each takes long), then 100 tasks with one process, where that is offered without a \
                 language model. Ours: `task add` with every required field; Backlog.md: `task \
                 create`; task-master-ai: `add-task --title`; Taskwarrior: `add` and `import`; \
                 Crosslink: `issue create` and `import`."
            .to_owned(),
        figures,
        demands,
    })
}

fn file(field: &Field, round: usize, one: &mut Taken, batch: &mut Taken) -> Result<()> {
    let tracker = field.trackers[one.of].as_ref();
    let folder = field.fresh_store(tracker, "filing", 0)?;
    let creates = tracker.pace().creates;
    let (seconds, ended) = timed(|| {
        (1..=creates).try_fold(true, |all, number| {
            Ok::<_, anyhow::Error>(all && is_done(&mut tracker.create(&folder, number))?)
        })
    });
    ensure!(
        ended?,
        "{} did not file a task in round {round}",
        tracker.name()
    );
    one.values.push(creates as f64 / seconds);
    if let Some(mut many) = tracker.create_many(&folder, BATCH)? {
        let (seconds, ended) = timed(|| is_done(&mut many));
        ensure!(ended?, "{} did not file {BATCH} tasks", tracker.name());
        batch.values.push(BATCH as f64 / seconds);
    }
    Ok(())
}
