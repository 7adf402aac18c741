//! Many processes, one task, again and again: each round must have exactly one winner.

use adjutant_domain::Timestamp;
use adjutant_outbound::clock::Stopwatch;
use adjutant_outbound::crew::{Member, Recipe};
use adjutant_store::Store;

use super::accounts::RoundsResult;
use super::{RaceError, RaceSize, WorkerKind, failed, file, millis};

pub(super) async fn run(
    store: &Store,
    size: RaceSize,
    recipe: &dyn Fn(WorkerKind, &str) -> Recipe,
    progress: &mut dyn FnMut(&str),
    now: Timestamp,
) -> Result<RoundsResult, RaceError> {
    let mut result = RoundsResult {
        processes: size.processes,
        rounds: size.rounds,
        one_winner: 0,
        no_winner: 0,
        several_winners: 0,
        millis: 0,
    };
    let tasks = file(store, size.rounds, "contested", now).await?;
    let mut members = start(size.processes, recipe)?;
    let watch = Stopwatch::start();
    for (round, task) in (1_u32..).zip(&tasks) {
        let name = task.id.to_string();
        match play(&mut members, &name)? {
            0 => result.no_winner += 1,
            1 => result.one_winner += 1,
            _ => result.several_winners += 1,
        }
        if round % 100 == 0 {
            progress(&format!("round {round} of {}", size.rounds));
        }
    }
    result.millis = millis(watch);
    for member in &mut members {
        member.finish().map_err(failed("finished"))?;
    }
    for task in tasks {
        // What was contested is not drained.
        let current = store.task(task.id).await?;
        let revision = current.map_or(task.revision, |stored| stored.task.revision);
        store
            .drop_task(task.id, revision, "the round is over", now)
            .await?;
    }
    Ok(result)
}

fn start(
    processes: u32,
    recipe: &dyn Fn(WorkerKind, &str) -> Recipe,
) -> Result<Vec<Member>, RaceError> {
    let mut members = Vec::new();
    for number in 0..processes {
        let recipe = recipe(WorkerKind::Racer, &format!("racer-{number}"));
        members.push(Member::start(&recipe).map_err(failed("started"))?);
    }
    for member in &mut members {
        expect(member, "ready")?;
    }
    Ok(members)
}

/// Tells all to claim the task, and counts who says it won. The winners give it back.
fn play(members: &mut [Member], task: &str) -> Result<u32, RaceError> {
    for member in &mut *members {
        member
            .tell(&format!("claim {task}"))
            .map_err(failed("told"))?;
    }
    let mut winners = Vec::new();
    for (at, member) in members.iter_mut().enumerate() {
        let said = heard(member)?;
        match said.split_once(' ') {
            Some(("won", epoch)) => winners.push((at, epoch.to_owned())),
            Some(_) | None if said == "lost" => {}
            Some(_) | None => return Err(RaceError::Unheard(said)),
        }
    }
    let count = winners.len();
    for (at, epoch) in winners {
        let member = &mut members[at];
        let line = format!("release {task} {epoch}");
        member.tell(&line).map_err(failed("told"))?;
        // With two winners one of them is refused, ends, and says nothing more.
        if count == 1 {
            expect(member, "released")?;
        }
    }
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

fn heard(member: &mut Member) -> Result<String, RaceError> {
    let line = member.hear().map_err(failed("heard"))?;
    line.ok_or_else(|| RaceError::Unheard(String::new()))
}

fn expect(member: &mut Member, line: &str) -> Result<(), RaceError> {
    let said = heard(member)?;
    if said == line {
        Ok(())
    } else {
        Err(RaceError::Unheard(said))
    }
}
