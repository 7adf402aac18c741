//! Gates in every format.

use adjutant_report::{Color, Terminal, gate};

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
