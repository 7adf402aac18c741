//! `adjutant deps`: lockfiles held against each other.

use adjutant_app::{ConfigStanding, DepsRequest, align_dependencies};
use adjutant_report::dependencies::{self, DepsStanding, ShownConfig, ShownDeps};

use crate::arguments::{AlignArguments, DepsCommand, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::find_home;
use crate::settings::Settings;
use crate::streams;

pub(super) fn run(command: DepsCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        DepsCommand::Align(arguments) => align(*arguments, settings),
    }
}

fn align(arguments: AlignArguments, settings: &Settings) -> Result<Exit, Failure> {
    let policy = match arguments.policy {
        Some(policy) => Some(policy),
        None => find_home(settings)?.settings,
    };
    let answer = align_dependencies(&DepsRequest {
        baseline: arguments.baseline,
        candidate: arguments.candidate,
        osv: arguments.osv,
        policy,
        config: arguments.config.zip(arguments.registered),
    })?;
    let file = answer
        .config
        .as_ref()
        .map(|config| config.path.display().to_string());
    let config = answer.config.as_ref().zip(file.as_deref());
    let shown = ShownDeps {
        packages: answer.packages,
        findings: &answer.findings,
        records: answer.records,
        rules: answer.rules,
        config: config.map(|(config, file)| ShownConfig {
            file,
            digest: &config.digest,
            registered: match &config.standing {
                ConfigStanding::Match => Ok(&config.digest),
                ConfigStanding::Mismatch { registered } => Ok(registered),
                ConfigStanding::NoData(why) => Err(why),
            },
        }),
    };
    streams::print(&match arguments.format.format {
        Format::Human => dependencies::human(shown, settings.terminal),
        Format::Json => dependencies::json(shown),
    })?;
    Ok(match shown.standing() {
        DepsStanding::Aligned => Exit::Done,
        DepsStanding::Undecided => Exit::Undecided,
        DepsStanding::Flagged => Exit::Rejected,
    })
}
