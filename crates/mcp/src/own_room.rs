//! A process of one agent: each piece of work has a thread and a store of its own, as if a command
//! had been run, so that a heartbeat does not wait until checks have ended.

use std::pin::Pin;
use std::sync::Arc;

use adjutant_outbound::clock;
use adjutant_store::{Location, Store};
use adjutant_wire::Failure;
use tokio::sync::{Semaphore, oneshot};

use crate::answer::{Answer, Declined};
use crate::room::{Pace, Work, Workroom};

/// Pieces of work at once: one agent does one thing at a time, and clients ask for some together.
const AT_ONCE_MAX: usize = 8;

const MACHINE: &str = "Close other programs, and check the limit of threads (ulimit -u).";

/// Threads of this process.
#[derive(Debug)]
pub struct OwnRoom {
    location: Location,
    free: Arc<Semaphore>,
}

impl OwnRoom {
    /// Over the state at a place.
    pub fn new(location: Location) -> Self {
        Self {
            location,
            free: Arc::new(Semaphore::new(AT_ONCE_MAX)),
        }
    }
}

impl Workroom for OwnRoom {
    fn carry_out(
        &self,
        _pace: Pace,
        work: Work,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>> {
        Box::pin(async move {
            let permit = Arc::clone(&self.free).acquire_owned().await;
            let permit = permit.map_err(|closed| Failure::defect(&closed))?;
            let location = self.location.clone();
            let (tell, told) = oneshot::channel();
            let thread = std::thread::Builder::new().name("tool".to_owned());
            let started = thread.spawn(move || {
                let answer = done(&location, work);
                drop(permit);
                // Who asked may have gone.
                match tell.send(answer) {
                    Ok(()) | Err(_) => {}
                }
            });
            started.map_err(|error| Failure::machine(format!("no thread: {error}"), MACHINE))?;
            told.await.unwrap_or_else(|_gone| Err(broken()))
        })
    }
}

fn done(location: &Location, work: Work) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::machine(format!("no runtime: {error}"), MACHINE))?;
    runtime.block_on(async {
        let store = Store::open(location, clock::now()).await?;
        work(&store).await
    })
}

fn broken() -> Declined {
    Failure::machine(
        "the call broke the thread that worked on it",
        "Report this: it is a defect.",
    )
    .into()
}
