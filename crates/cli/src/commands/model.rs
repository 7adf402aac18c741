//! `adjutant model`: model files, looked into without being loaded.

use adjutant_app::ModelDifference;
use adjutant_report::model::{self, ShownChange, ShownModelDiff, ShownScan};
use adjutant_supply::{ChangeWeight, ScanVerdict};

use crate::arguments::{
    Format, InspectArguments, ModelCommand, ModelDiffArguments, ScanArguments, ScanFormat,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::streams;

pub(super) fn run(command: ModelCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        ModelCommand::Inspect(arguments) => inspect(&arguments, settings),
        ModelCommand::Diff(arguments) => diff(&arguments, settings),
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

fn inspect(arguments: &InspectArguments, settings: &Settings) -> Result<Exit, Failure> {
    let header = adjutant_app::inspect_model_file(&arguments.file)?;
    streams::print(&match arguments.format.format {
        Format::Human => model::header_human(&header, settings.terminal),
        Format::Json => model::header_json(&header),
    })?;
    Ok(Exit::Done)
}

fn diff(arguments: &ModelDiffArguments, settings: &Settings) -> Result<Exit, Failure> {
    let difference = adjutant_app::diff_model_files(&arguments.baseline, &arguments.candidate)?;
    let changes: Vec<ShownChange> = match &difference {
        ModelDifference::Models(changes) => changes.iter().map(Into::into).collect(),
        ModelDifference::Tokenizers(changes) => changes.iter().map(Into::into).collect(),
    };
    streams::print(&match arguments.format.format {
        Format::Human => model::changes_human(&changes, settings.terminal),
        Format::Json => {
            let shown = ShownModelDiff {
                baseline: &arguments.baseline.display().to_string(),
                candidate: &arguments.candidate.display().to_string(),
                changes: &changes,
            };
            model::changes_json(shown).map_err(|error| Failure::defect(&error))?
        }
    })?;
    Ok(match changes.iter().map(|change| change.weight).max() {
        Some(ChangeWeight::Breaking) => Exit::Rejected,
        Some(ChangeWeight::Risky) => Exit::Undecided,
        Some(ChangeWeight::Safe) | None => Exit::Done,
    })
}
