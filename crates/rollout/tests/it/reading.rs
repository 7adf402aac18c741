//! Plans as people write them, and as they bring them from Argo Rollouts.

use adjutant_rollout::{
    HaproxyWeights, InvalidPlan, RolloutStep, RolloutWeight, StrategyFile, read_plan,
    rollout_names, strategy_file,
};

use crate::made::{CANARY, canary, read, settings};

fn told(steps: &[RolloutStep]) -> Vec<String> {
    let tell = |step: &RolloutStep| match step {
        RolloutStep::SetWeight(weight) => format!("weight {weight}"),
        RolloutStep::SetMirrorRoute(share) => format!("mirror {share}"),
        RolloutStep::Pause { duration_ms } => format!("pause {duration_ms:?}"),
        RolloutStep::Analysis(analysis) => format!("analysis {}", analysis.name),
    };
    steps.iter().map(tell).collect()
}

#[test]
fn a_canary_begins_with_nobody_and_ends_with_everybody() {
    assert_eq!(
        told(&canary().steps),
        [
            "weight 0 %",
            "mirror 100 %",
            "analysis answers",
            "weight 10 %",
            "pause Some(30000)",
            "analysis users",
            "weight 50 %",
            "pause None",
            "weight 100 %",
        ]
    );
}

const TEMPLATES: &str = r#"
[rollout.search]
file = "rollout.yaml"
[rollout.search.templates.success-rate]
metrics = [{ name = "errors", measure = "errors", limit = "1 %" }]
"#;

/// `examples` of Argo Rollouts have this shape.
const ARGO_CANARY: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: rollouts-demo
spec:
  replicas: 5
  strategy:
    canary:
      canaryService: demo-canary
      analysis:
        templates:
        - templateName: success-rate
        startingStep: 2
      steps:
      - setWeight: 20
      - pause: {duration: 1h}
      - setWeight: 40
      - pause: {duration: 10}
      - analysis:
          templates:
          - templateName: success-rate
      - pause: {}
  template:
    spec: {}
---
kind: AnalysisTemplate
metadata:
  name: success-rate
spec:
  metrics: []
";

fn from_argo(text: &str) -> Result<adjutant_rollout::ReadPlan, InvalidPlan> {
    let file = StrategyFile {
        file: "rollout.yaml",
        text,
    };
    read_plan(settings(TEMPLATES), "search", Some(file))
}

#[test]
fn argos_canary_is_read_and_what_only_a_cluster_can_follow_is_told() {
    assert_eq!(
        strategy_file(settings(TEMPLATES), "search")
            .unwrap()
            .as_deref(),
        Some("rollout.yaml")
    );
    let read = from_argo(ARGO_CANARY).unwrap();
    assert_eq!(
        told(&read.plan.steps),
        [
            "weight 0 %",
            "weight 20 %",
            "pause Some(3600000)",
            "weight 40 %",
            "pause Some(10000)",
            "analysis success-rate",
            "pause None",
            "weight 100 %",
        ]
    );
    assert_eq!(read.plan.monitor.len(), 1);
    let notes: Vec<_> = read
        .notes
        .iter()
        .map(|note| note.pointer.as_str())
        .collect();
    assert_eq!(
        notes,
        [
            "/apiVersion",
            "/metadata",
            "/spec/replicas",
            "/spec/template",
            "/spec/strategy/canary/canaryService",
            "/spec/strategy/canary/analysis/startingStep",
            "/metadata/name",
        ]
    );
}

#[test]
fn argos_blue_green_becomes_steps_too() {
    let text = "\
kind: Rollout
spec:
  strategy:
    blueGreen:
      activeService: active
      previewService: preview
      autoPromotionEnabled: false
      prePromotionAnalysis:
        templates: [{templateName: success-rate}]
      postPromotionAnalysis:
        templates: [{templateName: success-rate}]
";
    assert_eq!(
        told(&from_argo(text).unwrap().plan.steps),
        [
            "weight 0 %",
            "mirror 100 %",
            "analysis success-rate",
            "pause None",
            "weight 100 %",
            "analysis success-rate",
        ]
    );
}

