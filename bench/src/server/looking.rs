//! Lists at a steady rate, what is in memory then, and dashboards that listen.

use std::path::Path;

use anyhow::Result;

use super::clients::{self, Dashboards};
use super::processor;
use super::served::Served;
use super::{AT_ONCE, Amount};
use crate::results::{Demand, Section, number, size, time};
use crate::timing::median;
use crate::traffic::Load;

/// What the issue asks for.
const READS_A_SECOND: f64 = 500.0;
const P99_MAX: f64 = 0.005;
const MEMORY_MAX: f64 = 60e6;
const DASHBOARDS: usize = 500;

/// What is read: tasks by number, and those that can be claimed.
const LISTS: [&str; 2] = ["/tasks", "/tasks?ready=true"];

/// Pages of tasks out of so many.
pub(super) fn read(
    amount: &Amount,
    tasks: usize,
    states: &Path,
    adjutant: &Path,
) -> Result<Section> {
    eprintln!("reads of {tasks} tasks");
    let state = states.join(format!("reads-{tasks}"));
    let served = Served::start(&state, adjutant, None, tasks)?;
    let [listed, ready] = LISTS.map(|path| at_random(&served, path, amount));
    let bursts = Load {
        folder: states.to_owned(),
        seconds: amount.seconds,
    };
    let [listed_in_bursts, ready_in_bursts] =
        LISTS.map(|path| in_bursts(&served, path, amount, &bursts));
    let (listed, ready) = (listed?, ready?);
    clients::list_all(&served)?;
    clients::cycle(&served, AT_ONCE, amount.seconds)?;
    let memory = processor::memory(served.process_id())?;
    let fast = |what: &str, p99: f64| Demand {
        what: format!("p99 of {what} of {tasks} tasks, at {READS_A_SECOND} requests/s"),
        demand: format!("≤ {}", time(P99_MAX)),
        measured: time(p99),
        is_met: p99 <= P99_MAX,
    };
    Ok(Section {
        title: if tasks == amount.tasks[0] {
            "Reads and memory, some tasks"
        } else {
            "Reads and memory, many tasks"
        },
        method: format!(
            "{tasks} tasks on SQLite; {READS_A_SECOND} requests a second for a page of 100 of them, at random (Poisson), \
             {} s a turn, {} turns; the time of each is from when it was due. `h2load --rps` sends as many a second, \
             but those of its 16 clients at one moment: that is told as bursts, and nothing is demanded of it. Then \
             the whole list is read once, page by page, and {AT_ONCE} agents claim and give back for {} s. Memory is \
             the most that was ever resident; PSS is what it is at the end, shared pages divided.",
            amount.seconds, amount.rounds, amount.seconds
        ),
        figures: vec![
            ("p99 of a page of tasks".to_owned(), time(listed)),
            ("p99 of a page of ready tasks".to_owned(), time(ready)),
            (
                "p99 of a page of tasks, in bursts".to_owned(),
                time(listed_in_bursts?),
            ),
            (
                "p99 of a page of ready tasks, in bursts".to_owned(),
                time(ready_in_bursts?),
            ),
            ("memory, at most".to_owned(), size(memory.most)),
            ("PSS at the end".to_owned(), size(memory.proportional)),
        ],
        demands: vec![
            fast("a page", listed),
            fast("a page of the ready ones", ready),
            Demand {
                what: format!("memory at {tasks} tasks"),
                demand: format!("≤ {}", size(MEMORY_MAX)),
                measured: size(memory.most),
                is_met: memory.most <= MEMORY_MAX,
            },
        ],
    })
}

/// The 99th percentile of requests that come at random, the median of some turns.
fn at_random(served: &Served, path: &str, amount: &Amount) -> Result<f64> {
    let turns = (0..amount.rounds).map(|_| {
        let took = clients::ask_at_random(served, path, READS_A_SECOND, amount.seconds)?;
        Ok(percentile_99(took))
    });
    Ok(median(&turns.collect::<Result<Vec<_>>>()?))
}

/// The same of requests that come some at a time.
fn in_bursts(served: &Served, path: &str, amount: &Amount, load: &Load) -> Result<f64> {
    let url = format!("http://{}/api/v1{path}", served.address);
    let bearer = format!("Authorization: Bearer {}", served.token);
    let turns = (0..amount.rounds).map(|_| load.open_p99(&url, READS_A_SECOND, &[&bearer]));
    Ok(median(&turns.collect::<Result<Vec<_>>>()?))
}

fn percentile_99(mut took: Vec<f64>) -> f64 {
    took.sort_by(f64::total_cmp);
    let rank = (took.len() as f64 * 0.99) as usize;
    took.get(rank).copied().unwrap_or(f64::NAN)
}

/// Dashboards that are told of every change.
pub(super) fn listen(amount: &Amount, states: &Path, adjutant: &Path) -> Result<Section> {
    eprintln!("{DASHBOARDS} dashboards");
    let served = Served::start(&states.join("live"), adjutant, None, amount.events)?;
    let Dashboards {
        heard,
        late,
        processor_seconds,
    } = clients::listen(&served, DASHBOARDS, amount.events)?;
    let expected = DASHBOARDS * amount.events;
    let memory = processor::memory(served.process_id())?;
    Ok(Section {
        title: "Live dashboards",
        method: format!(
            "{DASHBOARDS} streams of events are open while {} tasks are claimed, one after the other. The time is \
             from the claim's answer to the last stream that tells of it; changes within 25 ms are told together.",
            amount.events
        ),
        figures: vec![
            ("events that were heard".to_owned(), heard.to_string()),
            (
                "to the last dashboard, median".to_owned(),
                time(median(&late)),
            ),
            (
                "to the last dashboard, at most".to_owned(),
                time(late.iter().copied().fold(0.0, f64::max)),
            ),
            (
                "processor time of the server an event and dashboard".to_owned(),
                format!("{} µs", number(processor_seconds / expected as f64 * 1e6)),
            ),
            ("memory, at most".to_owned(), size(memory.most)),
        ],
        demands: vec![Demand {
            what: format!("events heard by {DASHBOARDS} live dashboards"),
            demand: expected.to_string(),
            measured: heard.to_string(),
            is_met: heard == expected,
        }],
    })
}
