//! The innovation report: what a decision's evidence shows to be better, for sure, with its runs.
//! What is not sure is not in it.

use adjutant_gate::{Direction, Learning};

use super::Deployment;
use super::grid::{Cell, Grid};
use crate::markup::markdown as safe;
use crate::standing::NO_DATA_AVAILABLE;
use crate::{cite, number};

/// The first words of an innovation report, by which a check knows it.
pub(crate) const TITLE: &str = "# Innovation report";

/// The report as Markdown, of the same decision record as the deployment report.
pub fn innovation(deployment: Deployment<'_>) -> String {
    let decision = deployment.decision;
    let mut text = format!("{TITLE}: gate `{}`\n\n", decision.gate);
    text.push_str(&format!(
        "What the evidence of {} shows to be better than the baseline: only comparisons whose \
         whole interval lies above zero.\n\n",
        decision.decided_at
    ));
    let learnings = &deployment.facts.learnings;
    if learnings.is_empty() {
        text.push_str(&format!(
            "**{NO_DATA_AVAILABLE}.** No comparison of this decision has its whole interval above \
             zero. Measure more, or something else, and ask again: `adjutant gate {}`.\n\n",
            decision.gate
        ));
    }
    for learning in learnings {
        text.push_str(&section(learning));
    }
    text.push_str(&format!(
        "Decision record: `sha256:{}`\n",
        deployment.record
    ));
    text
}

fn section(learning: &Learning) -> String {
    let direction = match learning.better {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
    };
    let gain = &learning.gain;
    let ends = number::measured_interval(gain).unwrap_or_default();
    let is_of_one_arm = learning.arms.iter().any(|(_, measured)| measured == gain);
    let (is, mut rows) = if is_of_one_arm {
        ("is".to_owned(), vec![])
    } else {
        let row = row("gain".to_owned(), gain);
        (format!("is {direction} by"), vec![row])
    };
    let told = format!(
        "{} {is} {}, {} {ends}, n = {}.",
        learning.what,
        number::measured(gain),
        number::interval_name(learning.confidence),
        number::count(gain.n()),
    );
    let arms = learning.arms.iter();
    rows.extend(arms.map(|(subject, measured)| row(subject.to_string(), measured)));
    let grid = Grid {
        heads: &["Subject", "Value", "Evidence"],
        rows,
    };
    let method = format!("Method: {}.", learning.method);
    format!(
        "## {}\n\n{}\n\n{}{}\n\n",
        safe(&format!("`{}`", learning.criterion)),
        safe(&told),
        grid.markdown(),
        safe(&method)
    )
}

fn row(name: String, measured: &adjutant_domain::Measured) -> Vec<Cell> {
    let sources: Vec<_> = measured.sources().iter().collect();
    vec![
        Cell::Words(name),
        Cell::Number(number::measured(measured)),
        Cell::Sources(vec![cite::listed(&sources)]),
    ]
}
