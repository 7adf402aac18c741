//! HAProxy, by its runtime API.
//!
//! Two servers of a backend are the places of two versions: a version keeps its place for as long
//! as it gets requests, and the next one gets the other. What is in effect, and where the counts of
//! that generation begin, stands in a variable of the process: it goes with the process, as the
//! weights and the counts do, so they never contradict each other.

mod runtime;
mod servers;

use std::collections::BTreeMap;
use std::time::Duration;

use adjutant_rollout::{
    ArmCounts, HaproxyPlan, HaproxyWeights, PresentTraffic, SplitCount, StageWindow,
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use crate::order::{EngineOrder, SeenEngine, SeenEngineArm, Steered};
use crate::{EngineArm, EngineError};
use servers::{Server, Tally};

pub(super) const NAME: &str = "HAProxy";

/// Fewer requests, or a shorter time, say nothing about the traffic there is.
const PRESENT_REQUESTS_MIN: u64 = 100;
const PRESENT_MIN: Duration = Duration::from_secs(3);

/// After this there is too little traffic to wait for more.
const PRESENT_MAX: Duration = Duration::from_secs(30);

/// How often the counts are read until there are enough.
const PRESENT_EVERY: Duration = Duration::from_millis(250);

/// What is in effect, as HAProxy keeps it for us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    generation: u64,
    /// The place of the version in use.
    baseline: String,
    /// The place of the one that asks to replace it.
    candidate: Option<String>,
    /// How each server stood when this came into effect.
    servers: BTreeMap<String, Place>,
}

/// One server as an order left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    address: String,
    weight: u16,
    before: Tally,
}

impl Standing {
    /// Whether the servers still are as they were left: a restart, or another hand, changes that.
    fn holds(&self, servers: &[Server; 2]) -> bool {
        let is_left = servers.iter().all(|server| {
            let place = self.servers.get(&server.name);
            place.is_some_and(|place| {
                place.address == server.address && place.weight == server.weight
            })
        });
        is_left && self.window(servers).is_some()
    }

    /// What was counted since. Nothing where counts began anew, or where a place of this order is none
    /// of the servers.
    fn window(&self, servers: &[Server; 2]) -> Option<StageWindow> {
        let since = |name: &str| -> Option<Tally> {
            let server = servers.iter().find(|server| server.name == name)?;
            server.tally.since(self.servers.get(name)?.before)
        };
        let baseline = since(&self.baseline)?;
        let candidate = match &self.candidate {
            Some(candidate) => Some(since(candidate)?),
            None => None,
        };
        let split = candidate.map(|candidate| SplitCount {
            candidate: candidate.chosen,
            total: baseline.chosen + candidate.chosen,
        });
        Some(StageWindow {
            generation: self.generation,
            baseline: counts(baseline),
            candidate: candidate.map(counts).unwrap_or_default(),
            split: split.filter(|split| split.total > 0),
            ..StageWindow::default()
        })
    }
}

fn counts(tally: Tally) -> ArmCounts {
    ArmCounts {
        requests: tally.requests,
        failures: tally.failures,
        ..ArmCounts::default()
    }
}

pub(super) async fn look(plan: &HaproxyPlan) -> Result<SeenEngine, EngineError> {
    let (servers, standing) = read(plan).await?;
    let standing = standing.filter(|standing| standing.holds(&servers));
    let window = standing.and_then(|standing| standing.window(&servers));
    Ok(SeenEngine {
        generation: window.as_ref().map(|window| window.generation),
        is_draining: false,
        window: window.unwrap_or_default(),
        arms: servers
            .into_iter()
            .map(|server| SeenEngineArm {
                address: server.address,
                serves: server.weight > 0,
                in_flight: server.in_flight,
            })
            .collect(),
    })
}

