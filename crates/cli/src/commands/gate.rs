//! `adjutant gate`: asking, listing, showing.

use std::collections::{BTreeMap, BTreeSet};

use adjutant_app::{Decided, DecidedFrom, FoundPolicy, GateRequest, Origin};
use adjutant_domain::{CriterionId, GateName};
use adjutant_gate::{Decision, SourceFailure};
use adjutant_outbound::{clock, inquiry};
use adjutant_report::gate as written;
use adjutant_store::{Store, StoredEvidence};

use super::{policy, self_test};
use crate::arguments::{
    AskArguments, Format, GateArguments, GateCommand, GateFormat, ListGatesArguments, ShowArguments,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;
use crate::table::table;
use adjutant_wire::{self as wire, GateJson};

pub(super) fn run(arguments: GateArguments, settings: &Settings) -> Result<Exit, Failure> {
    match (arguments.command, arguments.name) {
        (Some(GateCommand::List(arguments)), _) => list(&arguments, settings),
        (Some(GateCommand::Show(arguments)), _) => show(&arguments, settings),
        (Some(GateCommand::SelfTest(arguments)), _) => self_test::self_test(&arguments, settings),
        (None, Some(name)) => ask(&name, &arguments.ask, arguments.format, settings),
        (None, None) => Err(Failure::usage(
            "no gate is named",
            "Name one; see adjutant gate list.",
        )),
    }
}

fn ask(
    name: &GateName,
    arguments: &AskArguments,
    format: GateFormat,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let policy = policy::policy_of(&home, name, arguments.policy.as_deref())?;
    let decided = complete(needs_network(arguments, settings), async {
        let store = open_store(&home).await?;
        decide(&store, &policy, arguments).await
    })?;
    tell_about(&decided);
    streams::print(&text_of(&decided.decision, format, settings)?)?;
    Ok(Exit::of_verdict(decided.decision.verdict))
}

pub(super) fn needs_network(arguments: &AskArguments, settings: &Settings) -> bool {
    settings.database_url.is_some()
        || arguments
            .evidence
            .iter()
            .any(|source| inquiry::is_address(&source.what))
}

/// Asks the gate.
pub(super) async fn decide(
    store: &Store,
    policy: &FoundPolicy,
    arguments: &AskArguments,
) -> Result<Decided, Failure> {
    let reasons: BTreeMap<CriterionId, String> = arguments.reason.iter().cloned().collect();
    for given in reasons.keys() {
        if policy
            .policy
            .criteria
            .iter()
            .all(|known| known.id != *given)
        {
            return Err(Failure::usage(
                format!("{} has no criterion {given}", policy.policy.name),
                "See adjutant gate show.",
            ));
        }
    }
    let artifact = arguments.artifact.as_deref();
    let artifact = artifact.map(adjutant_app::judged_artifact).transpose()?;
    let request = GateRequest {
        policy,
        sources: &arguments.evidence,
        reasons: &reasons,
        artifact: artifact.as_ref(),
    };
    Ok(adjutant_app::run_gate(store, &request, clock::now()).await?)
}

/// Says what stands beside the answer: which evidence, which source failed, which record.
pub(super) fn tell_about(decided: &Decided) {
    tell_sources(&decided.failures, &decided.from);
    streams::tell(&format!("decision record {}", decided.record));
}

/// Says which source failed, and what of the store was used.
pub(super) fn tell_sources(failures: &[SourceFailure], from: &DecidedFrom) {
    for failure in failures {
        streams::tell(&format!(
            "error: {}={}: {}",
            failure.subject, failure.what, failure.why
        ));
    }
    match from {
        DecidedFrom::Sources => {}
        DecidedFrom::Store(used) => tell_used(used),
    }
}

fn tell_used(used: &[StoredEvidence]) {
    if used.is_empty() {
        streams::tell("no evidence is stored");
    }
    let subjects: BTreeSet<_> = used.iter().map(|evidence| &evidence.subject).collect();
    for subject in subjects {
        let files: Vec<String> = used
            .iter()
            .filter(|evidence| evidence.subject == *subject)
            .map(|evidence| format!("{} ({})", evidence.file, evidence.run))
            .collect();
        streams::tell(&format!("evidence of {subject}: {}", files.join(", ")));
    }
}

fn text_of(
    decision: &Decision,
    format: GateFormat,
    settings: &Settings,
) -> Result<String, Failure> {
    Ok(match format {
        GateFormat::Human => written::human(decision, settings.terminal),
        GateFormat::Json => written::json(decision).map_err(|error| Failure::defect(&error))?,
        GateFormat::Junit => written::junit(decision),
        GateFormat::Sarif => written::sarif(decision),
        GateFormat::Markdown => written::markdown(decision),
    })
}

fn list(arguments: &ListGatesArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let known = adjutant_app::known_gates(&home, arguments.policy.as_deref())?;
    match arguments.format.format {
        Format::Json => {
            let json: Vec<GateJson> = known.iter().map(|gate| GateJson::of(gate, &home)).collect();
            streams::print_json(&json)?;
        }
        Format::Human => {
            let head = ["gate", "criteria", "written in", "guards"];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(known.iter().map(|gate| {
                vec![
                    gate.name.to_string(),
                    gate.criteria.to_string(),
                    wire::origin(&gate.origin, &home),
                    gate.title.clone(),
                ]
            }));
            streams::print(&table(&rows))?;
        }
    }
    Ok(Exit::Done)
}

fn show(arguments: &ShowArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let found = policy::policy_of(&home, &arguments.name, arguments.policy.as_deref())?;
    if let Origin::File(path) = &found.origin {
        streams::tell(&format!("# from {}", path.display()));
    }
    streams::print(&found.text)?;
    Ok(Exit::Done)
}
