//! How objectives stand, for a terminal.

use adjutant_domain::{Measured, Unit, Validity};
use adjutant_objective::{
    AlertAnswer, AlertState, Objective, ObjectiveStanding, ObjectiveState, WindowAnswer,
    duration_text,
};

use crate::terminal::{Ink, Terminal, clean, left, wrap};
use crate::{cite, number};

/// Where the details start.
const DETAIL_INDENT: usize = 12;

/// One block an objective, with a final newline.
pub fn human(standings: &[ObjectiveStanding], terminal: Terminal) -> String {
    let blocks: Vec<String> = standings
        .iter()
        .map(|standing| lines(standing, terminal).join("\n") + "\n")
        .collect();
    blocks.join("\n")
}

/// What an objective promises, in one line: `99.9 % over 30d`.
pub fn promise(objective: &Objective) -> String {
    let target = number::value(objective.target, None, Unit::Ratio);
    format!("{target} over {}", duration_text(objective.window_ms))
}

fn lines(standing: &ObjectiveStanding, terminal: Terminal) -> Vec<String> {
    let (mark, ink) = match standing.state {
        ObjectiveState::Met => ("✓", Ink::Good),
        ObjectiveState::Exhausted | ObjectiveState::BurningFast => ("✗", Ink::Bad),
        ObjectiveState::Undecided => ("○", Ink::Undecided),
    };
    let title = format!("{mark} {}  {}", standing.name, standing.state);
    let target = number::value(standing.target, None, Unit::Ratio);
    let window = duration_text(standing.window.window_ms);
    let mut lines = vec![
        terminal.paint(ink, &title),
        terminal.paint(
            Ink::Faint,
            &format!(
                "  {target} over {window} until {}, service {}",
                standing.at, standing.service
            ),
        ),
    ];
    let mut detail = |label: &str, text: &str| {
        let label = left(&format!("  {label}"), DETAIL_INDENT);
        let width = terminal.width().saturating_sub(DETAIL_INDENT);
        for (at, line) in wrap(&clean(text), width).into_iter().enumerate() {
            if at == 0 {
                lines.push(format!("{}{line}", terminal.paint(Ink::Faint, &label)));
            } else {
                lines.push(format!("{}{line}", " ".repeat(DETAIL_INDENT)));
            }
        }
    };
    detail(
        "attained",
        &told(&standing.window, &standing.window.attained),
    );
    if let Some(budget) = &standing.budget {
        let remaining = number::measured(&budget.remaining);
        let (bad, allowed) = (
            number::measured(&budget.bad),
            number::measured(&budget.allowed),
        );
        detail(
            "budget",
            &format!("{remaining} remains: {bad} bad of {allowed} allowed"),
        );
    }
    for answer in &standing.alerts {
        detail(answer.alert.severity.name(), &alert(answer));
    }
    lines
}

fn alert(answer: &AlertAnswer) -> String {
    let state = match answer.state {
        AlertState::Firing => "FIRING",
        AlertState::Quiet => "quiet",
        AlertState::Undecided => "UNDECIDED",
    };
    let burn = |window: &WindowAnswer| {
        let length = duration_text(window.window_ms);
        match &window.burn {
            Some(burn) => format!("{} over {length}", number::measured(burn)),
            None => format!("{} over {length} ({})", window.validity, window.reason),
        }
    };
    format!(
        "{state} {}: burns {} and {}; fires from {}",
        answer.alert.name,
        burn(&answer.long),
        burn(&answer.short),
        number::plain(answer.alert.factor)
    )
}

fn told(window: &WindowAnswer, measured: &Option<Measured>) -> String {
    match (window.validity, measured) {
        (Validity::Valid, Some(measured)) => cite::cited(measured),
        (validity, _) => format!("NO DATA AVAILABLE: {validity}: {}", window.reason),
    }
}
