//! A Deployment as JSON: which version it holds, how its pods are, and the part that changes that.

use adjutant_rollout::ClusterPlan;
use serde_json::{Value, json};

use super::ClusterVersion;

const VERSION: &str = "adjutant.dev/version";

/// How the pods of a place are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceHealth {
    /// There shall be none.
    Empty,
    /// They are being started or replaced.
    Starting,
    /// All of them are there and ready.
    Ready,
    /// They had their time and are not ready.
    Unready,
    /// One of them ends again and again.
    CrashLooping,
}

/// The version that was put into a Deployment.
pub(super) fn version(deployment: &Value) -> Option<String> {
    let annotations = deployment.pointer("/metadata/annotations")?;
    annotations.get(VERSION)?.as_str().map(str::to_owned)
}

/// The image of the container.
pub(super) fn image(plan: &ClusterPlan, deployment: &Value) -> Option<String> {
    let containers = deployment.pointer("/spec/template/spec/containers")?;
    let mut containers = containers.as_array()?.iter();
    let ours = |container: &&Value| {
        container.get("name").and_then(Value::as_str) == Some(plan.container.as_str())
    };
    let image = containers.find(ours)?.get("image")?;
    image.as_str().map(str::to_owned)
}

fn number(deployment: &Value, pointer: &str) -> u64 {
    // The API server leaves zeros out.
    deployment
        .pointer(pointer)
        .and_then(Value::as_u64)
        .unwrap_or(0)
}

fn is_ready(deployment: &Value) -> bool {
    let status = |name: &str| number(deployment, &format!("/status/{name}"));
    let replicas = number(deployment, "/spec/replicas");
    status("observedGeneration") >= number(deployment, "/metadata/generation")
        && status("updatedReplicas") >= replicas
        && status("availableReplicas") >= replicas
        && status("replicas") == status("updatedReplicas")
}

/// The selector of the pods that say why a Deployment is not ready; none are asked for otherwise.
pub(super) fn pods_to_ask_for(deployment: &Value) -> Option<String> {
    if number(deployment, "/spec/replicas") == 0 || is_ready(deployment) {
        return None;
    }
    let labels = deployment
        .pointer("/spec/selector/matchLabels")?
        .as_object()?;
    let selector = labels.iter().filter_map(|(name, value)| {
        let value = value.as_str()?;
        Some(format!("{}%3D{value}", name.replace('/', "%2F")))
    });
    Some(selector.collect::<Vec<_>>().join("%2C"))
}

/// How its pods are.
pub(super) fn health(deployment: &Value, pods: &Value) -> PlaceHealth {
    if number(deployment, "/spec/replicas") == 0 {
        return PlaceHealth::Empty;
    }
    if is_ready(deployment) {
        return PlaceHealth::Ready;
    }
    let listed = |value: &Value, pointer: &str| -> Vec<Value> {
        let found = value.pointer(pointer).and_then(Value::as_array);
        found.cloned().unwrap_or_default()
    };
    let loops = |container: &Value| {
        let waiting = container.pointer("/state/waiting/reason");
        waiting.and_then(Value::as_str) == Some("CrashLoopBackOff")
    };
    let pods = listed(pods, "/items");
    if pods
        .iter()
        .any(|pod| listed(pod, "/status/containerStatuses").iter().any(loops))
    {
        return PlaceHealth::CrashLooping;
    }
    let is_over = listed(deployment, "/status/conditions")
        .iter()
        .any(|condition| condition["reason"].as_str() == Some("ProgressDeadlineExceeded"));
    if is_over {
        PlaceHealth::Unready
    } else {
        PlaceHealth::Starting
    }
}

/// The part that puts a version into a Deployment.
pub(super) fn running(plan: &ClusterPlan, deployment: &Value, version: &ClusterVersion) -> Value {
    part(
        plan,
        deployment,
        (&version.version, &version.image),
        plan.replicas,
    )
}

/// The part that takes the pods away and leaves the version.
pub(super) fn stopped(plan: &ClusterPlan, deployment: &Value) -> Value {
    let (version, image) = (version(deployment), image(plan, deployment));
    let there = (
        version.as_deref().unwrap_or_default(),
        image.as_deref().unwrap_or_default(),
    );
    part(plan, deployment, there, 0)
}

/// All fields that are ours: what an apply leaves out is given up.
fn part(
    plan: &ClusterPlan,
    deployment: &Value,
    (version, image): (&str, &str),
    replicas: u32,
) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": deployment["metadata"]["name"],
            "namespace": plan.namespace,
            "resourceVersion": deployment["metadata"]["resourceVersion"],
            "annotations": { VERSION: version },
        },
        "spec": {
            "replicas": replicas,
            "template": { "spec": { "containers": [{ "name": plan.container, "image": image }] } },
        },
    })
}
