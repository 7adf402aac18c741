//! Claiming and ending, beside queues on the same PostgreSQL.

use std::path::Path;

use adjutant_testkit::postgres::Server;
use anyhow::Result;

use super::clients::{self, Cycles};
use super::queue::{Contender, Queues};
use super::served::Served;
use super::{AT_ONCE, Amount};
use crate::results::{Demand, Section, number};
use crate::timing::median;

/// How many times as many cycles a second of processor the issue asks for.
const TIMES: f64 = 5.0;

/// Those of PostgreSQL that decide what a commit costs. All contenders have them; everything else is
/// as PostgreSQL brings it.
const SETTINGS: &[&str] = &[
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=128MB",
];

/// One job is claimed, and one is completed: what our agents have.
const ONE: usize = 1;

/// One job at a time, and then as many as the documentation of each shows for speed.
const PEERS: [Contender; 4] = [
    Contender {
        engine: "pg-boss",
        batch: ONE,
    },
    Contender {
        engine: "graphile-worker",
        batch: ONE,
    },
    Contender {
        engine: "pg-boss",
        batch: 100,
    },
    Contender {
        engine: "graphile-worker",
        batch: 500,
    },
];

/// So many times as many jobs for those who take many at a time: their turns would be too short.
const MORE_JOBS: usize = 5;

/// A contender, and its turns.
struct Turns {
    name: String,
    a_second_of_processor: Vec<f64>,
    a_second: Vec<f64>,
}

impl Turns {
    fn of(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            a_second_of_processor: vec![],
            a_second: vec![],
        }
    }

    fn add(&mut self, cycles: &Cycles) {
        eprintln!("  {}: {cycles}", self.name);
        self.a_second_of_processor
            .push(cycles.a_second_of_processor());
        self.a_second.push(cycles.a_second());
    }

    fn rate(&self) -> f64 {
        median(&self.a_second_of_processor)
    }

    fn figure(&self) -> (String, String) {
        let least = self.a_second_of_processor.iter().copied();
        let least = least.fold(f64::INFINITY, f64::min);
        let most = self
            .a_second_of_processor
            .iter()
            .copied()
            .fold(0.0, f64::max);
        let told = format!(
            "{} cycles a second of processor (n = {}, {} to {}); {} a second by the clock",
            number(self.rate()),
            self.a_second_of_processor.len(),
            number(least),
            number(most),
            number(median(&self.a_second)),
        );
        (self.name.clone(), told)
    }
}

pub(super) fn compare(
    amount: &Amount,
    states: &Path,
    adjutant: &Path,
    queues: &Queues,
) -> Result<Section> {
    let server = Server::with(SETTINGS);
    let mut ours = [
        Turns::of("Adjutant on SQLite"),
        Turns::of("Adjutant on PostgreSQL"),
    ];
    let mut peers = PEERS.map(|peer| Turns::of(peer.told()));
    for round in 0..amount.rounds {
        eprintln!("cycles, round {}", round + 1);
        let [sqlite, postgres] = &mut ours;
        let state = states.join(format!("sqlite-{round}"));
        sqlite.add(&cycle(amount, &state, adjutant, None)?);
        let state = states.join(format!("postgres-{round}"));
        postgres.add(&cycle(
            amount,
            &state,
            adjutant,
            Some(&server.new_database()),
        )?);
        for (turns, peer) in peers.iter_mut().zip(&PEERS) {
            let jobs = if peer.batch > ONE {
                amount.waiting * MORE_JOBS
            } else {
                amount.waiting
            };
            turns.add(&queues.work(peer, &server.new_database(), jobs, AT_ONCE)?);
        }
    }
    let demands = ours.iter().flat_map(|ours| {
        let alike = peers
            .iter()
            .zip(&PEERS)
            .filter(|(_, peer)| peer.batch == ONE);
        alike.map(|(peer, _)| {
            let what = format!("{}, cycles against {}", ours.name, peer.name);
            Demand::at_least(what, TIMES, ours.rate() / peer.rate())
        })
    });
    let demands = demands.collect();
    let against_batches = ours.iter().flat_map(|ours| {
        let batches = peers
            .iter()
            .zip(&PEERS)
            .filter(|(_, peer)| peer.batch > ONE);
        batches.map(|(peer, _)| {
            let what = format!("{}, against {}", ours.name, peer.name);
            (what, format!("{}×", number(ours.rate() / peer.rate())))
        })
    });
    let figures = ours.iter().chain(&peers).map(Turns::figure);
    Ok(Section {
        title: "Cycles a second of processor",
        method: method(amount),
        figures: figures.chain(against_batches).collect(),
        demands,
    })
}

fn method(amount: &Amount) -> String {
    format!(
        "{AT_ONCE} at once take the next of {} tasks (jobs) and end with it. Counted is the processor time of the \
         server, or of the worker's process, and of all processes of PostgreSQL where it is used: one cluster \
         for all, {}, a new database for each turn. Whoever sends the requests to Adjutant is not counted; \
         pg-boss and graphile-worker are libraries inside of the worker.\n\n\
         What is not the same: Adjutant's agents claim over HTTP with a token, under a lease with an epoch, and \
         each of the two requests writes an entry of the hash chain, in one transaction with others that wait; \
         they give the task back, because completing runs the checks of the work, which no queue does (the same \
         rows are written). The jobs of the queues have a payload of one number, our tasks are whole ones. \
         pg-boss' workers fetch and complete; graphile-worker runs its own loop with an empty task. \
         One at a time is what gives the same guarantees: a worker that dies holds what it works on and \
         nothing else. In batches a worker holds hundreds of jobs that others wait for, and completes them \
         together: that is their fast configuration (of {MORE_JOBS} times as many jobs), and Adjutant has none like \
         it.",
        amount.waiting,
        SETTINGS
            .iter()
            .map(|setting| format!("`{setting}`"))
            .collect::<Vec<_>>()
            .join(", "),
    )
}

fn cycle(amount: &Amount, state: &Path, adjutant: &Path, url: Option<&str>) -> Result<Cycles> {
    let served = Served::start(state, adjutant, url, amount.waiting)?;
    clients::cycle(&served, AT_ONCE, amount.seconds)
}
