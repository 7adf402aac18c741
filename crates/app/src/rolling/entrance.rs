//! Where requests come in: the own proxy, or what stands there already.

use adjutant_domain::{Digest, ServiceName};
use adjutant_engine::{
    Cluster, Engine, EngineArm, EngineOrder, SeenEngine, SeenEngineArm, Steered,
};
use adjutant_outbound::instance::{self, HealthCheck};
use adjutant_outbound::process::Keeper;
use adjutant_rollout::{
    DesiredService, EnginePlan, PresentTraffic, RolloutWeight, ServicePlan, TrafficSource,
};
use adjutant_traffic::ObservedTraffic;

use super::counting::{measure, present};
use super::{Ground, RolloutError};
use crate::doctor::chain;

/// What the requests of a service do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenEntrance {
    /// The generation that is in effect.
    pub generation: Option<u64>,
    /// The versions that get requests, or still have some.
    pub versions: Vec<VersionRequests>,
    /// Whether requests may still be where an earlier order sent them.
    pub is_draining: bool,
}

/// The requests of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRequests {
    /// The version, as [`Digest::short`] tells it.
    pub version: String,
    /// Whether new ones come.
    pub serves: bool,
    /// Those that have not ended.
    pub in_flight: u64,
}

impl SeenEntrance {
    /// Whether new requests go to a version.
    pub(super) fn serves(&self, version: Digest) -> bool {
        self.of(version).any(|seen| seen.serves)
    }

    /// Requests on a version that have not ended, as far as can be told.
    pub(super) fn in_flight(&self, version: Digest) -> u64 {
        let told: u64 = self.of(version).map(|seen| seen.in_flight).sum();
        told + u64::from(self.is_draining)
    }

    fn of(&self, version: Digest) -> impl Iterator<Item = &VersionRequests> {
        let short = version.short();
        self.versions
            .iter()
            .filter(move |seen| seen.version == short)
    }

    fn of_proxy(observed: &ObservedTraffic) -> Self {
        let desired = observed.desired.as_ref();
        let weights = desired.into_iter().flat_map(|desired| &desired.arms);
        let told = weights.map(|arm| VersionRequests {
            version: without_generation(&arm.version),
            serves: arm.weight > 0,
            in_flight: 0,
        });
        let counted = observed.arms.iter().map(|arm| VersionRequests {
            version: without_generation(&arm.version),
            serves: false,
            in_flight: arm.in_flight,
        });
        Self {
            generation: desired.map(|desired| desired.generation),
            versions: told.chain(counted).collect(),
            is_draining: false,
        }
    }
}

/// What the proxy calls a version in a generation: the counts of two generations stay apart.
pub(super) fn build(version: Digest, generation: u64) -> String {
    format!("{}@{generation}", version.short())
}

fn without_generation(build: &str) -> String {
    build
        .split_once('@')
        .map_or(build, |(version, _)| version)
        .to_owned()
}

/// Asks what takes the requests of a service; `None` with the reason when it does not answer.
pub(super) async fn look_at_entrance(
    ground: &Ground,
    service: &ServiceName,
    desired: &DesiredService,
    plan: Option<&ServicePlan>,
) -> Result<(TrafficSource, Option<SeenEntrance>), RolloutError> {
    if let Some(plan) = plan.and_then(ServicePlan::engine) {
        let place = EnginePlace::of(ground, service);
        return match place.engine(ground, plan).look().await {
            Ok(seen) => {
                let window = TrafficSource::Seen(seen.window.clone());
                Ok((window, Some(seen_of_engine(ground, service, seen)?)))
            }
            Err(error) => Ok((TrafficSource::Failed(chain(&error)), None)),
        };
    }
    let control = ground.traffic(service);
    Ok(match control.observe().await {
        Ok(observed) => {
            let seen = SeenEntrance::of_proxy(&observed);
            match measure(ground, service, desired, &observed).await {
                Ok(window) => (TrafficSource::Seen(window), Some(seen)),
                Err(error) => (TrafficSource::Failed(error.to_string()), Some(seen)),
            }
        }
        Err(error) => (TrafficSource::Failed(error.to_string()), None),
    })
}

/// What an engine is spoken to with.
struct EnginePlace {
    service: String,
    folder: std::path::PathBuf,
    keeper: Keeper,
}

