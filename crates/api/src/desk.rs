//! The desks to the store. A store belongs to one thread; requests wait for one in a line of bounded
//! length. Readers take turns. There is one writer: it takes whoever waits into one transaction, so
//! that many writers pay for one sync of the disk. What runs programs or talks to others, and may
//! take minutes, has a thread and a store of its own.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use adjutant_outbound::clock;
use adjutant_store::{Location, Store};
use adjutant_wire::Failure;
use axum::http::StatusCode;
use tokio::sync::{Semaphore, oneshot};
use tracing::{Instrument, Span, info_span};

use crate::problem::Problem;
use crate::pulse::Pulse;

/// Threads that read. More would only take turns on the processors.
const READERS: usize = 3;

/// Requests that may wait for a reader: every open dashboard reads when something changes.
const READS_WAITING_MAX: usize = 1_024;

/// Requests that may wait for the writer: at a millisecond each, the last waits half a second. There may
/// be more connections than that, so that more is refused instead of waiting.
const WRITES_WAITING_MAX: usize = 512;

/// Writes that share one sync of the disk.
const GROUP_MAX: usize = 64;

/// Long work that goes on at once: each has a thread, a store, and maybe programs.
const ACTING_MAX: usize = 4;

type Pinned<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// What is left to do for a request when its transaction is over.
type Deliver = Box<dyn FnOnce(Option<&Problem>)>;

/// A request in the line.
trait Job: Send {
    /// Does the work; its answer is delivered when it is on disk.
    fn run<'a>(self: Box<Self>, store: &'a Store) -> Pinned<'a, Deliver>;
    /// It cannot be done.
    fn fail(self: Box<Self>, problem: &Problem);
}

struct Request<W, T> {
    work: W,
    answer: oneshot::Sender<Result<T, Problem>>,
    /// From when it came into the line.
    span: Span,
}

/// Who asked may have gone away.
fn hand_over<T>(answer: oneshot::Sender<T>, value: T) {
    match answer.send(value) {
        Ok(()) | Err(_) => {}
    }
}

impl<W, T> Job for Request<W, T>
where
    W: AsyncFnOnce(&Store) -> Result<T, Problem> + Send + 'static,
    T: Send + 'static,
{
    fn run<'a>(self: Box<Self>, store: &'a Store) -> Pinned<'a, Deliver> {
        Box::pin(async move {
            let Request { work, answer, span } = *self;
            let done = work(store).instrument(span).await;
            let deliver: Deliver = Box::new(move |problem: Option<&Problem>| {
                let done = match problem {
                    Some(problem) => Err(problem.clone()),
                    None => done,
                };
                hand_over(answer, done);
            });
            deliver
        })
    }

    fn fail(self: Box<Self>, problem: &Problem) {
        hand_over(self.answer, Err(problem.clone()));
    }
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Box<dyn Job>>,
    is_closed: bool,
}

/// A line of requests, and the threads that serve it.
struct Desk {
    waiting_max: usize,
    line: Mutex<Line>,
    changed: Condvar,
    pulse: Pulse,
}

impl Desk {
    fn new(waiting_max: usize, pulse: &Pulse) -> Arc<Self> {
        Arc::new(Self {
            waiting_max,
            line: Mutex::default(),
            changed: Condvar::new(),
            pulse: pulse.clone(),
        })
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // A panic never happens while the line is locked: nothing but a queue is touched then.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        if self.pulse.is_away() {
            return Err(Problem::away());
        }
        let (answer, answered) = oneshot::channel();
        {
            let mut line = self.line();
            if line.is_closed {
                return Err(stopping());
            }
            if line.waiting.len() >= self.waiting_max {
                return Err(overloaded());
            }
            let span = info_span!("database");
            line.waiting
                .push_back(Box::new(Request { work, answer, span }));
        }
        self.changed.notify_one();
        tokio::select! {
            answered = answered => answered.unwrap_or_else(|_gone| Err(broken())),
            // Whoever works on it hears of that later, and tells nobody.
            () = self.pulse.gone() => Err(Problem::away()),
        }
    }

    /// Waits for requests, and takes no more than `most`. Empty when the desk is closed.
    fn take(&self, most: usize) -> Vec<Box<dyn Job>> {
        let mut line = self.line();
        while line.waiting.is_empty() && !line.is_closed {
            line = self
                .changed
                .wait(line)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let count = most.min(line.waiting.len());
        line.waiting.drain(..count).collect()
    }

    fn close(&self) {
        self.line().is_closed = true;
        self.changed.notify_all();
    }
}

fn overloaded() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "more requests wait for the database than it can answer in a second",
        "Try again in some seconds, and with fewer requests at once.",
    )
}

fn stopping() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "the server is stopping",
        "Try again when it runs again.",
    )
}

fn broken() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the request broke the thread that worked on it",
        "Report this: it is a defect.",
    )
}

/// All desks, and the threads that serve them.
pub(crate) struct Desks {
    location: Location,
    pulse: Pulse,
    readers: Arc<Desk>,
    writer: Arc<Desk>,
    acting: Arc<Semaphore>,
    threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

impl Desks {
    /// Opens the stores and starts the threads.
    pub(crate) fn open(location: &Location, pulse: &Pulse) -> Result<Self, Failure> {
        let desks = Self {
            location: location.clone(),
            pulse: pulse.clone(),
            readers: Desk::new(READS_WAITING_MAX, pulse),
            writer: Desk::new(WRITES_WAITING_MAX, pulse),
            acting: Arc::new(Semaphore::new(ACTING_MAX)),
            threads: Mutex::default(),
        };
        for _ in 0..READERS {
            desks.start("reader", &desks.readers, 1)?;
        }
        desks.start("writer", &desks.writer, GROUP_MAX)?;
        Ok(desks)
    }

