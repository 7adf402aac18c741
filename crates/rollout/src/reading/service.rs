//! Reads how a version of the service is started on this machine.

use adjutant_document::{DocumentField, FieldKeys, FieldRead};
use serde::{Deserialize, Serialize};

use super::cluster::ClusterPlan;
use super::target::EnginePlan;

/// How requests reach the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EntrancePlan {
    /// Through Adjutant's own proxy.
    Proxy(ProxyPlan),
    /// Through what stands there already.
    Engine(EnginePlan),
}

/// How requests reach the service through Adjutant's own proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyPlan {
    /// Where clients come: `host:port`.
    pub listen: String,
    /// Which requests may be copied: `GET /search*`.
    pub mirror_allow: Vec<String>,
    /// Paths of answers that are not compared.
    pub mirror_ignore: Vec<String>,
    /// The cookie that keeps a client on its version.
    pub sticky_cookie: Option<String>,
}

/// Where the versions of a service run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ServicePlan {
    /// As processes of this machine.
    Processes(ProcessPlan),
    /// In a Kubernetes cluster.
    Cluster(ClusterPlan),
}

impl ServicePlan {
    /// What takes the requests in place of the own proxy.
    pub fn engine(&self) -> Option<&EnginePlan> {
        match self {
            Self::Processes(ProcessPlan {
                traffic: EntrancePlan::Engine(engine),
                ..
            }) => Some(engine),
            Self::Processes(ProcessPlan {
                traffic: EntrancePlan::Proxy(_),
                ..
            })
            | Self::Cluster(_) => None,
        }
    }
}

/// How a version of the service is started and watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessPlan {
    /// The program and its arguments; `{artifact}` and `{port}` are filled in.
    pub command: Vec<String>,
    /// The path that answers 2xx when the service is well.
    pub health: String,
    /// How often it is asked.
    pub health_every_ms: i64,
    /// How long it has to become well.
    pub start_ms_max: i64,
    /// How long it has to finish its requests when it is stopped.
    pub drain_ms: i64,
    /// How many ends within `crash_window_ms` make a crash loop.
    pub crashes_max: u32,
    /// The time in which they are counted.
    pub crash_window_ms: i64,
    /// How requests reach it.
    pub traffic: EntrancePlan,
}

pub(super) fn service(
    field: &DocumentField<'_>,
    engine: Option<EnginePlan>,
) -> FieldRead<ProcessPlan> {
    let keys = field.keys()?;
    let listed = keys.need("command")?;
    let command = listed
        .items()?
        .iter()
        .map(|word| word.text().map(str::to_owned))
        .collect::<FieldRead<Vec<_>>>()?;
    if command.is_empty() || !command.iter().any(|word| word.contains("{port}")) {
        return Err(listed.complain("the command needs {port}: the port on which it shall listen"));
    }
    let health = keys.need("health")?;
    let path = health.text()?;
    if !path.starts_with('/') {
        return Err(health.complain("a path such as \"/healthz\" is needed here"));
    }
    let duration = |key: &str, default: i64| {
        keys.get(key)
            .map_or(Ok(default), |field| field.duration_ms())
    };
    let service = ProcessPlan {
        health: path.to_owned(),
        health_every_ms: duration("healthEvery", 1_000)?.max(50),
        start_ms_max: duration("startWithin", 30_000)?,
        drain_ms: duration("drain", 10_000)?,
        crash_window_ms: duration("crashWindow", 60_000)?,
        crashes_max: keys
            .get("crashesMax")
            .map_or(Ok(3), |field| field.whole(1, 100).map(|n| n as u32))?,
        traffic: entrance(&keys, engine)?,
        command,
    };
    keys.refuse_others()?;
    Ok(service)
}

fn entrance(keys: &FieldKeys<'_>, engine: Option<EnginePlan>) -> FieldRead<EntrancePlan> {
    match (keys.get("traffic"), engine) {
        (None, Some(engine)) => Ok(EntrancePlan::Engine(engine)),
        (Some(field), Some(engine)) => Err(field.complain(format!(
            "traffic is of the own proxy; {} of target takes the requests here",
            engine.name()
        ))),
        (_, None) => proxy(&keys.need("traffic")?).map(EntrancePlan::Proxy),
    }
}

fn proxy(field: &DocumentField<'_>) -> FieldRead<ProxyPlan> {
    let keys = field.keys()?;
    let listen = keys.need("listen")?;
    let address = listen.text()?;
    let port = address
        .rsplit_once(':')
        .map(|(_, port)| port.parse::<u16>());
    if !matches!(port, Some(Ok(1..))) {
        return Err(listen.complain("an address such as \"127.0.0.1:8080\" is needed here"));
    }
    let texts = |key: &str| {
        keys.get(key).map_or(Ok(Vec::new()), |list| {
            let items = list.items()?;
            items
                .iter()
                .map(|item| item.text().map(str::to_owned))
                .collect()
        })
    };
    let proxy = ProxyPlan {
        listen: address.to_owned(),
        mirror_allow: texts("mirrorAllow")?,
        mirror_ignore: texts("mirrorIgnore")?,
        sticky_cookie: keys
            .get("stickyCookie")
            .map(|name| name.text().map(str::to_owned))
            .transpose()?,
    };
    keys.refuse_others()?;
    Ok(proxy)
}
