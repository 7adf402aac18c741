//! Makes what is there what is wanted. Each act looks first whether it is done.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use adjutant_domain::{Digest, ServiceName};
use adjutant_outbound::instance::{self, HealthCheck, InstanceSpec};
use adjutant_rollout::{
    DesiredService, EntrancePlan, ProcessPlan, ProxyPlan, RolloutWeight, ServicePlan,
};
use adjutant_store::Store;
use adjutant_traffic::{
    DesiredTraffic, MirrorRule, Patience, StickyRule, TrafficArm, TrafficControlError,
    UpstreamProtocol, WEIGHT_WHOLE,
};

use super::clustered::act_in_cluster;
use super::counting::{BASELINE, CANDIDATE};
use super::entrance::{address_of, build, steer_engine};
use super::seen::SeenService;
use super::{Ground, RolloutError, lay_down_error};

/// The most mirrored requests at the same time, in each worker of the proxy.
const MIRRORS_IN_FLIGHT: usize = 64;

/// The longest answer that is compared.
const MIRROR_BODY_BYTES: usize = 1_024 * 1_024;

/// What acting needs of a rollout's basis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Basis<'a> {
    pub(super) service: &'a ServicePlan,
    pub(super) request_timeout_ms: i64,
}

/// Sees to the instances and to the proxy. Whether everything is as it is wanted.
pub(super) async fn act(
    store: &Store,
    ground: &Ground,
    basis: Basis<'_>,
    seen: &SeenService,
) -> Result<bool, RolloutError> {
    let processes = match basis.service {
        ServicePlan::Cluster(plan) => return act_in_cluster(store, ground, plan, seen).await,
        ServicePlan::Processes(processes) => processes,
    };
    let desired = seen.desired();
    if let EntrancePlan::Proxy(proxy) = &processes.traffic {
        ensure_proxy(ground, proxy, &seen.service).await?;
    }
    for version in desired.running() {
        if seen.instance(version).is_none() {
            ensure_version(store, ground, processes, &seen.service, version).await?;
        }
    }
    let is_in_effect = seen.generation() == Some(desired.generation);
    let is_there = match processes.traffic {
        EntrancePlan::Proxy(_) => seen.entrance.is_some(),
        // It is not ours to start: that it does not answer has to be told.
        EntrancePlan::Engine(_) => true,
    };
    if !is_in_effect && seen.may_steer(&desired, is_there) {
        match &processes.traffic {
            EntrancePlan::Proxy(proxy) => {
                steer_proxy(ground, basis, proxy, &seen.service, &desired).await?;
            }
            EntrancePlan::Engine(engine) => {
                steer_engine(ground, &seen.service, engine, &desired).await?;
            }
        }
        return Ok(false);
    }
    Ok(is_in_effect && stop_others(ground, seen, &desired).await?)
}

async fn ensure_proxy(
    ground: &Ground,
    proxy: &ProxyPlan,
    service: &ServiceName,
) -> Result<(), RolloutError> {
    let folder = ground.proxy_folder(service);
    if instance::look(&folder)?.is_some() {
        return Ok(());
    }
    let listen = &proxy.listen;
    let control = ground.control_socket(service);
    let words = [
        ground.program.as_os_str(),
        "traffic".as_ref(),
        "serve".as_ref(),
        "--listen".as_ref(),
        listen.as_ref(),
        "--control".as_ref(),
        control.as_os_str(),
    ];
    let spec = InstanceSpec {
        argv: words
            .map(|word| word.to_string_lossy().into_owned())
            .to_vec(),
        folder: ground.work_folder.clone(),
        health: HealthCheck::Connect(listen.clone()),
        health_every_ms: 1_000,
        unwell_ms_max: 30_000,
        drain_ms: 35_000,
        crashes_max: 5,
        crash_window_ms: 60_000,
    };
    ground.effects.pass();
    instance::ensure(&folder, &spec, &ground.keeper(), &ground.environment).await?;
    ground.effects.pass();
    Ok(())
}

async fn ensure_version(
    store: &Store,
    ground: &Ground,
    plan: &ProcessPlan,
    service: &ServiceName,
    version: Digest,
) -> Result<(), RolloutError> {
    let folder = ground.version_folder(service, version);
    let spec = match instance::read_spec(&folder)? {
        Some(spec) => spec,
        None => {
            let artifact = lay_down(store, &folder, version)?;
            let port = instance::free_port().map_err(RolloutError::NoPort)?;
            spec(ground, plan, &artifact, port)
        }
    };
    ground.effects.pass();
    instance::ensure(&folder, &spec, &ground.keeper(), &ground.environment).await?;
    ground.effects.pass();
    Ok(())
}

/// The bytes of a version as a file that can be started.
fn lay_down(store: &Store, folder: &Path, version: Digest) -> Result<String, RolloutError> {
    let path = folder.join("artifact");
    let unfinished = folder.join(format!("artifact.{}", std::process::id()));
    let bytes = store.artifact(version)?;
    let write = || {
        std::fs::create_dir_all(folder)?;
        std::fs::write(&unfinished, &bytes)?;
        std::fs::set_permissions(&unfinished, std::fs::Permissions::from_mode(0o755))?;
        std::fs::rename(&unfinished, &path)
    };
    write().map_err(lay_down_error(&path))?;
    Ok(path.to_string_lossy().into_owned())
}

