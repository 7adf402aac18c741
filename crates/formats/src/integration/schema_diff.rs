//! The answer of `adjutant schema diff --format json`: how many changes break somebody, and how
//! much was not compared.

use adjutant_domain::{Measurement, OwnMeasure};

use super::count;
use crate::json::{self, Node};
use crate::{FormatError, text};

const REMEDY: &str = "Give the file as `adjutant schema diff --format json` wrote it.";
const SEVERITIES: [&str; 3] = ["breaking", "risky", "safe"];

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.trim_start().starts_with('{')
            && ["\"severity\"", "\"undecided\"", "\"breaking\"", "\"risky\""]
                .iter()
                .all(|key| head.contains(key))
    })
}

/// Reads `schema_changes` for each severity, zeros included, and `schema_not_compared`.
///
/// # Errors
/// When it is no such answer, or its counts contradict its findings.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let findings = root.need("findings")?;
    let mut counted = [0_u64; SEVERITIES.len()];
    let mut not_compared = 0_u64;
    for finding in findings.items()? {
        let severity = finding.need("severity")?;
        let name = severity.text()?;
        let Some(at) = SEVERITIES.iter().position(|known| *known == name) else {
            return Err(severity.wrong(format!("{name:?} is no severity"), REMEDY));
        };
        counted[at] += 1;
        not_compared += u64::from(truth(&finding.need("undecided")?)?);
    }
    let undecided = root.need("undecided")?;
    if truth(&undecided)? != (not_compared > 0) {
        return Err(undecided.wrong("this contradicts the findings", REMEDY));
    }
    let mut found = vec![];
    for (severity, counted) in SEVERITIES.into_iter().zip(counted) {
        let stated = root.need(severity)?;
        if stated.count()? != counted {
            let problem = format!("{counted} findings are {severity}");
            return Err(stated.wrong(problem, REMEDY));
        }
        let label = Some(("severity", severity));
        let pointer = format!("/{severity}");
        found.push(count(OwnMeasure::SchemaChanges, label, &pointer, counted)?);
    }
    let (measure, place) = (OwnMeasure::SchemaNotCompared, "/findings");
    found.push(count(measure, None, place, not_compared)?);
    Ok(found)
}

fn truth(node: &Node<'_>) -> Result<bool, FormatError> {
    let problem = || node.wrong("this is neither true nor false", REMEDY);
    node.value.as_bool().ok_or_else(problem)
}

#[cfg(test)]
mod tests {
    use adjutant_domain::Data;

    use super::*;

    /// `adjutant schema diff --baseline old.schema.json --candidate new.schema.json --format json`,
    /// where a property became required, another may now be null, and a keyword is not known.
    const ANSWER: &[u8] = include_bytes!("../../tests/fixtures/adjutant/schema_diff.json");

    fn told(measurements: &[Measurement]) -> Vec<String> {
        let mut told = vec![];
        for found in measurements {
            if let Data::Scalar(scalar) = &found.data {
                let labels: Vec<&str> = found.labels.values().map(String::as_str).collect();
                let value = scalar.value;
                told.push(format!(
                    "{} {} = {value} @ {}",
                    found.measure,
                    labels.join(" "),
                    found.locator
                ));
            }
        }
        told
    }

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
