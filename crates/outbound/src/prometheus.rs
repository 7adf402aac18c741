//! Asks the Prometheus HTTP API: `query` (an instant) and `query_range`.
//!
//! A NaN from `scalar(…)` may be a number that is none, or a series that does not exist. So a
//! second question asks for what stands inside `scalar()`, and both answers are kept.

use adjutant_domain::{MeasureName, Timestamp};
use reqwest::{Client, Url};

use crate::inquiry::{self, InquiryError, Record};

/// How many expressions inside `scalar()` are asked for: a query of a gate has one or two.
const INNER_QUESTIONS_MAX: usize = 8;

/// Whether the address is one of the two that answer a query.
pub(crate) fn is_query(url: &Url) -> bool {
    let path = url.path();
    path.ends_with("/api/v1/query") || path.ends_with("/api/v1/query_range")
}

/// The address that answers a query at an instant.
///
/// # Errors
/// When `server` is no address of a web server.
pub fn instant_address(server: &str, query: &str, at: Timestamp) -> Result<String, InquiryError> {
    let mut url = inquiry::parse(server)?;
    let path = format!("{}/api/v1/query", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let time = at.unix_millis() as f64 / 1_000.0;
    url.query_pairs_mut()
        .append_pair("query", query)
        .append_pair("time", &time.to_string());
    Ok(url.into())
}

/// Asks a query and gives the record as JSON.
///
/// # Errors
/// When the address has no query.
pub(crate) async fn fetch(
    client: &Client,
    url: &Url,
    measure: Option<&MeasureName>,
    asked_at: Timestamp,
) -> Result<Vec<u8>, InquiryError> {
    let query = url
        .query_pairs()
        .find(|(name, value)| name == "query" && !value.trim().is_empty())
        .map(|(_, value)| value.into_owned())
        .ok_or(InquiryError::MissingParameter { parameter: "query" })?;
    let measure = match (measure, url.fragment()) {
        (Some(name), _) => Some(name.to_string()),
        (None, fragment) => fragment.filter(|text| !text.is_empty()).map(str::to_owned),
    };
    let mut asked = url.clone();
    asked.set_fragment(None);
    let first = inquiry::ask(client, "value", &asked).await;
    let mut answers = vec![first];
    if let Some(time) = answers.first().and_then(|first| time_of_nan(first.json()?)) {
        for inner in inside_scalar(&query).into_iter().take(INNER_QUESTIONS_MAX) {
            let inner = with_query(&asked, inner, &time);
            answers.push(inquiry::ask(client, "inside scalar()", &inner).await);
        }
    }
    let record = Record {
        source: "prometheus",
        url: inquiry::without_secrets(&asked),
        asked_at,
        measure,
        query: Some(query),
        answers,
    };
    record.to_json()
}

/// The time of an answer that holds a NaN: of the instant, or nothing for a range, which says its
/// own times.
fn time_of_nan(body: &str) -> Option<String> {
    if !body.contains("\"NaN\"") {
        return None;
    }
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let result = body.pointer("/data/result")?;
    let times = ["/0", "/0/value/0"];
    let time = times
        .iter()
        .find_map(|place| result.pointer(place)?.as_f64());
    Some(time.map(|time| time.to_string()).unwrap_or_default())
}

/// The same question about another expression, at the same time.
fn with_query(url: &Url, query: &str, time: &str) -> Url {
    let instant = url.path().ends_with("/query") && !time.is_empty();
    let kept: Vec<_> = url
        .query_pairs()
        .filter(|(name, _)| name != "query" && !(instant && name == "time"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut asked = url.clone();
    let mut pairs = asked.query_pairs_mut();
    pairs.clear().append_pair("query", query).extend_pairs(kept);
    if instant {
        pairs.append_pair("time", time);
    }
    drop(pairs);
    asked
}

/// The expressions that stand inside `scalar()`, outermost first. Texts and comments of PromQL hold
/// none.
fn inside_scalar(query: &str) -> Vec<&str> {
    let bytes = query.as_bytes();
    let mut found = Vec::new();
    let mut opened: Vec<Option<usize>> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' | b'`' => at = end_of_text(bytes, at),
            b'#' => at = end_of_line(bytes, at),
            b'(' => opened.push(names_scalar(query, at).then_some(at + 1)),
            b')' => {
                if let Some(Some(start)) = opened.pop()
                    && let Some(inner) = query.get(start..at)
                {
                    found.push((start, inner.trim()));
                }
            }
            _other => {}
        }
        at += 1;
    }
    found.sort_by_key(|(start, _)| *start);
    found.into_iter().map(|(_, inner)| inner).collect()
}

fn names_scalar(query: &str, parenthesis: usize) -> bool {
    let before = query.get(..parenthesis).unwrap_or_default().trim_end();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    before
        .strip_suffix("scalar")
        .is_some_and(|rest| !rest.ends_with(is_part))
}

/// The place of the quote that ends the text which starts at `at`, or the last byte.
fn end_of_text(bytes: &[u8], at: usize) -> usize {
    let quote = bytes.get(at).copied();
    let mut end = at + 1;
    while end < bytes.len() && bytes.get(end).copied() != quote {
        let escapes = quote != Some(b'`') && bytes.get(end) == Some(&b'\\');
        end += if escapes { 2 } else { 1 };
    }
    end
}

fn end_of_line(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expressions_inside_scalar_are_found() {
        for (query, expected) in [
            ("scalar(up)", vec!["up"]),
            ("100 * scalar( sum(a) ) / scalar(b)", vec!["sum(a)", "b"]),
            ("scalar(a / scalar(b))", vec!["a / scalar(b)", "b"]),
            ("vector(scalar (c{x=\")\"}))", vec!["c{x=\")\"}"]),
            ("my_scalar(a) + scalar", vec![]),
            ("a{x=\"scalar(b)\"} # scalar(c)\n", vec![]),
            ("scalar(unclosed", vec![]),
            (")scalar(a)\"", vec!["a"]),
            ("a{é='\\'scalar(b)'}", vec![]),
        ] {
            assert_eq!(inside_scalar(query), expected, "{query}");
        }
    }

    #[test]
    fn a_query_at_an_instant_keeps_the_servers_own_path() {
        let at = Timestamp::from_unix_millis(17_500);
        assert_eq!(
            instant_address("http://h:9090/prom/", "sum(a)", at).unwrap(),
            "http://h:9090/prom/api/v1/query?query=sum%28a%29&time=17.5"
        );
        assert!(instant_address("h:9090", "a", at).is_err());
    }

    #[test]
    fn the_second_question_is_about_the_same_time() {
        let url = Url::parse("http://h/api/v1/query?query=scalar(a)&time=1&timeout=5s").unwrap();
        assert_eq!(
            with_query(&url, "a", "17.5").as_str(),
            "http://h/api/v1/query?query=a&timeout=5s&time=17.5"
        );
        let url = Url::parse("http://h/api/v1/query_range?query=scalar(a)&start=1&end=2").unwrap();
        assert_eq!(
            with_query(&url, "a", "").as_str(),
            "http://h/api/v1/query_range?query=a&start=1&end=2"
        );
    }
}
