//! A rollout begins: the plan is read, the version stored, the worst case computed.

use std::path::PathBuf;

use adjutant_domain::{Digest, ServiceName, Timestamp};
use adjutant_outbound::files::{self, FileError};
use adjutant_outbound::instance::InstanceState;
use adjutant_rollout::{
    DesiredService, InvalidPlan, ReadPlan, RecoveryProof, RecoveryRefusal, RolloutId, RolloutPhase,
    RolloutState, ServiceEvent, ServicePlan, ServiceRecord, StrategyFile, prove_recovery,
    read_plan, strategy_file,
};
use adjutant_store::{NewServiceEvent, RolloutBasis, ServiceTurn, Store};
use adjutant_traffic::TrafficControlError;

use super::clustered::image_of;
use super::entrance::present_traffic;
use super::lifting::lift_by_gate;
use super::{Ground, RolloutError, WhileWaiting, control, look_at_service};
use crate::Home;
use crate::doctor::chain;

/// What is to be rolled out.
#[derive(Debug, Clone, PartialEq)]
pub struct RolloutRequest {
    /// Of which service.
    pub service: ServiceName,
    /// The version.
    pub version: NewVersion,
    /// The plan.
    pub plan: ReadPlan,
}

/// A version as it is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewVersion {
    /// Its bytes: what the service's command starts, or the name of an image in a file.
    Bytes(Vec<u8>),
    /// The name of an image, which only a cluster can run.
    Image(String),
}

impl NewVersion {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Image(image) => image.as_bytes(),
        }
    }
}

/// A rollout that begins, or one that was there.
#[derive(Debug, Clone, PartialEq)]
pub enum RolloutStart {
    /// It began.
    Started(RolloutId),
    /// It is the first version of the service: everybody gets it, there is nothing to compare with.
    First(RolloutId),
    /// The same version is under way already.
    UnderWay(RolloutId),
    /// The version is in use.
    AlreadyLive,
}

/// Why a rollout does not begin. Nothing changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StartRefusal {
    /// The plan does not say how the service is started.
    #[error("the plan does not say how the service is started")]
    NoService,
    /// The version is to run in a cluster and names no image.
    #[error("the version names no image that a cluster could run")]
    NoImage,
    /// The version is an image, and the service runs on this machine.
    #[error("the service runs on this machine, which starts no image")]
    ImageHere,
    /// Another version is under way.
    #[error("{0} is under way with another version")]
    UnderWay(RolloutId),
    /// The version was taken back.
    #[error("{} was taken back by {}", version.short(), rollout.map_or_else(|| "a person".to_owned(), |id| id.to_string()))]
    Blocked {
        /// Which.
        version: Digest,
        /// By which rollout, or by a person.
        rollout: Option<RolloutId>,
    },
    /// The worst-case recovery time is unknown or too long.
    #[error("{why}")]
    Recovery {
        /// Why.
        why: RecoveryRefusal,
        /// Its parts, where it could be computed.
        proof: Option<RecoveryProof>,
    },
    /// Somebody else changed the service at the same time.
    #[error("somebody else changed the service at the same time")]
    Late,
}

impl StartRefusal {
    /// Whether nobody knows whether it may begin.
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Recovery { why, .. } => match why {
                RecoveryRefusal::NoTraffic | RecoveryRefusal::SourceFailed(_) => true,
                RecoveryRefusal::NeverDetected { .. }
                | RecoveryRefusal::Unmonitored
                | RecoveryRefusal::TooLong { .. } => false,
            },
            Self::NoService
            | Self::NoImage
            | Self::ImageHere
            | Self::UnderWay(_)
            | Self::Blocked { .. }
            | Self::Late => false,
        }
    }

    /// What to do about it.
    pub fn remedy(&self, service: &ServiceName) -> String {
        match self {
            Self::NoService => {
                format!("Add [rollout.{service}.service] with command, health and traffic.listen.")
            }
            Self::NoImage => {
                format!("Name it: adjutant rollout start {service} --image REGISTRY/NAME@sha256:…")
            }
            Self::ImageHere => {
                format!(
                    "Give what its command starts: adjutant rollout start {service} --artifact FILE."
                )
            }
            Self::UnderWay(_) => {
                format!("Wait for it, or adjutant rollout abort {service} --because \"…\".")
            }
            Self::Blocked { version, .. } => format!(
                "Mend it; or let its gate judge it anew, with --artifact and new evidence; or \
                 adjutant rollout lift {service} {version} --because \"…\"."
            ),
            Self::Recovery { why, .. } => match why {
                RecoveryRefusal::NoTraffic => {
                    "Send requests through the service's proxy for some seconds, and start again."
                        .to_owned()
                }
                RecoveryRefusal::SourceFailed(_) => {
                    format!(
                        "Mend what it says, and start again; the service's own proxy is started \
                         by adjutant rollout run {service}."
                    )
                }
                RecoveryRefusal::NeverDetected { .. }
                | RecoveryRefusal::Unmonitored
                | RecoveryRefusal::TooLong { .. } => {
                    format!(
                        "Change the plan; adjutant rollout plan {service} shows what takes how long."
                    )
                }
            },
            Self::Late => {
                format!("Look at adjutant rollout status {service}, and start again.")
            }
        }
    }
}

