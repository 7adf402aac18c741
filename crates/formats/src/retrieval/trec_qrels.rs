//! TREC relevance judgements: `query iteration document grade`, a line for each judged document.
//!
//! As in trec_eval, the iteration is not read.

use adjutant_domain::{Data, Judgement, Labels, Locator, Measurement, Unit};

use super::columns::{self, Seen};
use crate::{FormatError, Place, text};

const COLUMNS: &str = "query 0 document grade";

pub(crate) fn recognises(head: &[u8], file_name: &str) -> bool {
    let named = file_name.contains("qrel") || file_name.contains("judg");
    columns::all_fit(head, |[_query, iteration, _document, grade]| {
        let usual = iteration == "0" || iteration.eq_ignore_ascii_case("q0");
        (usual || named) && grade.parse::<i32>().is_ok()
    })
}

/// Reads the judgements.
///
/// # Errors
/// When a line has not four columns, a grade is not a whole number, or a query judges a document
/// twice.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let text = text::decode(bytes)?;
    let mut seen = Seen::default();
    let mut judgements = Vec::new();
    let mut span = None;
    for line in columns::lines(text, COLUMNS) {
        let (line, [query, _iteration, document, grade]) = line?;
        let grade = grade_of(grade, line)?;
        seen.note(line, query, document)?;
        let (first, _) = span.unwrap_or((line, line));
        span = Some((first, line));
        judgements.push(Judgement {
            query: query.to_owned(),
            document: document.to_owned(),
            grade,
        });
    }
    let (first, last) = span.unwrap_or((1, 1));
    Ok(vec![Measurement {
        measure: crate::measure_name("judgements")?,
        labels: Labels::new(),
        unit: Unit::One,
        locator: Locator::Rows {
            first,
            last,
            column: "grade".to_owned(),
        },
        data: Data::Judgements(judgements),
    }])
}

fn grade_of(text: &str, line: u64) -> Result<i32, FormatError> {
    text.parse().map_err(|_not_whole| {
        FormatError::new(
            Place::Cell {
                line,
                column: "grade".to_owned(),
            },
            format!("{text:?} is not a whole number"),
            "Write the grade as a whole number; 0 is not relevant.",
        )
    })
}
