#![no_main]

use adjutant_rollout::{ClusterPlan, ServicePlan, StrategyFile, read_plan};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const PLAN: &str = r#"
[rollout.search.strategy.canary]
steps = [{ setWeight = 10 }]
[rollout.search.target]
kind = "kubernetes"
namespace = "shop"
route = "search"
container = "search"
places = [{ deployment = "a", service = "a" }, { deployment = "b", service = "b" }]
[rollout.search.target.prometheus]
url = "http://prometheus:9090"
requests = "$service $window"
failures = "$service $window"
"#;

static CLUSTER: LazyLock<Option<ClusterPlan>> = LazyLock::new(|| {
    let settings = StrategyFile {
        file: "adjutant.toml",
        text: PLAN,
    };
    match read_plan(settings, "search", None).ok()?.service? {
        ServicePlan::Cluster(cluster) => Some(cluster),
        ServicePlan::Processes(_) => None,
    }
});

// What HAProxy, nginx, an API server and Prometheus say is read or refused.
fuzz_target!(|bytes: &[u8]| {
    if let Some(cluster) = CLUSTER.as_ref() {
        adjutant_engine::read_anything(cluster, bytes);
    }
});
