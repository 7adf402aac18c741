//! The answer of `adjutant model scan --format json`: how many model files would run code when
//! they are loaded, and of how many nobody knows.

use adjutant_domain::{Measurement, OwnMeasure};

use super::{count, position, says};
use crate::FormatError;
use crate::json::{self, Node};

const REMEDY: &str = "Give the file as `adjutant model scan --format json` wrote it.";
const FORMAT: &str = "adjutant-model-scan-1";
/// The verdicts of a scan, the worst first.
const VERDICTS: [&str; 3] = ["executable", "unknown", "plain"];

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    says(head, FORMAT)
}

/// Reads `model_files` for each verdict, zeros included.
///
/// # Errors
/// When it is no such answer, or a file's verdict is milder than one of its findings.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let format = root.need("format")?;
    if format.text()? != FORMAT {
        return Err(format.wrong(format!("this is not {FORMAT}"), REMEDY));
    }
    let mut counted = [0_u64; VERDICTS.len()];
    for file in root.need("files")?.items()? {
        let verdict = file.need("verdict")?;
        let at = position(&verdict, &VERDICTS, REMEDY)?;
        for finding in file.need("findings")?.items()? {
            if position(&finding.need("verdict")?, &VERDICTS, REMEDY)? < at {
                return Err(verdict.wrong("a finding of this file is worse", REMEDY));
            }
        }
        counted[at] += 1;
    }
    let each = VERDICTS.into_iter().zip(counted);
    each.map(|(verdict, counted)| {
        let label = [("verdict", verdict)];
        count(OwnMeasure::ModelFiles, &label, "/files", counted)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::told::told;
    use super::*;

    /// `adjutant model scan` of a NumPy file, of text, and of a hostile PyTorch archive.
    const ANSWER: &str = include_str!("../../tests/fixtures/adjutant/model_scan.json");

    #[test]
    fn files_are_counted_by_verdict_zeros_included() {
        assert!(recognises(ANSWER.as_bytes(), "answer"));
        let only_plain = r#"{"format": "adjutant-model-scan-1",
            "files": [{"verdict": "plain", "findings": []}]}"#;
        let [all, plain] = [ANSWER, only_plain].map(|text| told(&read(text.as_bytes()).unwrap()));
        insta::assert_snapshot!([all, plain].concat().join("\n"));
    }

    #[test]
    fn an_answer_that_contradicts_itself_is_refused_with_the_place() {
        for (from, to, place) in [
            (FORMAT, "adjutant-model-scan-0", "/format"),
            ("\"executable\"", "\"plain\"", "/files/2/verdict"),
            ("\"unknown\"", "\"fine\"", "/files/1/verdict"),
            ("\"findings\"", "\"found\"", "findings"),
        ] {
            assert!(ANSWER.contains(from), "{from}");
            let changed = ANSWER.replacen(from, to, 1);
            let error = read(changed.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(place), "{error}");
        }
    }
}