async fn read(plan: &HaproxyPlan) -> Result<([Server; 2], Option<Standing>), EngineError> {
    let asked = format!("show stat {} 4 -1", plan.backend);
    let servers = servers::read(plan, &runtime::ask(&plan.socket, &asked).await?)?;
    let variable = variable(plan);
    let answer = runtime::ask(&plan.socket, &format!("get var {variable}")).await?;
    Ok((servers, runtime::value_of(&answer, &variable)?))
}

/// The variable of a backend.
fn variable(plan: &HaproxyPlan) -> String {
    let mut name = "proc.adjutant_".to_owned();
    for c in plan.backend.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else {
            name.push_str(&format!("_{:02x}", u32::from(c)));
        }
    }
    name
}

pub(super) async fn steer(plan: &HaproxyPlan, order: &EngineOrder) -> Result<Steered, EngineError> {
    let (servers, standing) = read(plan).await?;
    let stands = standing
        .as_ref()
        .is_some_and(|standing| standing.holds(&servers));
    match &standing {
        Some(standing) if standing.generation > order.generation => return Ok(Steered::Late),
        Some(standing) if standing.generation == order.generation && stands => {
            return Ok(Steered::Told);
        }
        Some(_) | None => {}
    }
    let Some(wanted) = place(&servers, order, stands)? else {
        return Ok(Steered::Waits);
    };
    let answer = runtime::ask(&plan.socket, &commands(plan, &servers, &wanted)).await?;
    let (now, _) = read(plan).await?;
    let disobeyed = now
        .iter()
        .any(|server| !wanted.iter().any(|place| place.is_followed_by(server)));
    if disobeyed {
        return Err(EngineError::Disobeyed {
            engine: NAME,
            words: runtime::words(&answer),
        });
    }
    keep(plan, order, &wanted, &now).await?;
    Ok(Steered::Told)
}

/// What one server shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    server: String,
    address: String,
    weight: u16,
    role: Option<Role>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Baseline,
    Candidate,
}

impl Wanted {
    fn is_followed_by(&self, server: &Server) -> bool {
        self.server == server.name && self.address == server.address && self.weight == server.weight
    }
}

/// Which version goes where: one that has a place keeps it. `None` while a place that is needed
/// still has requests of an earlier version.
fn place(
    servers: &[Server; 2],
    order: &EngineOrder,
    stands: bool,
) -> Result<Option<[Wanted; 2]>, EngineError> {
    let share = order.candidate.as_ref().map(|arm| arm.weight);
    let weights = HaproxyWeights::sharing(share.unwrap_or_default());
    let weights = weights.ok_or_else(|| EngineError::Disobeyed {
        engine: NAME,
        words: "no two weights share requests so".to_owned(),
    })?;
    let has = |server: &Server, arm: &EngineArm| server.address == arm.address;
    let [first, second] = servers;
    let candidate = order.candidate.as_ref();
    let is_baseline_first = if has(first, &order.baseline) {
        true
    } else if has(second, &order.baseline) {
        false
    } else {
        !candidate.is_some_and(|arm| has(first, arm)) && (first.weight == 0 || !stands)
    };
    let (baseline, other) = if is_baseline_first {
        (first, second)
    } else {
        (second, first)
    };
    let moves =
        |server: &Server, arm: &EngineArm| stands && !has(server, arm) && server.in_flight > 0;
    if moves(baseline, &order.baseline) || candidate.is_some_and(|arm| moves(other, arm)) {
        return Ok(None);
    }
    let of_baseline = Wanted {
        server: baseline.name.clone(),
        address: order.baseline.address.clone(),
        weight: weights.baseline,
        role: Some(Role::Baseline),
    };
    let of_other = Wanted {
        server: other.name.clone(),
        address: candidate.map_or_else(|| other.address.clone(), |arm| arm.address.clone()),
        weight: weights.candidate,
        role: candidate.map(|_| Role::Candidate),
    };
    Ok(Some([of_baseline, of_other]))
}

