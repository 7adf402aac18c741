//! `adjutant risk`: what speaks against a candidate.

use adjutant_domain::Verdict;
use adjutant_gate::joint_verdict;
use adjutant_outbound::{clock, inquiry};
use adjutant_report::risk as written;

use super::gate::tell_sources;
use crate::arguments::{Format, RiskArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

pub(super) fn run(arguments: &RiskArguments, settings: &Settings) -> Result<Exit, Failure> {
    let sources = &arguments.evidence;
    let is_remote = |what: &str| inquiry::is_address(what);
    let assessed = if sources.is_empty() {
        let home = find_home(settings)?;
        complete(settings.database_url.is_some(), async {
            let store = open_store(&home).await?;
            Ok(adjutant_app::risk_of_stored(&store, clock::now()).await?)
        })?
    } else {
        let needs_network = sources.iter().any(|source| is_remote(&source.what));
        complete(needs_network, async {
            Ok(adjutant_app::risk_of_sources(sources, clock::now()).await?)
        })?
    };
    tell_sources(&assessed.failures, &assessed.from);
    let risk = &assessed.risk;
    streams::print(&match arguments.format.format {
        Format::Json => written::json(risk).map_err(|error| Failure::defect(&error))?,
        Format::Human => written::human(risk, settings.terminal),
    })?;
    let verdict = joint_verdict(Verdict::Go, Some(risk.standing()), None);
    Ok(Exit::of_verdict(verdict))
}
