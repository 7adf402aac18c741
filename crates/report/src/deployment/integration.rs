//! The compatibility matrix and the progress of the work, as tables and sentences.

use adjutant_domain::{Citation, Measured};
use adjutant_gate::{IntegrationCheck, IntegrationRow, IntegrationStanding, WorkCount};

use super::DeploymentFacts;
use super::grid::{Cell, Grid};
use crate::standing::NO_DATA_AVAILABLE;
use crate::{cite, number};

/// What stands where a check does not count.
const NOT_COUNTED: &str = "–";

/// A row an answer.
pub(crate) fn matrix(rows: &[IntegrationRow]) -> Grid {
    Grid {
        heads: &[
            "Check",
            "Of",
            "Direction",
            "Breaking",
            "Risky",
            "Safe",
            "Not compared",
            "Standing",
            "Evidence",
        ],
        rows: rows.iter().map(matrix_row).collect(),
    }
}

fn matrix_row(row: &IntegrationRow) -> Vec<Cell> {
    let counts = [&row.breaking, &row.risky, &row.safe, &row.not_compared];
    let number = |count: &Option<Measured>| {
        let shown = count.as_ref().map(number::measured);
        Cell::Number(shown.unwrap_or_else(|| NOT_COUNTED.to_owned()))
    };
    let direction = row.direction.clone();
    let mut cells = vec![
        Cell::Words(row.check.to_string()),
        Cell::Words(row.what.clone()),
        Cell::Words(direction.unwrap_or_else(|| NOT_COUNTED.to_owned())),
    ];
    cells.extend(counts.into_iter().map(number));
    let class = match row.standing {
        IntegrationStanding::Safe => "good",
        IntegrationStanding::Risky | IntegrationStanding::Undecided => "open",
        IntegrationStanding::Breaking => "bad",
    };
    cells.push(Cell::Standing(row.standing.to_string(), class));
    cells.push(Cell::Sources(sources(counts.into_iter().flatten())));
    cells
}

fn sources<'a>(values: impl Iterator<Item = &'a Measured>) -> Vec<String> {
    let mut found: Vec<&Citation> = vec![];
    for source in values.flat_map(Measured::sources) {
        if !found.contains(&source) {
            found.push(source);
        }
    }
    found.iter().map(ToString::to_string).collect()
}

/// What answers count beside their changes, a sentence each.
pub(crate) fn beside(rows: &[IntegrationRow]) -> Vec<String> {
    let of_row = |row: &IntegrationRow| -> Vec<String> {
        let sentence = |what: &str, measured: &Measured, name: Option<String>| {
            let ends = number::measured_interval(measured);
            let ends = match (ends, name) {
                (Some(ends), Some(name)) => format!(" {name} {ends}"),
                (Some(ends), None) => format!(" {ends}"),
                (None, _) => String::new(),
            };
            let n = match measured.n() {
                1 => String::new(),
                n => format!(", n = {}", number::count(n)),
            };
            let cited = cite::cited(measured);
            format!("{}: {what} {cited}{ends}{n}.", row.what)
        };
        let beside = row.beside.iter();
        beside
            .map(|value| {
                let name = value.confidence.map(number::interval_name);
                sentence(&value.what, &value.measured, name)
            })
            .collect()
    };
    rows.iter().flat_map(of_row).collect()
}

/// The checks that gave no answer, with the command of each.
pub(crate) fn unanswered(rows: &[IntegrationRow]) -> Vec<String> {
    let is_answered = |check: IntegrationCheck| rows.iter().any(|row| row.check == check);
    let missing = IntegrationCheck::ALL
        .into_iter()
        .filter(|check| !is_answered(*check));
    missing
        .map(|check| {
            format!(
                "{check}: {NO_DATA_AVAILABLE}. Give the answer of `{}` to the gate with \
                 `--evidence candidate=FILE`.",
                check.command()
            )
        })
        .collect()
}

/// The tasks by state, and the directives by state; nothing when neither was counted.
pub(crate) fn progress(facts: &DeploymentFacts) -> Vec<Grid> {
    let row = |counted: &WorkCount| {
        vec![
            Cell::Words(counted.state.clone()),
            Cell::Number(number::measured(&counted.count)),
            Cell::Sources(sources([&counted.count].into_iter())),
        ]
    };
    let heads: [&'static [&'static str]; 2] = [
        &["State", "Tasks", "Evidence"],
        &["State", "Directives", "Evidence"],
    ];
    let counts = [&facts.tasks, &facts.directives];
    let both = heads.into_iter().zip(counts);
    both.filter(|(_, counts)| !counts.is_empty())
        .map(|(heads, counts)| Grid {
            heads,
            rows: counts.iter().map(row).collect(),
        })
        .collect()
}
