//! `adjutant shadow`: no database, no set-up.

use adjutant_app::ShadowRequest;
use adjutant_domain::Confidence;
use adjutant_report::shadow::{self, ShownShadow};
use adjutant_shadow::{ShadowPathLimit, ShadowRules};

use crate::arguments::{ShadowCommand, ShadowCompareArguments, ShadowFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::streams;

pub(super) fn run(command: ShadowCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        ShadowCommand::Compare(arguments) => compare(*arguments, settings),
    }
}

fn compare(arguments: ShadowCompareArguments, settings: &Settings) -> Result<Exit, Failure> {
    let limits = |limits: Vec<ShadowPathLimit>| {
        let each = limits.into_iter().map(|limit| (limit.path, limit.limit));
        each.collect()
    };
    let request = ShadowRequest {
        baseline: arguments.baseline,
        again: arguments.again,
        candidate: arguments.candidate,
        rules: ShadowRules {
            regression_max: arguments.regression_max,
            confidence: Confidence::TwoSided(arguments.confidence),
            tolerances: limits(arguments.tolerance),
            texts: limits(arguments.text),
            unordered: arguments.unordered.into_iter().collect(),
            ignored: arguments.ignore.into_iter().collect(),
            window: arguments.window as usize,
        },
    };
    let found = adjutant_app::compare_recordings(&request)?;
    let again = request
        .again
        .as_ref()
        .map(|path| path.display().to_string());
    let shown = ShownShadow {
        found: &found,
        baseline: &request.baseline.display().to_string(),
        candidate: &request.candidate.display().to_string(),
        again: again.as_deref(),
    };
    let text = match arguments.format {
        ShadowFormat::Human => shadow::human(shown, settings.terminal),
        ShadowFormat::Json => shadow::json(shown).map_err(|error| Failure::defect(&error))?,
        ShadowFormat::Junit => shadow::junit(shown),
    };
    streams::print(&text)?;
    Ok(Exit::of_answer(found.validity, found.outcome))
}
