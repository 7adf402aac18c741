//! Who is the best for a task: told with counts, and run.

use serde_json::{Value, json};

use crate::agents::json;
use crate::delivery::{add_agent, stage_with_task};
use crate::stage::Stage;

const HONEST: &str = "mkdir -p tests; echo hello > $ADJUTANT_TASK.txt
echo \"grep -q hello $ADJUTANT_TASK.txt\" > tests/$ADJUTANT_TASK.sh
";

/// T-1 was merged for `good`; T-2 is ready; `bad` and `good` may have it, `taken` has T-3.
fn stage() -> Stage {
    let stage = stage_with_task("argv = [\"sh\", \"tests/T-1.sh\"]");
    for name in ["bad", "good", "taken"] {
        add_agent(&stage, name, HONEST);
    }
    let ops = "ops --role ops-commander --command true";
    let ops: Vec<&str> = ops.split(' ').collect();
    stage.answer(0, &[&["agent", "add"], &ops[..]].concat());
    stage.answer(0, &["agent", "run", "good", "--task", "T-1"]);
    stage.answer(0, &["task", "merge", "--all"]);
    let task = std::fs::read_to_string(stage.path().join("task.md")).unwrap();
    for id in ["T-2", "T-3"] {
        stage.workspace.write("task.md", task.replace("T-1", id));
        stage.answer(0, &["task", "add", "--from", "task.md"]);
    }
    let taken = ["--agent", "taken", "--role", "genai-features"];
    stage.answer(0, &[&["task", "claim", "T-3"], &taken[..]].concat());
    stage
}

#[test]
fn agents_are_ranked_for_a_task_with_the_counts_and_the_reasons() {
    let stage = stage();
    insta::assert_snapshot!(stage.answer(0, &["agent", "list", "--for", "T-2"]));
    let list = ["agent", "list", "--for", "T-2", "--format", "json"];
    let ranked = json(&stage.answer(0, &list));
    assert_eq!(ranked[0]["record"]["judged"], 1);
    assert_eq!(ranked[1]["record"]["rate"], Value::Null);
    assert_eq!(
        ranked[2]["refusal"],
        json!({"reason": "busy", "task": "T-3", "epoch": 1})
    );
}

#[test]
fn the_best_agent_that_can_have_a_task_is_run_on_it() {
    let stage = stage();
    let told = stage.answer(0, &["agent", "run", "--any", "T-2"]);
    let chosen =
        "chosen      good of 4 agents; feature: 1 of 1: 67 % [16, 99] n 1\nagent good on T-2";
    assert!(told.starts_with(chosen), "{told}");
}

#[test]
fn a_task_that_no_agent_can_have_is_refused_with_each_reason() {
    let stage = stage();
    for name in ["bad", "good", "taken"] {
        stage.answer(0, &["agent", "remove", name]);
    }
    let any = ["agent", "run", "--any", "T-2", "--format", "json"];
    let told = json(&stage.answer(40, &any));
    assert_eq!(
        (&told["chosen"], &told["run"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(told["candidates"][0]["refusal"]["reason"], "out_of_bounds");
    stage.answer(0, &["agent", "remove", "ops"]);
    assert!(stage.outcome(&any).contains("NO DATA AVAILABLE"));
    stage.answer(40, &["agent", "run", "--any", "T-9"]);
    stage.answer(2, &["agent", "run"]);
}
