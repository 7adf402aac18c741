//! Answers of the Prometheus HTTP API: a response as it comes, or the record of an inquiry.
//!
//! An instant vector or a scalar gives a number, a matrix gives samples with their times, a native
//! histogram gives buckets. The ways of answering "nothing" stay apart and none is a value. Classic
//! `_bucket` series are not put together here: ask with `histogram_quantile`, or keep native
//! histograms.

mod histogram;
mod series;
#[cfg(test)]
mod tests;

use adjutant_domain::{Absence, Data, Locator, Measurement};

use self::series::Series;
use super::inquiry::{self, Answer};
use crate::FormatError;
use crate::json::{self, Node};

const REMEDY_ASK_AGAIN: &str = "Ask the server again and keep its whole answer.";

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    inquiry::compact_head(head).is_some_and(|head| {
        head.starts_with(r#"{"source":"prometheus","#)
            || (head.starts_with(r#"{"status":"success""#) && head.contains(r#""resultType":"#))
            || (head.starts_with(r#"{"status":"error""#) && head.contains(r#""errorType":"#))
    })
}

/// Reads every series of the answer.
///
/// # Errors
/// When it is no answer of Prometheus, is cut off, or is a text.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    if root.get("source").is_none() {
        return read_body(&root, &Question::default());
    }
    let question = Question::of(&root)?;
    let answers = inquiry::answers(&root)?;
    let mut found = Vec::new();
    for answer in answers {
        if answer.asks()? != "value" {
            continue;
        }
        match &answer.body {
            Ok(body) => found.extend(read_body(body, &question)?),
            Err(words) => found.push(refused(&answer.node, &question, words)?),
        }
    }
    Ok(found)
}

/// What was asked, where that is known.
#[derive(Default)]
struct Question<'a> {
    /// The name that the caller gives the measure.
    measure: Option<&'a str>,
    /// The PromQL expression.
    query: Option<&'a str>,
    /// Whether an expression inside `scalar()` matched no series.
    series_absent: bool,
}

impl<'a> Question<'a> {
    fn of(record: &Node<'a>) -> Result<Self, FormatError> {
        let text = |key: &str| record.get(key).map(|node| node.text()).transpose();
        let mut series_absent = false;
        for answer in inquiry::answers(record)? {
            series_absent |= answer.asks()? == "inside scalar()" && matched_nothing(&answer);
        }
        Ok(Self {
            measure: text("measure")?,
            query: text("query")?,
            series_absent,
        })
    }
}

fn matched_nothing(answer: &Answer<'_>) -> bool {
    let Ok(body) = &answer.body else { return false };
    let result = body.get("data").and_then(|data| data.get("result"));
    result.is_some_and(|result| result.value.as_array().is_some_and(Vec::is_empty))
}

fn refused(
    node: &Node<'_>,
    question: &Question<'_>,
    words: &str,
) -> Result<Measurement, FormatError> {
    let absence = Absence::SourceRefused(words.to_owned());
    let locator = Locator::Pointer(node.pointer.clone());
    Ok(Series::unnamed(question)?.of_data(locator, Data::Absent(absence)))
}

fn read_body(body: &Node<'_>, question: &Question<'_>) -> Result<Vec<Measurement>, FormatError> {
    let status = body.need("status")?;
    if status.text()? == "error" {
        let words = inquiry::error_words(body)
            .ok_or_else(|| body.wrong("the error has no words", REMEDY_ASK_AGAIN))?;
        return Ok(vec![refused(body, question, &words)?]);
    }
    if status.text()? != "success" {
        return Err(status.wrong("neither success nor error", REMEDY_ASK_AGAIN));
    }
    if let Some(words) = warnings(body)? {
        return Ok(vec![refused(body, question, &words)?]);
    }
    let data = body.need("data")?;
    let kind = data.need("resultType")?;
    let result = data.need("result")?;
    match kind.text()? {
        "scalar" => Ok(vec![Series::unnamed(question)?.instant(&result)?]),
        "vector" | "matrix" => read_series(&result, question),
        "string" => Err(result.wrong(
            "the answer is a text, which measures nothing",
            "Ask for an expression that has a number as its value.",
        )),
        other => Err(kind.wrong(format!("{other:?} is no result type"), REMEDY_ASK_AGAIN)),
    }
}

/// A source that warns has left something out, so its answer may not be the whole one.
fn warnings(body: &Node<'_>) -> Result<Option<String>, FormatError> {
    let Some(warnings) = body.get("warnings") else {
        return Ok(None);
    };
    let mut words = Vec::new();
    for warning in warnings.items()? {
        words.push(warning.text()?.to_owned());
    }
    Ok((!words.is_empty()).then(|| format!("it warned: {}", words.join("; "))))
}

fn read_series(
    result: &Node<'_>,
    question: &Question<'_>,
) -> Result<Vec<Measurement>, FormatError> {
    let mut found = Vec::new();
    for element in result.items()? {
        let series = Series::of(&element.need("metric")?, question)?;
        if let Some(value) = element.get("value") {
            found.push(series.instant(&value)?);
        }
        if let Some(values) = element.get("values") {
            found.extend(series.range(&values)?);
        }
        if let Some(histogram) = element.get("histogram") {
            found.push(series.histogram(&histogram, None)?);
        }
        if let Some(histograms) = element.get("histograms") {
            for point in histograms.items()? {
                let at = series::millis(&point)?;
                found.push(series.histogram(&point, Some(at))?);
            }
        }
    }
    if found.is_empty() {
        let locator = Locator::Pointer(result.pointer.clone());
        let absent = Data::Absent(Absence::EmptyResult);
        found.push(Series::unnamed(question)?.of_data(locator, absent));
    }
    Ok(found)
}
