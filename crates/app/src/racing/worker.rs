//! A worker of the race: a process of its own, which hears and says lines.

use std::io::{BufRead, Error, Write};
use std::time::Duration;

use adjutant_domain::{AgentName, Epoch, ObjectId, TaskId, sha256};
use adjutant_outbound::clock;
use adjutant_store::{Holder, Location, Store, Written};
use adjutant_work::{Claim, ClaimRequest, OnOverlap, ProvenWork, Refusal, Target, Won};

use super::RaceError;

/// What a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerKind {
    /// Claims the task it is told, when it is told.
    Racer,
    /// Claims and completes whatever is ready, until nothing is left.
    Drainer {
        /// How long its leases last, in milliseconds.
        lease_millis: u32,
    },
}

/// How long a lease of a racer lasts: longer than any round.
const RACER_LEASE_MILLIS: i64 = 600_000;

/// How long a drainer waits when others hold all that is left: it becomes free when their leases
/// run out.
const WAIT: Duration = Duration::from_millis(50);

/// The same for all tasks: what a proof says is not what is tested here.
const PROOF: &[u8] = b"{\"selftest\":\"race\"}";

/// Works until the input ends, or nothing is left to do.
///
/// # Errors
/// When the store fails, or the starter is gone.
pub async fn work(
    kind: WorkerKind,
    agent: &AgentName,
    location: &Location,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<(), RaceError> {
    let store = Store::open(location, clock::now()).await?;
    say(output, "ready")?;
    match kind {
        WorkerKind::Racer => race(&store, agent, input, output).await,
        WorkerKind::Drainer { lease_millis } => {
            let request = request(agent, Target::Next, lease_millis.into());
            drain(&store, &request, input, output).await
        }
    }
}

async fn race(
    store: &Store,
    agent: &AgentName,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<(), RaceError> {
    while let Some(line) = hear(input)? {
        let unheard = || RaceError::Unheard(line.clone());
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["claim", task] => {
                let task: TaskId = task.parse().map_err(|_no_task| unheard())?;
                let target = Target::Task(task);
                let request = request(agent, target, RACER_LEASE_MILLIS);
                match store.claim(&request, clock::now()).await? {
                    Claim::Won(won) => say(output, &format!("won {}", won.lease.epoch))?,
                    Claim::Refused(_) => say(output, "lost")?,
                }
            }
            ["release", task, epoch] => {
                let holder = Holder {
                    task: task.parse().map_err(|_no_task| unheard())?,
                    epoch: epoch.parse::<Epoch>().map_err(|_no_epoch| unheard())?,
                    agent: agent.clone(),
                };
                match store.release(&holder, "next round", clock::now()).await? {
                    Written::Task(_) => say(output, "released")?,
                    Written::Refused(refusal) => {
                        return Err(RaceError::Refused(Box::new(refusal)));
                    }
                }
            }
            _ => return Err(unheard()),
        }
    }
    Ok(())
}

async fn drain(
    store: &Store,
    request: &ClaimRequest,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<(), RaceError> {
    loop {
        match store.claim(request, clock::now()).await? {
            Claim::Won(won) => {
                say(output, &format!("has {}", won.task.id))?;
                // The starter decides what happens to it now; whoever is gone cannot say go.
                match hear(input)?.as_deref() {
                    Some("go") => complete(store, &won, output).await?,
                    Some(line) => return Err(RaceError::Unheard(line.to_owned())),
                    None => return Ok(()),
                }
            }
            Claim::Refused(Refusal::NothingReady {
                blocked: 0,
                held: 0,
                passed_over,
            }) if passed_over.is_empty() => return say(output, "empty"),
            Claim::Refused(Refusal::NothingReady { .. }) => std::thread::sleep(WAIT),
            Claim::Refused(refusal) => return Err(RaceError::Refused(Box::new(refusal))),
        }
    }
}

async fn complete(store: &Store, won: &Won, output: &mut dyn Write) -> Result<(), RaceError> {
    let (task, epoch) = (won.task.id, won.lease.epoch);
    let holder = Holder {
        task,
        epoch,
        agent: won.lease.owner.clone(),
    };
    let work = ProvenWork {
        by: holder.agent.clone(),
        epoch,
        commit: object("a")?,
        tree: object("b")?,
        base: object("c")?,
        proof: sha256::digest_of(PROOF),
    };
    match store.prove(&holder, &work, PROOF, clock::now()).await? {
        Written::Task(_) => say(output, &format!("done {task} {epoch}")),
        Written::Refused(Refusal::StaleEpoch { .. } | Refusal::Expired { .. }) => {
            say(output, "late")
        }
        Written::Refused(refusal) => Err(RaceError::Refused(Box::new(refusal))),
    }
}

/// The name of no object of any repository.
fn object(digit: &str) -> Result<ObjectId, RaceError> {
    let text = digit.repeat(40);
    text.parse().map_err(|_no_object| RaceError::Unheard(text))
}

fn request(agent: &AgentName, target: Target, lease_millis: i64) -> ClaimRequest {
    ClaimRequest {
        agent: agent.clone(),
        role: None,
        target,
        lease_millis,
        on_overlap: OnOverlap::Refuse,
        pauses: vec![],
        key: None,
    }
}

fn say(output: &mut dyn Write, line: &str) -> Result<(), RaceError> {
    // One write a line: a reader never sees half of one from a worker that lives.
    let say = |output: &mut dyn Write| -> Result<(), Error> {
        output.write_all(format!("{line}\n").as_bytes())?;
        output.flush()
    };
    say(output).map_err(super::failed("heard"))
}

fn hear(input: &mut dyn BufRead) -> Result<Option<String>, RaceError> {
    let mut line = String::new();
    let read = input.read_line(&mut line).map_err(super::failed("told"))?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}
