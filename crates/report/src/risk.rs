//! A composite risk, for a terminal and as JSON.

use adjutant_domain::{Interval, Measured, Unit, Verdict};
use adjutant_gate::{CompositeRisk, FactorResult, RiskStanding, joint_verdict};

use crate::terminal::{Ink, Terminal, clean, left, wrap};
use crate::wire::RiskAnswer;
use crate::{cite, number};

/// Where the details of a factor start.
const DETAIL_INDENT: usize = 14;

/// The risk as JSON of the published schema `risk.schema.json`, with a final newline.
///
/// # Errors
/// When the JSON writer fails, which no risk causes.
pub fn json(risk: &CompositeRisk) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&RiskAnswer::from(risk)).map(|text| text + "\n")
}

/// The risk for a terminal, with a final newline: the answer on top, then one block a factor.
pub fn human(risk: &CompositeRisk, terminal: Terminal) -> String {
    lines(risk, terminal).join("\n") + "\n"
}

pub(crate) fn lines(risk: &CompositeRisk, terminal: Terminal) -> Vec<String> {
    let standing = risk.standing();
    let ink = match standing {
        RiskStanding::Low => Ink::Good,
        RiskStanding::Medium | RiskStanding::Undecided => Ink::Undecided,
        RiskStanding::High | RiskStanding::Veto => Ink::Bad,
    };
    let at_best = joint_verdict(Verdict::Go, Some(standing), None);
    let mut lines = vec![
        format!(
            "{}  score {}",
            terminal.paint(ink, &standing.to_string()),
            ends(risk.score)
        ),
        terminal.paint(Ink::Faint, &format!("at best {at_best}")),
    ];
    for factor in &risk.factors {
        lines.push(String::new());
        lines.extend(block(factor, terminal));
    }
    lines
}

fn block(factor: &FactorResult, terminal: Terminal) -> Vec<String> {
    let (mark, ink) = if factor.level.high() == 0.0 {
        ("✓", Ink::Good)
    } else if factor.level.low() >= 1.0 {
        ("✗", Ink::Bad)
    } else {
        ("○", Ink::Undecided)
    };
    let weight = number::plain(f64::from(factor.weight_tenths) / 10.0);
    let title = format!(
        "{mark} {}  {} x {weight}",
        factor.factor,
        ends(factor.level)
    );
    let mut lines = vec![terminal.paint(ink, &title)];
    let mut detail = |label: &str, text: &str| {
        let label = left(&format!("    {label}"), DETAIL_INDENT);
        let width = terminal.width().saturating_sub(DETAIL_INDENT);
        for (at, line) in wrap(&clean(text), width).into_iter().enumerate() {
            if at == 0 {
                lines.push(format!("{}{line}", terminal.paint(Ink::Faint, &label)));
            } else {
                lines.push(format!("{}{line}", " ".repeat(DETAIL_INDENT)));
            }
        }
    };
    if factor.observed.is_empty() {
        detail("observed", "NO DATA AVAILABLE");
    }
    for observed in &factor.observed {
        let told = format!("{} = {}", observed.what, told(&observed.measured));
        detail("observed", &told);
    }
    detail("why", &format!("{}: {}", factor.validity, factor.reason));
    lines
}

/// A value with its interval and its sources.
pub(crate) fn told(observed: &Measured) -> String {
    match number::measured_interval(observed) {
        Some(interval) => format!("{} {interval}", cite::cited(observed)),
        None => cite::cited(observed),
    }
}

/// One number where both ends agree.
pub(crate) fn ends(interval: Interval) -> String {
    if interval.low() == interval.high() {
        number::value(interval.low(), None, Unit::One)
    } else {
        number::interval(interval, Unit::One)
    }
}
