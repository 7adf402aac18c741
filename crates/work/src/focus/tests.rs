use adjutant_domain::{Epoch, ObjectId, Timestamp};

use super::*;
use crate::portfolio::{FoundFile, PortfolioItem, check_item};
use crate::strategy::read_strategy;
use crate::{
    Boundaries, Check, CheckRun, Intake, Lease, LeaseTime, Priority, ProofKind, ProvenWork,
    TaskKind, TaskState, Territory,
};

const STRATEGY: &str = "\
# Search

## Mission
Answers in half a second, for everyone.

## Services
- search-api: answers queries (owner: infra-mlops)
- quality reports (owner: qa-evals-docs)

## Goals
- [ ] p95 below 500 ms (gate: release)
- [x] Ship the dashboard
- [ ] Every claim has a test (owner: qa-evals-docs)
";

fn task(number: i64, title: &str, priority: Priority) -> Task {
    Task {
        id: TaskId::from_number(number),
        revision: 1,
        intake: Intake {
            title: title.to_owned(),
            kind: Some(TaskKind::Fix),
            priority: Some(priority),
            ..Intake::default()
        },
        state: TaskState::Open,
        epoch: Epoch::default(),
        open_blockers: 0,
        unblocks: 0,
        losses: 0,
        created_at: at("2026-11-09T08:00:00Z"),
        updated_at: at("2026-11-09T08:00:00Z"),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn held(mut task: Task, owner: &str) -> Task {
    task.state = TaskState::Leased(Lease {
        owner: owner.parse().unwrap(),
        epoch: Epoch::from_number(1),
        expires: LeaseTime::from_millis(9),
    });
    task
}

fn proven(mut task: Task, by: &str) -> Task {
    let object: ObjectId = "0123456789012345678901234567890123456789".parse().unwrap();
    task.state = TaskState::Proven(ProvenWork {
        by: by.parse().unwrap(),
        epoch: Epoch::from_number(1),
        commit: object.clone(),
        tree: object.clone(),
        base: object,
        proof: Digest::from_bytes([1; 32]),
    });
    task
}

fn role() -> Role {
    Role {
        name: "qa-evals-docs".parse().unwrap(),
        scope: "finds out whether it works, and writes it down".to_owned(),
        deliverables: vec!["evaluations".to_owned()],
        definition_of_done: vec!["a second person can repeat it".to_owned()],
        owns: Territory {
            paths: vec!["docs".parse().unwrap()],
            kinds: vec![],
        },
        boundaries: Boundaries {
            paths: vec!["deploy".parse().unwrap()],
            kinds: vec![TaskKind::Infra],
            notes: vec![],
        },
        key_questions: vec!["What would show that I am wrong?".to_owned()],
        prompt: String::new(),
    }
}

fn checked(name: &str, path: &str, found: &FoundFile) -> CheckedItem {
    let item = PortfolioItem {
        name: name.to_owned(),
        path: path.to_owned(),
        size_min: 1,
        age_days_max: Some(30),
    };
    check_item(&item, found, at("2026-11-21T08:00:00Z"))
}

fn gate(gate: NamedGate, is_met: bool, told: &str) -> GateStanding {
    let place = format!("gate {gate}");
    GateStanding {
        gate,
        is_met,
        told: told.to_owned(),
        measured: vec![],
        command: None,
        place,
        digest: Digest::from_bytes([2; 32]),
    }
}

fn inputs() -> FocusInputs {
    let image = FoundFile::File {
        size: 9,
        changed_at: at("2026-11-20T08:00:00Z"),
        digest: Digest::from_bytes([7; 32]),
    };
    let old = FoundFile::File {
        size: 9,
        changed_at: at("2026-10-12T08:00:00Z"),
        digest: Digest::from_bytes([8; 32]),
    };
    let mut release = gate(
        NamedGate::Gate("release".parse().unwrap()),
        false,
        "REJECT, decided 2026-11-20",
    );
    release.measured =
        vec!["p95 463.2 ms [450.1, 476.9], n 1000 @ run_8724 (profile.json#/p95): FAIL".to_owned()];
    let mut interviews = gate(
        NamedGate::NorthStar("interviews".parse().unwrap()),
        false,
        "NO DATA AVAILABLE",
    );
    interviews.command = Some("adjutant north-star observe".to_owned());
    let mut tasks = vec![
        task(1, "Low and old", Priority::Low),
        task(2, "High and new", Priority::High),
        task(3, "High and unblocking", Priority::High),
        task(4, "Record the demo", Priority::Low),
        task(5, "Make the release fast", Priority::Medium),
        held(task(6, "Already mine", Priority::Low), "amber"),
        held(task(7, "Another's", Priority::High), "blue"),
        proven(task(8, "Proven by me", Priority::High), "amber"),
        task(9, "Blocked", Priority::High),
        task(10, "For another role", Priority::High),
        task(11, "Out of bounds", Priority::High),
        task(12, "Paused", Priority::High),
    ];
    tasks[2].unblocks = 2;
    tasks[3].intake.paths = vec!["docs/demo*".parse().unwrap()];
    tasks[4].intake.checks = vec![Check {
        name: "fast".parse().unwrap(),
        run: CheckRun::Gate {
            argv: vec![],
            evidence: vec![],
            gate: "release".parse().unwrap(),
        },
        proof: ProofKind::RedGreen,
        tests: vec![],
        frozen: vec![],
        seconds_max: 60,
    }];
    tasks[8].open_blockers = 1;
    tasks[9].intake.role = Some("infra-mlops".parse().unwrap());
    tasks[10].intake.paths = vec!["deploy/chart".parse().unwrap()];
    tasks[11].intake.kind = Some(TaskKind::Feature);
    FocusInputs {
        agent: "amber".parse().unwrap(),
        role: Some(role()),
        strategy_path: "docs/STRATEGY.md".to_owned(),
        strategy: Some(read_strategy(STRATEGY)),
        tasks,
        portfolio: vec![
            checked("SLO dashboard screenshot", "docs/slo.png", &image),
            checked("demo video", "docs/demo.mp4", &FoundFile::Missing),
            checked("threat model", "docs/threats.md", &old),
        ],
        gates: vec![release, interviews],
        goals: vec![WeekGoal {
            text: "Half the error rate".to_owned(),
            place: "routine weekly 2026-W47".to_owned(),
        }],
        pauses: vec![Pause {
            kind: TaskKind::Feature,
            reason: "missed".to_owned(),
        }],
        tokens_max: 2_000,
    }
}

fn steps(plan: &Plan) -> String {
    plan.steps
        .iter()
        .map(|step| format!("{:?}: {}\n", step.step, step.because))
        .collect()
}

#[test]
fn a_plan_takes_gaps_and_gates_first_and_says_why() {
    let plan = plan(&inputs());
    insta::assert_snapshot!(format!(
        "{}left out {}, paused {}",
        steps(&plan),
        plan.left_out,
        plan.paused
    ));
}

#[test]
fn a_whole_document_is_compiled_with_its_sources() {
    let inputs = inputs();
    insta::assert_snapshot!(compile(&inputs, &plan(&inputs)).text);
}

#[test]
fn a_document_from_nothing_says_what_is_missing_and_how_to_get_it() {
    let empty = FocusInputs {
        role: None,
        strategy: None,
        tasks: vec![],
        portfolio: vec![],
        gates: vec![],
        goals: vec![],
        pauses: vec![],
        ..inputs()
    };
    insta::assert_snapshot!(compile(&empty, &plan(&empty)).text);
}

#[test]
fn a_small_budget_keeps_what_decides_the_next_step_and_counts_what_is_cut() {
    let small = FocusInputs {
        tokens_max: crate::TOKENS_LEAST,
        ..inputs()
    };
    let compiled = compile(&small, &plan(&small));
    assert!(
        compiled.tokens <= crate::TOKENS_LEAST,
        "{}",
        compiled.tokens
    );
    insta::assert_snapshot!(compiled.text);
}

#[test]
fn every_line_names_a_source_that_is_written_below() {
    let inputs = inputs();
    let compiled = compile(&inputs, &plan(&inputs));
    assert!(compiled.lines.len() > 20);
    for line in &compiled.lines {
        assert!(
            compiled.text.contains(&format!("\n[^{}]: ", line.source)),
            "{line:?}"
        );
    }
    let items = compiled.text.lines().filter(|line| line.starts_with("- "));
    for item in items {
        assert!(item.ends_with(']') && item.contains(" [^"), "{item}");
    }
}

#[test]
fn a_changed_source_names_its_lines() {
    let before = inputs();
    let compiled = compile(&before, &plan(&before));
    assert_eq!(changes(&compiled, &compiled), []);

    let mut after = inputs();
    let moved = format!("\n\n{STRATEGY}").replace("p95 below 500 ms", "p95 below 400 ms");
    after.strategy = Some(read_strategy(&moved));
    after.portfolio[1] = checked(
        "demo video",
        "docs/demo.mp4",
        &FoundFile::File {
            size: 9,
            changed_at: at("2026-11-21T08:00:00Z"),
            digest: Digest::from_bytes([9; 32]),
        },
    );
    after.tasks[1].intake.priority = Some(Priority::Low);
    let told: Vec<String> = changes(&compiled, &compile(&after, &plan(&after)))
        .into_iter()
        .map(|change| format!("{change:?}"))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_day_that_passes_changes_nothing_by_itself() {
    let before = inputs();
    let mut after = inputs();
    after.portfolio[2].standing = crate::portfolio::ItemStanding::TooOld {
        days: 41,
        digest: Digest::from_bytes([8; 32]),
    };
    let now = compile(&after, &plan(&after));
    assert!(now.text.contains("too old: 41 days"));
    assert_eq!(changes(&compile(&before, &plan(&before)), &now), []);
}

proptest::proptest! {
    #[test]
    fn no_input_breaks_the_budget_or_the_document(
        titles in proptest::collection::vec(".{0,300}", 0..30),
        strategy in "([-#] |[a-z (:)]|\n){0,800}",
        tokens_max in crate::TOKENS_LEAST..3_000_usize,
    ) {
        let tasks = (1..).zip(titles).map(|(n, title)| task(n, &title, Priority::Low)).collect();
        let strategy = Some(read_strategy(&strategy));
        let inputs = FocusInputs { tasks, strategy, tokens_max, ..inputs() };
        let compiled = compile(&inputs, &plan(&inputs));
        proptest::prop_assert!(compiled.tokens <= tokens_max, "{}", compiled.tokens);
        let lines = compiled.text.lines().filter(|line| line.starts_with("- ")).count();
        proptest::prop_assert_eq!(lines, compiled.lines.len());
        proptest::prop_assert_eq!(&compile(&inputs, &plan(&inputs)), &compiled);
    }
}
