//! What is shipped for a Prometheus and a Grafana, tried with a real Prometheus over a real server.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::agents;
use crate::http_server::Server;
use crate::prometheus::{Prometheus, promtool};
use crate::rollouts::{Clients, Service};

fn shipped(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/observability");
    PathBuf::from(folder).join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(shipped(name)).unwrap()
}

/// Every dashboard, by its file.
fn dashboards() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(shipped("dashboards")).unwrap();
    let mut dashboards: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            (
                path.display().to_string(),
                serde_json::from_str(&text).unwrap(),
            )
        })
        .collect();
    dashboards.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(dashboards.len(), 3);
    dashboards
}

fn panels(dashboard: &Value) -> &[Value] {
    dashboard["panels"].as_array().unwrap()
}

#[test]
fn promtool_finds_the_configuration_the_rules_and_their_tests_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["prometheus.yml", "alerts.yml", "alerts_test.yml"] {
        std::fs::copy(shipped(name), folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("token"), "adj_x").unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    promtool(&["check", "config", &place("prometheus.yml")]);
    promtool(&["check", "rules", &place("alerts.yml")]);
    promtool(&["test", "rules", &place("alerts_test.yml")]);
}

/// What Grafana 10 and later need of a dashboard, as its documentation describes the JSON model.
#[test]
fn dashboards_have_what_grafana_needs_of_them() {
    let mut uids = BTreeSet::new();
    for (file, dashboard) in dashboards() {
        assert!(uids.insert(dashboard["uid"].as_str().unwrap().to_owned()));
        assert!(dashboard["title"].is_string() && dashboard["schemaVersion"].as_i64() >= Some(36));
        assert_eq!(
            dashboard["templating"]["list"][0]["type"], "datasource",
            "{file}"
        );
        let mut taken = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in panels(&dashboard) {
            let title = panel["title"].as_str().unwrap();
            assert!(ids.insert(panel["id"].as_i64().unwrap()), "{file}: {title}");
            assert!(["timeseries", "stat"].contains(&panel["type"].as_str().unwrap()));
            assert_eq!(
                panel["fieldConfig"]["defaults"]["noValue"],
                "NO DATA AVAILABLE"
            );
            let [x, y, w, h] =
                ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_i64().unwrap());
            assert!(x + w <= 24, "{file}: {title}");
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(taken.insert(cell), "{file}: {title} lies over another");
            }
            for target in panel["targets"].as_array().unwrap() {
                assert_eq!(target["datasource"]["uid"], "${datasource}");
            }
        }
    }
}

const OBJECTIVE: &str = "apiVersion: openslo/v1\nkind: SLO\nmetadata: { name: search-fast }\nspec:\n  \
    service: search\n  indicator:\n    metadata: { name: fast }\n    spec:\n      thresholdMetric:\n        \
    metricSource: { type: Adjutant, spec: { measure: latency_ms, subject: baseline }}\n  timeWindow: [{ \
    duration: 52w, isRolling: true }]\n  budgetingMethod: Occurrences\n  objectives: [{ op: lte, value: \
    30, target: 0.9 }]\n";

/// A service of which a version was taken back, a gate that decided, an agent that worked, and a
/// receiver that nobody reaches.
fn day() -> Service {
    let service = Service::with_gate("{ setWeight = 50 }");
    let stage = &service.stage;
    let settings = stage.path().join("adjutant.toml");
    let settings = std::fs::read_to_string(settings).unwrap()
        + "\n[objective]\nfiles = [\"slo.yaml\"]\n\n[announce.chat]\nurl = \
           \"http://127.0.0.1:9/hook\"\nsecret_env = \"HOOK_SECRET\"\n";
    stage.workspace.write("adjutant.toml", settings);
    stage.workspace.write("slo.yaml", OBJECTIVE);
    stage.workspace.git(&["add", "."]);
    stage.workspace.git(&["commit", "-q", "-m", "files"]);
    let gate = ["gate", "smoke", "--evidence", "baseline=baseline.csv"];
    let gate = [&gate[..], &["--evidence", "candidate=same.csv"]].concat();
    stage.answer(0, &gate);
    let transcript = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../formats/tests/fixtures/claude_code/stream.jsonl"
    );
    let script = format!("echo x > x.txt; cat '{transcript}'");
    agents::add_agent(stage, &script, "--command");
    agents::ran(stage, 0, &[]);
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    assert_eq!(service.start("bad"), 30);
    clients.end();
    service
}

