//! Reads `[rollout.NAME.target]`: what takes the requests of a service already, and is told the
//! weights in place of Adjutant's own proxy. What it cannot do is refused for a plan that needs it.

use adjutant_document::{DocumentField, FieldKeys, FieldRead};
use serde::{Deserialize, Serialize};

use super::cluster::{self, ClusterPlan};
use crate::RolloutWeight;
use crate::plan::{Metric, MetricQuantity, RolloutPlan, RolloutStep};

/// What takes the requests in place of the own proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EnginePlan {
    /// HAProxy, through its runtime API.
    Haproxy(HaproxyPlan),
    /// nginx, through a file that it includes.
    Nginx(NginxPlan),
}

/// Where HAProxy is told what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaproxyPlan {
    /// Its runtime API: a Unix socket at `level admin`.
    pub socket: String,
    /// The backend of the service.
    pub backend: String,
    /// Two of its servers. Versions take turns in them.
    pub servers: [String; 2],
}

/// Where nginx is told what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NginxPlan {
    /// Its program.
    pub program: String,
    /// Its configuration.
    pub config: String,
    /// The file of the master's process id.
    pub pid: String,
    /// The file that Adjutant writes and the configuration includes in `http`.
    pub include: String,
    /// The log of the service's requests, in the format that `include` declares.
    pub access_log: String,
}

/// The weights of two servers of HAProxy that share requests exactly as a plan says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HaproxyWeights {
    /// Of the version in use.
    pub baseline: u16,
    /// Of the one that asks to replace it.
    pub candidate: u16,
}

impl HaproxyWeights {
    /// The greatest weight of a server of HAProxy.
    pub const MAX: u16 = 256;

    /// The weights for a candidate's share; `None` when no two weights share so.
    pub fn sharing(weight: RolloutWeight) -> Option<Self> {
        let candidate = weight.basis_points();
        let baseline = RolloutWeight::ALL.basis_points() - candidate;
        let divisor = greatest_common_divisor(candidate, baseline);
        let weights = Self {
            baseline: baseline / divisor,
            candidate: candidate / divisor,
        };
        (weights.baseline.max(weights.candidate) <= Self::MAX).then_some(weights)
    }
}

fn greatest_common_divisor(a: u16, b: u16) -> u16 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

impl EnginePlan {
    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Haproxy(_) => "HAProxy",
            Self::Nginx(_) => "nginx",
        }
    }

    /// What it is able to do.
    pub(super) fn skills(&self) -> Skills {
        match self {
            // HAProxy tells averages only, and no quantile follows from an average.
            Self::Haproxy(_) => Skills {
                name: self.name(),
                tells_latency: false,
            },
            Self::Nginx(_) => Skills {
                name: self.name(),
                tells_latency: true,
            },
        }
    }

    /// What a plan needs and this cannot do, with what to do about it.
    pub(super) fn lack(&self, plan: &RolloutPlan) -> Option<String> {
        let weights = plan.steps.iter().find_map(|step| match step {
            RolloutStep::SetWeight(weight) => self.lack_of_weight(*weight),
            RolloutStep::SetMirrorRoute(_)
            | RolloutStep::Analysis(_)
            | RolloutStep::Pause { .. } => None,
        });
        weights.or_else(|| lack(plan, self.skills()))
    }

    fn lack_of_weight(&self, weight: RolloutWeight) -> Option<String> {
        match self {
            Self::Haproxy(_) if HaproxyWeights::sharing(weight).is_none() => Some(format!(
                "setWeight {weight}: no two weights of HAProxy, which go to {}, share requests so; \
                 use 0.5 %, 1 %, 2 %, 5 %, 10 %, 25 %, 50 % …",
                HaproxyWeights::MAX
            )),
            Self::Haproxy(_) | Self::Nginx(_) => None,
        }
    }
}

/// What something that takes requests is able to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Skills {
    pub(super) name: &'static str,
    pub(super) tells_latency: bool,
}

impl Skills {
    /// Whether it tells enough to measure this.
    pub(super) fn measures(self, quantity: MetricQuantity) -> bool {
        match quantity {
            MetricQuantity::Errors => true,
            MetricQuantity::Latency(_) => self.tells_latency,
            MetricQuantity::Disagreements => false,
        }
    }
}

