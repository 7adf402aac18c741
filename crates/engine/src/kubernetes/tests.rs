use adjutant_rollout::{ClusterAccess, PrometheusPlan, RolloutWeight};
use serde_json::json;

use super::*;
use crate::order::EngineArm;

fn plan() -> ClusterPlan {
    let place = |name: &str| ClusterPlace {
        deployment: format!("search-{name}"),
        service: format!("search-{name}"),
    };
    ClusterPlan {
        access: ClusterAccess::ServiceAccount,
        namespace: "shop".to_owned(),
        route: "search".to_owned(),
        container: "search".to_owned(),
        replicas: 3,
        places: [place("blue"), place("green")],
        prometheus: PrometheusPlan {
            url: "http://prometheus:9090".to_owned(),
            requests: "$service $window".to_owned(),
            failures: "$service $window".to_owned(),
        },
    }
}

fn order(generation: u64, candidate: Option<f64>) -> EngineOrder {
    let arm = |name: &str, percent: f64| EngineArm {
        address: format!("search-{name}"),
        weight: RolloutWeight::from_percent(percent).unwrap(),
    };
    EngineOrder {
        generation,
        baseline: arm("blue", 100.0 - candidate.unwrap_or_default()),
        candidate: candidate.map(|percent| arm("green", percent)),
    }
}

/// As a cluster answers: only the old Service stands in it, without a weight.
fn first_route() -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "search", "namespace": "shop", "resourceVersion": "811", "generation": 1},
        "spec": {
            "parentRefs": [{"name": "public"}],
            "rules": [
                {"matches": [{"path": {"type": "PathPrefix", "value": "/docs"}}],
                 "backendRefs": [{"name": "docs", "port": 80}]},
                {"backendRefs": [{"group": "", "kind": "Service", "name": "search-blue", "port": 80}]},
            ],
        },
    })
}

/// The route once an order was applied, and the gateway saw it.
fn applied(order: &EngineOrder, observed: u64) -> Value {
    let mut route = first_route();
    let part = route::part(&plan(), &route, order, 5_000).unwrap();
    route["spec"]["rules"] = part["spec"]["rules"].clone();
    route["metadata"]["annotations"] = part["metadata"]["annotations"].clone();
    route["metadata"]["generation"] = json!(2);
    let condition =
        |kind: &str| json!({"type": kind, "status": "True", "observedGeneration": observed});
    route["status"] = json!({"parents": [{
        "conditions": [condition("Accepted"), condition("ResolvedRefs")],
    }]});
    route
}

#[test]
fn only_the_weights_of_our_rule_change_and_the_version_that_was_read_is_named() {
    let part = route::part(&plan(), &first_route(), &order(7, Some(5.0)), 5_000).unwrap();
    assert_eq!(part["metadata"]["resourceVersion"], "811");
    assert_eq!(
        part["metadata"]["annotations"]["adjutant.dev/generation"],
        "7"
    );
    assert_eq!(part["spec"]["rules"][0], first_route()["spec"]["rules"][0]);
    assert_eq!(
        part["spec"]["rules"][1]["backendRefs"],
        json!([
            {"group": "", "kind": "Service", "name": "search-blue", "port": 80, "weight": 9_500},
            {"group": "", "kind": "Service", "name": "search-green", "port": 80, "weight": 500},
        ])
    );
    assert!(part["spec"].get("parentRefs").is_none(), "that is not ours");
}

#[test]
fn an_order_is_in_effect_once_every_gateway_has_accepted_it() {
    let order = order(7, Some(5.0));
    let standing = |route: &Value| route::standing(&plan(), route).unwrap();
    assert_eq!(
        standing(&applied(&order, 1)),
        None,
        "it still has the one before"
    );
    assert_eq!(
        standing(&applied(&order, 2)),
        Some(Standing {
            generation: 7,
            since: 5_000,
            baseline: "search-blue".to_owned(),
            candidate: Some("search-green".to_owned()),
        })
    );
    let mut other_hand = applied(&order, 2);
    other_hand["spec"]["rules"][1]["backendRefs"][1]["weight"] = json!(9_000);
    assert_eq!(standing(&other_hand), None);
    assert!(!route::is_as(&plan(), &other_hand, &order).unwrap());
    assert_eq!(route::ordered(&other_hand), Some(7));
    let mut refused = applied(&order, 2);
    refused["status"]["parents"][0]["conditions"][1]["status"] = json!("False");
    assert_eq!(standing(&refused), None);
    assert_eq!(standing(&first_route()), None);
}

#[test]
fn a_route_that_sends_requests_elsewhere_too_is_not_touched() {
    let mut route = first_route();
    route["spec"]["rules"][1]["backendRefs"][0]["name"] = json!("cart");
    assert!(matches!(
        route::weights(&plan(), &route),
        Err(EngineError::NotSetUp { .. })
    ));
    let mut route = first_route();
    let cart = json!({"name": "cart", "port": 80});
    route["spec"]["rules"][1]["backendRefs"]
        .as_array_mut()
        .unwrap()
        .push(cart);
    let refused = route::part(&plan(), &route, &order(7, None), 0).unwrap_err();
    assert!(refused.to_string().contains("to cart as well"), "{refused}");
}

