//! One verdict of criteria, risk and votes, through the program: rows of the table of
//! docs/gates.md, and what verifies them.

use crate::risk;
use crate::stage::{POLICY, Stage};

const VOTERS: [&str; 3] = [
    "infra-performance-monitor",
    "quality-safety-officer",
    "ai-operations-engineer",
];

/// A gate that asks for risk and votes, and what it reads of the candidate.
fn stage(evaluators: bool, of_candidate: &[&str]) -> Stage {
    let stage = risk::stage();
    let policy = POLICY.replace("[gate.smoke]\n", "[gate.smoke]\nrisk = true\n");
    let quorum = format!("\n[gate.smoke.quorum]\nevaluators = {evaluators}\n");
    stage.workspace.write("adjutant.toml", policy + &quorum);
    add(&stage, "baseline", "run_1", &["baseline.csv"]);
    add(&stage, "candidate", "run_2", of_candidate);
    stage
}

fn add(stage: &Stage, subject: &str, run: &str, files: &[&str]) {
    let about = ["--subject", subject, "--run", run];
    stage.answer(0, &[&["evidence", "add"][..], files, &about].concat());
}

fn vote(stage: &Stage, role: &str, ballot: &str) {
    let about = ["--gate", "smoke", "--for", "candidate", "--because", "seen"];
    let evidence = ["--evidence", "run_2"];
    let vote = ["vote", ballot, "--role", role];
    stage.answer(0, &[&vote[..], &about, &evidence].concat());
}

/// The gate's answer, and the code that it ends with.
fn ask(stage: &Stage) -> (serde_json::Value, i32) {
    let asked = stage.run(&["gate", "smoke", "--format", "json"]);
    let answer = serde_json::from_slice(&asked.stdout).unwrap();
    (answer, asked.status.code().unwrap())
}

const FAST: &str = "same.csv";
const SLOW: &str = "slow.csv";
const UNCHANGED: &str = "unchanged.json";
const BREAKING: &str = "harmful.json";
const SEARCHED: &str = "searched.json";
const FLAGGED: &str = "flagged.json";

/// A row of the table, and the evidence and the ballots that lead to it.
struct Row {
    own: &'static str,
    risk: &'static str,
    votes: &'static str,
    verdict: &'static str,
    of_candidate: [&'static str; 3],
    ballots: &'static [&'static str],
}

const ROWS: [Row; 8] = [
    Row {
        own: "GO",
        risk: "LOW",
        votes: "GO",
        verdict: "GO",
        of_candidate: [FAST, UNCHANGED, SEARCHED],
        ballots: &["go", "abstain", "go"],
    },
    Row {
        own: "GO",
        risk: "MEDIUM",
        votes: "GO",
        verdict: "SHADOW ONLY",
        of_candidate: [FAST, UNCHANGED, FLAGGED],
        ballots: &["go", "go", "no-go"],
    },
    Row {
        own: "GO",
        risk: "LOW",
        votes: "NO QUORUM",
        verdict: "PAUSE_AND_FIX",
        of_candidate: [FAST, UNCHANGED, SEARCHED],
        ballots: &["go"],
    },
    Row {
        own: "GO",
        risk: "UNDECIDED",
        votes: "GO",
        verdict: "PAUSE_AND_FIX",
        of_candidate: [FAST, UNCHANGED, UNCHANGED],
        ballots: &["go", "go", "go"],
    },
    Row {
        own: "GO",
        risk: "LOW",
        votes: "NO-GO",
        verdict: "REJECT",
        of_candidate: [FAST, UNCHANGED, SEARCHED],
        ballots: &["go", "no-go", "no-go"],
    },
    Row {
        own: "GO",
        risk: "VETO",
        votes: "GO",
        verdict: "REJECT",
        of_candidate: [FAST, BREAKING, SEARCHED],
        ballots: &["go", "go", "go"],
    },
    Row {
        own: "REJECT",
        risk: "UNDECIDED",
        votes: "GO",
        verdict: "REJECT",
        of_candidate: [SLOW, UNCHANGED, SEARCHED],
        ballots: &["go", "go", "go"],
    },
    Row {
        own: "REJECT",
        risk: "VETO",
        votes: "NO QUORUM",
        verdict: "REJECT",
        of_candidate: [SLOW, BREAKING, SEARCHED],
        ballots: &[],
    },
];

/// What docs/gates.md prints for a gate, a risk and a state of the votes.
fn documented(own: &str, risk: &str, votes: &str) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/gates.md");
    let text = std::fs::read_to_string(page).unwrap();
    let cells = |line: &str| -> Vec<String> {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    let head = text
        .lines()
        .find(|line| line.starts_with("| gate | risk |"));
    let column = cells(head.unwrap())
        .iter()
        .position(|title| title.trim_start_matches("votes ") == votes)
        .unwrap();
    let row = text
        .lines()
        .map(cells)
        .find(|row| row[0] == own && row[1] == risk);
    row.unwrap()[column].clone()
}

