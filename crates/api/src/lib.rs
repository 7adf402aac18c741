//! The HTTP API: the use cases of `app` as resources below `/api/v1`, with the JSON that the command
//! line prints, live events, and the doors that every request passes.
//!
//! **Invariant.** Nothing here decides anything about work, evidence or rollouts: it reads a request,
//! asks who sent it, calls one use case and writes the answer. What an operation needs, takes and
//! answers stands in one table; the router and the OpenAPI document are made from it.

mod access;
mod connection;
mod dashboard;
mod desk;
mod door;
mod events;
mod health;
mod mcp;
mod metrics;
mod openapi;
mod operation;
mod problem;
mod pulse;
mod reconcilers;
mod reply;
mod request;
mod resource;
mod router;
mod traces;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use adjutant_app::{Effects, Ground, Home, LogMemory};
use adjutant_outbound::process::Environment;
use adjutant_store::{KeptAnswer, Store};
use adjutant_wire::Failure;
use tokio::net::TcpListener;
use tokio::sync::watch;

use access::Hosts;
use desk::Desks;
use events::Events;
use metrics::Watched;
use problem::Problem;
use pulse::{Change, Pulse};
use reconcilers::ReconcilerCounts;
use reply::Reply;
use request::Mark;

pub use door::{MadeToken, list_tokens, make_link, make_token, revoke_token};
pub use reconcilers::Reconcilers;

/// What is served, and to whom.
#[derive(Debug, Clone)]
pub struct ServeSettings {
    /// Where the settings and the state are.
    pub home: Home,
    /// This program, which keeps instances.
    pub program: PathBuf,
    /// What programs see of the environment.
    pub environment: Environment,
    /// Names that the server answers to besides its own address, with their ports.
    pub hosts: Vec<String>,
    /// What it does by itself; a replica that only answers has none.
    pub reconcilers: Option<Reconcilers>,
    /// Who hears what the server cannot do.
    pub tell_failure: fn(&Failure),
}

struct Shared {
    settings: ServeSettings,
    desks: Desks,
    events: Events,
    watched: Watched,
    reconciler_counts: Arc<ReconcilerCounts>,
}

/// What every handler has.
#[derive(Clone)]
pub(crate) struct Api(Arc<Shared>);

impl Api {
    pub(crate) fn home(&self) -> &Home {
        &self.0.settings.home
    }

    pub(crate) fn desks(&self) -> &Desks {
        &self.0.desks
    }

    pub(crate) fn events(&self) -> &Events {
        &self.0.events
    }

    pub(crate) fn watched(&self) -> &Watched {
        &self.0.watched
    }

    pub(crate) fn reconciler_counts(&self) -> &Arc<ReconcilerCounts> {
        &self.0.reconciler_counts
    }

    pub(crate) fn environment(&self) -> Environment {
        self.0.settings.environment.clone()
    }

    /// Where services run.
    pub(crate) fn ground(&self) -> Ground {
        let settings = &self.0.settings;
        Ground {
            folder: settings.home.state.folder.join("services"),
            work_folder: settings.home.top.clone(),
            program: settings.program.clone(),
            environment: settings.environment.clone(),
            logs: LogMemory::default(),
            effects: Effects::default(),
        }
    }

    /// Writes once: a request that is repeated under its key gets the answer that it got, which is
    /// stored in the transaction of what it did.
    pub(crate) async fn write(
        &self,
        mark: Mark,
        work: impl AsyncFnOnce(&Store) -> Result<Reply, Problem> + Send + 'static,
    ) -> Result<Reply, Problem> {
        self.desks()
            .write(async move |store| once(store, &mark, work).await)
            .await
    }

    /// Does what may take long. Its answer is kept under its key when it is done; whoever repeats a
    /// request before that has it done again, so only what may be done twice belongs here.
    pub(crate) async fn act(
        &self,
        mark: Mark,
        work: impl AsyncFnOnce(&Store) -> Result<Reply, Problem> + Send + 'static,
    ) -> Result<Reply, Problem> {
        self.desks()
            .act(async move |store| {
                if let Some(reply) = answered(store, &mark).await? {
                    return Ok(reply);
                }
                let reply = work(store).await?;
                if mark.key.is_none() {
                    return Ok(reply);
                }
                // Whoever sent it again meanwhile may have been quicker.
                once(store, &mark, async |_store| Ok(reply)).await
            })
            .await
    }
}

/// An answer as it is kept under its key.
fn kept(reply: &Reply) -> KeptAnswer {
    KeptAnswer {
        status: reply.status.as_u16(),
        body: String::from_utf8_lossy(&reply.body).into_owned(),
    }
}

/// The answer that the same request got before.
async fn answered(store: &Store, mark: &Mark) -> Result<Option<Reply>, Problem> {
    let Some(key) = &mark.key else {
        return Ok(None);
    };
    match store.kept_answer(key, mark.request).await? {
        Ok(kept) => Ok(kept.map(|kept| Reply::replayed(kept.status, kept.body))),
        Err(refusal) => Err((&refusal).into()),
    }
}

async fn once(
    store: &Store,
    mark: &Mark,
    work: impl AsyncFnOnce(&Store) -> Result<Reply, Problem>,
) -> Result<Reply, Problem> {
    let group = store.open_group().await?;
    if let Some(reply) = answered(store, mark).await? {
        return Ok(reply);
    }
    let reply = work(store).await;
    match &reply {
        Ok(reply) => {
            if let Some(key) = &mark.key {
                store.keep_answer(key, mark.request, &kept(reply)).await?;
            }
            group.keep().await?;
        }
        // What was refused may have found a lease that ran out: that is kept.
        Err(problem) if !problem.status().is_server_error() => group.keep().await?,
        Err(_failed) => drop(group),
    }
    reply
}

/// Serves until `stop` says true, and then until what has begun is answered.
///
/// # Errors
/// When the state cannot be opened, or threads cannot be started.
pub async fn serve(
    listener: TcpListener,
    address: SocketAddr,
    settings: ServeSettings,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let hosts = Hosts::new(address, &settings.hosts);
    let location = &settings.home.state;
    let pulse = Pulse::of(location)?;
    let desks = Desks::open(location, &pulse)?;
    let change = Change::of(location, &pulse);
    let events = Events::watch(location, change, settings.tell_failure, stop.clone())?;
    let wanted = settings.reconcilers;
    let api = Api(Arc::new(Shared {
        settings,
        desks,
        events,
        watched: Watched::new(),
        reconciler_counts: Arc::default(),
    }));
    let reconciling = wanted.map(|wanted| reconcilers::start(&api, wanted, stop.clone()));
    let reconciling = reconciling.transpose()?;
    connection::serve(listener, router::router(&api, hosts), stop).await;
    api.desks().close();
    match reconciling.map(std::thread::JoinHandle::join) {
        // What it panicked about was told where it happened.
        None | Some(Ok(()) | Err(_)) => Ok(()),
    }
}

/// The OpenAPI document.
pub fn openapi() -> String {
    openapi::document(&router::operations())
}