fn deployment(replicas: u64, status: Value) -> Value {
    json!({
        "metadata": {"name": "search-green", "generation": 4, "resourceVersion": "9",
                     "annotations": {"adjutant.dev/version": "ab"}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app.kubernetes.io/name": "search"}},
                 "template": {"spec": {"containers": [{"name": "search", "image": "r/search:1"}]}}},
        "status": status,
    })
}

#[test]
fn a_place_is_ready_when_all_of_its_pods_are_new_and_available() {
    let ready = json!({"observedGeneration": 4, "replicas": 3, "updatedReplicas": 3,
                       "availableReplicas": 3});
    let with = |key: &str, value: u64| {
        let mut status = ready.clone();
        status[key] = json!(value);
        deployment(3, status)
    };
    let looping = json!({"items": [{"status": {"containerStatuses": [
        {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}]});
    for (deployment, pods, expected) in [
        (
            deployment(3, ready.clone()),
            Value::Null,
            PlaceHealth::Ready,
        ),
        (deployment(0, json!({})), Value::Null, PlaceHealth::Empty),
        (
            with("observedGeneration", 3),
            Value::Null,
            PlaceHealth::Starting,
        ),
        (
            with("availableReplicas", 2),
            json!({"items": []}),
            PlaceHealth::Starting,
        ),
        (with("replicas", 4), Value::Null, PlaceHealth::Starting),
        (
            with("availableReplicas", 0),
            looping,
            PlaceHealth::CrashLooping,
        ),
    ] {
        assert_eq!(
            deployment::health(&deployment, &pods),
            expected,
            "{deployment}"
        );
    }
    let selector = deployment::pods_to_ask_for(&with("availableReplicas", 2));
    assert_eq!(
        selector.as_deref(),
        Some("app.kubernetes.io%2Fname%3Dsearch")
    );
    let stopped = deployment::stopped(&plan(), &deployment(3, ready));
    assert_eq!(stopped["spec"]["replicas"], 0);
    let containers = &stopped["spec"]["template"]["spec"]["containers"];
    assert_eq!(
        *containers,
        json!([{"name": "search", "image": "r/search:1"}])
    );
}

#[test]
fn what_prometheus_cannot_count_is_no_count() {
    let vector = |results: Value| json!({"data": {"resultType": "vector", "result": results}});
    let one = |value: &str| vector(json!([{"metric": {}, "value": [1.5, value]}]));
    for (body, expected) in [
        (vector(json!([])), Some(None)),
        (one("41.9"), Some(Some(41))),
        (one("NaN"), None),
        (one("+Inf"), None),
        (one("-1"), None),
        (
            vector(json!([{"value": [1, "1"]}, {"value": [1, "2"]}])),
            None,
        ),
        (
            json!({"data": {"resultType": "scalar", "result": [1.5, "7"]}}),
            Some(Some(7)),
        ),
        (
            json!({"data": {"resultType": "matrix", "result": []}}),
            None,
        ),
        (Value::Null, None),
    ] {
        assert_eq!(counts::count_of(&body), expected, "{body}");
    }
}

#[test]
fn no_series_of_failures_is_never_no_failure_once_there_were_requests() {
    for (requests, failures, expected) in [
        (Some(100), Some(7), Some((100, 7))),
        (Some(100), Some(0), Some((100, 0))),
        (Some(100), None, None),
        (Some(0), None, Some((0, 0))),
        (None, None, Some((0, 0))),
        (None, Some(3), Some((0, 0))),
        (Some(2), Some(3), Some((2, 2))),
    ] {
        let counts = counts::arm_counts(requests, failures);
        let counted = counts.map(|counts| (counts.requests, counts.failures));
        assert_eq!(counted, expected, "{requests:?}, {failures:?}");
    }
}

#[test]
fn a_kubeconfig_gives_the_address_and_the_token_of_its_context() {
    let text = "\
current-context: prod
contexts:
- {name: prod, context: {cluster: c, user: u}}
clusters:
- {name: c, cluster: {server: 'https://10.0.0.1:6443', certificate-authority-data: cGVt}}
users:
- {name: u, user: {token: abc}}
";
    let path = std::path::Path::new("/etc/adjutant/kubeconfig");
    let (server, credentials) = access::of_kubeconfig(text, path, None).unwrap();
    assert_eq!(server, "https://10.0.0.1:6443");
    assert_eq!(credentials.token.as_deref(), Some("abc"));
    assert_eq!(credentials.authority.as_deref(), Some(b"pem".as_slice()));
    assert_eq!(format!("{credentials:?}"), "ApiCredentials(kept back)");
    for (from, to, expected) in [
        ("token: abc", "exec: {command: aws}", "says exec"),
        ("cGVt", "c*", "is no base64"),
        ("name: u,", "name: v,", "has no user"),
        (
            "current-context: prod",
            "current-context: dev",
            "no context dev",
        ),
    ] {
        let refused = access::of_kubeconfig(&text.replace(from, to), path, None).unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
    }
}
