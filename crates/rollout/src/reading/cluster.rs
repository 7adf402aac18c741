//! Reads `[rollout.NAME.target]` of kind `kubernetes`: two Deployments with their Services as places
//! of two versions, the HTTPRoute that shares requests between them, and who counts.

use adjutant_document::{DocumentField, FieldKeys, FieldRead};
use serde::{Deserialize, Serialize};

use super::target::{Skills, path};

/// What can be done with a cluster: requests are counted by Prometheus, in buckets too coarse for a
/// quantile.
pub(super) const CLUSTER: Skills = Skills {
    name: "an HTTPRoute of Kubernetes",
    tells_latency: false,
};

/// The most replicas of a version.
const REPLICAS_MAX: u64 = 1_000;

/// A service in a Kubernetes cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterPlan {
    /// By what right the cluster is spoken to.
    pub access: ClusterAccess,
    /// The namespace of everything below.
    pub namespace: String,
    /// The HTTPRoute that shares the requests.
    pub route: String,
    /// The container whose image is the version.
    pub container: String,
    /// How many pods a version gets.
    pub replicas: u32,
    /// Two places of versions.
    pub places: [ClusterPlace; 2],
    /// Who counts the requests.
    pub prometheus: PrometheusPlan,
}

/// By what right a cluster is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterAccess {
    /// That of the pod in which Adjutant runs.
    ServiceAccount,
    /// That of a kubeconfig.
    Kubeconfig {
        /// The file.
        path: String,
        /// Which context of it; the current one when it is missing.
        context: Option<String>,
    },
}

/// A place of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterPlace {
    /// The Deployment.
    pub deployment: String,
    /// The Service before it, as the route calls it.
    pub service: String,
}

/// Counters in Prometheus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrometheusPlan {
    /// Where it answers.
    pub url: String,
    /// All requests of `$service` in `$window`.
    pub requests: String,
    /// Those of them that failed.
    pub failures: String,
}

pub(super) fn cluster(keys: &FieldKeys<'_>) -> FieldRead<ClusterPlan> {
    let name = |key: &str| object_name(&keys.need(key)?).map(str::to_owned);
    let listed = keys.need("places")?;
    let items = listed.items()?;
    let [first, second] = items.as_slice() else {
        return Err(listed.complain("two places with deployment and service are needed here"));
    };
    let places = [place(first)?, place(second)?];
    if places[0].service == places[1].service || places[0].deployment == places[1].deployment {
        return Err(listed.complain("two different Deployments and Services are needed here"));
    }
    Ok(ClusterPlan {
        access: access(keys)?,
        namespace: name("namespace")?,
        route: name("route")?,
        container: name("container")?,
        replicas: keys.get("replicas").map_or(Ok(1), |field| {
            field.whole(1, REPLICAS_MAX).map(|replicas| replicas as u32)
        })?,
        places,
        prometheus: prometheus(&keys.need("prometheus")?)?,
    })
}

fn access(keys: &FieldKeys<'_>) -> FieldRead<ClusterAccess> {
    let context = keys.get("context");
    match keys.get("kubeconfig") {
        Some(field) => Ok(ClusterAccess::Kubeconfig {
            path: path(&field)?.to_owned(),
            context: context
                .map(|context| context.text().map(str::to_owned))
                .transpose()?,
        }),
        None => match context {
            None => Ok(ClusterAccess::ServiceAccount),
            Some(context) => Err(context.complain("a context needs a kubeconfig")),
        },
    }
}

fn place(field: &DocumentField<'_>) -> FieldRead<ClusterPlace> {
    let keys = field.keys()?;
    let place = ClusterPlace {
        deployment: object_name(&keys.need("deployment")?)?.to_owned(),
        service: object_name(&keys.need("service")?)?.to_owned(),
    };
    keys.refuse_others()?;
    Ok(place)
}

fn prometheus(field: &DocumentField<'_>) -> FieldRead<PrometheusPlan> {
    let keys = field.keys()?;
    let query = |key: &str| {
        let field = keys.need(key)?;
        let query = field.text()?;
        if query.contains("$service") && query.contains("$window") {
            Ok(query.to_owned())
        } else {
            Err(field.complain(
                "a query over $service and $window is needed here, such as \
                 sum(increase(http_requests_total{service=\"$service\"}[$window]))",
            ))
        }
    };
    let prometheus = PrometheusPlan {
        url: keys.need("url")?.text()?.to_owned(),
        requests: query("requests")?,
        failures: query("failures")?,
    };
    keys.refuse_others()?;
    Ok(prometheus)
}

/// A name of an object of Kubernetes (RFC 1123).
fn object_name<'v>(field: &DocumentField<'v>) -> FieldRead<&'v str> {
    let name = field.text()?;
    let is_usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if name.is_empty() || name.len() > 253 || !name.chars().all(is_usual) {
        return Err(field.complain("a name of lower-case letters, digits, - and . is needed here"));
    }
    Ok(name)
}