fn spec(ground: &Ground, plan: &ProcessPlan, artifact: &str, port: u16) -> InstanceSpec {
    let port_text = port.to_string();
    let filled = |word: &String| {
        word.replace("{artifact}", artifact)
            .replace("{port}", &port_text)
    };
    let millis = |ms: i64| u64::try_from(ms).unwrap_or(0);
    InstanceSpec {
        argv: plan.command.iter().map(filled).collect(),
        folder: ground.work_folder.clone(),
        health: HealthCheck::Http(format!("http://127.0.0.1:{port}{}", plan.health)),
        health_every_ms: millis(plan.health_every_ms),
        unwell_ms_max: millis(plan.start_ms_max),
        drain_ms: millis(plan.drain_ms),
        crashes_max: plan.crashes_max,
        crash_window_ms: millis(plan.crash_window_ms),
    }
}

async fn steer_proxy(
    ground: &Ground,
    basis: Basis<'_>,
    proxy: &ProxyPlan,
    service: &ServiceName,
    desired: &DesiredService,
) -> Result<(), RolloutError> {
    let Some(live) = desired.live else {
        return Ok(());
    };
    let candidate = desired.candidate.filter(|_| desired.exposure.is_any());
    let weight = u32::from(desired.exposure.weight.basis_points());
    let mut arms = vec![arm(
        ground,
        service,
        BASELINE,
        live,
        desired,
        WEIGHT_WHOLE - weight,
    )?];
    if let Some(candidate) = candidate {
        arms.push(arm(ground, service, CANDIDATE, candidate, desired, weight)?);
    }
    let is_mirrored = candidate.is_some() && desired.exposure.mirror > RolloutWeight::NONE;
    let wanted = DesiredTraffic {
        generation: desired.generation,
        arms,
        sticky: proxy
            .sticky_cookie
            .clone()
            .map(|name| StickyRule::Cookie { name, issue: true }),
        mirror: is_mirrored.then(|| MirrorRule {
            from: BASELINE.to_owned(),
            to: CANDIDATE.to_owned(),
            again: Some(BASELINE.to_owned()),
            share: u32::from(desired.exposure.mirror.basis_points()),
            allow: proxy.mirror_allow.clone(),
            body_bytes_max: MIRROR_BODY_BYTES,
            in_flight_max: MIRRORS_IN_FLIGHT,
            regression_max: 0.0,
            ignore: proxy.mirror_ignore.iter().cloned().collect(),
            tolerances: Default::default(),
            unordered: Default::default(),
        }),
        patience: Patience {
            response_ms: u64::try_from(basis.request_timeout_ms).unwrap_or(1).max(1),
            ..Patience::default()
        },
    };
    ground.effects.pass();
    let applied = ground.traffic(service).apply(&wanted).await;
    ground.effects.pass();
    match applied {
        Ok(()) => Ok(()),
        // Somebody with a newer state was quicker; the next look sees it.
        Err(TrafficControlError::Refused(adjutant_traffic::TrafficRefusal::StaleGeneration {
            ..
        })) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn arm(
    ground: &Ground,
    service: &ServiceName,
    name: &str,
    version: Digest,
    desired: &DesiredService,
    weight: u32,
) -> Result<TrafficArm, RolloutError> {
    let address = address_of(ground, service, version)?;
    Ok(TrafficArm {
        name: name.to_owned(),
        version: build(version, desired.generation),
        upstreams: address.into_iter().collect(),
        protocol: UpstreamProtocol::Http1,
        weight,
    })
}

/// Stops the versions that are not wanted any more, once no request is on them. Whether none is
/// left.
async fn stop_others(
    ground: &Ground,
    seen: &SeenService,
    desired: &DesiredService,
) -> Result<bool, RolloutError> {
    let wanted = desired.running();
    let mut is_done = true;
    for (version, folder) in ground.versions(&seen.service)? {
        if wanted.contains(&version) || instance::look(&folder)?.is_none() {
            continue;
        }
        if seen.in_flight(version) > 0 {
            is_done = false;
            continue;
        }
        ground.effects.pass();
        instance::stop(&folder).await?;
        ground.effects.pass();
    }
    Ok(is_done)
}

/// Ends the proxy and every version on this machine, without changing what is wanted: the next
/// controller brings them back.
///
/// # Errors
/// When one of them does not end.
pub async fn stop_service(ground: &Ground, service: &ServiceName) -> Result<(), RolloutError> {
    instance::stop(&ground.proxy_folder(service)).await?;
    for (_, folder) in ground.versions(service)? {
        instance::stop(&folder).await?;
    }
    Ok(())
}

/// How long until the next look.
pub(super) fn pause(tick_ms: i64, is_settling: bool) -> Duration {
    const SETTLING_MS: u64 = 50;
    let tick = u64::try_from(tick_ms).unwrap_or(0).max(SETTLING_MS);
    Duration::from_millis(if is_settling {
        tick.min(SETTLING_MS)
    } else {
        tick
    })
}
