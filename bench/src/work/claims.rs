//! Claims a second from one and from eight processes, and who believes to have won a race.

use std::path::Path;
use std::thread::scope;

use anyhow::{Result, anyhow};

use super::tracker::{Claimed, Class, Tracker, start};
use super::{Field, rate};
use crate::results::{Demand, Section};
use crate::timing::timed;

/// Open tasks in the store.
const TASKS: usize = 1_000;
const TASKS_OF_RACE: usize = 20;
const WORKERS: usize = 8;

/// Claims a second.
pub(super) fn compare(field: &Field) -> Result<Section> {
    let mut demands = Vec::new();
    let mut figures = Vec::new();
    for workers in [1, WORKERS] {
        eprintln!("claims from {workers} processes");
        let mut taken = field.nothing_taken();
        for round in 0..field.rounds {
            for one in &mut taken {
                let tracker = field.trackers[one.of].as_ref();
                if !field.has_turn(tracker, round) {
                    continue;
                }
                let folder = field.store(tracker, &format!("claims-{workers}"), TASKS, round)?;
                let first = 1 + round * tracker.pace().claims;
                let (seconds, won) = timed(|| drain(tracker, &folder, workers, first));
                one.values.push(won? as f64 / seconds);
            }
        }
        let processes = match workers {
            1 => "1 process".to_owned(),
            several => format!("{several} processes"),
        };
        let what = format!("claims per second from {processes}");
        demands.extend(field.demands(&what, &taken, true));
        figures.extend(field.figures(&taken, &processes, rate));
    }
    Ok(Section {
        title: "Claims",
        method: format!(
            "A store with {TASKS} open tasks. Each worker takes one task after the other, a whole \
             process each; no task is taken twice, and what was refused does not count. Ours finds the task itself (`task claim \
             --next`); the peers are told which one, so their search for it costs them nothing. \
             Backlog.md: `task edit ID -s \"In Progress\" -a AGENT`; task-master-ai: `set-status \
             --id=ID --status=in-progress`; Taskwarrior: `ID start`; Crosslink: `session work ID`, \
             which also takes its lock."
        ),
        figures,
        demands,
    })
}

/// Each worker takes its share, one after the other. How many it got.
fn drain(tracker: &dyn Tracker, folder: &Path, workers: usize, first: usize) -> Result<usize> {
    let each = tracker.pace().claims / workers;
    let work = |worker: usize| -> Result<usize> {
        let mut won = 0;
        for task in (first + worker * each)..(first + (worker + 1) * each) {
            let mut claim = tracker.claim(folder, Claimed { worker, task });
            won += usize::from(start(&mut claim)?.wait()?.success());
        }
        Ok(won)
    };
    let work = &work;
    scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || work(worker)))
            .collect();
        let mut won = 0;
        for thread in threads {
            won += thread
                .join()
                .map_err(|_panic| anyhow!("a worker panicked"))??;
        }
        Ok(won)
    })
}

/// Eight agents take the same task at once: who believes to have it?
pub(super) fn race(field: &Field) -> Result<Section> {
    eprintln!("races for one task");
    let mut figures = Vec::new();
    let mut demands = Vec::new();
    for tracker in &field.trackers {
        let tracker = tracker.as_ref();
        let folder = field.store(tracker, "race", TASKS_OF_RACE, 0)?;
        let mut winners = Vec::new();
        for task in 1..=tracker.class().turns(field.rounds) {
            let claim = |worker| tracker.claim_exactly(&folder, Claimed { worker, task });
            let mut claims: Vec<_> = (0..WORKERS).map(claim).collect();
            let mut running = Vec::new();
            for claim in &mut claims {
                running.push(start(claim)?);
            }
            let mut won = 0;
            for mut process in running {
                won += usize::from(process.wait()?.success());
            }
            winners.push(won);
        }
        let words: Vec<String> = winners.iter().map(ToString::to_string).collect();
        figures.push((
            tracker.name().to_owned(),
            format!("{} of {WORKERS}", words.join(", ")),
        ));
        if tracker.class() == Class::Ours {
            demands.push(Demand {
                what: format!("winners when {WORKERS} processes claim one task"),
                demand: "always 1".to_owned(),
                measured: words.join(", "),
                is_met: winners.iter().all(|won| *won == 1),
            });
        }
    }
    Ok(Section {
        title: "Races for one task",
        method: format!(
            "{WORKERS} processes take the same task at the same moment, with the commands of the \
             comparison above (ours: `task claim ID`); how many of them ended with success, round \
             by round. Taskwarrior knows no agents, and Crosslink's lock belongs to the folder's \
             identity, which all eight share here: for these two it is no broken promise."
        ),
        figures,
        demands,
    })
}
