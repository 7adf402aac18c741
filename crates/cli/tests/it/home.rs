//! Where the settings and the state are found.

use adjutant_testkit::program;
use adjutant_testkit::workspace::Workspace;

use crate::stage::Stage;

const ADD: [&str; 7] = [
    "evidence",
    "add",
    "baseline.csv",
    "--subject",
    "baseline",
    "--run",
    "run_1",
];

#[test]
fn linked_work_trees_share_one_state() {
    let stage = Stage::new();
    stage.answer(0, &ADD);
    stage.workspace.git(&["worktree", "add", "-q", "../linked"]);
    let linked = stage.path().parent().unwrap().join("linked");
    let listed = stage
        .command(&["evidence", "list", "--format", "json"])
        .current_dir(linked)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(listed.stdout).unwrap(),
        stage.answer(0, &["evidence", "list", "--format", "json"])
    );
    assert_eq!(
        stage
            .workspace
            .git(&["status", "--porcelain"])
            .lines()
            .count(),
        4
    );
}

#[test]
fn outside_a_repository_the_state_lies_beside_the_settings() {
    let workspace = Workspace::empty();
    workspace.write("adjutant.toml", "");
    workspace.write("deep/er/baseline.csv", "latency_ms\n1\n");
    let output = program::command(
        env!("CARGO_BIN_EXE_adjutant"),
        &workspace.path().join("deep/er"),
        &ADD,
    )
    .output()
    .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(workspace.path().join(".adjutant/adjutant.db").is_file());
}

#[test]
fn settings_are_begun_once_and_the_doctor_looks() {
    let workspace = Workspace::repository();
    let run = |arguments: &[&str]| {
        let output = program::command(env!("CARGO_BIN_EXE_adjutant"), workspace.path(), arguments)
            .output()
            .unwrap();
        let told = program::outcome(&output, workspace.path(), &[]);
        program::without_times_and_digests(&told)
    };
    let mut told = run(&["doctor"]);
    for arguments in [
        ["init"].as_slice(),
        &["init"],
        &["gate", "list"],
        &["evidence", "list"],
        &["doctor"],
        &["doctor", "--format", "json"],
    ] {
        told.push_str(&format!("\n$ adjutant {}\n", arguments.join(" ")));
        told.push_str(&run(arguments));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_database_that_is_none_is_an_error_with_a_remedy() {
    let stage = Stage::new();
    stage.workspace.write(
        ".git/adjutant/adjutant.db",
        "not a database, but long enough",
    );
    let told = stage.outcome(&["evidence", "list"]);
    assert!(told.starts_with("exit code 1"), "{told}");
    assert!(told.contains("remedy: "), "{told}");
    let refused = stage
        .command(&["evidence", "list"])
        .env(
            "ADJUTANT_DATABASE_URL",
            "postgres://adjutant:secret@127.0.0.1:1/none",
        )
        .output()
        .unwrap();
    let told = stage.told(&refused);
    assert!(told.starts_with("exit code 1"), "{told}");
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn what_is_there_already_is_never_overwritten() {
    let workspace = Workspace::repository();
    workspace.write("Justfile", "build:\n    true\n");
    workspace.write(".github/ISSUE_TEMPLATE/ai-task.yml", "mine");
    let output = program::command(env!("CARGO_BIN_EXE_adjutant"), workspace.path(), &["init"])
        .output()
        .unwrap();
    insta::assert_snapshot!(program::outcome(&output, workspace.path(), &[]));
    assert_eq!(workspace.read("Justfile"), "build:\n    true\n");
    assert_eq!(workspace.read(".github/ISSUE_TEMPLATE/ai-task.yml"), "mine");
}

#[test]
fn clients_of_agents_are_told_of_the_server_and_keep_what_they_have() {
    let workspace = Workspace::repository();
    let theirs = "{\n  \"mcpServers\": {\n    \"other\": { \"command\": \"other\" }\n  }\n}\n";
    workspace.write(".mcp.json", theirs);
    workspace.write(".codex/config.toml", "# mine\nmodel = \"best\"\n");
    workspace.write("AGENTS.md", "# Rules\n\nBe kind.\n");
    let run = || {
        program::command(env!("CARGO_BIN_EXE_adjutant"), workspace.path(), &["init"])
            .output()
            .unwrap()
    };
    assert!(run().status.success());
    let names = [
        ".mcp.json",
        ".cursor/mcp.json",
        ".gemini/settings.json",
        ".codex/config.toml",
        "AGENTS.md",
    ];
    let read = || names.map(|name| format!("--- {name}\n{}", workspace.read(name)));
    let written = read();
    insta::assert_snapshot!(written.join(""));
    assert!(run().stdout.is_empty());
    assert_eq!(read(), written);
}
