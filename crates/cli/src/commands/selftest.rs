//! `adjutant selftest`: the queue under real races, on the database that is in use here.

use std::ffi::OsString;

use adjutant_app::{DrainResult, RaceResult, RaceSize, RoundsResult, WorkerKind, race, work};
use adjutant_outbound::clock;
use adjutant_outbound::crew::Recipe;
use adjutant_store::{Location, Scratch};
use serde::Serialize;

use crate::arguments::{Format, RaceArguments, SelftestCommand, WorkerArguments, WorkerWord};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, this_program};
use crate::runtime::complete;
use crate::settings::{DATABASE_URL, Settings};
use crate::streams;

/// The race, as a program reads it.
#[derive(Serialize)]
struct RaceJson<'a> {
    database: &'static str,
    holds: bool,
    rounds: RoundsJson,
    drain: DrainJson,
    journal: &'a [String],
}

#[derive(Serialize)]
struct RoundsJson {
    processes: u32,
    rounds: u32,
    one_winner: u32,
    no_winner: u32,
    several_winners: u32,
    millis: u64,
}

#[derive(Serialize)]
struct DrainJson {
    tasks: u32,
    workers: u32,
    killed: u32,
    held: u32,
    done_once: u32,
    lost: u32,
    done_twice: u32,
    acknowledged_lost: u32,
    unacknowledged: u32,
    late_refused: u32,
    taken_over: u32,
    taken_over_after_millis_max: u64,
    quarantined: u32,
    millis: u64,
}

pub(super) fn run(command: SelftestCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        SelftestCommand::Race(arguments) => run_race(&arguments, settings),
        SelftestCommand::Worker(arguments) => run_worker(&arguments, settings),
    }
}

fn run_race(arguments: &RaceArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let program = this_program()?;
    let size = RaceSize {
        processes: arguments.processes,
        rounds: arguments.rounds,
        drain: arguments.drain,
        workers: arguments.workers,
        killed_per_thousand: arguments.kill_per_thousand,
        held_per_thousand: arguments.hold_per_thousand,
        lease_millis: arguments.lease_millis,
        seed: arguments.seed,
    };
    let mut progress = |text: &str| {
        if settings.is_watched {
            streams::tell(text);
        }
    };
    let name = format!("selftest_{}", std::process::id());
    let result = complete(settings.database_url.is_some(), async {
        let scratch = Scratch::create(&home.state, &name).await?;
        let recipe = |kind: WorkerKind, agent: &str| Recipe {
            program: program.clone(),
            arguments: worker_arguments(kind, agent, &scratch.location),
            folder: scratch.location.folder.clone(),
            environment: environment(&scratch.location),
        };
        let result = race(&scratch, size, &recipe, &mut progress, clock::now()).await;
        // What a failed race left behind is kept, to be looked at.
        let result = result?;
        scratch.remove().await?;
        Ok(result)
    })?;
    let database = match settings.database_url {
        Some(_) => "PostgreSQL",
        None => "SQLite",
    };
    match arguments.format.format {
        Format::Json => streams::print_json(&json_of(&result, database))?,
        Format::Human => streams::print(&text_of(&result, database))?,
    }
    Ok(if result.holds() {
        Exit::Done
    } else {
        Exit::Internal
    })
}

fn worker_arguments(kind: WorkerKind, agent: &str, location: &Location) -> Vec<OsString> {
    let (kind, lease_millis) = match kind {
        WorkerKind::Racer => ("racer", 0),
        WorkerKind::Drainer { lease_millis } => ("drainer", lease_millis),
    };
    let lease = format!("--lease-millis={lease_millis}");
    let mut arguments: Vec<OsString> = ["selftest", "worker", &lease, kind, agent]
        .iter()
        .map(OsString::from)
        .collect();
    arguments.push(location.folder.clone().into());
    arguments
}

