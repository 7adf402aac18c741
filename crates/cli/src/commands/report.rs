//! `adjutant report deployment`: the last decision as Markdown, HTML and JSON, and what it taught.

use std::path::{Path, PathBuf};

use adjutant_app::{Decided, DecidedFrom, DecisionRecord};
use adjutant_report::deployment::{self, Deployment, DeploymentFacts};
use adjutant_store::Store;

use super::{gate, policy};
use crate::arguments::{DeploymentArguments, ReportCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

pub(super) fn run(command: ReportCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        ReportCommand::Deployment(arguments) => report_deployment(&arguments, settings),
    }
}

fn report_deployment(
    arguments: &DeploymentArguments,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let network = gate::needs_network(&arguments.ask, settings);
    let (decided, facts) = complete(network, async {
        let store = open_store(&home).await?;
        if arguments.ask.evidence.is_empty()
            && let Some(last) = last_decision(&store, arguments).await?
        {
            return with_facts(&store, last);
        }
        let policy = policy::policy_of(&home, &arguments.gate, arguments.ask.policy.as_deref())?;
        let decided = gate::decide(&store, &policy, &arguments.ask).await?;
        gate::tell_about(&decided);
        with_facts(&store, decided)
    })?;
    let written = write_all(&arguments.out, &decided, &facts)?;
    let lines: String = written
        .iter()
        .map(|path| format!("{}\n", path.display()))
        .collect();
    streams::print(&lines)?;
    streams::tell(&format!("verdict {}", decided.decision.verdict));
    Ok(Exit::of_verdict(decided.decision.verdict))
}

/// The gate's last decision, from its record.
async fn last_decision(
    store: &Store,
    arguments: &DeploymentArguments,
) -> Result<Option<Decided>, Failure> {
    let Some(last) = adjutant_app::last_decision(store, &arguments.gate).await? else {
        return Ok(None);
    };
    if !arguments.ask.reason.is_empty() {
        return Err(Failure::usage(
            "a reason is given with a decision, and this one was made without it",
            "Ask adjutant gate again with --reason, then report.",
        ));
    }
    let record = DecisionRecord::open(store, last.record)?;
    streams::tell(&format!("decision of {}", record.now));
    Ok(Some(Decided {
        decision: record.decision,
        record: last.record,
        from: DecidedFrom::Sources,
        failures: record.failures,
    }))
}

/// The decision with what its recorded evidence says beside it.
fn with_facts(store: &Store, decided: Decided) -> Result<(Decided, DeploymentFacts), Failure> {
    let record = DecisionRecord::open(store, decided.record)?;
    let facts = record.facts(store, &decided.decision)?;
    Ok((decided, facts))
}

fn write_all(
    folder: &Path,
    decided: &Decided,
    facts: &DeploymentFacts,
) -> Result<Vec<PathBuf>, Failure> {
    let shown = Deployment {
        decision: &decided.decision,
        record: decided.record,
        facts,
    };
    let reports = deployment::files(shown).map_err(|error| Failure::defect(&error))?;
    let refused = |path: &Path, error: &std::io::Error| {
        Failure::usage(
            format!("{} cannot be written: {error}", path.display()),
            "Name another folder with --out.",
        )
    };
    std::fs::create_dir_all(folder).map_err(|error| refused(folder, &error))?;
    let mut written = Vec::with_capacity(reports.len());
    for (name, text) in reports {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| refused(&path, &error))?;
        written.push(path);
    }
    Ok(written)
}
