//! Routines and north-star gates, as the program runs them.

use adjutant_outbound::clock;
use adjutant_testkit::postgres::Server;
use adjutant_work::calendar::Week;

use crate::focus::{adding, dateless, file, stage, told};
use crate::stage::Stage;

const NORTH_STARS: &str = r#"
[focus]
progress = ["docs/PROGRESS.md"]

[north_star.interviews]
title = "Somebody wants to talk."
applications = { path = "applications.csv", status = ["interview"], touched_this_week = true, at_least = 2 }
pauses = ["feature"]
"#;

const HEAD: &str = "company,role,contact,last touch,next step,status\n";

fn with_north_star() -> Stage {
    let stage = stage();
    let settings = stage.workspace.read("adjutant.toml") + NORTH_STARS;
    stage.workspace.write("adjutant.toml", settings);
    stage.workspace.write("docs/PROGRESS.md", "begun\n");
    stage.workspace.git(&["add", "-A"]);
    stage.workspace.git(&["commit", "-q", "-m", "The gate"]);
    stage
}

/// This week, and the two before it, the oldest first.
fn weeks() -> [Week; 3] {
    let this = Week::of(clock::now());
    [this.previous().previous(), this.previous(), this]
}

fn observe(stage: &Stage, week: Week) {
    stage.answer(0, &["north-star", "observe", "--week", &week.to_string()]);
}

fn applications(week: Week, n: usize) -> String {
    let day = adjutant_work::calendar::Day::of(week.start());
    let row = |n| format!("Company {n},engineer,Ann,{day},call,interview\n");
    HEAD.to_owned() + &(1..=n).map(row).collect::<String>()
}

#[test]
fn two_missed_weeks_pause_features_and_nothing_else() {
    let stage = with_north_star();
    let claim = [
        "task", "claim", "T-1", "--agent", "amber", "--format", "json",
    ];
    let [older, old, this] = weeks();
    stage
        .workspace
        .write("applications.csv", applications(old, 1));
    observe(&stage, old);
    stage.answer(0, &claim);
    stage.answer(0, &["task", "release"]);
    observe(&stage, older);
    let refused: serde_json::Value = serde_json::from_str(&stage.answer(40, &claim)).unwrap();
    assert_eq!(refused["refused"]["reason"], "paused");
    let said = told(
        &stage,
        &[
            &["north-star", "list"],
            &["task", "claim", "T-1", "--agent", "amber"],
            &["task", "claim", "--agent", "amber"],
            &["task", "release"],
            &["focus", "plan", "--agent", "amber"],
        ],
    );
    insta::assert_snapshot!(said);
    stage
        .workspace
        .write("applications.csv", applications(this, 2));
    stage.answer(0, &["north-star", "observe"]);
    stage.answer(0, &claim);
}

#[test]
fn pauses_routines_and_the_focus_work_with_their_state_in_postgresql() {
    let stage = with_north_star();
    let server = Server::start();
    let url = server.new_database();
    let code = |arguments: &[&str]| {
        let mut command = stage.command(arguments);
        command.env("ADJUTANT_DATABASE_URL", &url);
        let output = command.output().unwrap();
        (output.status.code().unwrap(), format!("{output:?}"))
    };
    let expect = |wanted: i32, arguments: &[&str]| {
        let (code, told) = code(arguments);
        assert_eq!(code, wanted, "{arguments:?}: {told}");
    };
    let [older, old, this] = weeks();
    let add = adding(("New page", "feature", "low"), &[]);
    expect(0, &add);
    for week in [older, old] {
        expect(0, &["north-star", "observe", "--week", &week.to_string()]);
    }
    expect(40, &["task", "claim", "T-1", "--agent", "amber"]);
    expect(0, &["focus", "plan", "--agent", "amber"]);
    expect(0, &["routine", "morning"]);
    expect(0, &["routine", "evening"]);
    expect(0, &["routine", "weekly", "--goal", "a page"]);
    expect(40, &["routine", "weekly", "--goal", "two pages"]);
    stage
        .workspace
        .write("applications.csv", applications(this, 2));
    expect(0, &["north-star", "observe"]);
    expect(0, &["task", "claim", "T-1", "--agent", "amber"]);
    expect(40, &["routine", "evening"]);
    expect(0, &["routine", "monthly"]);
    expect(0, &["journal", "verify"]);
}

