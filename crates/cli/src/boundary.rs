//! What is said when a change lies outside a role's boundaries: STOP, ASSESS, RECOMMEND, HANDOFF,
//! the last one as a command line to be completed.

use adjutant_app::{Home, belongs_to};
use adjutant_domain::TaskId;
use adjutant_work::boundary::{Belonging, Outside};
use adjutant_work::{PathGlob, Refusal};
use serde::Serialize;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::open_store;
use crate::refusal;
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

#[derive(Serialize)]
struct OutsideJson<'a> {
    refused: &'a Refusal,
    belongs_to: &'a [Belonging],
    next: String,
}

/// Tells a refusal; one about a boundary with the roles that it belongs to.
pub(crate) fn tell(
    refused: &Refusal,
    format: Format,
    home: &Home,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let Refusal::OutOfBounds {
        task,
        role,
        because,
    } = refused
    else {
        return refusal::tell(refused, format);
    };
    let belongs_to = complete(settings.database_url.is_some(), async {
        let store = open_store(home).await?;
        Ok(belongs_to(&store, home, *task, role).await?)
    })?;
    let outside = Outside {
        role: role.clone(),
        because: because.clone(),
        belongs_to,
    };
    stop(*task, &outside, &[], format)
}

/// Tells that a change is stopped, whose it is, and how to hand it over: all of it, or the part
/// that these files are.
pub(crate) fn stop(
    task: TaskId,
    outside: &Outside,
    part: &[PathGlob],
    format: Format,
) -> Result<Exit, Failure> {
    let next = command(task, outside.belongs_to.first(), part);
    match format {
        Format::Json => streams::print_json(&OutsideJson {
            refused: &Refusal::OutOfBounds {
                task,
                role: outside.role.clone(),
                because: outside.because.clone(),
            },
            belongs_to: &outside.belongs_to,
            next,
        })?,
        Format::Human => {
            let role = &outside.role;
            streams::tell(&format!(
                "STOP       {task} lies outside the boundaries of {role}"
            ));
            for because in &outside.because {
                streams::tell(&format!("ASSESS     {because}"));
            }
            match outside.belongs_to.as_slice() {
                [] => streams::tell(
                    "RECOMMEND  no role may do all of it: hand over each part, with --path and \
                     --kind",
                ),
                some => {
                    for Belonging { role, why, .. } in some.iter().take(3) {
                        streams::tell(&format!("RECOMMEND  {role}: {}", why.join("; ")));
                    }
                }
            }
            streams::tell(&format!("HANDOFF    {next}"));
        }
    }
    Ok(Exit::Refused)
}

fn command(task: TaskId, best: Option<&Belonging>, part: &[PathGlob]) -> String {
    let to = best.map_or("ROLE", |best| best.role.as_str());
    // Who hands a part on goes on with the rest.
    let mut portion = String::new();
    if let Some(kind) = best.and_then(|best| best.kind) {
        portion.push_str(&format!(" --kind {kind}"));
    }
    for glob in part {
        portion.push_str(&format!(" --path '{glob}'"));
    }
    if !part.is_empty() {
        portion.push_str(" --keep");
    }
    format!(
        "adjutant handoff --task {task} --to {to}{portion} --state '…' --next-command '…' \
         --risk '…' --unproven '…'"
    )
}
