//! Claude Code: `claude -p --output-format stream-json --verbose`, and the one object of
//! `--output-format json`. Only the closing `result` is read.
//!
//! It tells tokens apart by model, and those from the cache apart from the others: its
//! `inputTokens`, `cacheReadInputTokens` and `cacheCreationInputTokens` are added up.

use adjutant_domain::{Measurement, Unit};

use super::{REMEDY_BROKEN_OFF, lines, sum, tokens};
use crate::figure::Figure;
use crate::json::Node;
use crate::{FormatError, Place, text};

/// Whether a file that begins with `head` is such a transcript.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.lines().any(|line| {
            (line.starts_with("{\"type\":\"system\",\"subtype\":\"init\"")
                && line.contains("\"permissionMode\""))
                || (line.starts_with("{\"type\":\"result\",\"subtype\":")
                    && line.contains("\"num_turns\""))
        })
    })
}

/// What the agent used.
///
/// # Errors
/// When a line is not JSON, or the transcript breaks off before its result.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
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
    let mut measurements = Vec::new();
    for (model, usage) in result.need("modelUsage")?.members()? {
        let count = |key: &str| usage.need(key)?.count();
        let cached = count("cacheReadInputTokens")?;
        let counts = [
            count("inputTokens")?,
            cached,
            count("cacheCreationInputTokens")?,
        ];
        let model = Some(model);
        let input = sum(&usage, &counts)?;
        measurements.push(tokens("input_tokens", model, &usage, input)?);
        measurements.push(tokens("cached_input_tokens", model, &usage, cached)?);
        measurements.push(tokens(
            "output_tokens",
            model,
            &usage,
            count("outputTokens")?,
        )?);
    }
    for (key, name, unit) in [
        ("total_cost_usd", "cost_usd", Unit::One),
        ("num_turns", "turns", Unit::Count),
        ("duration_ms", "duration_ms", Unit::Milliseconds),
        ("duration_api_ms", "model_ms", Unit::Milliseconds),
    ] {
        let node = result.need(key)?;
        let value = node.not_negative()?;
        let figure = Figure::new(name, unit)?;
        measurements.push(figure.scalar(node.locator(), "sum", value, None));
    }
    Ok(measurements)
}
