//! How many tasks and directives stand how, as a gate notes it when it decides.

use adjutant_domain::{Measurement, OwnMeasure, Unit};

use crate::figure::Figure;
use crate::json::{self, Node};
use crate::{FormatError, text};

const REMEDY: &str = "Give the file as the gate wrote it.";
const FORMAT: &str = "adjutant-task-progress-1";

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.trim_start().starts_with('{') && head.contains(&format!("\"{FORMAT}\""))
    })
}

/// Reads `tasks` and `directives` for each state, zeros included, in the file's order.
///
/// # Errors
/// When it is no such file.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let format = root.need("format")?;
    if format.text()? != FORMAT {
        return Err(format.wrong(format!("this is not {FORMAT}"), REMEDY));
    }
    let mut found = counted(&root.need("states")?, OwnMeasure::Tasks)?;
    if let Some(directives) = root.get("directives") {
        found.extend(counted(&directives, OwnMeasure::Directives)?);
    }
    if found.is_empty() {
        return Err(root.wrong("no state is counted", REMEDY));
    }
    Ok(found)
}

/// The counts of one list, each under the name of what is counted.
fn counted(list: &Node<'_>, what: OwnMeasure) -> Result<Vec<Measurement>, FormatError> {
    let figure = Figure::new(what.as_str(), Unit::Count)?;
    list.items()?
        .map(|item| {
            let figure = figure
                .clone()
                .labelled("state", item.need("state")?.text()?);
            let number = item.need(what.as_str())?;
            Ok(figure.scalar(number.locator(), "count", number.count()? as f64, None))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `adjutant gate` stored in a repository with four drafts.
    const NOTED: &str = include_str!("../tests/fixtures/adjutant/task_progress.json");

    #[test]
    fn tasks_are_counted_by_state_zeros_included() {
        assert!(recognises(NOTED.as_bytes(), "tasks.json"));
        let found = read(NOTED.as_bytes()).unwrap();
        insta::assert_debug_snapshot!(found);
    }

    #[test]
    fn directives_are_counted_beside_the_tasks() {
        let directives = r#""directives":[{"state":"done","directives":3}],"states""#;
        let found = read(NOTED.replacen("\"states\"", directives, 1).as_bytes()).unwrap();
        let last = found.last().unwrap();
        assert_eq!(last.measure, OwnMeasure::Directives.name());
        assert_eq!(last.locator.to_string(), "#/directives/0/directives");
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_the_place() {
        for (from, to, place) in [
            (FORMAT, "adjutant-task-progress-0", "/format"),
            ("\"tasks\":4", "\"tasks\":-4", "/tasks"),
            ("\"states\"", "\"counts\"", "states"),
        ] {
            assert!(NOTED.contains(from), "{from}");
            let changed = NOTED.replacen(from, to, 1);
            let error = read(changed.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(place), "{error}");
        }
    }
}