fn encoded(query: &str) -> String {
    let bytes = query.bytes();
    bytes
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// How many series the answer to a query has, without those that are no number.
fn series(prometheus: &Prometheus, query: &str) -> usize {
    let path = format!("/api/v1/query?query={}", encoded(query));
    let answer = prometheus.get(&path).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{query}: {answer}"));
    assert_eq!(body["status"], "success", "{query}: {body}");
    let result = body["data"]["result"].as_array().unwrap();
    result.iter().filter(|one| one["value"][1] != "NaN").count()
}

#[test]
fn every_query_of_every_panel_has_data_of_a_real_day() {
    let service = day();
    let folder = service.stage.path();
    let server = Server::begin(folder, &[], &[]);
    for title in ["one", "two"] {
        let draft = json!({ "intake": { "title": title }, "draft": true });
        server.post("/tasks", &draft).expect(201);
    }
    let ready = agents::TASK.replace("Say hello", "Say it again");
    service.stage.workspace.write("again.md", ready);
    service
        .stage
        .answer(0, &["task", "add", "--from", "again.md"]);
    let claim = json!({ "agent": "bob", "lease_seconds": 600 });
    let won = server.post("/claims", &claim).expect(200).json();
    let back = json!({ "epoch": won["epoch"], "agent": "bob", "reason": "another first" });
    let task = won["task"].as_str().unwrap();
    server
        .post(&format!("/tasks/{task}/release"), &back)
        .expect(200);

    let data = tempfile::tempdir().unwrap();
    let scraping = read("prometheus.yml")
        .replace("127.0.0.1:7117", &server.address.to_string())
        .replace("15s", "1s");
    std::fs::write(data.path().join("prometheus.yml"), scraping).unwrap();
    std::fs::copy(shipped("alerts.yml"), data.path().join("alerts.yml")).unwrap();
    std::fs::write(data.path().join("token"), format!("{}\n", server.admin)).unwrap();
    let prometheus = Prometheus::start(data);
    let began = Instant::now();
    let mut queries: Vec<String> = dashboards()
        .iter()
        .flat_map(|(_, dashboard)| panels(dashboard).to_vec())
        .flat_map(|panel| panel["targets"].as_array().unwrap().clone())
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect();
    assert!(queries.len() > 35, "{}", queries.len());
    while !queries.is_empty() {
        // A claim of nobody's task is refused, and a read is answered.
        server
            .post("/tasks/T-99/renew", &json!({ "epoch": 1, "agent": "eve" }))
            .expect(404);
        server.get("/tasks").expect(200);
        queries.retain(|query| {
            let query = query.replace("$__rate_interval", "10s");
            series(&prometheus, &query) == 0
        });
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "no data of {queries:#?}\n{}",
            server.at("/metrics").body
        );
        std::thread::sleep(Duration::from_millis(500));
    }
    let metrics = server.at("/metrics").expect(200).body;
    for line in [
        "adjutant_rollout_phase{service=\"search\",phase=\"rolled_back\"} 1.0",
        "adjutant_incident_recovery_seconds_count{service=\"search\"} 1",
        "adjutant_gate_last_verdict{gate=\"smoke\",verdict=\"GO\"} 1.0",
        "adjutant_agent_tokens_total{agent=\"ada\",job=\"feature\",",
        "adjutant_refusals_total{reason=\"unknown\"}",
        "adjutant_announcements{receiver=\"chat\",state=\"waiting\"}",
        "adjutant_objective_budget_remaining_ratio{objective=\"search-fast\",service=\"search\"}",
        "adjutant_source_unreadable{source=\"objectives\"} 0.0",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
}
