//! Evidence.

use adjutant_app::{AddRequest, EvidenceFormat as Format};
use adjutant_domain::{MeasureName, RunId, Subject};
use adjutant_outbound::clock;
use adjutant_outbound::offered_file::OfferedFile;
use adjutant_wire::{EvidenceJson, Failure};
use adjutant_work::access::{Bearer, Right};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{READ, SubjectQuery, cut, listed, named};
use crate::Api;
use crate::operation::{Operation, get, post};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Asked, Named, Posted};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_evidence", "/evidence"),
            "Lists evidence, oldest first.",
            READ,
            list,
        )
        .asks::<SubjectQuery>()
        .paged()
        .answers::<Vec<EvidenceJson>>(),
        get(
            ("show_evidence", "/evidence/{which}"),
            "Shows the measurements of a run, or of one piece of evidence.",
            READ,
            show,
        )
        .answers::<Vec<EvidenceJson>>(),
        post(
            ("submit_evidence", "/evidence"),
            "Stores a file with its measurements: all of it or nothing.",
            Right::Submit,
            submit,
        )
        .takes::<EvidenceBody>()
        .answers::<Vec<EvidenceJson>>()
        .creates(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EvidenceBody {
    /// The file's name, without folders.
    name: String,
    /// What a tool wrote, as text.
    content: String,
    /// Whose measurements these are: baseline, candidate, or a name of yours.
    subject: String,
    /// The run that produced them.
    run: String,
    /// The format, where it is not to be recognised.
    format: Option<String>,
    /// The name of the measure, where the file does not name it.
    measure: Option<String>,
}

/// Only what the request holds is read: no file of this machine, and no address.
async fn submit(State(api): State<Api>, posted: Posted<EvidenceBody>) -> Result<Reply, Problem> {
    let body = posted.body;
    let offered = OfferedFile::new(&body.name, body.content.as_bytes()).map_err(|error| {
        Problem::malformed(
            error.to_string(),
            "Use letters, digits, dots, dashes and underscores, such as latency.csv.",
        )
    })?;
    let request = AddRequest {
        sources: vec![offered.path().display().to_string()],
        subject: named::<Subject>(&body.subject)?,
        run: named::<RunId>(&body.run)?,
        format: body.format.as_deref().map(named::<Format>).transpose()?,
        named: body
            .measure
            .as_deref()
            .map(named::<MeasureName>)
            .transpose()?,
    };
    let bearer = posted.caller.token.bearer;
    api.write(posted.mark, async move |store| {
        // Kept until the file is read.
        let _offered = offered;
        let added = adjutant_app::add_evidence(store, &request, clock::now()).await;
        let added = added.map_err(Failure::from)?;
        if let Bearer::Agent { agent, .. } = &bearer {
            for one in &added {
                store.note_submitter(one.evidence.artifact, agent).await?;
            }
        }
        let json: Vec<EvidenceJson> = added.iter().map(Into::into).collect();
        Ok(Reply::json(&json)?.created())
    })
    .await
}

async fn list(State(api): State<Api>, Asked(query): Asked<SubjectQuery>) -> Result<Reply, Problem> {
    let part = query.part()?;
    let reply = api.desks().read(async move |store| {
        let mut found = store.evidence_page(&part.page()).await?;
        let next = cut(&mut found, part.limit, |evidence| evidence.id);
        let json: Vec<EvidenceJson> = found.iter().map(Into::into).collect();
        listed(&json, next)
    });
    reply.await
}

async fn show(State(api): State<Api>, Named(which): Named<String>) -> Result<Reply, Problem> {
    let reply = api.desks().read(async move |store| {
        let shown = adjutant_app::show_evidence(store, &which).await?;
        if shown.is_empty() {
            return Err(Problem::unknown(
                format!("no evidence is called {which}"),
                "See /api/v1/evidence.",
            ));
        }
        let json: Vec<EvidenceJson> = shown.iter().map(Into::into).collect();
        Reply::json(&json)
    });
    reply.await
}
