//! Criterion.rs's `sample.json`: for each sample the number of iterations and their time in
//! nanoseconds together.
//!
//! A sample's time divided by its iterations is one `duration_ms` sample: a mean over iterations,
//! so its spread is not that of single calls. The benchmark's name is not in the file.

use adjutant_domain::{Measurement, Unit};

use crate::figure::{Figure, NANOSECONDS, times_ten_to};
use crate::json::{self, Node};
use crate::{FormatError, text};

const REMEDY: &str = "Give `target/criterion/<benchmark>/new/sample.json`.";

/// Whether a file that begins with `head` is Criterion's samples.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        let head = head.trim_start();
        head.starts_with('{') && head.contains("\"sampling_mode\"") && head.contains("\"iters\"")
    })
}

/// The measurements of Criterion's samples.
///
/// # Errors
/// When the bytes are not such a document, or a sample has a time but no iterations.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let (iterations, times) = (root.need("iters")?, root.need("times")?);
    let mut durations = Vec::new();
    let mut counts = iterations.items()?;
    for time in times.items()? {
        let count = counts.next();
        let count = count.ok_or_else(|| time.wrong("`iters` has no entry for it", REMEDY))?;
        let iterations = count.number()?;
        if iterations < 1.0 {
            return Err(count.wrong("a sample has at least one iteration", REMEDY));
        }
        let nanoseconds = time.number()?;
        if nanoseconds < 0.0 {
            return Err(time.wrong("a time is negative", REMEDY));
        }
        durations.push(times_ten_to(nanoseconds / iterations, NANOSECONDS));
    }
    if let Some(count) = counts.next() {
        return Err(count.wrong("`times` has no entry for it", REMEDY));
    }
    if durations.is_empty() {
        return Err(times.wrong("there are no samples", REMEDY));
    }
    let figure = Figure::new("duration_ms", Unit::Milliseconds)?;
    Ok(vec![figure.samples(times.locator(), durations)])
}