/// A plan with its worst case at present.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRollout {
    /// The plan.
    pub plan: ReadPlan,
    /// The traffic there is, where there is any.
    pub requests_per_second: Option<f64>,
    /// The worst case, or why it is not known.
    pub recovery: Result<RecoveryProof, RecoveryRefusal>,
}

/// A plan that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There are no settings.
    #[error("there is no adjutant.toml")]
    NoSettings,
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is not UTF-8.
    #[error("{}: this is not UTF-8", .0.display())]
    NotText(PathBuf),
    /// The plan cannot be followed.
    #[error(transparent)]
    Invalid(#[from] InvalidPlan),
}

/// Reads the plan of a service from the settings, and from the file that they name.
///
/// # Errors
/// When there is none, or it asks for something that is not supported.
pub fn read_rollout_plan(home: &Home, service: &ServiceName) -> Result<ReadPlan, PlanError> {
    let path = home.settings.clone().ok_or(PlanError::NoSettings)?;
    let text = read_text(&path)?;
    let name = path.to_string_lossy().into_owned();
    let settings = StrategyFile {
        file: &name,
        text: &text,
    };
    let Some(file) = strategy_file(settings, service.as_str())? else {
        return Ok(read_plan(settings, service.as_str(), None)?);
    };
    let path = path
        .parent()
        .map_or_else(|| PathBuf::from(&file), |folder| folder.join(&file));
    let text = read_text(&path)?;
    let strategy = StrategyFile {
        file: &file,
        text: &text,
    };
    Ok(read_plan(settings, service.as_str(), Some(strategy))?)
}

fn read_text(path: &std::path::Path) -> Result<String, PlanError> {
    let bytes = files::read(path)?.bytes;
    String::from_utf8(bytes).map_err(|_not_text| PlanError::NotText(path.to_owned()))
}

/// The worst case of a plan at present.
///
/// # Errors
/// When what takes the requests does not answer as it should.
pub async fn plan_rollout(
    ground: &Ground,
    service: &ServiceName,
    plan: ReadPlan,
) -> Result<PlannedRollout, RolloutError> {
    let present = match present_traffic(ground, service, plan.service.as_ref()).await {
        Ok(Some(present)) => Ok(present),
        Ok(None) => Err(RecoveryRefusal::NoTraffic),
        Err(RolloutError::Traffic(error @ TrafficControlError::Unreachable { .. })) => {
            Err(RecoveryRefusal::SourceFailed(chain(&error)))
        }
        Err(RolloutError::Engine(error)) => Err(RecoveryRefusal::SourceFailed(chain(&error))),
        Err(error) => return Err(error),
    };
    Ok(PlannedRollout {
        requests_per_second: present.as_ref().ok().map(|seen| seen.requests_per_second),
        recovery: prove_recovery(&plan.plan, present.as_ref().map_err(Clone::clone)),
        plan,
    })
}

