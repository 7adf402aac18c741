//! A desired state made ready for use: arms with what belongs to them across generations.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::Duration;

use hyper::header::HeaderName;

use crate::desired::{
    DesiredTraffic, MirrorAllowance, MirrorRule, Patience, StickyRule, TrafficArm, UpstreamProtocol,
};
use crate::measure::{CellId, CellName};
use crate::observed::{ObservedArm, TrafficLane};
use crate::split;

/// How many builds a process knows. Beyond that it has to be started anew.
const BUILDS_MAX: usize = 4_096;

/// Who answers.
#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) upstreams: Vec<Arc<str>>,
    pub(crate) protocol: UpstreamProtocol,
    /// Whose turn it is among the upstreams.
    pub(crate) turn: AtomicUsize,
    /// Requests that are not finished, of this build in any generation.
    pub(crate) gauge: Arc<AtomicU64>,
    pub(crate) live: CellId,
    pub(crate) mirrored: CellId,
}

/// What each worker needs of a desired state.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) generation: u64,
    pub(crate) arms: Vec<WeightedArm>,
    pub(crate) sticky: Option<Sticky>,
    pub(crate) mirror: Option<Mirror>,
    pub(crate) patience: Waits,
}

#[derive(Debug)]
pub(crate) struct WeightedArm {
    pub(crate) arm: Arc<Arm>,
    pub(crate) weight: u32,
    pub(crate) name_hash: u64,
}

#[derive(Debug)]
pub(crate) enum Sticky {
    Cookie { name: String, issue: bool },
    Header(HeaderName),
}

#[derive(Debug)]
pub(crate) struct Mirror {
    /// The number of the arm whose requests are asked again.
    pub(crate) from: usize,
    pub(crate) to: Arc<Arm>,
    pub(crate) again: Option<Arc<Arm>>,
    pub(crate) share: u32,
    pub(crate) allow: Vec<MirrorAllowance>,
    pub(crate) body_bytes_max: usize,
    pub(crate) in_flight_max: usize,
    /// Which comparison the pairs belong to.
    pub(crate) comparison: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) connect: Duration,
    pub(crate) response: Duration,
    pub(crate) idle: Duration,
}

impl From<Patience> for Waits {
    fn from(patience: Patience) -> Self {
        Self {
            connect: Duration::from_millis(patience.connect_ms),
            response: Duration::from_millis(patience.response_ms),
            idle: Duration::from_millis(patience.idle_ms),
        }
    }
}

/// The builds that this process knows, and their numbers.
#[derive(Debug, Default)]
pub(crate) struct Builds {
    names: Vec<CellName>,
    /// One for every two names: live and mirrored.
    gauges: Vec<Arc<AtomicU64>>,
}

/// There are more builds than a process remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this process has seen {BUILDS_MAX} builds")]
pub(crate) struct TooManyBuilds;

impl Builds {
    pub(crate) fn names(&self) -> &[CellName] {
        &self.names
    }

    pub(crate) fn observed(&self) -> Vec<ObservedArm> {
        let live = self.names.iter().step_by(2);
        live.zip(&self.gauges)
            .map(|(name, gauge)| ObservedArm {
                name: name.arm.to_string(),
                version: name.version.to_string(),
                in_flight: gauge.load(std::sync::atomic::Ordering::Relaxed),
            })
            .collect()
    }

    fn arm(&mut self, arm: &TrafficArm) -> Result<Arc<Arm>, TooManyBuilds> {
        let is_it = |name: &CellName| *name.arm == arm.name && *name.version == arm.version;
        let live = match self.names.iter().position(is_it) {
            Some(live) => live,
            None if self.gauges.len() == BUILDS_MAX => return Err(TooManyBuilds),
            None => {
                let name = CellName {
                    arm: arm.name.as_str().into(),
                    version: arm.version.as_str().into(),
                    lane: TrafficLane::Live,
                };
                let lane = TrafficLane::Mirrored;
                self.names.extend([name.clone(), CellName { lane, ..name }]);
                self.gauges.push(Arc::default());
                self.names.len() - 2
            }
        };
        Ok(Arc::new(Arm {
            upstreams: arm
                .upstreams
                .iter()
                .map(|name| name.as_str().into())
                .collect(),
            protocol: arm.protocol,
            turn: AtomicUsize::new(0),
            gauge: self.gauges[live / 2].clone(),
            live,
            mirrored: live + 1,
        }))
    }

    /// Makes a desired state ready. `comparison` is the number of the comparison that its mirrored
    /// pairs belong to.
    pub(crate) fn plan(
        &mut self,
        desired: &DesiredTraffic,
        comparison: u64,
    ) -> Result<Plan, TooManyBuilds> {
        let arms: Vec<WeightedArm> = desired
            .arms
            .iter()
            .map(|arm| {
                Ok(WeightedArm {
                    weight: arm.weight,
                    name_hash: split::hash(arm.name.as_bytes()),
                    arm: self.arm(arm)?,
                })
            })
            .collect::<Result<_, TooManyBuilds>>()?;
        Ok(Plan {
            generation: desired.generation,
            sticky: desired.sticky.as_ref().and_then(sticky),
            mirror: desired
                .mirror
                .as_ref()
                .and_then(|rule| mirror(rule, desired, &arms, comparison)),
            patience: desired.patience.into(),
            arms,
        })
    }
}

fn sticky(rule: &StickyRule) -> Option<Sticky> {
    match rule {
        StickyRule::Cookie { name, issue } => Some(Sticky::Cookie {
            name: name.clone(),
            issue: *issue,
        }),
        StickyRule::Header { name } => HeaderName::try_from(name).ok().map(Sticky::Header),
    }
}

fn mirror(
    rule: &MirrorRule,
    desired: &DesiredTraffic,
    arms: &[WeightedArm],
    comparison: u64,
) -> Option<Mirror> {
    let number = |name: &str| desired.arms.iter().position(|arm| arm.name == name);
    let named = |name: &str| Some(arms[number(name)?].arm.clone());
    Some(Mirror {
        from: number(&rule.from)?,
        to: named(&rule.to)?,
        again: rule.again.as_deref().and_then(named),
        share: rule.share,
        allow: rule
            .allow
            .iter()
            .filter_map(|text| MirrorAllowance::of(text))
            .collect(),
        body_bytes_max: rule.body_bytes_max,
        in_flight_max: rule.in_flight_max,
        comparison,
    })
}
