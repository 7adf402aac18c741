//! The first ready tasks, from a cold process, in small and large stores.

use anyhow::{Result, ensure};

use super::tracker::{Class, Tracker, is_done};
use super::{Field, Taken};
use crate::results::{Demand, Section, number, time};
use crate::timing::timed;

/// Tasks in the store that ours is held against.
const SMALL: usize = 100;
/// How many times longer the large store may take.
const GROWTH_MAX: f64 = 3.0;

/// Seconds of a list of ready work.
pub(super) fn compare(field: &Field) -> Result<Section> {
    let mut demands = Vec::new();
    let mut figures = Vec::new();
    let mut ours = Vec::new();
    for tasks in [SMALL, field.medium, field.large] {
        eprintln!("ready work among {tasks} tasks");
        let taken = measure(field, tasks)?;
        let what = format!("ready work among {tasks} tasks");
        if tasks != SMALL {
            demands.extend(field.demands(&what, &taken, false));
        }
        figures.extend(field.figures(&taken, &format!("{tasks} tasks"), time));
        let of_ours = |taken: &&Taken| field.trackers[taken.of].class() == Class::Ours;
        ours.extend(taken.iter().find(of_ours).map(Taken::median));
    }
    if let [small, _medium, large] = ours[..] {
        demands.push(Demand {
            what: format!("ready work among {} tasks, against {SMALL}", field.large),
            demand: format!("≤ {}×", number(GROWTH_MAX)),
            measured: format!("{}×", number(large / small)),
            is_met: large / small <= GROWTH_MAX,
        });
    }
    Ok(Section {
        title: "Ready work",
        method:
            "A cold process that lists ready tasks, all of which are open and unblocked. Ours: \
                 `task list --ready --limit 50`; Backlog.md: `task list --ready --limit 50 \
                 --plain`; Taskwarrior: `ready limit:50`; task-master-ai (`list --ready \
                 --compact`) and Crosslink (`issue ready`) have no limit and print all. Stores are \
                 made by each tracker's own import or in its documented file format. Among 100,000 \
                 only those are asked that answer among 10,000 within seconds."
                .to_owned(),
        figures,
        demands,
    })
}

fn measure(field: &Field, tasks: usize) -> Result<Vec<Taken>> {
    let mut taken = field.nothing_taken();
    taken.retain(|taken| field.trackers[taken.of].tasks_max() >= tasks);
    for round in 0..field.rounds {
        for one in &mut taken {
            let tracker: &dyn Tracker = field.trackers[one.of].as_ref();
            if !field.has_turn(tracker, round) {
                continue;
            }
            let folder = field.store(tracker, &format!("ready-{tasks}"), tasks, round)?;
            for _ in 0..tracker.pace().lists {
                let (seconds, ended) = timed(|| is_done(&mut tracker.ready(&folder)));
                ensure!(ended?, "{} cannot list {tasks} tasks", tracker.name());
                one.values.push(seconds);
            }
        }
    }
    Ok(taken)
}