fn environment(location: &Location) -> Vec<(OsString, OsString)> {
    let url = location.postgres.iter();
    url.map(|url| (DATABASE_URL.into(), url.into())).collect()
}

fn run_worker(arguments: &WorkerArguments, settings: &Settings) -> Result<Exit, Failure> {
    let kind = match arguments.kind {
        WorkerWord::Racer => WorkerKind::Racer,
        WorkerWord::Drainer => WorkerKind::Drainer {
            lease_millis: arguments.lease_millis,
        },
    };
    let location = Location {
        folder: arguments.folder.clone(),
        postgres: settings.database_url.clone(),
    };
    complete(settings.database_url.is_some(), async {
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
        let (kind, agent) = (kind, &arguments.agent);
        Ok(work(kind, agent, &location, &mut input, &mut output).await?)
    })?;
    Ok(Exit::Done)
}

fn json_of<'a>(result: &'a RaceResult, database: &'static str) -> RaceJson<'a> {
    let RoundsResult {
        processes,
        rounds,
        one_winner,
        no_winner,
        several_winners,
        millis,
    } = result.rounds;
    let drain = &result.drain;
    RaceJson {
        database,
        holds: result.holds(),
        rounds: RoundsJson {
            processes,
            rounds,
            one_winner,
            no_winner,
            several_winners,
            millis,
        },
        drain: DrainJson {
            tasks: drain.tasks,
            workers: drain.workers,
            killed: drain.killed,
            held: drain.held,
            done_once: drain.done_once,
            lost: drain.lost,
            done_twice: drain.done_twice,
            acknowledged_lost: drain.acknowledged_lost,
            unacknowledged: drain.unacknowledged,
            late_refused: drain.late_refused,
            taken_over: drain.taken_over,
            taken_over_after_millis_max: drain.taken_over_after_millis_max,
            quarantined: drain.quarantined,
            millis: drain.millis,
        },
        journal: &result.journal,
    }
}

fn text_of(result: &RaceResult, database: &str) -> String {
    let (rounds, drain) = (&result.rounds, &result.drain);
    let mut text = format!(
        "race on {database}\n\n{} rounds, {} processes claim one task: {} s\n\
         \x20 exactly one winner  {}\n  no winner           {}\n  several winners     {}\n\n",
        rounds.rounds,
        rounds.processes,
        rounds.millis / 1_000,
        rounds.one_winner,
        rounds.no_winner,
        rounds.several_winners,
    );
    text.push_str(&drain_text(drain));
    let journal = if result.journal.is_empty() {
        "the journal holds\n".to_owned()
    } else {
        format!(
            "the journal does not hold:\n  {}\n",
            result.journal.join("\n  ")
        )
    };
    text.push_str(&journal);
    text.push_str(if result.holds() {
        "HOLDS\n"
    } else {
        "DOES NOT HOLD\n"
    });
    text
}

fn drain_text(drain: &DrainResult) -> String {
    let rows: [(&str, u64); 11] = [
        ("holders killed (SIGKILL)", drain.killed.into()),
        ("holders held past their lease", drain.held.into()),
        ("done exactly once", drain.done_once.into()),
        ("lost", drain.lost.into()),
        ("done twice", drain.done_twice.into()),
        ("acknowledged, then missing", drain.acknowledged_lost.into()),
        ("done, killed before saying so", drain.unacknowledged.into()),
        ("late writers refused", drain.late_refused.into()),
        ("leases that ran out", drain.taken_over.into()),
        (
            "ms until the next holder, at most",
            drain.taken_over_after_millis_max,
        ),
        ("quarantined on the way", drain.quarantined.into()),
    ];
    let mut text = format!(
        "{} tasks, {} processes drain them: {} s\n",
        drain.tasks,
        drain.workers,
        drain.millis / 1_000
    );
    for (what, count) in rows {
        text.push_str(&format!("  {what:<35}{count}\n"));
    }
    text.push('\n');
    text
}
