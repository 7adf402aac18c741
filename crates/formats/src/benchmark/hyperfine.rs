//! hyperfine's JSON (`--export-json FILE`): every run's wall time in seconds, per command.
//!
//! `error_rate` counts the runs that ended with a status other than 0 or by a signal; hyperfine
//! itself stops at the first one unless it is told to ignore them. CPU times are not read: the
//! file has their mean only.

use adjutant_domain::{Measurement, Unit};

use crate::figure::{Figure, SECONDS};
use crate::json::{self, Node};
use crate::{FormatError, text};

const REMEDY: &str = "Give the file as `hyperfine --export-json` wrote it.";

/// Whether a file that begins with `head` is hyperfine's JSON.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.trim_start().starts_with('{')
            && ["\"results\"", "\"command\"", "\"mean\"", "\"stddev\""]
                .iter()
                .all(|key| head.contains(key))
    })
}

/// The measurements of hyperfine's JSON: `duration_ms`, `exit_code` and `error_rate`, each with
/// the label `command`.
///
/// # Errors
/// When the bytes are not such a document, or a command has no runs.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let results = Node::root(&document).need("results")?;
    let mut measurements = Vec::new();
    for result in results.items()? {
        let command = result.need("command")?.text()?;
        let times = result.need("times")?;
        let mut durations = Vec::new();
        for time in times.items()? {
            durations.push(time.milliseconds(SECONDS)?);
        }
        if durations.is_empty() {
            return Err(times.wrong("the command has no runs", REMEDY));
        }
        let runs = durations.len();
        let figure = Figure::new("duration_ms", Unit::Milliseconds)?.labelled("command", command);
        measurements.push(figure.samples(times.locator(), durations));
        if let Some(codes) = result.get("exit_codes") {
            measurements.extend(exits(&codes, command, runs)?);
        }
        if let Some(sizes) = result.get("memory_usage_byte") {
            measurements.push(memory(&sizes, command)?);
        }
    }
    if measurements.is_empty() {
        return Err(results.wrong("there are no results", REMEDY));
    }
    Ok(measurements)
}

/// The exit codes. A run that a signal ended has none (null).
fn exits(codes: &Node<'_>, command: &str, runs: usize) -> Result<Vec<Measurement>, FormatError> {
    let (mut exit_codes, mut failed) = (Vec::new(), 0);
    let mut exits = 0;
    for code in codes.items()? {
        exits += 1;
        if !code.value.is_null() {
            exit_codes.push(code.number()?);
        }
        if code.value.is_null() || code.number()? != 0.0 {
            failed += 1;
        }
    }
    if exits != runs {
        let problem = format!("there are {exits} exit codes, but {runs} times");
        return Err(codes.wrong(problem, REMEDY));
    }
    let figure = Figure::new("error_rate", Unit::Ratio)?.labelled("command", command);
    let mut measurements = vec![figure.proportion(codes.locator(), failed, runs as u64)];
    if !exit_codes.is_empty() {
        let figure = Figure::new("exit_code", Unit::One)?.labelled("command", command);
        measurements.push(figure.samples(codes.locator(), exit_codes));
    }
    Ok(measurements)
}

/// The largest resident memory of each run.
fn memory(sizes: &Node<'_>, command: &str) -> Result<Measurement, FormatError> {
    let mut bytes = Vec::new();
    for size in sizes.items()? {
        bytes.push(size.count()? as f64);
    }
    let figure = Figure::new("memory_bytes", Unit::Bytes)?.labelled("command", command);
    Ok(figure.samples(sizes.locator(), bytes))
}
