//! `adjutant schema`: no database, no set-up.

use adjutant_app::SchemaRequest;
use adjutant_outbound::clock;
use adjutant_report::contract::{self, ShownContracts};
use adjutant_schema::{SchemaDiff, SchemaSeverity};

use crate::arguments::{SchemaCommand, SchemaDiffArguments, SchemaFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::streams;

pub(super) fn run(command: SchemaCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        SchemaCommand::Diff(arguments) => diff(arguments, settings),
    }
}

fn diff(arguments: SchemaDiffArguments, settings: &Settings) -> Result<Exit, Failure> {
    let request = SchemaRequest {
        baseline: arguments.baseline,
        candidate: arguments.candidate,
        direction: arguments.direction.into(),
        format: arguments.as_format,
        sunset_days: arguments.sunset_days,
    };
    let diff = adjutant_app::diff_contracts(&request, clock::now())?;
    let shown = ShownContracts {
        diff: &diff,
        baseline: &request.baseline.display().to_string(),
        candidate: &request.candidate.display().to_string(),
    };
    let text = match arguments.format {
        SchemaFormat::Human => contract::human(shown, settings.terminal),
        SchemaFormat::Json => contract::json(shown).map_err(|error| Failure::defect(&error))?,
        SchemaFormat::Sarif => contract::sarif(shown),
        SchemaFormat::Junit => contract::junit(shown),
        SchemaFormat::Github => contract::github(shown),
    };
    streams::print(&text)?;
    Ok(exit_of(&diff))
}

/// What breaks is known even where something else was not compared.
fn exit_of(diff: &SchemaDiff) -> Exit {
    if diff.count(SchemaSeverity::Breaking) > 0 {
        Exit::Rejected
    } else if diff.is_undecided() {
        Exit::Undecided
    } else {
        Exit::Done
    }
}