#[test]
fn what_is_not_supported_is_refused_by_name_and_line() {
    for (from, to, line, told) in [
        (
            "- setWeight: 20",
            "- setCanaryScale: {weight: 5}",
            15,
            "setCanaryScale is a step",
        ),
        (
            "- setWeight: 20",
            "- experiment: {}",
            15,
            "experiment is a step",
        ),
        ("- setWeight: 20", "- setWeight: 120", 15, "120 is no share"),
        (
            "- setWeight: 20",
            "- setweight: 20",
            15,
            "setweight is no step",
        ),
        ("duration: 1h", "duration: soon", 16, "a duration such as"),
        (
            "canaryService: demo-canary",
            "surprise: 1",
            9,
            "surprise is not supported",
        ),
        ("replicas: 5", "paused: true", 6, "paused is a command"),
        ("startingStep: 2", "args: []", 13, "args is not supported"),
        (
            "name: success-rate\nspec",
            "name: other\nspec",
            26,
            "the queries of an AnalysisTemplate",
        ),
        (
            "kind: AnalysisTemplate",
            "kind: Service",
            26,
            "kind Service is no part",
        ),
        (
            "- templateName: success-rate\n        startingStep",
            "- templateName: none\n        startingStep",
            12,
            "there is no template none",
        ),
    ] {
        assert!(ARGO_CANARY.contains(from), "{from}");
        let error = from_argo(&ARGO_CANARY.replace(from, to)).unwrap_err();
        assert!(error.problem.contains(told), "{error}");
        assert_eq!(
            (error.file.as_str(), error.line),
            ("rollout.yaml", line),
            "{error}"
        );
    }
}

#[test]
fn our_own_settings_are_refused_with_their_line_too() {
    for (from, to, line, told) in [
        (
            "requestsMin = 200",
            "requestMin = 200",
            3,
            "requestMin is not supported",
        ),
        ("deadline = \"5m\"", "alpha = 0.9", 4, "a probability"),
        ("limit = \"2 %\"", "limit = \"2\"", 20, "bare number"),
        ("margin = \"2 points\"", "margin = \"2 %\"", 27, "points"),
        (
            "quantile = 0.95, margin = \"15 %\"",
            "margin = \"15 %\"",
            28,
            "quantile is missing",
        ),
        (
            "setMirrorRoute = { percentage = 100 }",
            "setMirrorRoute = 25",
            8,
            "such as setMirrorRoute = { percentage = 25 }",
        ),
        (
            "{ setMirrorRoute = { percentage = 100 } },\n",
            "",
            6,
            "can never be measured",
        ),
    ] {
        assert!(CANARY.contains(from), "{from}");
        let text = CANARY.replacen(from, to, 1);
        let error = read_plan(settings(&text), "search", None).unwrap_err();
        assert!(error.problem.contains(told), "{error}");
        assert_eq!(error.line, line, "{error}");
    }
    assert_eq!(rollout_names(settings(CANARY)).unwrap(), ["search"]);
    let none = read_plan(settings(CANARY), "other", None).unwrap_err();
    assert_eq!(none.problem, "there is no [rollout.other]");
}

#[test]
fn a_monitor_stands_in_where_the_plan_names_none() {
    let text = "[rollout.search.strategy.canary]\nsteps = [{ setWeight = 10 }]\n";
    let names: Vec<_> = read(text)
        .plan
        .monitor
        .iter()
        .map(|m| m.name.to_string())
        .collect();
    assert_eq!(names, ["errors", "p95"]);
}

#[test]
fn a_stored_plan_reads_back_as_it_was() {
    let plan = canary();
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(
        serde_json::from_str::<adjutant_rollout::RolloutPlan>(&text).unwrap(),
        plan
    );
}

const HAPROXY: &str = r#"
[rollout.search.target]
kind = "haproxy"
socket = "/run/haproxy/admin.sock"
backend = "search"
servers = ["blue", "green"]
[rollout.search.service]
command = ["{artifact}", "--port", "{port}"]
health = "/healthz"
[rollout.search.strategy.canary]
steps = [{ setWeight = 5 }, { setWeight = 50 }]
"#;