#[test]
fn an_agent_that_takes_the_gate_out_of_its_settings_still_meets_the_pause() {
    let stage = with_north_star();
    let [older, old, _] = weeks();
    observe(&stage, older);
    observe(&stage, old);
    stage.workspace.git(&["checkout", "-q", "-b", "work"]);
    stage.workspace.write("adjutant.toml", "");
    stage
        .workspace
        .git(&["commit", "-q", "-a", "-m", "No gate"]);
    let told = stage.answer(0, &["north-star", "list", "--format", "json"]);
    assert_eq!(told, "[]\n");
    assert_eq!(
        stage.code(&["task", "claim", "T-1", "--agent", "amber"]),
        40
    );
}

#[test]
fn the_table_of_the_main_work_tree_counts_wherever_it_is_looked_at() {
    let stage = with_north_star();
    let [_, _, this] = weeks();
    stage
        .workspace
        .write("applications.csv", applications(this, 2));
    let linked = stage.path().join("../linked");
    stage.workspace.git(&["worktree", "add", "-q", "../linked"]);
    std::fs::write(linked.join("applications.csv"), applications(this, 0)).unwrap();
    let output = stage
        .command(&["north-star", "observe"])
        .current_dir(&linked)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(": MET: 2 of 2 applications count"), "{said}");
}

#[test]
fn an_agent_that_is_run_is_not_given_what_is_paused() {
    let stage = with_north_star();
    let [older, old, _] = weeks();
    observe(&stage, older);
    observe(&stage, old);
    stage.answer(
        0,
        &[
            "agent",
            "add",
            "amber",
            "--role",
            "searcher",
            "--command",
            "true",
        ],
    );
    let told = stage.answer(
        40,
        &["agent", "run", "amber", "--task", "T-1", "--format", "json"],
    );
    assert!(told.contains("\"reason\": \"paused\""), "{told}");
}

#[test]
fn a_gate_over_measures_decides_as_a_criterion_does() {
    let stage = stage();
    let settings = r#"
[north_star.fast]
evidence = { measure = "p95", at_most = "40ms" }
[north_star.faster]
evidence = { measure = "p95", at_most = "20ms" }
[north_star.sure]
evidence = { measure = "error-rate", at_most = "0.1%" }
[north_star.elsewhere]
evidence = { measure = "p95", subject = "search", at_most = "40ms" }
[north_star.release]
gate = "smoke"
"#;
    let settings = stage.workspace.read("adjutant.toml") + settings;
    stage.workspace.write("adjutant.toml", settings);
    let list: [&[&str]; 1] = [&["north-star", "list"]];
    let mut said = told(&stage, &list);
    let gate = ["gate", "smoke", "--evidence", "candidate=same.csv"];
    let gate = [&gate[..], &["--evidence", "baseline=baseline.csv"]].concat();
    stage.run(&gate);
    said.push_str(&told(&stage, &list));
    insta::assert_snapshot!(said);
}

#[test]
fn who_has_a_feature_keeps_it_when_features_are_paused() {
    let stage = with_north_star();
    stage.answer(0, &["task", "claim", "T-1", "--agent", "amber"]);
    let [older, old, _] = weeks();
    observe(&stage, older);
    observe(&stage, old);
    stage.answer(0, &["task", "claim", "--renew"]);
    stage.answer(0, &["task", "release"]);
    assert_eq!(
        stage.code(&["task", "claim", "T-1", "--agent", "amber"]),
        40
    );
}

