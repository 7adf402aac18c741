//! The answer of `adjutant deps align --format json`: how many changes weigh how much, what was
//! not compared, and how many records of vulnerabilities were searched, if any were.

use adjutant_domain::{Measurement, OwnMeasure};

use super::{WEIGHTS, count, position};
use crate::json::{self, Node};
use crate::{FormatError, text};

const REMEDY: &str = "Give the file as `adjutant deps align --format json` wrote it.";
/// Rules whose findings say that nothing is known.
const NOT_COMPARED: [&str; 3] = ["not-compared", "not-followed", "other-ecosystem"];

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.trim_start().starts_with('{')
            && head.contains("\"conflict_rules\"")
            && head.contains("\"config\"")
    })
}

/// Reads `dependency_changes` for each weight, zeros included, `dependencies_not_compared`,
/// `vulnerability_records` where a database was searched, and `configuration_mismatches` where a
/// configuration was held against its registration.
///
/// # Errors
/// When it is no such answer.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    root.need("packages")?;
    let mut counted = [0_u64; WEIGHTS.len()];
    let mut not_compared = 0_u64;
    for finding in root.need("findings")?.items()? {
        counted[position(&finding.need("weight")?, &WEIGHTS, REMEDY)?] += 1;
        not_compared += u64::from(NOT_COMPARED.contains(&finding.need("rule")?.text()?));
    }
    let mut found = vec![];
    for (weight, counted) in WEIGHTS.into_iter().zip(counted) {
        let (measure, label) = (OwnMeasure::DependencyChanges, [("weight", weight)]);
        found.push(count(measure, &label, "/findings", counted)?);
    }
    if let Some(config) = root.get("config") {
        let digest = config.need("sha256")?;
        match config.get("registered") {
            Some(registered) => {
                let differs = u64::from(registered.text()? != digest.text()?);
                let measure = OwnMeasure::ConfigurationMismatches;
                found.push(count(measure, &[], "/config/registered", differs)?);
            }
            // Its registration is not there: that it is the registered one was not compared.
            None => not_compared += 1,
        }
    }
    let measure = OwnMeasure::DependenciesNotCompared;
    found.push(count(measure, &[], "/findings", not_compared)?);
    if let Some(records) = root.get("osv_records") {
        let measure = OwnMeasure::VulnerabilityRecords;
        found.push(count(measure, &[], "/osv_records", records.count()?)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `adjutant deps align` of two `Cargo.lock` files of this repository, without a database.
    const ANSWER: &[u8] = include_bytes!("../../tests/fixtures/adjutant/deps_align.json");

    fn told(text: &str) -> Vec<String> {
        super::super::told::told(&read(text.as_bytes()).unwrap())
    }

    #[test]
    fn changes_are_counted_by_weight_zeros_included() {
        assert!(recognises(ANSWER, "answer"));
        insta::assert_snapshot!(told(std::str::from_utf8(ANSWER).unwrap()).join("\n"));
    }

    #[test]
    fn what_was_not_looked_at_is_counted_or_left_out_and_never_zero() {
        let answer = |config: &str, records: &str, rule: &str| {
            format!(
                "{{\"standing\": \"x\", \"packages\": {{}}, \"conflict_rules\": null, \
                 \"osv_records\": {records}, \"config\": {config}, \
                 \"findings\": [{{\"rule\": \"{rule}\", \"weight\": \"risky\"}}]}}"
            )
        };
        for (text, expected) in [
            (
                answer("null", "null", "added"),
                vec!["dependencies_not_compared = 0 @ #/findings"],
            ),
            (
                answer("null", "7", "not-followed"),
                vec![
                    "dependencies_not_compared = 1 @ #/findings",
                    "vulnerability_records = 7 @ #/osv_records",
                ],
            ),
            (
                answer("{\"sha256\": \"a\", \"registered\": null}", "null", "added"),
                vec!["dependencies_not_compared = 1 @ #/findings"],
            ),
            (
                answer(
                    "{\"sha256\": \"a\", \"registered\": \"b\"}",
                    "null",
                    "added",
                ),
                vec![
                    "configuration_mismatches = 1 @ #/config/registered",
                    "dependencies_not_compared = 0 @ #/findings",
                ],
            ),
            (
                answer(
                    "{\"sha256\": \"a\", \"registered\": \"a\"}",
                    "null",
                    "added",
                ),
                vec![
                    "configuration_mismatches = 0 @ #/config/registered",
                    "dependencies_not_compared = 0 @ #/findings",
                ],
            ),
        ] {
            assert_eq!(told(&text)[3..], expected, "{text}");
        }
    }
}
