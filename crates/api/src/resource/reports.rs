//! Reports: rendered from the record of a decision, as often as anybody asks; and verified.

use adjutant_app::VerifyError;
use adjutant_domain::Digest;
use adjutant_report::deployment::{self, Deployment};
use adjutant_wire::failure::chain;
use adjutant_wire::{Failure, VerificationJson};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::gates::open_record;
use super::{READ, named};
use crate::Api;
use crate::operation::{Operation, get, post};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Named, Posted};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("render_report", "/reports/{record}/{format}"),
            "Renders the deployment report of a decision: markdown, html, json or innovation.",
            READ,
            render,
        )
        .answers_with(&["text/markdown", "text/html", "application/json"]),
        post(
            ("verify_report", "/reports/verify"),
            "Reopens a report's artifacts and recomputes every digit.",
            READ,
            verify,
        )
        .takes::<ReportText>()
        .answers::<VerificationJson>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReportText {
    /// The text of a report.
    report: String,
}

async fn render(
    State(api): State<Api>,
    Named((record, format)): Named<(String, String)>,
) -> Result<Reply, Problem> {
    let record: Digest = named(&record)?;
    let reply = api.desks().read(async move |store| {
        let opened = open_record(store, record).await?;
        let facts = opened
            .facts(store, &opened.decision)
            .map_err(Failure::from)?;
        let shown = Deployment {
            decision: &opened.decision,
            record,
            facts: &facts,
        };
        let defect = |error: serde_json::Error| Problem::defect(&error);
        Ok(match format.as_str() {
            "markdown" => text("text/markdown; charset=utf-8", deployment::markdown(shown)),
            "innovation" => text(
                "text/markdown; charset=utf-8",
                deployment::innovation(shown),
            ),
            "html" => text("text/html; charset=utf-8", deployment::html(shown)),
            "json" => Reply::json_text(deployment::json(shown).map_err(defect)?),
            _ => {
                return Err(Problem::unknown(
                    format!("no report is written as {format}"),
                    "Use markdown, html, json or innovation.",
                ));
            }
        })
    });
    reply.await
}

fn text(media: &'static str, text: String) -> Reply {
    Reply::bytes(media, text.into_bytes())
}

async fn verify(State(api): State<Api>, posted: Posted<ReportText>) -> Result<Reply, Problem> {
    let report = posted.body.report;
    api.desks()
        .read(async move |store| {
            let json = match adjutant_app::verify(store, &report) {
                Ok(verification) => VerificationJson::from(&verification),
                Err(error @ VerifyError::Render(_)) => return Err(Problem::defect(&error)),
                Err(error @ (VerifyError::NoRecord | VerifyError::Record(_))) => {
                    VerificationJson::broken(chain(&error))
                }
            };
            Reply::json(&json)
        })
        .await
}