const NGINX: &str = "kind = \"nginx\"\ninclude = \"/etc/nginx/adjutant/search.conf\"\n\
                     accessLog = \"/var/log/nginx/search.log\"";

const OF_HAPROXY: &str = "kind = \"haproxy\"\nsocket = \"/run/haproxy/admin.sock\"\n\
                          backend = \"search\"\nservers = [\"blue\", \"green\"]";

#[test]
fn an_engine_takes_the_place_of_the_own_proxy_and_watches_what_it_can_measure() {
    let names = |text: &str| -> Vec<String> {
        let read = read_plan(settings(text), "search", None).unwrap();
        let monitor = read.plan.monitor.iter();
        monitor.map(|metric| metric.name.to_string()).collect()
    };
    assert_eq!(names(HAPROXY), ["errors"]);
    assert_eq!(
        names(&HAPROXY.replace(OF_HAPROXY, NGINX)),
        ["errors", "p95"]
    );
    let read = read_plan(settings(HAPROXY), "search", None).unwrap();
    let stored = serde_json::to_value(read.service.as_ref().unwrap()).unwrap();
    assert_eq!(stored["traffic"]["kind"], "haproxy");
    assert_eq!(
        serde_json::from_value::<adjutant_rollout::ServicePlan>(stored).unwrap(),
        read.service.unwrap()
    );
}

#[test]
fn what_an_engine_cannot_do_is_refused_by_name() {
    let p95 = "[rollout.search.monitor]\nmetrics = [{ name = \"p95\", measure = \"latency\", \
               quantile = 0.95, margin = \"10 %\" }]\n";
    let slow = HAPROXY.to_owned() + p95;
    for (text, expected) in [
        (slow.as_str(), "p95 cannot be measured behind HAProxy"),
        (
            &HAPROXY.replace("{ setWeight = 5 }", "{ setMirrorRoute = {} }"),
            "HAProxy copies no requests",
        ),
        (
            &HAPROXY.replace("setWeight = 5 }", "setWeight = 33.33 }"),
            "setWeight 33.33 %: no two weights",
        ),
        (
            &HAPROXY.replace("\"blue\", \"green\"", "\"blue\""),
            "two servers of the backend",
        ),
        (
            &HAPROXY.replace("\"green\"", "\"blue\""),
            "two different servers",
        ),
        (
            &HAPROXY.replace("\"search\"", "\"search; shutdown\""),
            "a name of letters",
        ),
        (
            &HAPROXY.replace("kind = \"haproxy\"", "kind = \"varnish\""),
            "varnish is no target",
        ),
        (
            &HAPROXY.replace(
                "health = ",
                "traffic = { listen = \"127.0.0.1:80\" }\nhealth = ",
            ),
            "traffic is of the own proxy",
        ),
        (&HAPROXY.replace("kind", "mood = 1\nkind"), "mood"),
        (
            &HAPROXY.replace("[rollout.search.service]", "[rollout.search.servants]"),
            "service is missing",
        ),
    ] {
        let refused = read_plan(settings(text), "search", None).unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
    }
    let fine = slow.replace(OF_HAPROXY, NGINX);
    assert!(read_plan(settings(&fine), "search", None).is_ok());
}

#[test]
fn weights_of_haproxy_share_exactly_as_the_plan_says() {
    for points in 0..=10_000_u16 {
        let weight = RolloutWeight::try_from(points).unwrap();
        if let Some(shared) = HaproxyWeights::sharing(weight) {
            let (candidate, baseline) = (u64::from(shared.candidate), u64::from(shared.baseline));
            let whole = u64::from(points) * (candidate + baseline);
            assert_eq!(whole, candidate * 10_000, "{weight}");
        }
    }
    for percent in [
        0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 25.0, 33.0, 50.0, 99.0, 100.0,
    ] {
        let weight = RolloutWeight::from_percent(percent).unwrap();
        assert!(HaproxyWeights::sharing(weight).is_some(), "{weight}");
    }
}