#[test]
fn the_program_gives_the_verdict_that_the_table_prints() {
    for row in &ROWS {
        let Row {
            own, risk, votes, ..
        } = row;
        let stage = stage(false, &row.of_candidate);
        for (role, ballot) in VOTERS.iter().zip(row.ballots) {
            vote(&stage, role, ballot);
        }
        let (answer, code) = ask(&stage);
        let joint = &answer["joint"];
        let found = [
            &joint["own_verdict"],
            &joint["risk"]["standing"],
            &joint["quorum"]["standing"],
            &answer["verdict"],
        ];
        assert_eq!(found, [own, risk, votes, row.verdict], "{answer:#}");
        assert_eq!(row.verdict, documented(own, risk, votes));
        let codes = [
            ("GO", 0),
            ("SHADOW ONLY", 10),
            ("PAUSE_AND_FIX", 20),
            ("REJECT", 30),
        ];
        assert!(codes.contains(&(row.verdict, code)), "{code}");
    }
}

#[test]
fn a_decision_with_risk_and_votes_is_told_in_every_format_and_its_report_holds() {
    let stage = stage(true, &[FAST, UNCHANGED, FLAGGED]);
    vote(&stage, VOTERS[1], "go");
    for format in ["human", "markdown", "json", "junit", "sarif"] {
        let told = stage.outcome(&["gate", "smoke", "--format", format]);
        insta::assert_snapshot!(format!("joint_as_{format}"), told);
    }
    stage.run(&["report", "deployment", "--gate", "smoke"]);
    for report in ["deployment.md", "deployment.html", "deployment.json"] {
        stage.answer(0, &["verify", report]);
    }
    // Votes that come later change nothing about what was decided.
    vote(&stage, VOTERS[0], "no-go");
    stage.answer(0, &["verify", "deployment.md"]);
}

#[test]
fn a_vote_that_newer_evidence_overtook_is_not_counted() {
    let stage = stage(false, &[FAST, UNCHANGED, SEARCHED]);
    for role in VOTERS {
        vote(&stage, role, "go");
    }
    assert_eq!(ask(&stage).1, 0);
    add(&stage, "candidate", "run_2", &["unsearched.json"]);
    let (answer, code) = ask(&stage);
    let quorum = &answer["joint"]["quorum"];
    assert_eq!((code, &quorum["standing"]), (20, &"NO QUORUM".into()));
    assert_eq!(quorum["stale"].as_array().unwrap().len(), 3);
    let told = answer["reasons"].to_string();
    assert!(told.contains("voted before newer evidence came"), "{told}");
}

#[test]
fn evaluators_vote_for_roles_that_nobody_voted_for_and_say_what_they_lack() {
    let stage = stage(true, &[FAST, UNCHANGED, SEARCHED]);
    let (answer, code) = ask(&stage);
    let said = |answer: &serde_json::Value, at: usize| {
        let voter = &answer["joint"]["quorum"]["voters"][at];
        (voter["counted"].clone(), voter["vote"]["because"].clone())
    };
    let (infra, lacks) = said(&answer, 0);
    assert_eq!(infra, "ABSTAIN");
    assert!(lacks.as_str().unwrap().contains("evidence add"), "{lacks}");
    let (operations, because) = said(&answer, 2);
    assert_eq!((operations, code), ("GO".into(), 20), "{because}");

    vote(&stage, VOTERS[0], "go");
    let (answer, code) = ask(&stage);
    assert_eq!((said(&answer, 0).0, code), ("GO".into(), 0));
    let replaced = &answer["joint"]["quorum"]["voters"][0]["replaced"][0];
    assert_eq!(replaced["by"], "evaluator");
}

#[test]
fn an_evaluators_vote_can_be_cast_and_a_persons_replaces_it() {
    let stage = stage(false, &[FAST, UNCHANGED, SEARCHED]);
    let evaluate = |role| {
        let about = ["--gate", "smoke", "--for", "candidate"];
        [&["vote", "evaluate", "--role", role][..], &about].concat()
    };
    let mut told = String::new();
    for role in VOTERS {
        told.push_str(&stage.outcome(&evaluate(role)));
    }
    told.push_str(&stage.outcome(&["vote", "show", "1"]));
    let because = [&evaluate(VOTERS[0])[..], &["--because", "I say so"]].concat();
    told.push_str(&stage.outcome(&because));
    insta::assert_snapshot!(told);
    assert_eq!(ask(&stage).1, 20);
    vote(&stage, VOTERS[0], "go");
    assert_eq!(ask(&stage).1, 0);
}
