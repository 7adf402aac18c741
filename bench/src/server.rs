//! `adjutant serve` beside queues that its users would pick (pg-boss, graphile-worker) on the same
//! PostgreSQL: cycles a second of processor; and its own reads, memory and live dashboards.

mod clients;
mod cycles;
mod looking;
mod processor;
mod queue;
mod served;

use std::path::Path;

use anyhow::Result;

use crate::machine;
use crate::results::page;
use crate::{FULL, Scale};

use queue::Queues;

/// Agents, or workers, that ask at once.
const AT_ONCE: usize = 64;

/// How much is measured.
struct Amount {
    rounds: usize,
    /// How long our agents claim and give back in a turn, and how long a turn of reads is.
    seconds: u32,
    /// Tasks, and jobs, that wait.
    waiting: usize,
    /// Tasks of the reads: some, and many.
    tasks: [usize; 2],
    /// Events that every dashboard has to hear.
    events: usize,
}

/// Compares, and returns the page.
pub(crate) fn compare(scale: Scale, folder: &Path, adjutant: &Path) -> Result<String> {
    let states = folder.join("states");
    if states.exists() {
        std::fs::remove_dir_all(&states)?;
    }
    let is_full = scale.rounds == FULL.rounds;
    let amount = Amount {
        rounds: if is_full { 3 } else { 1 },
        seconds: if is_full { 5 } else { 2 },
        waiting: if is_full { 5_000 } else { 2_000 },
        tasks: if is_full {
            [5_000, 100_000]
        } else {
            [500, 5_000]
        },
        events: if is_full { 200 } else { 20 },
    };
    let queues = Queues::install(&folder.join("npm"))?;
    let machine = machine::describe(&queues.versions()?)?;
    let [some, many] = amount.tasks;
    let sections = [
        cycles::compare(&amount, &states, adjutant, &queues)?,
        looking::read(&amount, some, &states, adjutant)?,
        looking::read(&amount, many, &states, adjutant)?,
        looking::listen(&amount, &states, adjutant)?,
    ];
    Ok(page(
        "Results: the server",
        "cargo xtask bench server",
        &machine,
        &sections,
    ))
}
