//! What takes the requests of a service already: told weights, asked what is in effect and what it
//! counted. Nothing here decides about a rollout.
//!
//! **Invariant.** An order of a generation that is older than the one in effect is refused.
//! **Invariant.** What is in effect is what the engine says, not what it was told.

mod error;
mod haproxy;
mod kubernetes;
mod nginx;
mod order;

use std::path::Path;

use adjutant_outbound::lock::{self, FileLock};
use adjutant_outbound::process::{Environment, Keeper};
use adjutant_rollout::{ClusterPlan, EnginePlan, PresentTraffic};

pub use error::EngineError;
pub use kubernetes::{Cluster, ClusterVersion, PlaceHealth, SeenCluster, SeenPlace};
pub use nginx::LogMemory;
pub use order::{EngineArm, EngineOrder, SeenEngine, SeenEngineArm, Steered};

/// An engine of this machine, and what it takes to speak with it.
#[derive(Debug, Clone, Copy)]
pub struct Engine<'a> {
    /// Which, and where.
    pub plan: &'a EnginePlan,
    /// The service, in letters, digits and underscores.
    pub service: &'a str,
    /// Where this machine's controllers of the service meet.
    pub folder: &'a Path,
    /// What programs of the engine run under.
    pub keeper: &'a Keeper,
    /// What they see of the environment.
    pub environment: &'a Environment,
    /// What was read of logs already.
    pub logs: &'a LogMemory,
}

impl Engine<'_> {
    /// What is in effect, and what was counted under it.
    ///
    /// # Errors
    /// When the engine does not answer, or is not set up for this service.
    pub async fn look(&self) -> Result<SeenEngine, EngineError> {
        match self.plan {
            EnginePlan::Haproxy(plan) => haproxy::look(plan).await,
            EnginePlan::Nginx(plan) => nginx::look(self, plan).await,
        }
    }

    /// Puts an order into effect. One that is in effect changes nothing.
    ///
    /// # Errors
    /// When the engine does not answer or does not obey. Asking again is safe.
    pub async fn steer(&self, order: &EngineOrder) -> Result<Steered, EngineError> {
        let Some(_held) = self.hold()? else {
            return Ok(Steered::Waits);
        };
        match self.plan {
            EnginePlan::Haproxy(plan) => haproxy::steer(plan, order).await,
            EnginePlan::Nginx(plan) => nginx::steer(self, plan, order).await,
        }
    }

    /// The traffic there is now; `None` when there is too little to say.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn present(&self) -> Result<Option<PresentTraffic>, EngineError> {
        match self.plan {
            EnginePlan::Haproxy(plan) => haproxy::present(plan).await,
            EnginePlan::Nginx(plan) => nginx::present(plan),
        }
    }

    /// Two controllers of one machine compare and change one after the other.
    fn hold(&self) -> Result<Option<FileLock>, EngineError> {
        let path = self.folder.join("engine.lock");
        lock::try_hold(&path).map_err(|source| EngineError::File {
            path,
            action: "locked",
            source,
        })
    }
}

/// Reads bytes as all that engines say, for the fuzzer: whatever they are, nothing panics.
#[doc(hidden)]
pub fn read_anything(cluster: &ClusterPlan, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    haproxy::read_anything(&text);
    nginx::read_anything(&text);
    if let Ok(object) = serde_json::from_slice(bytes) {
        kubernetes::read_anything(cluster, &object);
    }
}
