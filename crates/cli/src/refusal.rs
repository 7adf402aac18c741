//! A refusal on a terminal.

use adjutant_wire::RefusalJson;
pub(crate) use adjutant_wire::refusal::{next, overlap_text, reason, time_text};
use adjutant_work::Refusal;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams;

/// Tells a refusal, and how the command ends.
pub(crate) fn tell(refusal: &Refusal, format: Format) -> Result<Exit, Failure> {
    match format {
        Format::Json => streams::print_json(&RefusalJson::from(refusal))?,
        Format::Human => {
            streams::tell(&format!("refused: {}", reason(refusal)));
            streams::tell(&format!("next: {}", next(refusal)));
        }
    }
    Ok(Exit::Refused)
}
