//! Objectives from the command line: over stored evidence, over a Prometheus, over nothing.

use std::net::{SocketAddr, TcpListener};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::prometheus::{Prometheus, promtool};
use crate::stage::Stage;

/// An objective over stored evidence: nine of ten answers within a bound.
fn stored(bound: u32) -> String {
    format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{ name: search-fast, displayName: Answers \
         are fast }}\nspec:\n  service: search\n  indicator:\n    metadata: {{ name: fast }}\n    \
         spec:\n      thresholdMetric:\n        metricSource: {{ type: Adjutant, spec: {{ measure: \
         latency_ms, subject: baseline }} }}\n  timeWindow: [{{ duration: 52w, isRolling: true \
         }}]\n  budgetingMethod: Occurrences\n  objectives: [{{ op: lte, value: {bound}, target: \
         0.9 }}]\n"
    )
}

const SETTINGS: &str = "[objective]\nfiles = [\"slo.yaml\"]\n\n[north_star.fast]\nobjective = \
                        \"search-fast\"\n";

fn staged(bound: u32) -> Stage {
    let stage = Stage::new();
    stage.workspace.write("adjutant.toml", SETTINGS);
    stage.workspace.write("slo.yaml", stored(bound));
    stage
}

fn with_evidence(bound: u32) -> Stage {
    let stage = staged(bound);
    let add = [
        "evidence",
        "add",
        "baseline.csv",
        "--subject",
        "baseline",
        "--run",
        "run_1",
    ];
    stage.answer(0, &add);
    stage
}

const STATUS: [&str; 2] = ["objective", "status"];

#[test]
fn stored_evidence_meets_an_objective_or_spends_its_budget() {
    let mut told = with_evidence(30).outcome(&["objective", "list"]);
    told.push_str(&with_evidence(30).outcome(&STATUS));
    told.push_str(&with_evidence(20).outcome(&STATUS));
    insta::assert_snapshot!(told);
    let json = with_evidence(20).answer(30, &["objective", "status", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["state"], "BUDGET EXHAUSTED");
    assert_eq!(json[0]["budget"]["bad"]["sources"][0]["run"], "run_1");
}

#[test]
fn no_data_is_never_met() {
    let stage = staged(30);
    insta::assert_snapshot!(stage.outcome(&STATUS));
    let early = [
        "objective",
        "status",
        "--at",
        "2001-01-01T00:00:00Z",
        "search-fast",
    ];
    assert_eq!(with_evidence(30).code(&early), 20);
    stage.workspace.write("adjutant.toml", "");
    assert_eq!(stage.code(&STATUS), 20);
}

#[test]
fn what_cannot_be_followed_is_told_with_its_place() {
    let stage = staged(30);
    let mut told = stage.outcome(&["objective", "status", "search"]);
    let wrong = stored(30).replace("target: 0.9", "target: 99");
    stage.workspace.write("slo.yaml", wrong);
    told.push_str(&stage.outcome(&STATUS));
    insta::assert_snapshot!(told);
}

#[test]
fn a_north_star_gate_may_be_an_objective() {
    let mut told = String::new();
    for stage in [with_evidence(30), with_evidence(20), staged(30)] {
        let listed = stage.outcome(&["north-star", "list"]);
        let (before, week) = listed.split_once(", 20").unwrap();
        let (_week, after) = week.split_once(':').unwrap();
        told.push_str(&format!("{before}, [WEEK]:{after}"));
    }
    insta::assert_snapshot!(told);
}

/// A real Prometheus with a month of requests, a sample a minute: of `all` a minute `good` were
/// answered.
#[allow(clippy::disallowed_methods, reason = "a test's own server")]
fn counting(good: u64, all: u64) -> Prometheus {
    const MINUTES: u64 = 31 * 24 * 60;
    let data = tempfile::tempdir().unwrap();
    let place = |name: &str| data.path().join(name).display().to_string();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let began = now.as_secs() - MINUTES * 60;
    let mut text = "# TYPE requests counter\n".to_owned();
    for (code, a_minute) in [(200, good), (500, all - good)] {
        for minute in 0..=MINUTES {
            let (count, at) = (a_minute * minute, began + minute * 60);
            text.push_str(&format!("requests_total{{code=\"{code}\"}} {count} {at}\n"));
        }
    }
    std::fs::write(place("requests"), text + "# EOF\n").unwrap();
    std::fs::write(place("prometheus.yml"), "").unwrap();
    promtool(&[
        "tsdb",
        "create-blocks-from",
        "--max-block-duration=1000h",
        "openmetrics",
        &place("requests"),
        &place("blocks"),
    ]);
    Prometheus::start(data)
}

/// An objective that a Prometheus counts.
const COUNTED: &str = r#"
apiVersion: openslo/v1
kind: SLO
metadata: { name: search-availability }
spec:
  service: search
  indicator:
    metadata: { name: answered }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { type: Prometheus, spec: { query: 'requests_total{code="200"}' } } }
        total: { metricSource: { type: Prometheus, spec: { query: requests_total } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
"#;

fn counted_by(address: SocketAddr) -> Stage {
    let stage = Stage::new();
    let settings =
        format!("[objective]\nfiles = [\"slo.yaml\"]\nprometheus = \"http://{address}\"\n");
    stage.workspace.write("adjutant.toml", settings);
    stage.workspace.write("slo.yaml", COUNTED);
    stage
}

#[test]
fn a_prometheus_is_asked_for_every_window_and_its_answers_are_kept() {
    let good = counting(99_990, 100_000);
    let stage = counted_by(good.address);
    let told = stage.answer(0, &STATUS);
    assert!(told.contains("99.99 %"), "{told}");
    let list = [
        "evidence",
        "list",
        "--subject",
        "objective/search-availability",
    ];
    let kept = stage.answer(0, &[&list[..], &["--format", "json"]].concat());
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    // Two questions for each of six windows.
    assert_eq!(kept.as_array().unwrap().len(), 12);
    let bad = counting(99_000, 100_000);
    let told = counted_by(bad.address).answer(30, &STATUS);
    assert!(told.contains("99 %"), "{told}");
}

#[test]
fn a_prometheus_that_does_not_answer_leaves_it_undecided() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert_eq!(counted_by(closed).code(&STATUS), 20);
}

#[test]
fn objectives_are_written_for_others() {
    let stage = counted_by(SocketAddr::from(([127, 0, 0, 1], 9)));
    for (target, part) in [
        ("prometheus", "alert: \"ErrorBudgetBurn\""),
        ("alertmanager", "receiver: \"page\""),
        ("openslo", "kind: \"SLO\""),
    ] {
        let text = stage.answer(0, &["objective", "export", target]);
        assert!(text.contains(part), "{text}");
    }
}
