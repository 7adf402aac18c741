//! The deployment report: one decision with everything a person needs to act on it and to check
//! it, in a fixed order of sections, as Markdown, HTML and JSON.

mod contents;
mod grid;
mod html;
mod innovation;
mod integration;
mod markdown;
mod picture;

pub(crate) use contents::{Contents, NothingRecorded, fired, needed};
pub(crate) use grid::{Cell, Grid};
pub use html::html;
pub(crate) use innovation::TITLE as INNOVATION_TITLE;
pub use innovation::innovation;
pub(crate) use integration::unanswered;
pub use markdown::markdown;

use adjutant_domain::Digest;
use adjutant_gate::{Decision, IntegrationRow, JudgedArtifact, Learning, WorkCount};

use crate::wire::DeploymentReport;

/// The words that open the report's last line.
pub(crate) const CLOSING_WORDS: &str = "Ops Commander Final Verdict:";

/// What a deployment report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Deployment<'a> {
    /// The decision that is reported.
    pub decision: &'a Decision,
    /// The SHA-256 of the stored decision record, by which a check finds it again.
    pub record: Digest,
    /// What its evidence says beside the decision.
    pub facts: &'a DeploymentFacts,
}

/// What the evidence of a decision says beside it. All of it follows from the recorded inputs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeploymentFacts {
    /// What the checks before traffic found.
    pub integration: Vec<IntegrationRow>,
    /// The build that was judged, where it was named.
    pub artifact: Option<JudgedArtifact>,
    /// How many tasks stood how.
    pub tasks: Vec<WorkCount>,
    /// How many directives of those that were begun stood how.
    pub directives: Vec<WorkCount>,
    /// What is better for sure.
    pub learnings: Vec<Learning>,
}

/// The files of a report, by their names.
///
/// # Errors
/// When the JSON writer fails, which no decision causes.
pub fn files(deployment: Deployment<'_>) -> Result<[(&'static str, String); 4], serde_json::Error> {
    Ok([
        ("deployment.md", markdown(deployment)),
        ("deployment.html", html(deployment)),
        ("deployment.json", json(deployment)?),
        ("innovation_report.md", innovation(deployment)),
    ])
}

/// The report as JSON of the published schema `report.schema.json`, with a final newline.
///
/// # Errors
/// When the JSON writer fails, which no decision causes.
pub fn json(deployment: Deployment<'_>) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&DeploymentReport::from(deployment)).map(|text| text + "\n")
}
