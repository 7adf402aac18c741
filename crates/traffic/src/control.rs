//! The control socket: HTTP with JSON on a Unix socket that only its owner can open.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/traffic` | [`ObservedTraffic`] |
//! | `PUT /v1/traffic` | a [`DesiredTraffic`] comes into force; answers with it, or a [`TrafficRefusal`] |
//! | `GET /v1/measurements?since=MILLIS` | [`TrafficMeasurements`] of the minutes from then on |
//! | `GET /v1/comparison` | [`MirrorComparison`], or null when nothing is mirrored |

use std::convert::Infallible;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use adjutant_domain::Timestamp;
use adjutant_outbound::{focus_file, mirror_files};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::{UnixListener, UnixStream};

use crate::TrafficClock;
use crate::comparison::Comparisons;
use crate::desired::{DESIRED_BYTES_MAX, DesiredTraffic, InvalidDesired, MirrorRule};
use crate::measure::Together;
use crate::observed::{
    ArmSplit, MirrorComparison, MirrorCounts, ObservedSplit, ObservedTraffic, TrafficMeasurements,
};
use crate::plan::Builds;
use crate::server::ServeError;
use crate::upstream::held;
use crate::worker::Worker;

/// How many generations' weights are remembered, to tell what each split should have been.
const GENERATIONS_KEPT: usize = crate::measure::SPLITS_KEPT;

/// Why an order is not obeyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum TrafficRefusal {
    /// A newer state is in force.
    #[error("generation {given} comes too late: {current} is in force")]
    StaleGeneration {
        /// What was given.
        given: u64,
        /// What is in force.
        current: u64,
    },
    /// The state contradicts itself.
    #[error("the desired state does not hold at {pointer:?}: {problem}")]
    Invalid {
        /// Where, as a JSON pointer.
        pointer: String,
        /// What is wrong.
        problem: String,
    },
    /// The state is in force but could not be written down: it ends with the process. Asking again
    /// writes it again.
    #[error("the desired state cannot be stored: {problem}")]
    NotStored {
        /// Why.
        problem: String,
    },
    /// The process has seen too many builds.
    #[error("{problem}")]
    TooManyBuilds {
        /// How many.
        problem: String,
    },
    /// There is no such thing to ask for.
    #[error("there is no {what}")]
    Unknown {
        /// What was asked for.
        what: String,
    },
}

impl TrafficRefusal {
    fn status(&self) -> StatusCode {
        match self {
            TrafficRefusal::StaleGeneration { .. } => StatusCode::CONFLICT,
            TrafficRefusal::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            TrafficRefusal::NotStored { .. } | TrafficRefusal::TooManyBuilds { .. } => {
                StatusCode::INSUFFICIENT_STORAGE
            }
            TrafficRefusal::Unknown { .. } => StatusCode::NOT_FOUND,
        }
    }
}

impl From<InvalidDesired> for TrafficRefusal {
    fn from(invalid: InvalidDesired) -> Self {
        TrafficRefusal::Invalid {
            pointer: invalid.pointer,
            problem: invalid.problem,
        }
    }
}

/// What steers the workers.
pub(crate) struct Steering {
    listen: SocketAddr,
    kept: PathBuf,
    clock: TrafficClock,
    started_at: Timestamp,
    workers: Vec<Arc<Worker>>,
    comparisons: Arc<Comparisons>,
    /// Held while an order is carried out, the disk included.
    orders: Mutex<()>,
    force: Mutex<Force>,
}

/// What is in force.
#[derive(Default)]
struct Force {
    desired: Option<DesiredTraffic>,
    /// The generation that is on disk.
    stored: Option<u64>,
    earlier: Vec<DesiredTraffic>,
    builds: Builds,
}

impl Steering {
    pub(crate) fn new(
        listen: SocketAddr,
        kept: PathBuf,
        clock: TrafficClock,
        workers: &[Arc<Worker>],
        comparisons: &Arc<Comparisons>,
    ) -> Self {
        Self {
            listen,
            kept,
            clock,
            started_at: clock(),
            workers: workers.to_vec(),
            comparisons: comparisons.clone(),
            orders: Mutex::default(),
            force: Mutex::default(),
        }
    }

