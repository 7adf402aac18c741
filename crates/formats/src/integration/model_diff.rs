//! The answer of `adjutant model diff --format json`: how many changes of a model or a tokenizer
//! weigh how much.

use adjutant_domain::{Measurement, OwnMeasure};

use super::{WEIGHTS, count, last_part, position, says};
use crate::FormatError;
use crate::json::{self, Node};

const REMEDY: &str = "Give the file as `adjutant model diff --format json` wrote it.";
const FORMAT: &str = "adjutant-model-diff-1";

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    says(head, FORMAT)
}

/// Reads `model_changes` for each weight, zeros included; the label `model` is the candidate's file.
///
/// # Errors
/// When it is no such answer.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let format = root.need("format")?;
    if format.text()? != FORMAT {
        return Err(format.wrong(format!("this is not {FORMAT}"), REMEDY));
    }
    let candidate = root.need("candidate")?;
    let model = last_part(candidate.text()?);
    let mut counted = [0_u64; WEIGHTS.len()];
    for change in root.need("changes")?.items()? {
        counted[position(&change.need("weight")?, &WEIGHTS, REMEDY)?] += 1;
    }
    let each = WEIGHTS.into_iter().zip(counted);
    each.map(|(weight, counted)| {
        let labels = [("weight", weight), ("model", model)];
        count(OwnMeasure::ModelChanges, &labels, "/changes", counted)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::told::told;
    use super::*;

    /// `adjutant model diff` of two vocabularies: two ids moved, one token is new.
    const ANSWER: &str = include_str!("../../tests/fixtures/adjutant/model_diff.json");

    #[test]
    fn changes_are_counted_by_weight_zeros_included() {
        assert!(recognises(ANSWER.as_bytes(), "answer"));
        insta::assert_snapshot!(told(&read(ANSWER.as_bytes()).unwrap()).join("\n"));
    }

    #[test]
    fn what_is_no_such_answer_is_refused_with_the_place() {
        for (from, to, place) in [
            (FORMAT, "adjutant-model-diff-0", "/format"),
            ("\"risky\"", "\"fine\"", "/weight"),
            ("\"changes\"", "\"changed\"", "changes"),
        ] {
            assert!(ANSWER.contains(from), "{from}");
            let changed = ANSWER.replacen(from, to, 1);
            let error = read(changed.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(place), "{error}");
        }
    }
}