impl EnginePlace {
    fn of(ground: &Ground, service: &ServiceName) -> Self {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        Self {
            service: service.as_str().chars().map(letter).collect(),
            folder: ground.service_folder(service),
            keeper: ground.keeper(),
        }
    }

    fn engine<'a>(&'a self, ground: &'a Ground, plan: &'a EnginePlan) -> Engine<'a> {
        Engine {
            plan,
            service: &self.service,
            folder: &self.folder,
            keeper: &self.keeper,
            environment: &ground.environment,
            logs: &ground.logs,
        }
    }
}

/// Says of the addresses of an engine which versions run there.
fn seen_of_engine(
    ground: &Ground,
    service: &ServiceName,
    seen: SeenEngine,
) -> Result<SeenEntrance, RolloutError> {
    let mut places = Vec::new();
    for (version, folder) in ground.versions(service)? {
        // A port of what has ended may be another version's by now.
        if instance::look(&folder)?.is_some()
            && let Some(address) = address_of(ground, service, version)?
        {
            places.push((version, address));
        }
    }
    let of = |arm: SeenEngineArm| {
        let runs = places.iter().find(|(_, address)| *address == arm.address);
        runs.map(|(version, _)| VersionRequests {
            version: version.short(),
            serves: arm.serves,
            in_flight: arm.in_flight,
        })
    };
    Ok(SeenEntrance {
        generation: seen.generation,
        versions: seen.arms.into_iter().filter_map(of).collect(),
        is_draining: seen.is_draining,
    })
}

/// Where a version listens: what its health check asks.
pub(super) fn address_of(
    ground: &Ground,
    service: &ServiceName,
    version: Digest,
) -> Result<Option<String>, RolloutError> {
    let spec = instance::read_spec(&ground.version_folder(service, version))?;
    Ok(spec.and_then(|spec| match spec.health {
        HealthCheck::Http(url) => {
            let (_, rest) = url.split_once("//")?;
            rest.split('/').next().map(str::to_owned)
        }
        HealthCheck::Connect(address) => Some(address),
    }))
}

/// Tells an engine what is wanted.
pub(super) async fn steer_engine(
    ground: &Ground,
    service: &ServiceName,
    plan: &EnginePlan,
    desired: &DesiredService,
) -> Result<(), RolloutError> {
    let arm = |version: Option<Digest>, weight| -> Result<Option<EngineArm>, RolloutError> {
        let Some(version) = version else {
            return Ok(None);
        };
        let address = address_of(ground, service, version)?;
        Ok(address.map(|address| EngineArm { address, weight }))
    };
    let candidate = desired.candidate.filter(|_| desired.exposure.is_any());
    let weight = desired.exposure.weight;
    let rest = RolloutWeight::ALL.without(weight);
    let Some(baseline) = arm(desired.live, rest)? else {
        return Ok(());
    };
    let order = EngineOrder {
        generation: desired.generation,
        baseline,
        candidate: arm(candidate, weight)?,
    };
    let place = EnginePlace::of(ground, service);
    ground.effects.pass();
    let steered = place.engine(ground, plan).steer(&order).await;
    ground.effects.pass();
    match steered? {
        // The next look sees what is in effect, whoever was quicker.
        Steered::Told | Steered::Waits | Steered::Late => Ok(()),
    }
}

/// The traffic there is now; nothing when that is too little to say anything.
pub(super) async fn present_traffic(
    ground: &Ground,
    service: &ServiceName,
    plan: Option<&ServicePlan>,
) -> Result<Option<PresentTraffic>, RolloutError> {
    if let Some(ServicePlan::Cluster(plan)) = plan {
        return Ok(Cluster { plan }.present().await?);
    }
    if let Some(plan) = plan.and_then(ServicePlan::engine) {
        let place = EnginePlace::of(ground, service);
        return Ok(place.engine(ground, plan).present().await?);
    }
    let control = ground.traffic(service);
    let observed = control.observe().await?;
    let measured = control.measurements(None).await?;
    Ok(present(&observed, &measured))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_of_the_proxy_is_its_version_again() {
        let version = Digest::from_bytes([7; 32]);
        assert_eq!(without_generation(&build(version, 12)), version.short());
    }
}
