//! Planted faults and healthy versions, each rolled out for real: the controller, the proxy, the
//! example service and open-loop clients, several services side by side.

mod clients;
mod ground;
mod told;
mod trial;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};

use crate::machine;
use crate::results::{self, Section};

use clients::{Clients, Traffic};
use ground::Ground;
use trial::{Trial, TrialKind, TrialResult};

/// Requests a second of each service.
const RATE: f64 = 300.0;

/// How many rollouts there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amount {
    /// Of each fault.
    pub(crate) faulty: usize,
    /// Of versions like the one in use.
    pub(crate) healthy: usize,
    /// Services side by side.
    pub(crate) lanes: usize,
}

impl Amount {
    /// What is asked for.
    pub(crate) const FULL: Self = Self {
        faulty: 30,
        healthy: 200,
        lanes: 8,
    };

    /// To see that it works.
    pub(crate) const QUICK: Self = Self {
        faulty: 1,
        healthy: 2,
        lanes: 5,
    };
}

/// Rolls everything out, and returns the page.
pub(crate) fn compare(amount: Amount, folder: &Path, adjutant: &Path) -> Result<String> {
    let search = adjutant.with_file_name("search");
    ensure!(
        search.is_file(),
        "{} is missing: run `cargo build --release -p adjutant-example-search` first",
        search.display()
    );
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let machine = machine::describe("the example service of this repository")?;
    let trials = Mutex::new(trials(amount));
    let traffic = Traffic::default();
    let clients = Clients::start(RATE, &traffic)?;
    let lanes: Vec<Result<Vec<TrialResult>>> = std::thread::scope(|threads| {
        let lane = |number: usize| {
            let (trials, clients) = (&trials, &clients);
            let (search, folder) = (&search, folder.join(format!("lane-{number}")));
            threads.spawn(move || run_lane(&folder, adjutant, search, trials, clients))
        };
        let lanes: Vec<_> = (0..amount.lanes).map(lane).collect();
        let joined = lanes.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined
            .map(|lane| lane.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    drop(clients);
    let results = lanes.into_iter().collect::<Result<Vec<_>>>()?.concat();
    let sections: [Section; 3] = [
        told::faults(&results),
        told::healthy(&results),
        told::clients(&traffic),
    ];
    let how = format!(
        "Each rollout runs on real processes: the release binary, its proxy, the example service \
         (a search takes 40 ms, the slowest in twenty 58 ms) and clients that send {RATE:.0} \
         requests a second at random moments, whatever becomes of the earlier ones. {} services \
         side by side, each in a repository of its own.",
        amount.lanes
    );
    Ok(results::page_told(
        "Results: rollouts",
        "cargo xtask bench rollouts",
        &how,
        &machine,
        &sections,
    ))
}

/// All trials, so mixed that no kind has a time of its own.
fn trials(amount: Amount) -> VecDeque<Trial> {
    let mut trials = Vec::new();
    for kind in TrialKind::ALL {
        let count = match kind {
            TrialKind::Healthy => amount.healthy,
            TrialKind::Planted(_) | TrialKind::NoTraffic => amount.faulty,
        };
        for number in 0..count {
            let place = (number as f64 + 0.5) / count as f64;
            trials.push((place, Trial { kind, number }));
        }
    }
    trials.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    trials.into_iter().map(|(_, trial)| trial).collect()
}

/// One service, and rollout after rollout of it until none is left.
fn run_lane(
    folder: &Path,
    adjutant: &Path,
    search: &Path,
    trials: &Mutex<VecDeque<Trial>>,
    clients: &Clients,
) -> Result<Vec<TrialResult>> {
    let ground = Ground::prepare(folder, adjutant, search)?;
    let stream = clients.stream(ground.port);
    ground.begin()?;
    stream.flow();
    ground.await_traffic()?;
    let mut results = Vec::new();
    loop {
        let next = trials.lock().unwrap_or_else(PoisonError::into_inner);
        let next = { next }.pop_front();
        let Some(trial) = next else {
            stream.dry_up();
            return Ok(results);
        };
        // A busy machine may let less traffic through than a recovery time can be promised at.
        let result = ground
            .await_traffic()
            .and_then(|()| trial.run(&ground, &stream))
            .with_context(|| format!("{trial}, in {}", folder.display()))
            .inspect_err(|error| {
                eprintln!("{error:#}");
                stream.dry_up();
            })?;
        eprintln!("{trial}: {result}");
        results.push(result);
    }
}
