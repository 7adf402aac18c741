//! Versions that run in a cluster: put into one of two places, given their share, and taken away.

use adjutant_domain::Digest;
use adjutant_engine::{
    Cluster, ClusterVersion, EngineArm, EngineOrder, PlaceHealth, SeenCluster, SeenPlace,
};
use adjutant_outbound::instance::InstanceState;
use adjutant_rollout::{ClusterPlan, DesiredService, RolloutWeight, TrafficSource};
use adjutant_store::Store;

use super::entrance::{SeenEntrance, VersionRequests};
use super::seen::SeenService;
use super::{Ground, RolloutError};
use crate::doctor::chain;

/// Looks at a cluster; without an answer only the reason is known. What is there is seen even when
/// nobody counts its requests: a rollback needs no counts.
pub(super) async fn look_at_cluster(
    plan: &ClusterPlan,
) -> (TrafficSource, Option<(SeenEntrance, SeenCluster)>) {
    let cluster = Cluster { plan };
    match cluster.look().await {
        Ok(seen) => {
            let traffic = match cluster.count(&seen).await {
                Ok(window) => TrafficSource::Seen(window),
                Err(error) => TrafficSource::Failed(chain(&error)),
            };
            let versions = seen.places.iter().filter_map(|place| {
                Some(VersionRequests {
                    version: version_of(place)?.short(),
                    serves: place.serves,
                    in_flight: 0,
                })
            });
            let entrance = SeenEntrance {
                generation: seen.generation(),
                versions: versions.collect(),
                is_draining: false,
            };
            (traffic, Some((entrance, seen)))
        }
        Err(error) => (TrafficSource::Failed(chain(&error)), None),
    }
}

/// How the pods of a version are.
pub(super) fn state_in_cluster(
    cluster: Option<&SeenCluster>,
    version: Digest,
) -> Option<InstanceState> {
    match place_of(cluster?, version)?.health {
        PlaceHealth::Empty => None,
        PlaceHealth::Starting => Some(InstanceState::Starting),
        PlaceHealth::Ready => Some(InstanceState::Well),
        PlaceHealth::Unready => Some(InstanceState::Unwell),
        PlaceHealth::CrashLooping => Some(InstanceState::CrashLooping),
    }
}

fn version_of(place: &SeenPlace) -> Option<Digest> {
    place.version.as_deref()?.parse().ok()
}

fn place_of(cluster: &SeenCluster, version: Digest) -> Option<&SeenPlace> {
    let mut places = cluster.places.iter();
    places.find(|place| version_of(place) == Some(version))
}

/// Makes the cluster what is wanted. Whether it is.
pub(super) async fn act_in_cluster(
    store: &Store,
    ground: &Ground,
    plan: &ClusterPlan,
    seen: &SeenService,
) -> Result<bool, RolloutError> {
    let desired = seen.desired();
    let cluster = Cluster { plan };
    let Some(there) = &seen.cluster else {
        // Looked at once more, for the reason why it could not be.
        cluster.look().await?;
        return Ok(false);
    };
    for version in [desired.live, desired.candidate].into_iter().flatten() {
        if !ensure_place(store, ground, cluster, there, &desired, version).await? {
            return Ok(false);
        }
    }
    if seen.generation() != Some(desired.generation) {
        if seen.may_steer(&desired, true) {
            steer(ground, cluster, there, &desired).await?;
        }
        return Ok(false);
    }
    let wanted = desired.running();
    let mut is_done = true;
    for place in &there.places {
        // What nobody put there through Adjutant is left alone.
        let is_over = version_of(place).is_some_and(|version| !wanted.contains(&version));
        if is_over && place.health != PlaceHealth::Empty && !place.serves {
            is_done = false;
            ground.effects.pass();
            cluster.stop(&place.place).await?;
            ground.effects.pass();
        }
    }
    Ok(is_done)
}

/// Whether a version has a place with pods; otherwise it gets one, as soon as one is free.
async fn ensure_place(
    store: &Store,
    ground: &Ground,
    cluster: Cluster<'_>,
    there: &SeenCluster,
    desired: &DesiredService,
    version: Digest,
) -> Result<bool, RolloutError> {
    let has = place_of(there, version);
    if has.is_some_and(|place| place.health != PlaceHealth::Empty) {
        return Ok(true);
    }
    let image = image_of(&store.artifact(version)?).ok_or(RolloutError::NoImage(version))?;
    let is_free = |place: &&SeenPlace| {
        version_of(place).is_none_or(|there| !desired.running().contains(&there))
            || version_of(place) == desired.previous
    };
    let is_it = |place: &&SeenPlace| {
        place.version.is_none() && place.image.as_deref() == Some(image.as_str())
    };
    let free = || there.places.iter().filter(is_free);
    let place = has
        .or_else(|| free().find(is_it))
        .or_else(|| free().find(|place| !place.serves));
    if let Some(place) = place {
        let version = ClusterVersion {
            version: version.to_string(),
            image,
        };
        ground.effects.pass();
        cluster.run(&place.place, &version).await?;
        ground.effects.pass();
    }
    Ok(false)
}

/// The image that a version's bytes name.
pub(super) fn image_of(bytes: &[u8]) -> Option<String> {
    const IMAGE_BYTES_MAX: usize = 1_024;
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let is_image = !text.is_empty() && text.len() <= IMAGE_BYTES_MAX && text.chars().all(is_usual);
    is_image.then(|| text.to_owned())
}

async fn steer(
    ground: &Ground,
    cluster: Cluster<'_>,
    there: &SeenCluster,
    desired: &DesiredService,
) -> Result<(), RolloutError> {
    let arm = |version: Digest, weight: RolloutWeight| {
        place_of(there, version).map(|place| EngineArm {
            address: place.place.service.clone(),
            weight,
        })
    };
    let candidate = desired.candidate.filter(|_| desired.exposure.is_any());
    let weight = desired.exposure.weight;
    let rest = RolloutWeight::ALL.without(weight);
    let Some(baseline) = desired.live.and_then(|live| arm(live, rest)) else {
        return Ok(());
    };
    let order = EngineOrder {
        generation: desired.generation,
        baseline,
        candidate: candidate.and_then(|candidate| arm(candidate, weight)),
    };
    ground.effects.pass();
    let steered = cluster.steer(&order).await;
    ground.effects.pass();
    // The next look sees what is in effect, whoever was quicker.
    steered.map(|_| ()).map_err(RolloutError::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_one_word() {
        let image = "registry.example:5000/shop/search@sha256:0f";
        assert_eq!(
            image_of(format!("{image}\n").as_bytes()),
            Some(image.to_owned())
        );
        for text in ["", "a b", "#!/bin/sh\nexit 1\n", "\u{e9}"] {
            assert_eq!(image_of(text.as_bytes()), None, "{text}");
        }
    }
}
