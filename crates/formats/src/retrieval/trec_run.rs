//! A TREC run: `query Q0 document rank score tag`, a line for each retrieved document.
//!
//! As in trec_eval, the score alone makes the order; rank and tag are not read.

use adjutant_domain::{Data, Labels, Locator, Measurement, Ranked, Unit};

use super::columns::{self, Seen};
use crate::{FormatError, Place, text};

const COLUMNS: &str = "query Q0 document rank score tag";

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    columns::all_fit(head, |[_query, iteration, _document, rank, score, _tag]| {
        (iteration.eq_ignore_ascii_case("q0") || iteration == "0")
            && rank.parse::<i64>().is_ok()
            && score.parse::<f64>().is_ok()
    })
}

/// Reads the ranking.
///
/// # Errors
/// When a line has not six columns, a score is not a finite number, or a query names a document
/// twice.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let text = text::decode(bytes)?;
    let mut seen = Seen::default();
    let mut ranking = Vec::new();
    let mut span = None;
    for line in columns::lines(text, COLUMNS) {
        let (line, [query, _iteration, document, _rank, score, _tag]) = line?;
        let score = score_of(score, line)?;
        seen.note(line, query, document)?;
        let (first, _) = span.unwrap_or((line, line));
        span = Some((first, line));
        ranking.push(Ranked {
            query: query.to_owned(),
            document: document.to_owned(),
            score,
        });
    }
    let (first, last) = span.unwrap_or((1, 1));
    Ok(vec![Measurement {
        measure: crate::measure_name("ranking")?,
        labels: Labels::new(),
        unit: Unit::One,
        locator: Locator::Rows {
            first,
            last,
            column: "score".to_owned(),
        },
        data: Data::Ranking(ranking),
    }])
}

fn score_of(text: &str, line: u64) -> Result<f64, FormatError> {
    text.parse()
        .ok()
        .filter(|score: &f64| score.is_finite())
        .ok_or_else(|| {
            FormatError::new(
                Place::Cell {
                    line,
                    column: "score".to_owned(),
                },
                format!("{text:?} is not a finite number"),
                "Write a finite score; leave a document out that has none.",
            )
        })
}
