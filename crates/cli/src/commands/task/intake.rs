//! Asking for work.

use adjutant_work::template;

use crate::arguments::TemplateArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams;

pub(super) fn template(_arguments: &TemplateArguments) -> Result<Exit, Failure> {
    streams::print(template::BLANK)?;
    Ok(Exit::Done)
}
