//! What keeps a service from being as it is wanted, however long a controller waits.

use adjutant_domain::{Digest, ServiceName, Timestamp};
use adjutant_outbound::instance::{self, InstanceState};
use adjutant_rollout::{EntrancePlan, RolloutPhase, ServiceEvent, ServicePlan};
use adjutant_store::{RolloutBasis, StoredServiceEvent};

use super::{Ground, RolloutError, SeenService};

/// The lines of a program's output that are told.
const PRINTED_LINES: usize = 5;

/// Something that does not become as it is wanted by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{culprit} {}{}", ill(*waited_ms), last_words(last_end.as_deref(), printed))]
pub struct Hindrance {
    /// What it is.
    pub culprit: Culprit,
    /// How long it was waited for; `None` when it ends again and again, which nobody has to wait for.
    pub waited_ms: Option<i64>,
    /// How its program ended last.
    pub last_end: Option<String>,
    /// What its program printed last.
    pub printed: Vec<String>,
}

/// What does not become as it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Culprit {
    /// A version that does not become well.
    #[error("version {}", .0.short())]
    Version(Digest),
    /// What takes the requests.
    #[error("what takes the requests")]
    Entrance,
}

fn ill(waited_ms: Option<i64>) -> String {
    match waited_ms {
        None => "ends again and again".to_owned(),
        Some(ms) => format!("is not as it should be after {} s", ms / 1_000),
    }
}

fn last_words(last_end: Option<&str>, printed: &[String]) -> String {
    let end = last_end.map(|end| format!(": {end}")).unwrap_or_default();
    if printed.is_empty() {
        return end;
    }
    format!("{end}; it printed last: {}", printed.join(" | "))
}

impl Hindrance {
    /// What to do about it.
    pub fn remedy(&self, service: &ServiceName) -> String {
        let mend = match self.culprit {
            Culprit::Version(version) => format!(
                "Its output is in output.log of the folder of {version} (in a cluster: kubectl \
                 logs). Mend it and start it anew: adjutant rollout start {service}."
            ),
            Culprit::Entrance => "See that no other program listens at the service's address, and \
                                  that what takes its requests follows docs/targets.md."
                .to_owned(),
        };
        format!(
            "{mend} adjutant rollout run {service} tries on; adjutant rollout down {service} ends it."
        )
    }
}

/// What hinders a service that has been wanted so `since` then, if anything does. What ends again and
/// again is not waited for.
pub(super) fn hindrance(
    ground: &Ground,
    basis: &RolloutBasis,
    seen: &SeenService,
    since: Timestamp,
) -> Result<Option<Hindrance>, RolloutError> {
    let desired = seen.desired();
    if seen.generation() == Some(desired.generation) {
        return Ok(None);
    }
    let waited_ms = seen.read_at.unix_millis() - since.unix_millis();
    let late = Some(waited_ms).filter(|waited| *waited >= basis.plan.deadline_ms);
    let candidate = desired.candidate.filter(|_| desired.exposure.is_any());
    for version in desired.live.into_iter().chain(candidate) {
        let state = seen.instance(version);
        let loops = state == Some(InstanceState::CrashLooping);
        if loops || (late.is_some() && state != Some(InstanceState::Well)) {
            let folder = ground.version_folder(&seen.service, version);
            let status = instance::look(&folder)?;
            return Ok(Some(Hindrance {
                culprit: Culprit::Version(version),
                waited_ms: late.filter(|_| !loops),
                last_end: status.and_then(|status| status.last_end),
                printed: instance::last_output(&folder, PRINTED_LINES)?,
            }));
        }
    }
    let mut entrance = Hindrance {
        culprit: Culprit::Entrance,
        waited_ms: late,
        last_end: None,
        printed: Vec::new(),
    };
    if has_own_proxy(&basis.service) {
        let folder = ground.proxy_folder(&seen.service);
        let status = instance::look(&folder)?;
        entrance.printed = instance::last_output(&folder, PRINTED_LINES)?;
        if let Some(status) = status {
            entrance.last_end = status.last_end;
            if status.state == InstanceState::CrashLooping {
                entrance.waited_ms = None;
                return Ok(Some(entrance));
            }
        }
    }
    Ok(late.is_some().then_some(entrance))
}

fn has_own_proxy(plan: &ServicePlan) -> bool {
    match plan {
        ServicePlan::Processes(processes) => matches!(processes.traffic, EntrancePlan::Proxy(_)),
        ServicePlan::Cluster(_) => false,
    }
}

/// Whether a controller may leave a service that is hindered. What is to be taken back from users
/// has to come through, however long that takes; a rollout under way has deadlines of its own.
pub(super) fn may_be_left(last: &StoredServiceEvent) -> bool {
    if matches!(last.record.told, ServiceEvent::Undone { .. }) {
        return false;
    }
    let phase = last.record.state.as_ref().map(|state| state.phase);
    phase.is_none_or(|phase| match phase {
        RolloutPhase::PausedToFix | RolloutPhase::Completed => true,
        RolloutPhase::Progressing
        | RolloutPhase::Paused
        | RolloutPhase::RolledBack
        | RolloutPhase::Aborted => false,
    })
}