/// What a plan needs and something with these skills cannot do, with what to do about it.
pub(super) fn lack(plan: &RolloutPlan, skills: Skills) -> Option<String> {
    let of_step = |step: &RolloutStep| match step {
        RolloutStep::SetMirrorRoute(_) => Some(format!(
            "{} copies no requests whose answers are compared: take setMirrorRoute out, or take \
             target out and let the own proxy serve",
            skills.name
        )),
        RolloutStep::Analysis(analysis) => lack_of_metric(&analysis.metrics, skills),
        RolloutStep::SetWeight(_) | RolloutStep::Pause { .. } => None,
    };
    let steps = plan.steps.iter().find_map(of_step);
    steps.or_else(|| lack_of_metric(&plan.monitor, skills))
}

fn lack_of_metric(metrics: &[Metric], skills: Skills) -> Option<String> {
    let unmeasured = metrics
        .iter()
        .find(|metric| !skills.measures(metric.quantity))?;
    let remedy = match unmeasured.quantity {
        MetricQuantity::Latency(_) => {
            "it tells no latency of single requests, and no quantile follows from averages or coarse \
             buckets; measure errors, or use nginx or the own proxy"
        }
        MetricQuantity::Disagreements | MetricQuantity::Errors => {
            "only the own proxy compares answers; measure errors"
        }
    };
    Some(format!(
        "{} cannot be measured behind {}: {remedy}",
        unmeasured.name, skills.name
    ))
}

/// What `target` names.
pub(super) enum ReadTarget {
    Engine(EnginePlan),
    Cluster(ClusterPlan),
}

pub(super) fn read(field: &DocumentField<'_>) -> FieldRead<ReadTarget> {
    let keys = field.keys()?;
    let kind = keys.need("kind")?;
    let target = match kind.text()? {
        "haproxy" => ReadTarget::Engine(EnginePlan::Haproxy(haproxy(&keys)?)),
        "nginx" => ReadTarget::Engine(EnginePlan::Nginx(nginx(&keys)?)),
        "kubernetes" => ReadTarget::Cluster(cluster::cluster(&keys)?),
        other => {
            return Err(kind.complain(format!(
                "{other} is no target; there are haproxy, nginx and kubernetes"
            )));
        }
    };
    keys.refuse_others()?;
    Ok(target)
}

fn haproxy(keys: &FieldKeys<'_>) -> FieldRead<HaproxyPlan> {
    let listed = keys.need("servers")?;
    let items = listed.items()?;
    let [first, second] = items.as_slice() else {
        return Err(listed.complain("two servers of the backend are needed here"));
    };
    let servers = [
        haproxy_name(first)?.to_owned(),
        haproxy_name(second)?.to_owned(),
    ];
    if servers[0] == servers[1] {
        return Err(listed.complain("two different servers are needed here"));
    }
    Ok(HaproxyPlan {
        socket: path(&keys.need("socket")?)?.to_owned(),
        backend: haproxy_name(&keys.need("backend")?)?.to_owned(),
        servers,
    })
}

/// A name that can stand in a command of the runtime API and means only itself there.
fn haproxy_name<'v>(field: &DocumentField<'v>) -> FieldRead<&'v str> {
    let name = field.text()?;
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    if name.is_empty() || !name.chars().all(is_usual) {
        return Err(field.complain("a name of letters, digits and _ . : - is needed here"));
    }
    Ok(name)
}

fn nginx(keys: &FieldKeys<'_>) -> FieldRead<NginxPlan> {
    let or = |key: &str, usual: &str| match keys.get(key) {
        Some(field) => path(&field).map(str::to_owned),
        None => Ok(usual.to_owned()),
    };
    Ok(NginxPlan {
        program: match keys.get("program") {
            Some(field) => field.text()?.to_owned(),
            None => "nginx".to_owned(),
        },
        config: or("config", "/etc/nginx/nginx.conf")?,
        pid: or("pid", "/run/nginx.pid")?,
        include: path(&keys.need("include")?)?.to_owned(),
        access_log: path(&keys.need("accessLog")?)?.to_owned(),
    })
}

/// An absolute path that needs no quotes in a configuration.
pub(super) fn path<'v>(field: &DocumentField<'v>) -> FieldRead<&'v str> {
    let path = field.text()?;
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "/_.@%+,:-".contains(c);
    if !path.starts_with('/') || !path.chars().all(is_usual) {
        return Err(field.complain("an absolute path without blanks and quotes is needed here"));
    }
    Ok(path)
}
