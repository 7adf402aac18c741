//! A run that MLflow keeps: the record of an inquiry at its REST interface, one `runs/get` answer as
//! it comes, or the bundled files of a local file store.
//!
//! Each metric gives its last value, and samples of its history where it has several steps. The
//! steps of a run are not independent observations; they pair with the same steps of another run.
//! Parameters, tags and artifacts are not read.

mod files;
mod metric;
mod rest;
#[cfg(test)]
mod tests;

use adjutant_domain::Measurement;

use super::inquiry;
use crate::FormatError;
use crate::json::{self, Node};

const REMEDY_ASK_AGAIN: &str = "Ask for the run again and keep the whole answer.";

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    inquiry::compact_head(head).is_some_and(|head| {
        head.starts_with(r#"{"source":"mlflow","#)
            || head.starts_with(r#"{"source":"mlflow-files","#)
            || (head.starts_with(r#"{"run":{"#) && head.contains(r#""run_id":"#))
    })
}

/// Reads every metric of the run.
///
/// # Errors
/// When it is no run of MLflow, is cut off, or contradicts itself.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let Some(source) = root.get("source") else {
        return rest::read_bare(&root)?.measurements();
    };
    match source.text()? {
        "mlflow" => rest::read_record(&root),
        "mlflow-files" => files::read(&root)?.measurements(),
        other => Err(source.wrong(
            format!("{other:?} is not MLflow"),
            "Name the format that the file has.",
        )),
    }
}
