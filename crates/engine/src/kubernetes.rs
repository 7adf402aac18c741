//! A Kubernetes cluster, by its API server.
//!
//! Two Deployments with their Services are the places of two versions; an HTTPRoute of the Gateway
//! API shares the requests between the Services; Prometheus counts them. Every write is a
//! server-side apply under our own name with the `resourceVersion` that was read: whoever was
//! quicker makes it a conflict, and the next look sees what came of it. Nothing is watched: each
//! look reads what is there.

mod access;
mod counts;
mod deployment;
mod route;

use adjutant_outbound::api_server::{ApiAnswer, ApiServer};
use adjutant_outbound::clock;
use adjutant_rollout::{ClusterPlace, ClusterPlan, PresentTraffic, RolloutWeight, StageWindow};
use serde_json::Value;

use crate::EngineError;
use crate::order::{EngineArm, EngineOrder, Steered};
pub use deployment::PlaceHealth;
use route::Standing;

pub(super) const NAME: &str = "Kubernetes";

/// Under this name the API server keeps which fields are ours.
const MANAGER: &str = "fieldManager=adjutant&force=true";

/// A cluster as a plan names it.
#[derive(Debug, Clone, Copy)]
pub struct Cluster<'a> {
    /// What is where.
    pub plan: &'a ClusterPlan,
}

/// What a cluster does with a service.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenCluster {
    /// The two places.
    pub places: Vec<SeenPlace>,
    standing: Option<Standing>,
}

impl SeenCluster {
    /// The generation that the route follows; `None` when what it does is no order of Adjutant's.
    pub fn generation(&self) -> Option<u64> {
        self.standing.as_ref().map(|standing| standing.generation)
    }
}

/// A place of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenPlace {
    /// The Deployment and the Service.
    pub place: ClusterPlace,
    /// The version that was put there, as its digest in hexadecimal digits.
    pub version: Option<String>,
    /// The image that runs there.
    pub image: Option<String>,
    /// How its pods are.
    pub health: PlaceHealth,
    /// Whether requests are sent there.
    pub serves: bool,
}

/// A version and its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterVersion {
    /// The version's digest in hexadecimal digits.
    pub version: String,
    /// What its container runs.
    pub image: String,
}

