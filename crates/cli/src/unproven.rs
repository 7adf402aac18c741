//! Work that is not accepted, on a terminal.

use adjutant_wire::UnprovenJson;
pub(crate) use adjutant_wire::unproven::{end_text, exit, problem};
use adjutant_wire::unproven::{next, output};
use adjutant_work::Unproven;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams;

/// Says why work is not accepted.
///
/// # Errors
/// When standard output cannot be written.
pub(crate) fn tell(reason: &Unproven, format: Format) -> Result<Exit, Failure> {
    match format {
        Format::Json => streams::print_json(&UnprovenJson::from(reason))?,
        Format::Human => {
            let word = if exit(reason) == Exit::Undecided {
                "not checked"
            } else {
                "not proven"
            };
            streams::tell(&format!("{word}, {}: {}", reason.name(), problem(reason)));
            if let Some(output) = output(reason) {
                streams::tell(output.trim_end());
            }
            streams::tell(&format!("next: {}", next(reason)));
        }
    }
    Ok(exit(reason))
}