/// The commands, in an order that never leaves the backend without a server: what rises comes
/// before what falls.
fn commands(plan: &HaproxyPlan, servers: &[Server; 2], wanted: &[Wanted; 2]) -> String {
    let mut lines = Vec::new();
    let mut by_weight: Vec<&Wanted> = wanted.iter().collect();
    by_weight.sort_by_key(|place| place.weight == 0);
    for place in by_weight {
        let server = format!("{}/{}", plan.backend, place.server);
        let is_there = servers
            .iter()
            .any(|seen| seen.name == place.server && seen.address == place.address);
        if !is_there && let Some((host, port)) = place.address.rsplit_once(':') {
            lines.push(format!("set server {server} addr {host} port {port}"));
        }
        if place.weight > 0 {
            lines.push(format!("set server {server} state ready"));
        }
        lines.push(format!("set server {server} weight {}", place.weight));
    }
    lines.join(";")
}

/// Writes down what is in effect, with the counts from which on it is.
async fn keep(
    plan: &HaproxyPlan,
    order: &EngineOrder,
    wanted: &[Wanted; 2],
    now: &[Server; 2],
) -> Result<(), EngineError> {
    let at = |role| wanted.iter().find(|place| place.role == Some(role));
    let place = |server: &Server| {
        let place = Place {
            address: server.address.clone(),
            weight: server.weight,
            before: server.tally,
        };
        (server.name.clone(), place)
    };
    let standing = Standing {
        generation: order.generation,
        baseline: at(Role::Baseline).map_or_else(String::new, |place| place.server.clone()),
        candidate: at(Role::Candidate).map(|place| place.server.clone()),
        servers: now.iter().map(place).collect(),
    };
    let variable = variable(plan);
    let value = runtime::value(&standing)?;
    let set = format!("experimental-mode on;set var {variable} str({value})");
    let answer = runtime::ask(&plan.socket, &set).await?;
    let kept = runtime::ask(&plan.socket, &format!("get var {variable}")).await?;
    if runtime::value_of(&kept, &variable)? == Some(standing) {
        return Ok(());
    }
    Err(EngineError::Disobeyed {
        engine: NAME,
        words: runtime::words(&answer),
    })
}

/// Two readings of the counts, as far apart as it takes.
pub(super) async fn present(plan: &HaproxyPlan) -> Result<Option<PresentTraffic>, EngineError> {
    let (before, _) = read(plan).await?;
    let began = Instant::now();
    loop {
        sleep(PRESENT_EVERY).await;
        let (now, _) = read(plan).await?;
        let since = now.iter().zip(&before).map(|(now, before)| {
            // Counts that began anew meanwhile are a new beginning.
            now.tally.since(before.tally)
        });
        let Some(since) = since.collect::<Option<Vec<Tally>>>() else {
            return Ok(None);
        };
        let lasted = began.elapsed();
        let requests: u64 = since.iter().map(|tally| tally.requests).sum();
        if lasted >= PRESENT_MIN && requests >= PRESENT_REQUESTS_MIN {
            return Ok(Some(PresentTraffic {
                requests_per_second: requests as f64 / lasted.as_secs_f64(),
                baseline: ArmCounts {
                    requests,
                    failures: since.iter().map(|tally| tally.failures).sum(),
                    ..ArmCounts::default()
                },
            }));
        }
        if lasted >= PRESENT_MAX {
            return Ok(None);
        }
    }
}

/// Whatever HAProxy says, nothing panics.
pub(super) fn read_anything(text: &str) {
    let plan = HaproxyPlan {
        socket: String::new(),
        backend: "search".to_owned(),
        servers: ["blue".to_owned(), "green".to_owned()],
    };
    let standing = runtime::value_of::<Standing>(text, "proc.adjutant_search");
    if let (Ok(servers), Ok(Some(standing))) = (servers::read(&plan, text), standing)
        && standing.holds(&servers)
    {
        let window = standing.window(&servers);
        debug_assert!(window.is_none_or(|window| window.generation == standing.generation));
    }
}

#[cfg(test)]
mod tests;