#[test]
fn a_month_begins_a_new_period_and_keeps_the_old_one() {
    let stage = with_north_star();
    let this = Week::of(clock::now());
    let mut week = this;
    // Every week before the month began, and some that may lie in it.
    let weeks: Vec<Week> = std::iter::from_fn(|| {
        week = week.previous();
        Some(week)
    })
    .take(8)
    .collect();
    for week in weeks.iter().rev() {
        observe(&stage, *week);
    }
    let misses = |text: &str| -> usize {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        json[0]["misses"]["weeks"].as_array().unwrap().len()
    };
    let list = ["north-star", "list", "--format", "json"];
    assert_eq!(misses(&stage.answer(0, &list)), 8);
    let first: serde_json::Value =
        serde_json::from_str(&stage.answer(0, &["routine", "monthly", "--format", "json"]))
            .unwrap();
    assert_eq!(first["again"], false);
    assert!(
        misses(&stage.answer(0, &list)) <= 4,
        "a month has no more weeks before this"
    );
    let second: serde_json::Value =
        serde_json::from_str(&stage.answer(0, &["routine", "monthly", "--format", "json"]))
            .unwrap();
    assert_eq!(second["again"], true);
    assert_eq!(second["period_start"], first["period_start"]);
    assert_eq!(
        second["north_stars"], first["north_stars"],
        "the old period is kept"
    );
    stage.answer(0, &["journal", "verify"]);
}

#[test]
fn a_morning_refuses_a_focus_that_is_missing_or_stale() {
    let stage = with_north_star();
    let blocked = ["--blocked-by", "T-2", "--path", "src/next/**"];
    file(&stage, ("Tell the size", "feature", "high"), &blocked);
    let mut said = told(
        &stage,
        &[
            &["routine", "morning", "--agent", "amber"],
            &["focus", "plan", "--agent", "amber"],
            &["routine", "morning"],
            &["routine", "morning"],
        ],
    );
    stage.workspace.write("docs/demo.mp4", "a film");
    said.push_str(&told(
        &stage,
        &[
            &["routine", "morning"],
            &["routine", "morning", "--format", "json"],
            &["focus", "sync"],
        ],
    ));
    insta::assert_snapshot!(said);
    let json = stage.answer(0, &["routine", "morning", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["again"], true);
    assert_eq!(json["plan"]["steps"][0]["step"]["item"], "one-pager");
    assert_eq!(json["blocked"][0]["blockers"][0]["task"], "T-2");
    assert_eq!(json["conflicts"]["conflicts"], serde_json::json!([]));
}

#[test]
fn a_morning_shows_what_work_trees_conflict_over() {
    let stage = with_north_star();
    stage.answer(0, &["focus", "plan", "--agent", "amber"]);
    for name in ["left", "right"] {
        let folder = format!("../{name}");
        stage
            .workspace
            .git(&["worktree", "add", "-q", "-b", name, &folder]);
        // Not committed: the morning sees it before anyone else does.
        let progress = stage.path().join(folder).join("docs/PROGRESS.md");
        std::fs::write(progress, format!("{name}\n")).unwrap();
    }
    let said = stage.answer(0, &["routine", "morning"]);
    let line = said.lines().find(|line| line.starts_with("conflict: "));
    let told = line.unwrap_or(&said);
    assert!(told.contains(" in docs/PROGRESS.md"), "{said}");
    assert!(told.contains("left and right"), "{said}");
}

#[test]
fn an_evening_accepts_a_lease_with_a_handoff_of_this_claim() {
    let stage = with_north_star();
    stage.answer(0, &["focus", "plan", "--agent", "amber"]);
    stage.answer(0, &["task", "claim", "T-2", "--agent", "amber"]);
    assert_eq!(stage.code(&["routine", "evening"]), 40);
    stage.answer(
        0,
        &[
            "handoff",
            "--to",
            "infra-mlops",
            "--state",
            "the handle closes on Linux",
            "--next-command",
            "make test",
            "--risk",
            "none",
            "--unproven",
            "none",
            "--kind",
            "infra",
            "--path",
            "deploy/**",
            "--keep",
        ],
    );
    stage.answer(0, &["routine", "evening"]);
}

#[test]
fn an_evening_refuses_an_open_lease_and_commits_progress_and_nothing_else() {
    let stage = with_north_star();
    stage.answer(0, &["focus", "plan", "--agent", "amber"]);
    stage.answer(0, &["task", "claim", "T-2", "--agent", "amber"]);
    let mut said = told(
        &stage,
        &[
            &["routine", "evening", "--commit"],
            &["routine", "evening", "--format", "json"],
            &["task", "release"],
            &["routine", "evening", "--commit"],
        ],
    );
    stage.workspace.write("docs/PROGRESS.md", "half way\n");
    stage.workspace.write("docs/slo.png", "another picture");
    stage.workspace.write("new.txt", "mine");
    stage.workspace.git(&["add", "docs/slo.png", "new.txt"]);
    let with_name = |arguments: &[&str]| {
        let mut command = stage.command(arguments);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Amber");
            command.env(format!("GIT_{who}_EMAIL"), "amber@example.org");
        }
        command.output().unwrap()
    };
    stage.workspace.git(&["config", "user.name", "Amber"]);
    stage
        .workspace
        .git(&["config", "user.email", "amber@example.org"]);
    let output = with_name(&[
        "routine",
        "evening",
        "--commit",
        "--note",
        "the handle leaks",
    ]);
    let committed = stage.workspace.git(&["rev-parse", "HEAD"]);
    let told_commit = dateless(&stage.told(&output)).replace(&committed[..10], "[COMMIT]");
    said.push_str(&told_commit);
    let shown = stage
        .workspace
        .git(&["show", "--format=%B", "--name-only", "HEAD"]);
    said.push_str(&format!("\n--- the commit\n{}\n", dateless(&shown)));
    let staged = stage.workspace.git(&["diff", "--cached", "--name-only"]);
    said.push_str(&format!("--- still staged\n{staged}\n"));
    insta::assert_snapshot!(said);
    let focus = stage.workspace.read("AGENT_FOCUS.md");
    assert!(focus.contains(": the handle leaks\n"), "{focus}");
}

