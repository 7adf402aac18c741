//! What is there now: the proxy's counts, the instances, and what the store wants.

use adjutant_domain::{Digest, ServiceName};
use adjutant_outbound::clock;
use adjutant_outbound::instance::{self, InstanceState};
use adjutant_rollout::{ArmHealth, RolloutMeasurements, ServicePlan};
use adjutant_store::Store;

use super::clustered::{look_at_cluster, state_in_cluster};
use super::entrance::look_at_entrance;
use super::seen::{SeenInstance, SeenService};
use super::{Ground, RolloutError};

/// Looks at a service.
///
/// # Errors
/// When the store or an instance's folder cannot be read. A proxy that does not answer is no error.
pub async fn look_at_service(
    store: &Store,
    ground: &Ground,
    service: &ServiceName,
) -> Result<SeenService, RolloutError> {
    let last = store.last_service_event(service).await?;
    let rollout = match last.as_ref().and_then(|last| last.rollout) {
        Some(id) => Some(store.rollout(id).await?.ok_or(RolloutError::Unstored(id))?),
        None => None,
    };
    let basis = match &rollout {
        Some(rollout) => Some(rollout.clone()),
        None => store.rollouts(service).await?.pop(),
    };
    let desired = last
        .as_ref()
        .map(|last| last.record.desired.clone())
        .unwrap_or_default();
    let read_at = clock::now();
    let plan = basis.as_ref().map(|rollout| &rollout.basis.service);
    let (traffic, entrance, cluster) = match plan {
        Some(ServicePlan::Cluster(plan)) => {
            let (traffic, seen) = look_at_cluster(plan).await;
            let (entrance, cluster) = seen.unzip();
            (traffic, entrance, cluster)
        }
        Some(ServicePlan::Processes(_)) | None => {
            let (traffic, seen) = look_at_entrance(ground, service, &desired, plan).await?;
            (traffic, seen, None)
        }
    };
    let is_in_cluster = matches!(plan, Some(ServicePlan::Cluster(_)));
    let instances = desired
        .running()
        .into_iter()
        .map(|version| {
            if is_in_cluster {
                let state = state_in_cluster(cluster.as_ref(), version);
                return Ok(SeenInstance {
                    version,
                    state,
                    status: None,
                });
            }
            look_at_instance(ground, service, version)
        })
        .collect::<Result<Vec<_>, RolloutError>>()?;
    let is_watched = !is_in_cluster || cluster.is_some();
    let candidate =
        desired
            .candidate
            .filter(|_| is_watched)
            .map_or(ArmHealth::NotWatched, |version| {
                let seen = instances.iter().find(|seen| seen.version == version);
                health(seen.and_then(|seen| seen.state))
            });
    Ok(SeenService {
        service: service.clone(),
        last,
        rollout,
        basis,
        measurements: RolloutMeasurements { traffic, candidate },
        instances,
        entrance,
        cluster,
        trouble: None,
        read_at,
    })
}

/// A version that runs on this machine.
fn look_at_instance(
    ground: &Ground,
    service: &ServiceName,
    version: Digest,
) -> Result<SeenInstance, RolloutError> {
    let status = instance::look(&ground.version_folder(service, version))?;
    Ok(SeenInstance {
        version,
        state: status.as_ref().map(|status| status.state),
        status,
    })
}

fn health(state: Option<InstanceState>) -> ArmHealth {
    match state {
        None | Some(InstanceState::Stopping) => ArmHealth::Gone,
        Some(InstanceState::Starting) => ArmHealth::Starting,
        Some(InstanceState::Well) => ArmHealth::Healthy,
        Some(InstanceState::Unwell) => ArmHealth::Unhealthy,
        Some(InstanceState::CrashLooping) => ArmHealth::CrashLooping,
    }
}
