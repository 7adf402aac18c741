//! Every command explains itself.

use crate::stage::Stage;

#[test]
fn every_command_has_help_with_examples() {
    let stage = Stage::new();
    for command in [
        [].as_slice(),
        &["init"],
        &["evidence"],
        &["evidence", "add"],
        &["evidence", "list"],
        &["evidence", "show"],
        &["risk"],
        &["announce"],
        &["announce", "list"],
        &["announce", "show"],
        &["announce", "deliver"],
        &["announce", "retry"],
        &["announce", "forget"],
        &["incident"],
        &["incident", "list"],
        &["incident", "show"],
        &["incident", "note"],
        &["incident", "figures"],
        &["run"],
        &["up"],
        &["db"],
        &["db", "copy"],
        &["deps"],
        &["deps", "align"],
        &["model"],
        &["model", "inspect"],
        &["model", "diff"],
        &["model", "scan"],
        &["focus"],
        &["focus", "plan"],
        &["focus", "update"],
        &["focus", "complete"],
        &["focus", "status"],
        &["focus", "sync"],
        &["handoff"],
        &["rollout"],
        &["rollout", "plan"],
        &["rollout", "start"],
        &["rollout", "run"],
        &["rollout", "status"],
        &["rollout", "promote"],
        &["rollout", "abort"],
        &["rollout", "pause"],
        &["rollout", "resume"],
        &["rollout", "undo"],
        &["rollout", "lift"],
        &["rollout", "down"],
        &["rollout", "history"],
        &["north-star"],
        &["north-star", "list"],
        &["north-star", "observe"],
        &["routine"],
        &["routine", "morning"],
        &["routine", "evening"],
        &["routine", "weekly"],
        &["routine", "monthly"],
        &["task", "mirror"],
        &["traffic"],
        &["traffic", "serve"],
        &["traffic", "status"],
        &["traffic", "set"],
        &["role"],
        &["role", "list"],
        &["role", "show"],
        &["task"],
        &["task", "claim"],
        &["task", "release"],
        &["task", "conflicts"],
        &["task", "template"],
        &["agent"],
        &["agent", "add"],
        &["agent", "list"],
        &["agent", "remove"],
        &["agent", "run"],
        &["task", "add"],
        &["task", "list"],
        &["task", "show"],
        &["task", "edit"],
        &["task", "drop"],
        &["task", "reopen"],
        &["task", "complete"],
        &["task", "merge"],
        &["task", "compete"],
        &["task", "verify"],
        &["gate"],
        &["gate", "list"],
        &["gate", "show"],
        &["gate", "self-test"],
        &["compare"],
        &["schema"],
        &["schema", "diff"],
        &["report"],
        &["report", "deployment"],
        &["verify"],
        &["vote"],
        &["vote", "list"],
        &["vote", "show"],
        &["journal"],
        &["journal", "verify"],
        &["doctor"],
        &["selftest"],
        &["selftest", "race"],
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let help = stage.outcome(&arguments);
        let has_commands = help.contains("Commands:");
        assert!(
            has_commands || help.contains("Example"),
            "{command:?}: {help}"
        );
        // One snapshot a command: a new command changes only its own and its group's.
        let name = [["help"].as_slice(), command].concat().join("-");
        insta::assert_snapshot!(name, help);
    }
}

#[test]
fn a_mistaken_command_line_is_an_error_of_usage() {
    let stage = Stage::new();
    let mut told = String::new();
    for arguments in [
        ["gat"].as_slice(),
        &["gate"],
        &["gate", "smoke", "--evidence", "candidate"],
        &["gate", "smoke", "--evidence", "two words=a.csv"],
        &["gate", "smoke", "--reason", "p95= "],
        &["compare", "baseline.csv", "same.csv"],
        &["compare", "a", "b", "--measure", "p101"],
        &[
            "compare",
            "a",
            "b",
            "--measure",
            "p95",
            "--confidence",
            "95",
        ],
        &[
            "evidence",
            "add",
            "a.csv",
            "--subject",
            "x",
            "--run",
            "r",
            "--as",
            "excel",
        ],
    ] {
        told.push_str(&format!("$ adjutant {}\n", arguments.join(" ")));
        told.push_str(&stage.outcome(arguments));
        told.push('\n');
    }
    insta::assert_snapshot!(told);
}