impl Cluster<'_> {
    /// What is there.
    ///
    /// # Errors
    /// When the API server does not answer, or an object is missing.
    pub async fn look(&self) -> Result<SeenCluster, EngineError> {
        let server = access::server(self.plan)?;
        let route = self.get(&server, &self.route_path()).await?;
        let weights = route::weights(self.plan, &route)?;
        let standing = route::standing(self.plan, &route)?;
        let mut places = Vec::new();
        for (place, weight) in self.plan.places.iter().zip(weights) {
            let path = self.deployment_path(&place.deployment);
            let deployment = self.get(&server, &path).await?;
            let pods = match deployment::pods_to_ask_for(&deployment) {
                Some(selector) => self.get(&server, &self.pods_path(&selector)).await?,
                None => Value::Null,
            };
            places.push(SeenPlace {
                place: place.clone(),
                version: deployment::version(&deployment),
                image: deployment::image(self.plan, &deployment),
                health: deployment::health(&deployment, &pods),
                serves: weight > 0,
            });
        }
        Ok(SeenCluster { places, standing })
    }

    /// What was counted since the order that is in effect.
    ///
    /// # Errors
    /// When Prometheus does not answer, or not what the plan needs.
    pub async fn count(&self, seen: &SeenCluster) -> Result<StageWindow, EngineError> {
        match &seen.standing {
            Some(standing) => counts::window(self.plan, standing).await,
            None => Ok(StageWindow::default()),
        }
    }

    /// Shares the requests as ordered. The arms' addresses are names of Services.
    ///
    /// # Errors
    /// When the API server does not answer or does not obey. Asking again is safe.
    pub async fn steer(&self, order: &EngineOrder) -> Result<Steered, EngineError> {
        let server = access::server(self.plan)?;
        let route = self.get(&server, &self.route_path()).await?;
        let last = route::ordered(&route);
        if last.is_some_and(|last| last > order.generation) {
            return Ok(Steered::Late);
        }
        if last == Some(order.generation) && route::is_as(self.plan, &route, order)? {
            return Ok(Steered::Told);
        }
        let since = clock::now().unix_millis();
        let part = route::part(self.plan, &route, order, since)?;
        self.apply(&server, &self.route_path(), &part).await
    }

    /// Puts a version into a place and gives it its pods.
    ///
    /// # Errors
    /// As [`Self::steer`].
    pub async fn run(
        &self,
        place: &ClusterPlace,
        version: &ClusterVersion,
    ) -> Result<Steered, EngineError> {
        let server = access::server(self.plan)?;
        let path = self.deployment_path(&place.deployment);
        let deployment = self.get(&server, &path).await?;
        let part = deployment::running(self.plan, &deployment, version);
        self.apply(&server, &path, &part).await
    }

    /// Takes the pods of a place away.
    ///
    /// # Errors
    /// As [`Self::steer`].
    pub async fn stop(&self, place: &ClusterPlace) -> Result<Steered, EngineError> {
        let server = access::server(self.plan)?;
        let path = self.deployment_path(&place.deployment);
        let deployment = self.get(&server, &path).await?;
        let part = deployment::stopped(self.plan, &deployment);
        self.apply(&server, &path, &part).await
    }

    /// The traffic of the last minutes; `None` when there is too little to say.
    ///
    /// # Errors
    /// When Prometheus does not answer.
    pub async fn present(&self) -> Result<Option<PresentTraffic>, EngineError> {
        counts::present(self.plan).await
    }

    fn route_path(&self) -> String {
        format!(
            "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes/{}",
            self.plan.namespace, self.plan.route
        )
    }

    fn deployment_path(&self, name: &str) -> String {
        let namespace = &self.plan.namespace;
        format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
    }

    fn pods_path(&self, selector: &str) -> String {
        let namespace = &self.plan.namespace;
        format!("/api/v1/namespaces/{namespace}/pods?limit=500&labelSelector={selector}")
    }

    async fn get(&self, server: &ApiServer, path: &str) -> Result<Value, EngineError> {
        let answer = server.get(path).await.map_err(|error| away(path, &error))?;
        object(path, answer)
    }

    /// Applies a part of an object; a conflict is looked at again.
    async fn apply(
        &self,
        server: &ApiServer,
        path: &str,
        part: &Value,
    ) -> Result<Steered, EngineError> {
        let asked = server.apply(&format!("{path}?{MANAGER}"), part).await;
        let answer = asked.map_err(|error| away(path, &error))?;
        if answer.status == 409 {
            return Ok(Steered::Waits);
        }
        object(path, answer)?;
        Ok(Steered::Told)
    }
}

fn away(path: &str, error: &adjutant_outbound::api_server::ApiError) -> EngineError {
    EngineError::Unreachable {
        engine: NAME,
        at: path.to_owned(),
        source: std::io::Error::other(error.words.clone()),
    }
}

/// The object of an answer. The API server's refusals are objects of kind `Status`.
fn object(path: &str, answer: ApiAnswer) -> Result<Value, EngineError> {
    let said = answer.body.pointer("/message").and_then(Value::as_str);
    let words = match said {
        Some(said) => format!("{path}: {} ({said})", answer.status),
        None => format!("{path}: {}", answer.status),
    };
    match answer.status {
        200 | 201 if answer.body.is_object() => Ok(answer.body),
        200 | 201 => Err(EngineError::Unreadable {
            engine: NAME,
            problem: format!("{path}: this is no object"),
        }),
        404 => Err(EngineError::NotSetUp {
            engine: NAME,
            lack: words,
        }),
        429 | 503 => Err(EngineError::Busy {
            engine: NAME,
            words,
            seconds: answer.retry_after_seconds.unwrap_or(1),
        }),
        _refused => Err(EngineError::Disobeyed {
            engine: NAME,
            words,
        }),
    }
}

/// Whatever an API server or Prometheus says, nothing panics.
pub(super) fn read_anything(plan: &ClusterPlan, object: &Value) {
    let order = EngineOrder {
        generation: 7,
        baseline: EngineArm {
            address: plan.places[0].service.clone(),
            weight: RolloutWeight::ALL,
        },
        candidate: None,
    };
    if let Ok(part) = route::part(plan, object, &order, 0) {
        debug_assert!(part["spec"]["rules"].is_array());
    }
    debug_assert!(route::standing(plan, object).is_ok() || route::weights(plan, object).is_err());
    debug_assert!(counts::count_of(object) <= Some(Some(u64::MAX)));
    let empty = deployment::health(object, object) == PlaceHealth::Empty;
    debug_assert!(!empty || deployment::pods_to_ask_for(object).is_none());
    debug_assert!(deployment::stopped(plan, object).is_object());
}

#[cfg(test)]
mod tests;
