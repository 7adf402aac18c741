//! The files that the driver leaves, and the list of them for whoever reads them next.

use super::load::Sent;
use super::schedule::Arm;
use adjutant_example_search::judge::LabelledQuery;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was written so far.
pub(crate) struct Files {
    folder: PathBuf,
    written: Vec<Written>,
}

#[derive(Serialize)]
struct Written {
    /// Whom the file speaks of.
    subject: String,
    /// What is in it: `trec-run`, `trec-qrels`, `samples` or `bmf`, which are evidence; `openapi`,
    /// `recording`, `recording-again` or `model`, which checks before traffic read.
    format: &'static str,
    path: PathBuf,
}

#[derive(Serialize)]
struct List<'a> {
    files: &'a [Written],
}

impl Files {
    /// Makes the folder if it is not there.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self {
            folder: folder.to_owned(),
            written: Vec::new(),
        })
    }

    pub(crate) fn write(
        &mut self,
        subject: &str,
        format: &'static str,
        name: &str,
        bytes: impl AsRef<[u8]>,
    ) -> Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        self.written.push(Written {
            subject: subject.to_owned(),
            format,
            path,
        });
        Ok(())
    }

    /// Takes a file of the data over as it is.
    pub(crate) fn copy(
        &mut self,
        subject: &str,
        format: &'static str,
        name: &str,
        data: &Path,
    ) -> Result<()> {
        let source = data.join(name);
        let text = fs::read_to_string(&source)
            .with_context(|| format!("cannot read {}", source.display()))?;
        self.write(subject, format, name, &text)
    }

    /// Prints the list as JSON on standard output.
    pub(crate) fn print(&self) -> Result<()> {
        let list = serde_json::to_string_pretty(&List {
            files: &self.written,
        })
        .context("cannot write the list of files")?;
        writeln!(std::io::stdout(), "{list}").context("cannot print the list of files")
    }
}

/// One line per request of an arm, by completion. `timestamp_ms` is the completion, counted from
/// the start of the load, so that requests per second are those answered, not those wished for.
/// `pair` is the query; `cluster` is the second for which the request was planned, the same on
/// both arms.
pub(crate) fn samples_csv(sent: &[Sent], arm: Arm, queries: &[LabelledQuery]) -> String {
    let mut text = String::from("timestamp_ms,latency_ms,status,pair,cluster\n");
    for sent in sent.iter().filter(|sent| sent.shot.arm == arm) {
        let Some(query) = queries.get(sent.shot.query) else {
            continue;
        };
        text.push_str(&format!(
            "{:.3},{:.3},{},{},{}\n",
            sent.completed_ms,
            sent.latency_ms,
            sent.status,
            query.id,
            sent.shot.at.as_secs()
        ));
    }
    text
}
