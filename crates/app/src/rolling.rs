//! Rollouts carried out. What is wanted of a service stands in the store; [`control`] looks at what
//! is there, decides, stores the decision, and only then acts. Every act compares first: killed
//! anywhere, it goes on where it stopped, and two controllers do not disturb each other, because
//! the store hears only who has seen the last event and the traffic only the newest generation.

mod acting;
mod clustered;
mod controlling;
mod counting;
mod entrance;
mod hindrance;
mod lifting;
mod looking;
mod ordering;
mod seen;
mod starting;

use std::path::{Path, PathBuf};

use adjutant_domain::{Digest, ServiceName};
use adjutant_engine::{EngineError, LogMemory};
use adjutant_outbound::instance::InstanceError;
use adjutant_outbound::process::{Environment, Keeper};
use adjutant_store::StoreError;
use adjutant_traffic::{TrafficControl, TrafficControlError};

use crate::{Effects, RecordError};

pub use acting::stop_service;
pub use controlling::{ControlEnd, WhileWaiting, control};
pub use entrance::{SeenEntrance, VersionRequests};
pub use hindrance::{Culprit, Hindrance};
pub use looking::look_at_service;
pub use ordering::{OrderRefusal, Ordered, lift_version, order_rollout, undo_rollout};
pub use seen::{SeenInstance, SeenService};
pub use starting::{
    NewVersion, PlanError, PlannedRollout, RolloutRequest, RolloutStart, StartRefusal,
    plan_rollout, read_rollout_plan, start_rollout,
};

/// Where services run, and with what.
#[derive(Debug)]
pub struct Ground {
    /// The folder of all services' instances.
    pub folder: PathBuf,
    /// Where their programs run.
    pub work_folder: PathBuf,
    /// This program.
    pub program: PathBuf,
    /// What the services see of the environment.
    pub environment: Environment,
    /// What was read of engines' logs already.
    pub logs: LogMemory,
    /// Counts what outlasts this program.
    pub effects: Effects,
}

impl Ground {
    /// The proxy of a service.
    pub fn traffic(&self, service: &ServiceName) -> TrafficControl {
        TrafficControl::at(&self.control_socket(service))
    }

    /// Whether anything of a service was ever started here.
    pub(crate) fn knows(&self, service: &ServiceName) -> bool {
        self.service_folder(service).is_dir()
    }

    /// The versions that were ever laid down on this machine, with their folders.
    fn versions(&self, service: &ServiceName) -> Result<Vec<(Digest, PathBuf)>, RolloutError> {
        let folder = self.versions_folder(service);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(lay_down_error(&folder)(error)),
        };
        let mut versions = Vec::new();
        for entry in entries {
            let entry = entry.map_err(lay_down_error(&folder))?;
            let name = entry.file_name();
            if let Some(version) = name.to_str().and_then(|name| name.parse().ok()) {
                versions.push((version, entry.path()));
            }
        }
        Ok(versions)
    }

    fn control_socket(&self, service: &ServiceName) -> PathBuf {
        self.proxy_folder(service).join("control.sock")
    }

    fn service_folder(&self, service: &ServiceName) -> PathBuf {
        // A name may hold a slash; a folder of that name would be two.
        self.folder.join(service.as_str().replace('/', "%2F"))
    }

    fn proxy_folder(&self, service: &ServiceName) -> PathBuf {
        self.service_folder(service).join("proxy")
    }

    fn versions_folder(&self, service: &ServiceName) -> PathBuf {
        self.service_folder(service).join("versions")
    }

    fn version_folder(&self, service: &ServiceName, version: Digest) -> PathBuf {
        self.versions_folder(service).join(version.to_string())
    }

    fn keeper(&self) -> Keeper {
        Keeper::Program(self.program.clone())
    }
}

/// A rollout that could not be carried on. Asking again is safe.
#[derive(Debug, thiserror::Error)]
pub enum RolloutError {
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An instance could not be started, seen or stopped.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The proxy did not do as told.
    #[error(transparent)]
    Traffic(#[from] TrafficControlError),
    /// What takes the requests did not do as told.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A version is to run in a cluster and names no image.
    #[error("{} names no image that a cluster could run", .0.short())]
    NoImage(Digest),
    /// A version could not be laid down to be started.
    #[error("{}: a version cannot be laid down to be started", path.display())]
    LayDown {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no port left.
    #[error("there is no free port for an instance")]
    NoPort(#[source] std::io::Error),
    /// A decision about a version that was taken back cannot be opened.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A row of the store does not hold together.
    #[error("rollout {0} is under way and not stored")]
    Unstored(adjutant_rollout::RolloutId),
}

fn lay_down_error(path: &Path) -> impl FnOnce(std::io::Error) -> RolloutError {
    let path = path.to_owned();
    move |source| RolloutError::LayDown { path, source }
}
