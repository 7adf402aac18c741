//! A transcript as a list of JSON objects, one a line. No agent is known here.

use adjutant_domain::{Locator, Measurement};
use serde_json::Value;

use crate::{FormatError, Place, text};

/// One object and the line it stands on, from 1.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) value: Value,
}

/// Every object of a transcript.
///
/// # Errors
/// When the bytes are not text, or a line is not a JSON object.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Line>, FormatError> {
    (1..)
        .zip(text::decode(bytes)?.lines())
        .filter(|(_number, line)| !line.trim().is_empty())
        .map(|(number, line)| match serde_json::from_str(line) {
            Ok(value @ Value::Object(_)) => Ok(Line { number, value }),
            Ok(_) => Err(wrong(number, "this is JSON, but not an object")),
            Err(error) => Err(wrong(number, &format!("this is not whole JSON: {error}"))),
        })
        .collect()
}

fn wrong(number: u64, problem: &str) -> FormatError {
    let remedy = "Give standard output as the agent wrote it, without its standard error.";
    FormatError::new(Place::Line(number), problem, remedy)
}

impl Line {
    /// What the line tells: its member `type`.
    pub(super) fn kind(&self) -> Option<&str> {
        self.value.get("type").and_then(Value::as_str)
    }

    /// Places inside the line become the line: a pointer holds for one document only.
    pub(super) fn place(
        &self,
        read: Result<Vec<Measurement>, FormatError>,
    ) -> Result<Vec<Measurement>, FormatError> {
        match read {
            Ok(mut measurements) => {
                for measurement in &mut measurements {
                    measurement.locator = Locator::Line(self.number);
                }
                Ok(measurements)
            }
            Err(mut error) => {
                error.problem = format!("{}: {}", error.place, error.problem);
                error.place = Place::Line(self.number);
                Err(error)
            }
        }
    }
}