    /// Takes up what was in force when the process ended, however it ended.
    pub(crate) fn restore(&self) -> Result<(), ServeError> {
        let unusable = |problem: String| ServeError::Kept {
            path: self.kept.clone(),
            problem,
        };
        let text = focus_file::read(&self.kept).map_err(|error| unusable(error.to_string()))?;
        let Some(text) = text else {
            return Ok(());
        };
        let desired = DesiredTraffic::read(text.as_bytes());
        let desired = desired.map_err(|error| unusable(error.to_string()))?;
        held(&self.force).stored = Some(desired.generation);
        self.enforce(desired)
            .map_err(|error| unusable(error.to_string()))
    }

    /// Puts a state into force and then writes it down: a rollback acts before the disk does, and
    /// what is acknowledged outlives this process.
    fn obey(&self, bytes: &[u8]) -> Result<DesiredTraffic, TrafficRefusal> {
        let desired = DesiredTraffic::read(bytes)?;
        let _one_at_a_time = held(&self.orders);
        let is_in_force = {
            let force = held(&self.force);
            let current = force.desired.as_ref();
            let is_in_force = current == Some(&desired);
            let current = current.map(|current| current.generation);
            if let Some(current) = current.filter(|current| desired.generation <= *current)
                && !is_in_force
            {
                return Err(TrafficRefusal::StaleGeneration {
                    given: desired.generation,
                    current,
                });
            }
            is_in_force
        };
        if !is_in_force {
            self.enforce(desired.clone())?;
        }
        if held(&self.force).stored != Some(desired.generation) {
            self.keep(&desired)?;
            held(&self.force).stored = Some(desired.generation);
        }
        Ok(desired)
    }

    fn enforce(&self, desired: DesiredTraffic) -> Result<(), TrafficRefusal> {
        let mut force = held(&self.force);
        let is_same_comparison = force
            .desired
            .as_ref()
            .is_some_and(|current| mirrored(current) == mirrored(&desired));
        let comparison = self.comparisons.number() + u64::from(!is_same_comparison);
        let plan = force.builds.plan(&desired, comparison);
        let plan = plan.map_err(|error| TrafficRefusal::TooManyBuilds {
            problem: error.to_string(),
        })?;
        if !is_same_comparison {
            let rules = desired.mirror.as_ref().map(|rule| rule.rules());
            self.comparisons.begin(rules);
        }
        let plan = Arc::new(plan);
        for worker in &self.workers {
            worker.follow(plan.clone());
        }
        let earlier = force.desired.replace(desired);
        force.earlier.extend(earlier);
        if force.earlier.len() > GENERATIONS_KEPT {
            force.earlier.remove(0);
        }
        Ok(())
    }

    fn keep(&self, desired: &DesiredTraffic) -> Result<(), TrafficRefusal> {
        let not_stored = |problem: String| TrafficRefusal::NotStored { problem };
        let text =
            serde_json::to_string_pretty(desired).map_err(|error| not_stored(error.to_string()))?;
        mirror_files::replace(&self.kept, &text).map_err(|error| not_stored(error.to_string()))
    }

    fn observe(&self) -> ObservedTraffic {
        let force = held(&self.force);
        let mut together = Together::default();
        let mut mirrors = self.comparisons.counts();
        for worker in &self.workers {
            together.add_splits(&worker.counts());
            mirrors = added(mirrors, worker.mirrors.counts());
        }
        let sum = |count: fn(&Worker) -> u64| self.workers.iter().map(|worker| count(worker)).sum();
        let known: Vec<&DesiredTraffic> = force.earlier.iter().chain(&force.desired).collect();
        ObservedTraffic {
            now: (self.clock)(),
            started_at: self.started_at,
            listen: self.listen.to_string(),
            process: std::process::id(),
            is_draining: self
                .workers
                .iter()
                .any(|worker| worker.is_draining.load(Ordering::Relaxed)),
            connections: sum(|worker| worker.connections.load(Ordering::Relaxed)),
            desired: force.desired.clone(),
            arms: force.builds.observed(),
            splits: together
                .splits()
                .filter_map(|split| {
                    let desired = known
                        .iter()
                        .find(|known| known.generation == split.generation)?;
                    let arms = desired.arms.iter().zip(split.arms);
                    Some(ObservedSplit {
                        generation: split.generation,
                        arms: arms
                            .map(|(arm, [free, keyed])| ArmSplit {
                                name: arm.name.clone(),
                                weight: arm.weight,
                                free,
                                keyed,
                            })
                            .collect(),
                    })
                })
                .collect(),
            mirrors,
            unrouted: sum(|worker| worker.unrouted.load(Ordering::Relaxed)),
            refused: sum(|worker| worker.refused.load(Ordering::Relaxed)),
        }
    }

