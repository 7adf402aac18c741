//! The composite risk on the command line, from answers of the commands that make its evidence.

use crate::stage::Stage;

const BASELINE: &str = r#"{"$schema": "https://json-schema.org/draft/2020-12/schema",
"type": "object", "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}},
"required": ["query"]}"#;

const LOCK: &str = r#"version = 4

[[package]]
name = "itoa"
version = "1.0.15"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "4a5f13b858c8d314ee3e8f639011f7ccefe71f97f96e50151fb991f267928e2c"
"#;

const OSV: &str = r#"{"id": "RUSTSEC-2024-0001", "summary": "Not about anything here",
"affected": [{"package": {"ecosystem": "crates.io", "name": "elsewhere"},
"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]}"#;

/// A stage with the answers of `schema diff` for an unchanged and for a breaking contract, and of
/// `deps align` for the same lockfile twice, without and with a database, and with one that flags
/// what the lockfile holds.
pub(crate) fn stage() -> Stage {
    let stage = Stage::new();
    let workspace = &stage.workspace;
    workspace.write("old.schema.json", BASELINE);
    workspace.write(
        "harmful.schema.json",
        BASELINE.replace("[\"query\"]", "[\"query\", \"limit\"]"),
    );
    workspace.write("Cargo.lock", LOCK);
    workspace.write("osv/RUSTSEC-2024-0001.json", OSV);
    let flags = OSV.replace("elsewhere", "itoa");
    workspace.write("flags/RUSTSEC-2024-0001.json", flags);
    let diff = |candidate: &str, code: i32| {
        let contracts = ["--baseline", "old.schema.json", "--candidate", candidate];
        let command = [&["schema", "diff"][..], &contracts, &["--format", "json"]].concat();
        stage.answer(code, &command)
    };
    let align = |code: i32, more: &[&str]| {
        let locks = ["--baseline", "Cargo.lock", "--candidate", "Cargo.lock"];
        let command = [&["deps", "align"][..], &locks, &["--format", "json"], more].concat();
        stage.answer(code, &command)
    };
    workspace.write("unchanged.json", diff("old.schema.json", 0));
    workspace.write("harmful.json", diff("harmful.schema.json", 30));
    workspace.write("unsearched.json", align(0, &[]));
    workspace.write("searched.json", align(0, &["--osv", "osv"]));
    workspace.write("flagged.json", align(30, &["--osv", "flags"]));
    stage
}

fn risk<'a>(evidence: &[&'a str]) -> Vec<&'a str> {
    let given = evidence.iter().flat_map(|given| ["--evidence", given]);
    ["risk"].into_iter().chain(given).collect()
}

#[test]
fn what_is_unknown_makes_the_score_an_interval_and_the_exit_code_undecided() {
    let stage = stage();
    assert_eq!(stage.code(&["risk"]), 20);
    let asked = risk(&["candidate=unchanged.json", "candidate=unsearched.json"]);
    assert_eq!(stage.code(&asked), 20);
    insta::assert_snapshot!(stage.outcome(&asked));
}

#[test]
fn a_breaking_contract_is_a_veto() {
    let stage = stage();
    let asked = risk(&["candidate=harmful.json", "candidate=searched.json"]);
    assert_eq!(stage.code(&asked), 30);
    let told = stage.outcome(&asked);
    assert!(told.contains("VETO"), "{told}");
    assert!(told.contains("harmful.json#/breaking"), "{told}");
}

