//! `adjutant model`: model files, looked into without being loaded.

use adjutant_report::model::{self, ShownScan};
use adjutant_supply::ScanVerdict;

use crate::arguments::{ModelCommand, ScanArguments, ScanFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::streams;

pub(super) fn run(command: ModelCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        ModelCommand::Scan(arguments) => scan(&arguments, settings),
    }
}

fn scan(arguments: &ScanArguments, settings: &Settings) -> Result<Exit, Failure> {
    let scanned = adjutant_app::scan_models(&arguments.files)?;
    let names: Vec<String> = scanned
        .iter()
        .map(|model| model.path.display().to_string())
        .collect();
    let shown: Vec<ShownScan<'_>> = scanned
        .iter()
        .zip(&names)
        .map(|(model, file)| ShownScan {
            file,
            report: &model.report,
        })
        .collect();
    let text = match arguments.format {
        ScanFormat::Human => model::human(&shown, settings.terminal),
        ScanFormat::Json => model::json(&shown).map_err(|error| Failure::defect(&error))?,
        ScanFormat::Sarif => model::sarif(&shown),
    };
    streams::print(&text)?;
    Ok(match model::worst(&shown) {
        ScanVerdict::Plain => Exit::Done,
        ScanVerdict::Unknown => Exit::Undecided,
        ScanVerdict::Executable => Exit::Rejected,
    })
}
