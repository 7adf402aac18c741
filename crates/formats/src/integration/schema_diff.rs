//! The answer of `adjutant schema diff --format json`: how many changes break somebody, and how
//! much was not compared.

use adjutant_domain::{Measurement, OwnMeasure};

use super::{WEIGHTS, count, last_part, position};
use crate::json::{self, Node};
use crate::{FormatError, text};

const REMEDY: &str = "Give the file as `adjutant schema diff --format json` wrote it.";

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.trim_start().starts_with('{')
            && ["\"severity\"", "\"undecided\"", "\"breaking\"", "\"risky\""]
                .iter()
                .all(|key| head.contains(key))
    })
}

/// Reads `schema_changes` for each severity, zeros included, and `schema_not_compared`; the labels
/// `contract` and `direction` say of what.
///
/// # Errors
/// When it is no such answer, or its counts contradict its findings.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let findings = root.need("findings")?;
    let mut counted = [0_u64; WEIGHTS.len()];
    let mut not_compared = 0_u64;
    for finding in findings.items()? {
        counted[position(&finding.need("severity")?, &WEIGHTS, REMEDY)?] += 1;
        not_compared += u64::from(truth(&finding.need("undecided")?)?);
    }
    let undecided = root.need("undecided")?;
    if truth(&undecided)? != (not_compared > 0) {
        return Err(undecided.wrong("this contradicts the findings", REMEDY));
    }
    let (contract, direction) = (root.need("candidate")?, root.need("direction")?);
    let what = [
        ("contract", last_part(contract.text()?)),
        ("direction", direction.text()?),
    ];
    let mut found = vec![];
    for (severity, counted) in WEIGHTS.into_iter().zip(counted) {
        let stated = root.need(severity)?;
        if stated.count()? != counted {
            let problem = format!("{counted} findings are {severity}");
            return Err(stated.wrong(problem, REMEDY));
        }
        let labels = [&what[..], &[("severity", severity)]].concat();
        let pointer = format!("/{severity}");
        found.push(count(
            OwnMeasure::SchemaChanges,
            &labels,
            &pointer,
            counted,
        )?);
    }
    let (measure, place) = (OwnMeasure::SchemaNotCompared, "/findings");
    found.push(count(measure, &what, place, not_compared)?);
    Ok(found)
}

fn truth(node: &Node<'_>) -> Result<bool, FormatError> {
    let problem = || node.wrong("this is neither true nor false", REMEDY);
    node.value.as_bool().ok_or_else(problem)
}

#[cfg(test)]
mod tests {
    use super::super::told::told;
    use super::*;

    /// `adjutant schema diff --baseline old.schema.json --candidate new.schema.json --format json`,
    /// where a property became required, another may now be null, and a keyword is not known.
    const ANSWER: &[u8] = include_bytes!("../../tests/fixtures/adjutant/schema_diff.json");

    #[test]
    fn changes_are_counted_by_severity_zeros_included() {
        assert!(recognises(ANSWER, "answer"));
        insta::assert_snapshot!(told(&read(ANSWER).unwrap()).join("\n"));
    }

    #[test]
    fn an_answer_that_contradicts_itself_is_refused_with_the_place() {
        let text = std::str::from_utf8(ANSWER).unwrap();
        for (from, to, place) in [
            ("\"breaking\": 3", "\"breaking\": 0", "/breaking"),
            (
                "\"undecided\": true,\n  \"breaking\"",
                "\"undecided\": false,\n  \"breaking\"",
                "/undecided",
            ),
            (
                "\"severity\": \"risky\",\n      \"breaks\"",
                "\"severity\": \"fine\",\n      \"breaks\"",
                "severity",
            ),
            ("\"findings\"", "\"found\"", "findings"),
        ] {
            assert!(text.contains(from), "{from}");
            let changed = text.replacen(from, to, 1);
            let error = read(changed.as_bytes()).unwrap_err();
            assert!(format!("{error:?}").contains(place), "{error:?}");
        }
    }
}