#[test]
fn nothing_against_a_candidate_of_the_same_speed_is_low_and_twice_as_slow_is_not() {
    let stage = stage();
    let known = ["candidate=unchanged.json", "candidate=searched.json"];
    for (candidate, standing, code) in [("same.csv", "LOW", 0), ("slow.csv", "UNDECIDED", 20)] {
        let candidate = format!("candidate={candidate}");
        let mut evidence = known.to_vec();
        evidence.extend(["baseline=baseline.csv", &candidate]);
        let mut asked = risk(&evidence);
        asked.extend(["--format", "json"]);
        let told = stage.answer(code, &asked);
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["standing"], standing, "{told}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_leaves_its_factor_unknown() {
    let stage = stage();
    let cut = stage.answer(
        0,
        &[
            "schema",
            "diff",
            "--baseline",
            "old.schema.json",
            "--candidate",
            "old.schema.json",
            "--format",
            "json",
        ],
    );
    stage.workspace.write("cut.json", &cut[..cut.len() / 2]);
    let asked = risk(&["candidate=cut.json", "candidate=nowhere.json"]);
    assert_eq!(stage.code(&asked), 20);
    insta::assert_snapshot!(stage.outcome(&asked));
}

#[test]
fn stored_answers_are_evidence_that_gates_and_risk_read() {
    let stage = stage();
    let add = [
        "evidence",
        "add",
        "harmful.json",
        "--subject",
        "candidate",
        "--run",
        "run_7",
    ];
    stage.answer(0, &add);
    let told = stage.answer(30, &["risk"]);
    assert!(
        told.contains("schema_changes breaking = 1 @ run_7 (harmful.json#/breaking)"),
        "{told}"
    );
}

/// One recorded exchange; `total` is what the body holds.
fn exchange(id: usize, body: &str) -> String {
    format!("{{\"request\": {{\"id\": {id}}}, \"status\": 200, \"body\": {body}}}\n")
}

#[test]
fn a_field_that_recorded_answers_lost_and_a_model_that_runs_code_are_read_from_their_answers() {
    let stage = stage();
    let workspace = &stage.workspace;
    let same: String = (0..2_000)
        .map(|id| exchange(id, "{\"total\": 3}"))
        .collect();
    let lost = same.replacen("{\"total\": 3}", "{}", 1);
    workspace.write("old.ndjson", &same);
    workspace.write("same.ndjson", &same);
    workspace.write("lost.ndjson", lost);
    std::fs::write(stage.path().join("plain.pkl"), b"\x80\x04]K\x01a.").unwrap();
    let runs_code = b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.";
    std::fs::write(stage.path().join("hostile.pkl"), runs_code).unwrap();
    let compare = |candidate: &str, code: i32| {
        let recordings = ["--baseline", "old.ndjson", "--candidate", candidate];
        let command = [
            &["shadow", "compare"][..],
            &recordings,
            &["--format", "json"],
        ]
        .concat();
        stage.answer(code, &command)
    };
    let scan =
        |file: &str, code: i32| stage.answer(code, &["model", "scan", file, "--format", "json"]);
    workspace.write("kept.json", compare("same.ndjson", 0));
    workspace.write("lost.json", compare("lost.ndjson", 30));
    workspace.write("plain.json", scan("plain.pkl", 0));
    workspace.write("hostile.json", scan("hostile.pkl", 30));
    let told = |evidence: &[&str]| {
        let named: Vec<String> = evidence
            .iter()
            .map(|file| format!("candidate={file}"))
            .collect();
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        let mut asked = risk(&named);
        asked.extend(["--format", "json"]);
        stage.answer(20, &asked)
    };
    let levels = |told: &str| -> Vec<String> {
        let told: serde_json::Value = serde_json::from_str(told).unwrap();
        let factors = told["factors"].as_array().unwrap();
        factors
            .iter()
            .map(|factor| factor["level"].to_string())
            .collect()
    };
    let harmless = told(&["searched.json", "plain.json", "kept.json"]);
    let harmful = told(&["searched.json", "hostile.json", "lost.json"]);
    assert_eq!(
        levels(&harmful),
        ["[0.0,1.0]", "[1.0,1.0]", "[0.0,1.0]", "[1.0,1.0]"]
    );
    assert_eq!(levels(&harmless)[1], "[0.0,0.0]");
    assert!(
        harmful.contains("shadow_losses") && harmful.contains("lost.json"),
        "{harmful}"
    );
}
