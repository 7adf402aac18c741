//! What coding agents write about their own work: tokens, cost, turns.
//!
//! `input_tokens` are all tokens that the model read, `cached_input_tokens` those among them that
//! came from a cache, `output_tokens` all that it wrote, its reasoning included. Agents count these
//! differently; each reader says how it adds them up. What an agent says about the success of its
//! work is not read: only a check can tell.

pub(crate) mod claude_code;
pub(crate) mod codex;
pub(crate) mod gemini_cli;
mod lines;

#[cfg(test)]
mod tests;

use adjutant_domain::{Measurement, Unit};

use crate::FormatError;
use crate::figure::Figure;
use crate::json::Node;

/// What every reader of a transcript that breaks off recommends.
const REMEDY_BROKEN_OFF: &str =
    "Give the whole transcript; an agent that was stopped has not told what it used.";

/// The number of tokens that stands at `node`.
fn tokens(
    name: &str,
    model: Option<&str>,
    node: &Node<'_>,
    count: u64,
) -> Result<Measurement, FormatError> {
    let mut figure = Figure::new(name, Unit::Tokens)?;
    if let Some(model) = model {
        figure = figure.labelled("model", model);
    }
    Ok(figure.scalar(node.locator(), "sum", count as f64, None))
}

/// The sum of counts that stand below `node`.
fn sum(node: &Node<'_>, counts: &[u64]) -> Result<u64, FormatError> {
    counts
        .iter()
        .try_fold(0_u64, |sum, count| sum.checked_add(*count))
        .ok_or_else(|| node.wrong("this is no number of tokens", REMEDY_BROKEN_OFF))
}
