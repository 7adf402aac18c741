//! Gates in every format.

use adjutant_domain::Verdict;
use adjutant_report::{Color, Terminal, gate};
use serde_json::Value;

use crate::decisions;

#[test]
fn a_gate_is_shown_on_a_wide_terminal() {
    for (name, decision) in decisions::all() {
        let text = gate::human(&decision, Terminal::PLAIN);
        insta::assert_snapshot!(format!("gate_{name}_wide"), text);
    }
}

#[test]
fn a_gate_is_shown_on_a_narrow_terminal_as_cards() {
    let narrow = Terminal {
        columns: 64,
        color: Color::Never,
    };
    let text = gate::human(&decisions::reject(), narrow);
    insta::assert_snapshot!("gate_reject_narrow", text);
}

#[test]
fn a_gate_is_written_as_markdown_junit_and_sarif() {
    for (name, decision) in decisions::all() {
        insta::assert_snapshot!(format!("gate_{name}_markdown"), gate::markdown(&decision));
        insta::assert_snapshot!(format!("gate_{name}_junit"), gate::junit(&decision));
        insta::assert_snapshot!(format!("gate_{name}_sarif"), gate::sarif(&decision));
        insta::assert_snapshot!(format!("gate_{name}_json"), gate::json(&decision).unwrap());
    }
}

#[test]
fn a_suite_is_green_only_when_the_verdict_is_go_even_without_criteria() {
    let mut decision = decisions::go();
    decision.criteria.clear();
    decision.triggers.clear();
    let verdicts = [
        (Verdict::Go, "failures=\"0\" errors=\"0\" skipped=\"0\"", 0),
        (
            Verdict::ShadowOnly,
            "failures=\"0\" errors=\"1\" skipped=\"0\"",
            1,
        ),
        (
            Verdict::PauseAndFix,
            "failures=\"0\" errors=\"1\" skipped=\"0\"",
            1,
        ),
        (
            Verdict::Reject,
            "failures=\"1\" errors=\"0\" skipped=\"0\"",
            1,
        ),
    ];
    for (verdict, counts, results) in verdicts {
        decision.verdict = verdict;
        let junit = gate::junit(&decision);
        assert_eq!(junit.matches(counts).count(), 2, "{verdict}: {junit}");
        let sarif: Value = serde_json::from_str(&gate::sarif(&decision)).unwrap();
        let found = sarif["runs"][0]["results"].as_array().unwrap();
        assert_eq!(found.len(), results, "{verdict}");
        assert!(
            found.iter().all(|result| result["level"] == "error"),
            "{verdict}"
        );
    }
}

#[test]
fn no_single_brace_opens_a_placeholder_in_sarif() {
    let mut decision = decisions::reject();
    decision.criteria[0].reason = "the file {0} says so".to_owned();
    let sarif: Value = serde_json::from_str(&gate::sarif(&decision)).unwrap();
    let text = sarif["runs"][0]["results"][1]["message"]["text"]
        .as_str()
        .unwrap();
    assert!(text.starts_with("FAIL: the file {{0}} says so."), "{text}");
}