#[test]
fn a_week_has_goals_once_and_a_scoreboard_with_its_counts() {
    let stage = with_north_star();
    stage.answer(0, &["task", "claim", "T-2", "--agent", "amber"]);
    stage.answer(0, &["task", "release"]);
    stage.answer(0, &["task", "claim", "T-2", "--agent", "birch"]);
    insta::assert_snapshot!(told(
        &stage,
        &[
            &[
                "routine",
                "weekly",
                "--goal",
                "half the errors",
                "--goal",
                "a demo"
            ],
            &["routine", "weekly"],
            &["routine", "weekly", "--goal", "something else"],
            &["routine", "weekly", "--format", "json"],
            &["focus", "plan", "--agent", "amber"],
            &["journal", "verify"],
        ],
    ));
    let focus = stage.workspace.read("AGENT_FOCUS.md");
    assert!(
        focus.contains("- Goal of the week: half the errors [^w1]"),
        "{focus}"
    );
}

#[test]
fn north_star_gates_that_cannot_be_asked_are_told_with_their_remedy() {
    let stage = with_north_star();
    let mut said = String::new();
    stage
        .workspace
        .write("applications.csv", "company,role\nA,b\n");
    said.push_str(&told(
        &stage,
        &[
            &["north-star", "observe"],
            &["north-star", "observe", "--week", "2199-W01"],
        ],
    ));
    let settings = stage.workspace.read("adjutant.toml");
    stage
        .workspace
        .write("adjutant.toml", settings + "missed_weeks = 0\n");
    said.push_str(&told(
        &stage,
        &[
            &["north-star", "list"],
            &["task", "claim", "--agent", "amber"],
        ],
    ));
    insta::assert_snapshot!(said);
}

#[test]
fn every_recipe_that_init_writes_calls_a_command_that_is_there() {
    let stage = with_north_star();
    stage.answer(0, &["init"]);
    let recipes = stage.workspace.read("adjutant.just");
    let names: Vec<&str> = recipes
        .lines()
        .filter_map(|line| line.strip_suffix(" *ARGUMENTS:"))
        .collect();
    assert_eq!(
        names,
        [
            "ai-morning",
            "ai-evening",
            "focus-plan",
            "focus-update",
            "focus-complete",
            "focus-status",
            "focus-sync",
            "real-metrics",
            "slo-check",
        ]
    );
    let commands: Vec<Vec<&str>> = recipes
        .lines()
        .filter_map(|line| line.strip_prefix("    adjutant "))
        .map(|line| {
            line.split_whitespace()
                .filter(|word| *word != "{{ARGUMENTS}}")
        })
        .map(Iterator::collect)
        .collect();
    assert_eq!(commands.len(), names.len());
    for command in commands {
        let arguments = [command.as_slice(), &["--help"]].concat();
        stage.answer(0, &arguments);
    }
}
