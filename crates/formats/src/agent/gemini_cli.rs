//! Gemini CLI: `gemini --output-format stream-json`, and the one object of `--output-format json`.
//!
//! It tells tokens apart by model, and no cost. What the model wrote is the total without the
//! input: thoughts are part of the total and of no other count.

use adjutant_domain::{Measurement, Unit};

use super::{REMEDY_BROKEN_OFF, lines, tokens};
use crate::figure::Figure;
use crate::json::{self, Node};
use crate::{FormatError, Place, text};

/// Whether a file that begins with `head` is a transcript of stream-json.
pub(crate) fn recognises_stream(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.lines().next().is_some_and(|line| {
            line.starts_with("{\"type\":\"init\",\"timestamp\":") && line.contains("\"session_id\"")
        })
    })
}

/// Whether a file that begins with `head` is the object of json.
pub(crate) fn recognises_object(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.trim_start().starts_with('{')
            && head.contains("\"session_id\"")
            && head.contains("\"stats\"")
            && head.contains("\"totalRequests\"")
    })
}

/// What the agent used, from stream-json.
///
/// # Errors
/// When a line is not JSON, or the transcript breaks off before its result.
pub(crate) fn read_stream(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let lines = lines::parse(bytes)?;
    let mut results = lines.iter().filter(|line| line.kind() == Some("result"));
    let Some(result) = results.next_back() else {
        return Err(FormatError::new(
            Place::Whole,
            "the transcript breaks off: no line of type `result`",
            REMEDY_BROKEN_OFF,
        ));
    };
    result.place(of_result(&Node::root(&result.value)))
}

fn of_result(result: &Node<'_>) -> Result<Vec<Measurement>, FormatError> {
    let stats = result.need("stats")?;
    let mut measurements = Vec::new();
    for (model, counts) in stats.need("models")?.members()? {
        let names = ["input_tokens", "cached", "total_tokens"];
        measurements.extend(of_model(model, &counts, names)?);
    }
    let duration = stats.need("duration_ms")?;
    let figure = Figure::new("duration_ms", Unit::Milliseconds)?;
    let milliseconds = duration.not_negative()?;
    measurements.push(figure.scalar(duration.locator(), "sum", milliseconds, None));
    Ok(measurements)
}

/// What the agent used, from json.
///
/// # Errors
/// When the bytes are not such a document.
pub(crate) fn read_object(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let models = root.need("stats")?.need("models")?;
    let mut measurements = Vec::new();
    for (model, stats) in models.members()? {
        let counts = stats.need("tokens")?;
        measurements.extend(of_model(model, &counts, ["prompt", "cached", "total"])?);
    }
    if measurements.is_empty() {
        let remedy = "Run the agent again; it ended before it asked a model.";
        return Err(models.wrong("no model was asked", remedy));
    }
    Ok(measurements)
}

/// `names` are those of the input, of the cached part of it, and of the total.
fn of_model(
    model: &str,
    counts: &Node<'_>,
    names: [&str; 3],
) -> Result<[Measurement; 3], FormatError> {
    let [input, cached, total] = names.map(|name| counts.need(name)?.count());
    let (input, total) = (input?, total?);
    let output = total.checked_sub(input).ok_or_else(|| {
        let problem = format!("the total {total} is less than the input {input}");
        counts.wrong(problem, REMEDY_BROKEN_OFF)
    })?;
    let model = Some(model);
    Ok([
        tokens("input_tokens", model, counts, input)?,
        tokens("cached_input_tokens", model, counts, cached?)?,
        tokens("output_tokens", model, counts, output)?,
    ])
}
