#![no_main]

use adjutant_rollout::{StrategyFile, read_plan, rollout_names, strategy_file};
use libfuzzer_sys::fuzz_target;

/// Settings around a strategy that stands in a file.
const AROUND: &str = r#"
[rollout.a]
file = "a.yaml"
[rollout.a.templates.users]
metrics = [{ name = "errors", measure = "errors", limit = "1 %" }]
"#;

fuzz_target!(|text: &str| {
    let here = StrategyFile { file: "here", text };
    let around = StrategyFile {
        file: "around",
        text: AROUND,
    };
    if let Err(error) = read_plan(around, "a", Some(here)) {
        assert!(error.line >= 1);
    }
    for name in rollout_names(here).unwrap_or_default() {
        if let Err(error) = read_plan(here, &name, None) {
            assert!(error.line >= 1);
        }
        if let Err(error) = strategy_file(here, &name) {
            assert!(error.line >= 1);
        }
    }
});
