//! Lockfiles on the command line.

use std::path::Path;

use crate::stage::Stage;

/// A stage with the lockfiles of one tool, before and after.
fn stage(tool: &str, file: &str) -> (Stage, [String; 2]) {
    let stage = Stage::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../supply/tests/fixtures/lock");
    let names = ["baseline", "candidate"].map(|side| {
        let text = std::fs::read_to_string(root.join(tool).join(side).join(file)).unwrap();
        let name = format!("{side}/{file}");
        stage.workspace.write(&name, text);
        name
    });
    (stage, names)
}

fn align<'a>(names: &'a [String; 2], more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "deps",
        "align",
        "--baseline",
        &names[0],
        "--candidate",
        &names[1],
    ];
    arguments.extend(more);
    arguments
}

const OSV: &str = r#"{"id": "GHSA-gxpj-cx7g-858c", "summary": "Regular expression denial of service in debug",
"affected": [{"package": {"ecosystem": "npm", "name": "debug"},
"ranges": [{"type": "SEMVER", "events": [{"introduced": "4.0.0"}, {"fixed": "4.3.5"}]}]}]}"#;

#[test]
fn a_major_step_is_undecided_without_a_database_and_says_that_there_is_none() {
    let (stage, names) = stage("npm3", "package-lock.json");
    assert_eq!(stage.code(&align(&names, &[])), 20);
    insta::assert_snapshot!(stage.outcome(&align(&names, &[])));
}

#[test]
fn a_vulnerable_candidate_is_flagged_and_the_fixed_baseline_is_not() {
    let (stage, names) = stage("npm3", "package-lock.json");
    stage.workspace.write("osv/GHSA-gxpj-cx7g-858c.json", OSV);
    let forth = align(&names, &["--osv", "osv", "--format", "json"]);
    assert_eq!(stage.code(&forth), 30);
    let same = [names[0].clone(), names[0].clone()];
    assert_eq!(stage.code(&align(&same, &["--osv", "osv"])), 0);
    insta::assert_snapshot!(stage.outcome(&forth));
}

#[test]
fn a_conflict_that_the_policy_names_is_flagged_with_its_reason() {
    let (stage, names) = stage("uv", "uv.lock");
    let policy = "[[deps.conflict]]\npackage = \"idna\"\nversions = \"<3\"\nwith = \"Certifi\"\n\
                  with_versions = \"*\"\nwhy = \"the old one breaks on new roots\"\n";
    stage.workspace.write("policy.toml", policy);
    let told = stage.outcome(&align(&names, &["--policy", "policy.toml"]));
    stage
        .workspace
        .write("policy.toml", policy.replace("why", "reason"));
    let broken = stage.outcome(&align(&names, &["--policy", "policy.toml"]));
    insta::assert_snapshot!(format!("{told}\n{broken}"));
}

#[test]
fn a_configuration_is_held_against_its_registration() {
    let (stage, names) = stage("cargo", "Cargo.lock");
    let same = [names[0].clone(), names[0].clone()];
    stage.workspace.write("model.yaml", "layers: 12\n");
    let digest = "d7e9b61b1ad7ac6d5bb8c2f6ae85a4ad3bd19ee5bc85afe8c4d9c87bf3fa2d4e";
    stage
        .workspace
        .write("run.json", format!(r#"{{"model.yaml": "{digest}"}}"#));
    stage
        .workspace
        .write("other.json", r#"{"other.yaml": "x"}"#);
    let mut told = String::new();
    for (registered, code) in [("run.json", 30), ("other.json", 20), ("none.json", 2)] {
        let more = ["--config", "model.yaml", "--registered", registered];
        assert_eq!(stage.code(&align(&same, &more)), code, "{registered}");
        let output = stage.run(&align(&same, &more));
        told.push_str(&String::from_utf8_lossy(&output.stdout));
        told.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    insta::assert_snapshot!(told);
    let digest = "cdf209a6050403ab061bd63f6a2a0b781165544765eb58aba3dba2b9d249df45";
    let more = ["--config", "model.yaml", "--registered", digest];
    assert_eq!(stage.code(&align(&same, &more)), 0);
}

#[test]
fn what_is_no_lockfile_is_an_error_with_its_place() {
    let (stage, names) = stage("cargo", "Cargo.lock");
    stage
        .workspace
        .write("broken.lock", "[[package]]\nname = \n");
    stage.workspace.write("text.lock", "hello\n");
    let told: Vec<String> = ["broken.lock", "text.lock"]
        .iter()
        .map(|file| stage.outcome(&align(&[names[0].clone(), (*file).to_owned()], &[])))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}