/// Begins a rollout.
///
/// # Errors
/// When the store cannot be read or written. That a rollout may not begin is a value.
pub async fn start_rollout(
    store: &Store,
    ground: &Ground,
    request: RolloutRequest,
    now: Timestamp,
) -> Result<Result<RolloutStart, StartRefusal>, RolloutError> {
    let Some(service_plan) = request.plan.service.clone() else {
        return Ok(Err(StartRefusal::NoService));
    };
    if let Some(refusal) = unfit(&request.version, &service_plan) {
        return Ok(Err(refusal));
    }
    let version = store.store_version(request.version.bytes(), now).await?;
    finish_taking_back(store, ground, &request.service).await?;
    lift_by_gate(store, &request, version, now).await?;
    let last = store.last_service_event(&request.service).await?;
    let desired = last
        .as_ref()
        .map(|last| last.record.desired.clone())
        .unwrap_or_default();
    if let Some(answer) = without_a_rollout(store, &request.service, version, &desired).await? {
        return Ok(answer);
    }
    let is_first = desired.live.is_none() || never_served(store, ground, &request.service).await?;
    let (proof, record) = if is_first {
        let record = ServiceRecord {
            desired: desired.with_first(version),
            state: None,
            told: ServiceEvent::First,
        };
        (None, record)
    } else {
        let plan = request.plan.clone();
        let proof = match permitted(plan_rollout(ground, &request.service, plan).await?) {
            Ok(proof) => proof,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let state = RolloutState::begin(&request.plan.plan, desired.generation, now);
        let record = ServiceRecord {
            desired: desired.with_candidate(version, &state),
            state: Some(state),
            told: ServiceEvent::Started,
        };
        (Some(proof), record)
    };
    let basis = RolloutBasis {
        plan: request.plan.plan,
        service: service_plan,
        baseline: desired.live,
        proof,
    };
    let first = NewServiceEvent {
        service: &request.service,
        seen: last.map_or(0, |last| last.number),
        rollout: None,
        record: &record,
        at: now,
    };
    ground.effects.pass();
    let (id, turn) = store
        .start_rollout(&request.service, version, &basis, first)
        .await?;
    ground.effects.pass();
    Ok(match turn {
        ServiceTurn::Stored if is_first => Ok(RolloutStart::First(id)),
        ServiceTurn::Stored => Ok(RolloutStart::Started(id)),
        ServiceTurn::Late(_) => Err(StartRefusal::Late),
    })
}

/// Why a version cannot run where the plan has its service run.
fn unfit(version: &NewVersion, plan: &ServicePlan) -> Option<StartRefusal> {
    match (plan, version) {
        (ServicePlan::Processes(_), NewVersion::Image(_)) => Some(StartRefusal::ImageHere),
        (ServicePlan::Processes(_), NewVersion::Bytes(_)) => None,
        (ServicePlan::Cluster(_), version) => match image_of(version.bytes()) {
            Some(_) => None,
            None => Some(StartRefusal::NoImage),
        },
    }
}

/// The worst case of a plan that may start.
fn permitted(planned: PlannedRollout) -> Result<RecoveryProof, StartRefusal> {
    let proof = planned
        .recovery
        .map_err(|why| StartRefusal::Recovery { why, proof: None })?;
    match proof.permit() {
        Ok(()) => Ok(proof),
        Err(why) => Err(StartRefusal::Recovery {
            why,
            proof: Some(proof),
        }),
    }
}

/// Whether the first version is the last thing that happened and no request ever reached it: it is
/// kept and not well, and what takes the requests was never told of it.
async fn never_served(
    store: &Store,
    ground: &Ground,
    service: &ServiceName,
) -> Result<bool, RolloutError> {
    let seen = look_at_service(store, ground, service).await?;
    let Some(last) = &seen.last else {
        return Ok(false);
    };
    let live = last.record.desired.live;
    let is_ill = match live.and_then(|live| seen.instance(live)) {
        Some(InstanceState::Starting | InstanceState::Unwell | InstanceState::CrashLooping) => true,
        Some(InstanceState::Well | InstanceState::Stopping) | None => false,
    };
    let entrance = seen.entrance.as_ref();
    let is_told =
        entrance.is_none_or(|seen| seen.generation == Some(last.record.desired.generation));
    Ok(last.record.told == ServiceEvent::First && is_ill && !is_told)
}

/// A controller that was killed may have left a rollback that nobody acted on.
async fn finish_taking_back(
    store: &Store,
    ground: &Ground,
    service: &ServiceName,
) -> Result<(), RolloutError> {
    let last = store.last_service_event(service).await?;
    let state = last.and_then(|last| last.record.state);
    let is_taken_back = state.is_some_and(|state| match state.phase {
        RolloutPhase::RolledBack | RolloutPhase::Aborted => true,
        RolloutPhase::Progressing
        | RolloutPhase::Paused
        | RolloutPhase::PausedToFix
        | RolloutPhase::Completed => false,
    });
    if is_taken_back {
        control(store, ground, service, WhileWaiting::Leave, |_, _| true).await?;
    }
    Ok(())
}

/// The answer when no rollout is needed, or none may begin.
async fn without_a_rollout(
    store: &Store,
    service: &ServiceName,
    version: Digest,
    desired: &DesiredService,
) -> Result<Option<Result<RolloutStart, StartRefusal>>, RolloutError> {
    if let Some((_, id)) = super::ordering::under_way(store, service).await? {
        return Ok(Some(if desired.candidate == Some(version) {
            Ok(RolloutStart::UnderWay(id))
        } else {
            Err(StartRefusal::UnderWay(id))
        }));
    }
    if desired.live == Some(version) {
        return Ok(Some(Ok(RolloutStart::AlreadyLive)));
    }
    Ok(desired.block_of(version).map(|block| {
        Err(StartRefusal::Blocked {
            version,
            rollout: block.rollout,
        })
    }))
}