    fn measurements(&self, since: Option<Timestamp>) -> TrafficMeasurements {
        let mut together = Together::default();
        for worker in &self.workers {
            together.add(&worker.counts(), since);
        }
        together.measurements(held(&self.force).builds.names())
    }

    fn comparison(&self) -> Option<MirrorComparison> {
        self.comparisons.found()
    }
}

/// What a comparison depends on: its rule and the arms that are compared, but for their weights.
#[derive(PartialEq)]
struct Mirrored<'a> {
    rule: &'a MirrorRule,
    builds: Vec<(&'a str, &'a [String])>,
}

fn mirrored(desired: &DesiredTraffic) -> Option<Mirrored<'_>> {
    let rule = desired.mirror.as_ref()?;
    let names = [Some(&rule.from), Some(&rule.to), rule.again.as_ref()];
    let arms = names
        .into_iter()
        .flatten()
        .filter_map(|name| desired.arm(name));
    let builds = arms
        .map(|arm| (arm.version.as_str(), arm.upstreams.as_slice()))
        .collect();
    Some(Mirrored { rule, builds })
}

fn added(one: MirrorCounts, other: MirrorCounts) -> MirrorCounts {
    MirrorCounts {
        sent: one.sent + other.sent,
        dropped_busy: one.dropped_busy + other.dropped_busy,
        compared: one.compared + other.compared,
        dropped_queue: one.dropped_queue + other.dropped_queue,
        dropped_long: one.dropped_long + other.dropped_long,
        dropped_encoded: one.dropped_encoded + other.dropped_encoded,
        dropped_unanswered: one.dropped_unanswered + other.dropped_unanswered,
    }
}

/// Makes the socket, where an old one may still lie. The caller holds the lock.
pub(crate) fn bind(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

pub(crate) async fn serve(stream: UnixStream, steering: &Arc<Steering>) {
    let service =
        service_fn(|request| async { Ok::<_, Infallible>(answer(steering, request).await) });
    // Whoever hung up has no more orders.
    drop(
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}

async fn answer(steering: &Arc<Steering>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    match (request.method().clone(), path.as_str()) {
        (Method::GET, "/v1/traffic") => json(StatusCode::OK, &steering.observe()),
        (Method::GET, "/v1/measurements") => match since(request.uri().query()) {
            Ok(since) => json(StatusCode::OK, &steering.measurements(since)),
            Err(refusal) => refused(&refusal),
        },
        (Method::GET, "/v1/comparison") => json(StatusCode::OK, &steering.comparison()),
        (Method::PUT, "/v1/traffic") => {
            let body = Limited::new(request.into_body(), DESIRED_BYTES_MAX)
                .collect()
                .await;
            let obeyed = match body {
                Ok(body) => obey(steering, body.to_bytes()).await,
                Err(error) => Err(TrafficRefusal::Invalid {
                    pointer: String::new(),
                    problem: error.to_string(),
                }),
            };
            match obeyed {
                Ok(desired) => json(StatusCode::OK, &desired),
                Err(refusal) => refused(&refusal),
            }
        }
        (method, path) => refused(&TrafficRefusal::Unknown {
            what: format!("{method} {path}"),
        }),
    }
}

/// The disk may take its time: clients do not wait for it.
async fn obey(steering: &Arc<Steering>, bytes: Bytes) -> Result<DesiredTraffic, TrafficRefusal> {
    let steering = steering.clone();
    let obeyed = tokio::task::spawn_blocking(move || steering.obey(&bytes)).await;
    obeyed.unwrap_or_else(|error| {
        Err(TrafficRefusal::NotStored {
            problem: error.to_string(),
        })
    })
}

fn since(query: Option<&str>) -> Result<Option<Timestamp>, TrafficRefusal> {
    let Some(query) = query else {
        return Ok(None);
    };
    let millis = query
        .strip_prefix("since=")
        .and_then(|millis| millis.parse().ok());
    let millis = millis.ok_or_else(|| TrafficRefusal::Unknown {
        what: format!("measurement by {query}: write since=UNIX_MILLISECONDS"),
    })?;
    Ok(Some(Timestamp::from_unix_millis(millis)))
}

fn refused(refusal: &TrafficRefusal) -> Response<Full<Bytes>> {
    json(refusal.status(), refusal)
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Response<Full<Bytes>> {
    let (status, text) = match serde_json::to_vec(value) {
        Ok(text) => (status, text),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string().into()),
    };
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