    fn start(&self, name: &str, desk: &Arc<Desk>, most: usize) -> Result<(), Failure> {
        let (desk, location) = (Arc::clone(desk), self.location.clone());
        let (ready, is_ready) = std::sync::mpsc::channel();
        let serving = move || {
            let seat = match Seat::open(&location) {
                Ok(seat) => seat,
                Err(failure) => return told(&ready, Err(failure)),
            };
            told(&ready, Ok(()));
            serve(&desk, seat, &location, most);
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(serving)
            .map_err(|error| Failure::machine(format!("no thread: {error}"), MACHINE))?;
        self.threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(thread);
        is_ready
            .recv()
            .unwrap_or_else(|error| Err(Failure::defect(&error)))
    }

    /// Reads, while others do.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.readers.ask(work).await
    }

    /// Writes, in one transaction with others. The answer comes when it is on disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.writer.ask(work).await
    }

    /// Does what may take long, on a thread and a store of its own.
    pub(crate) async fn act<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        if self.pulse.is_away() {
            return Err(Problem::away());
        }
        let Ok(_permit) = Arc::clone(&self.acting).try_acquire_owned() else {
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("{ACTING_MAX} long requests are under way"),
                "Try again when one of them has ended.",
            ));
        };
        let location = self.location.clone();
        let (answer, answered) = oneshot::channel();
        let thread = std::thread::Builder::new().name("acting".to_owned());
        let span = info_span!("acting");
        let started = thread.spawn(move || {
            let done = match Seat::open(&location) {
                Ok(seat) => seat.runtime.block_on(work(&seat.store).instrument(span)),
                Err(failure) => Err(failure.into()),
            };
            hand_over(answer, done);
        });
        if let Err(error) = started {
            return Err(Failure::machine(format!("no thread: {error}"), MACHINE).into());
        }
        match answered.await {
            Ok(answer) => answer,
            Err(_gone) => Err(broken()),
        }
    }

    /// How many requests wait for a reader, and for the writer.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (
            self.readers.line().waiting.len(),
            self.writer.line().waiting.len(),
        )
    }

    /// Takes no more requests, finishes those in line, and ends the threads.
    pub(crate) fn close(&self) {
        self.readers.close();
        self.writer.close();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            // What a thread panicked about was told where it happened.
            match thread.join() {
                Ok(()) | Err(_) => {}
            }
        }
    }
}

const MACHINE: &str = "Close other programs, and check the limit of threads (ulimit -u).";

/// Whoever started a thread hears that it is ready; they may have gone.
pub(crate) fn told<T>(ready: &std::sync::mpsc::Sender<T>, value: T) {
    match ready.send(value) {
        Ok(()) | Err(_) => {}
    }
}

/// A thread's own store, and the runtime that its work runs on.
struct Seat {
    runtime: tokio::runtime::Runtime,
    store: Store,
}

impl Seat {
    fn open(location: &Location) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::machine(format!("no runtime: {error}"), MACHINE))?;
        let store = runtime.block_on(Store::open(location, clock::now()))?;
        Ok(Self { runtime, store })
    }
}

/// Serves a desk until it is closed. A request that panics ends alone: the store is opened anew,
/// because a transaction may be half done.
fn serve(desk: &Desk, mut seat: Seat, location: &Location, most: usize) {
    loop {
        let jobs = desk.take(most);
        if jobs.is_empty() {
            return;
        }
        let is_group = most > 1;
        let served = std::panic::catch_unwind(AssertUnwindSafe(|| {
            seat.runtime.block_on(async {
                if is_group {
                    write_group(&seat.store, jobs).await;
                } else {
                    for job in jobs {
                        let deliver = job.run(&seat.store).await;
                        deliver(None);
                    }
                }
            });
        }));
        if served.is_err() {
            let Some(new) = open_again(desk, location) else {
                return;
            };
            seat = new;
        }
    }
}

/// All of them in one transaction; whoever fails is taken back alone, and all are on disk before
/// anybody hears of it.
async fn write_group(store: &Store, jobs: Vec<Box<dyn Job>>) {
    let group = match store.open_group().await {
        Ok(group) => group,
        Err(error) => {
            let problem = error.into();
            return jobs.into_iter().for_each(|job| job.fail(&problem));
        }
    };
    let mut done = Vec::with_capacity(jobs.len());
    for job in jobs {
        done.push(job.run(store).await);
    }
    let problem = group.keep().await.err().map(Problem::from);
    for deliver in done {
        deliver(problem.as_ref());
    }
}

/// Opens the store anew. Until that works, whoever waits hears why; nothing when the desk is closed.
fn open_again(desk: &Desk, location: &Location) -> Option<Seat> {
    loop {
        let problem = match Seat::open(location) {
            Ok(seat) => return Some(seat),
            Err(failure) => failure.into(),
        };
        let jobs = desk.take(usize::MAX);
        if jobs.is_empty() {
            return None;
        }
        jobs.into_iter().for_each(|job| job.fail(&problem));
    }
}
