//! The generated rules, held by Prometheus's own tools: `promtool check rules` and `promtool test
//! rules`.

use std::path::Path;
use std::process::Command;

use adjutant_objective::{alertmanager_routes, prometheus_rules, read_openslo, resolve};

use crate::documents::SEARCH;

/// Where Debian's package `prometheus` puts the program.
const PROGRAM: &str = "/usr/bin/promtool";

fn rules() -> String {
    let documents = read_openslo("slo.yaml", SEARCH.as_bytes()).unwrap();
    prometheus_rules(&resolve(&documents).unwrap()).unwrap()
}

#[allow(clippy::disallowed_methods, reason = "the test runs the real tool")]
fn promtool(folder: &Path, arguments: &[&str]) {
    assert!(
        Path::new(PROGRAM).exists(),
        "{PROGRAM} is missing: install Debian's package `prometheus`"
    );
    let output = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_rules_are_written_as_they_are_read() {
    insta::assert_snapshot!(rules());
}

#[test]
fn the_routes_know_every_receiver() {
    let documents = read_openslo("slo.yaml", SEARCH.as_bytes()).unwrap();
    insta::assert_snapshot!(alertmanager_routes(&resolve(&documents).unwrap()));
}

#[test]
fn promtool_accepts_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.yaml"), rules()).unwrap();
    promtool(
        folder.path(),
        &["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"],
    );
}

#[test]
fn promtool_sees_the_alerts_fire_and_end() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.yaml"), rules()).unwrap();
    std::fs::write(
        folder.path().join("test.yaml"),
        include_str!("promtool.yaml"),
    )
    .unwrap();
    promtool(folder.path(), &["test", "rules", "test.yaml"]);
}
