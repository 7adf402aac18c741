//! Reading, refusing, writing.

use adjutant_objective::{
    OpenSloDocument, PlacedDocument, read_objective_settings, read_openslo, resolve, write_openslo,
};

pub(crate) const SEARCH: &str = include_str!("search.yaml");

fn documents(text: &str) -> Vec<PlacedDocument> {
    read_openslo("slo.yaml", text.as_bytes()).unwrap()
}

#[test]
fn what_is_written_reads_back_as_the_same_documents() {
    let plain = |placed: Vec<PlacedDocument>| -> Vec<OpenSloDocument> {
        placed.into_iter().map(|placed| placed.document).collect()
    };
    let first = plain(documents(SEARCH));
    let written = write_openslo(&first).unwrap();
    assert_eq!(plain(documents(&written)), first, "{written}");
    insta::assert_snapshot!(written);
}

#[test]
fn names_are_followed_and_the_usual_alerts_filled_in() {
    let objectives = resolve(&documents(SEARCH)).unwrap();
    insta::assert_debug_snapshot!(objectives);
}

/// The example with one text in place of another.
fn changed(from: &str, to: &str) -> String {
    assert!(SEARCH.contains(from), "{from}");
    let text = SEARCH.replacen(from, to, 1);
    match read_openslo("slo.yaml", text.as_bytes()) {
        Err(error) => error.to_string(),
        Ok(documents) => match resolve(&documents) {
            Err(error) => error.to_string(),
            Ok(_) => "accepted".to_owned(),
        },
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name_and_place() {
    let mut told = String::new();
    for (from, to) in [
        ("openslo/v1", "openslo/v1alpha"),
        ("kind: Service", "kind: AlertNotificationTarget"),
        ("description: Answers queries", "owner: me"),
        ("type: Prometheus", "type: Datadog"),
        ("    url:", "    password: x\n    url:"),
        ("target: 0.999", "target: 1"),
        ("target: 0.999", "target: 0.9, targetPercent: 99"),
        ("target: 0.999", "target: 0.999, op: lte, value: 1"),
        ("target: 0.999", "target: 0.999, compositeWeight: 2"),
        ("duration: 30d", "duration: 1M"),
        ("isRolling: true", "isRolling: false"),
        ("bad:", "good:\n      metricSource: {}\n    bad:"),
        ("indicatorRef: answered", "indicatorRef: nothing"),
        ("metricSourceRef: metrics", "metricSourceRef: answered"),
        (
            "sum(http_requests_total{job=\"search\"})",
            "rate(http_requests_total[5m])",
        ),
        ("name: answered", "name: two words"),
        ("name: search-minutes", "name: search-availability"),
        ("kind: burnrate", "kind: budget"),
        ("op: gte, threshold", "op: lt, threshold"),
        ("lookbackWindow: 1d", "lookbackWindow: 60d"),
        ("conditionRef: within", "conditionRef: without"),
        (
            "budgetingMethod: Timeslices",
            "budgetingMethod: Occurrences",
        ),
        ("timeSliceTarget: 0.8, ", ""),
        ("timeSliceWindow: 5m", "timeSliceWindow: 11m"),
        ("op: lte, value: 300, ", ""),
        ("alertPolicies: [on-call]", "alertPolicies: [{}]"),
    ] {
        told.push_str(&format!("{from:?} -> {to:?}\n  {}\n", changed(from, to)));
    }
    assert!(!told.contains("accepted"), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn settings_name_the_documents_and_nothing_else() {
    let text = "[gate.x]\n[objective]\nfiles = [\"slo.yaml\"]\nprometheus = \"http://p:9090\"\n";
    let settings = read_objective_settings("adjutant.toml", text).unwrap();
    assert_eq!(settings.files, ["slo.yaml"]);
    assert_eq!(settings.prometheus.as_deref(), Some("http://p:9090"));
    let wrong = read_objective_settings("adjutant.toml", "[objective]\nfile = \"a\"\n");
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "adjutant.toml: line 2: objective.file: file is not supported; here stand files, prometheus"
    );
}
