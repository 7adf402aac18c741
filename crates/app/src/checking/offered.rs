//! Evidence that an agent offers. It counts for nothing by itself: Adjutant's own run has to
//! produce the same.

use std::path::{Path, PathBuf};

use adjutant_domain::{Measurement, ObjectId, Unit};
use adjutant_outbound::files::{self, Content};
use adjutant_outbound::git::Git;
use adjutant_work::Unproven;

use super::{CheckingError, Work};
use crate::source;

/// A file that an agent offers.
#[derive(Debug)]
pub(crate) struct Offered {
    /// Where it lies, from the top of the work tree.
    path: PathBuf,
    content: Content,
    /// What Adjutant's own runs say about it.
    compared: Option<Comparison>,
}

#[derive(Debug)]
enum Comparison {
    Same,
    Differs(String),
}

impl Offered {
    /// Reads the file, and looks whether it speaks about the work at all.
    ///
    /// # Errors
    /// When the file cannot be read, or git cannot answer.
    pub(crate) fn open(
        top: &Path,
        file: &Path,
        git: &Git,
        work: &Work,
    ) -> Result<Result<Self, Unproven>, CheckingError> {
        let content = files::read(file)?;
        if let Some(named) = other_commit(&content.bytes, git, work)? {
            let file = file.display().to_string();
            return Ok(Err(Unproven::OtherCommit { file, named }));
        }
        let path = file.strip_prefix(top).unwrap_or(file).to_owned();
        let text = path.to_string_lossy();
        let tracked = !path.is_absolute() && git.file_of(&work.commit, &text)?.is_some();
        let problem = if tracked {
            Some("it is a part of the commit; evidence is what a run produces")
        } else if path.is_absolute() {
            Some("it lies outside the work tree, where no run of a check can produce it")
        } else {
            None
        };
        Ok(match problem {
            Some(problem) => Err(Unproven::Forged {
                file: file.display().to_string(),
                difference: problem.to_owned(),
            }),
            None => Ok(Self {
                path,
                content,
                compared: None,
            }),
        })
    }

    /// Compares the file with the one that Adjutant's run left in its work tree.
    pub(crate) fn compare(&mut self, room: &Path) {
        if matches!(self.compared, Some(Comparison::Same)) {
            return;
        }
        let Ok(own) = files::read(&room.join(&self.path)) else {
            return;
        };
        self.compared = Some(match difference(&self.content, &own) {
            None => Comparison::Same,
            Some(difference) => Comparison::Differs(difference),
        });
    }

    /// Whether some run produced the same; the reason for refusing it otherwise.
    pub(crate) fn judge(&self) -> Result<(), Unproven> {
        let difference = match &self.compared {
            Some(Comparison::Same) => return Ok(()),
            Some(Comparison::Differs(difference)) => difference.clone(),
            None => "no check wrote such a file when Adjutant ran it".to_owned(),
        };
        Err(Unproven::Forged {
            file: self.path.display().to_string(),
            difference,
        })
    }
}

/// A commit of this repository that the evidence names while it does not name the work's.
fn other_commit(bytes: &[u8], git: &Git, work: &Work) -> Result<Option<ObjectId>, CheckingError> {
    /// Commits that are looked up: a log that names thousands says nothing about one.
    const LOOKED_UP_MAX: usize = 20;
    let text = String::from_utf8_lossy(bytes);
    let mut other = None;
    let words = text.split(|c: char| !c.is_ascii_hexdigit());
    let ids = words.filter_map(|word| word.parse::<ObjectId>().ok());
    for id in ids.take(LOOKED_UP_MAX) {
        if id == work.commit || id == work.tree {
            return Ok(None);
        }
        if other.is_none() && git.rev_parse(id.as_str(), "commit")?.is_some() {
            other = Some(id);
        }
    }
    Ok(other)
}

/// What differs between two files: nothing when they are equal, or hold the same measurements
/// apart from times, which no two runs share.
fn difference(offered: &Content, own: &Content) -> Option<String> {
    if offered.bytes == own.bytes {
        return None;
    }
    let measured = |content: &Content| {
        let format = source::recognise_or_take(None, &content.name, content).ok()?;
        let read = source::measure(&content.name, format, &content.bytes, None).ok()?;
        let lasting = read.into_iter().filter(|m| m.unit != Unit::Milliseconds);
        Some(lasting.collect::<Vec<Measurement>>())
    };
    let (Some(offered), Some(own)) = (measured(offered), measured(own)) else {
        return Some("Adjutant's own run wrote other bytes".to_owned());
    };
    if !own.is_empty() && offered == own {
        return None;
    }
    let differs = offered
        .iter()
        .find(|measurement| !own.contains(measurement));
    Some(match differs {
        Some(measurement) => format!(
            "Adjutant's own run measured another {}",
            measurement.measure
        ),
        None => "Adjutant's own run measured more".to_owned(),
    })
}
