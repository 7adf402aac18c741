//! Evidence: what a tool measured, submitted.

use adjutant_app::{AddRequest, EvidenceFormat as Format};
use adjutant_domain::{MeasureName, RunId, Subject};
use adjutant_outbound::clock;
use adjutant_outbound::offered_file::OfferedFile;
use adjutant_wire::{EvidenceJson, Failure};
use adjutant_work::access::{Bearer, Right};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answer::{Answer, Declined, told};
use crate::caller::ToolCaller;
use crate::room::Pace;
use crate::tool::{Errand, ToolRow, named, optional, tool};

pub(super) fn tools() -> Vec<ToolRow> {
    vec![tool::<EvidenceArguments>(
        (
            "submit_evidence",
            "Stores what a tool wrote (benchmark, load test, evaluation …) with its measurements: all of \
             it or nothing.",
        ),
        (Right::Submit, Pace::Writes),
        |errand, arguments| Box::pin(submit(errand, arguments)),
    )]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EvidenceArguments {
    /// Path here; with content, a plain name.
    file: String,
    /// The text itself; needed over HTTP.
    content: Option<String>,
    /// baseline, candidate, or a name of yours.
    subject: String,
    /// The run that measured it.
    run: String,
    /// Default: recognised.
    format: Option<String>,
    /// Where the file does not name it.
    measure: Option<String>,
}

async fn submit(errand: Errand<'_>, arguments: EvidenceArguments) -> Answer {
    let (source, _offered) = source_of(errand.caller, &arguments)?;
    let request = AddRequest {
        sources: vec![source],
        subject: named::<Subject>(&arguments.subject)?,
        run: named::<RunId>(&arguments.run)?,
        format: optional::<Format>(arguments.format.as_deref())?,
        named: optional::<MeasureName>(arguments.measure.as_deref())?,
    };
    let added = adjutant_app::add_evidence(errand.store, &request, clock::now()).await;
    let added = added.map_err(Failure::from)?;
    if let ToolCaller::Remote(Bearer::Agent { agent, .. }) = errand.caller {
        for one in &added {
            let artifact = one.evidence.artifact;
            errand.store.note_submitter(artifact, agent).await?;
        }
    }
    let json: Vec<EvidenceJson> = added.iter().map(Into::into).collect();
    told(&json)
}

/// Where the bytes are, with the file that they are kept in until they are read. From elsewhere only
/// what the call holds is read: no file of this machine, and no address.
fn source_of(
    caller: &ToolCaller,
    arguments: &EvidenceArguments,
) -> Result<(String, Option<OfferedFile>), Declined> {
    match (&arguments.content, caller) {
        (Some(content), _) => {
            let offered = OfferedFile::new(&arguments.file, content.as_bytes());
            let offered = offered.map_err(|error| {
                Declined::usage(
                    error.to_string(),
                    "Use letters, digits, dots, dashes and underscores, such as latency.csv.",
                )
            })?;
            Ok((offered.path().display().to_string(), Some(offered)))
        }
        (None, ToolCaller::Here { .. }) => Ok((arguments.file.clone(), None)),
        (None, ToolCaller::Remote(_)) => Err(Declined::usage(
            "the server reads no files for you",
            "Send the text itself as content, and its plain name as file.",
        )),
    }
}
