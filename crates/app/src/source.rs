//! A source that a caller names, read and measured: a file, a folder that a tool wrote, or a
//! server's address.

use std::path::{Path, PathBuf};

use adjutant_domain::sha256;
use adjutant_domain::{Digest, Evidence, MeasureName, Measurement, RunId, Subject, Timestamp};
use adjutant_formats::{Format, FormatError, Place};
use adjutant_outbound::criterion::{self, CriterionError};
use adjutant_outbound::files::{self, Content, FileError};
use adjutant_outbound::inquiry::{self, InquiryError};
use adjutant_outbound::mlflow::{self, FolderError};
use adjutant_outbound::sample_file::SampleFileError;

/// What a source held.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The artifact's name, without folders.
    pub name: String,
    /// The artifact's bytes.
    pub bytes: Vec<u8>,
    /// Their digest.
    pub digest: Digest,
    /// The format they were read as.
    pub format: Format,
    /// The name that the caller gave the measure, where it is not part of the bytes.
    pub named: Option<MeasureName>,
    /// When they were produced.
    pub taken_at: Timestamp,
    /// What they hold.
    pub measurements: Vec<Measurement>,
}

/// A source that gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file of samples could not be read or measured.
    #[error(transparent)]
    Samples(#[from] SampleFileError),
    /// The folder does not hold the samples of one benchmark.
    #[error("{}: {problem}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        problem: CriterionError,
    },
    /// The folder of an MLflow run cannot be bundled.
    #[error(transparent)]
    Bundle(#[from] FolderError),
    /// Nothing can be asked at the address.
    #[error(transparent)]
    Inquiry(#[from] InquiryError),
    /// The content is not what its format demands.
    #[error("{name}: {}", without_whole(problem))]
    Content {
        /// The file, as it was named.
        name: String,
        /// Where, what, and what to do.
        problem: FormatError,
        /// Whether there was no content at all.
        empty: bool,
    },
}

impl SourceError {
    /// What is wrong, without the path: a decision is read on other machines.
    pub fn problem(&self) -> String {
        match self {
            SourceError::File(error) => error.problem.to_string(),
            SourceError::Samples(error) => error.to_string(),
            SourceError::Folder { problem, .. } => problem.to_string(),
            SourceError::Bundle(_) => "the folder of the run cannot be read".to_owned(),
            SourceError::Inquiry(error) => error.to_string(),
            SourceError::Content { problem, .. } => without_whole(problem),
        }
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> &str {
        match self {
            SourceError::File(error) => error.remedy(),
            SourceError::Samples(error) => error.remedy(),
            SourceError::Folder { problem, .. } => problem.remedy(),
            SourceError::Bundle(error) => error.hint(),
            SourceError::Inquiry(error) => error.hint(),
            SourceError::Content { problem, .. } => &problem.remedy,
        }
    }

    /// Whether the source could be read and held nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            SourceError::File(_)
            | SourceError::Samples(_)
            | SourceError::Folder { .. }
            | SourceError::Bundle(_)
            | SourceError::Inquiry(_) => false,
            SourceError::Content { empty, .. } => *empty,
        }
    }
}

/// The problem with its place, unless that is the file as a whole.
fn without_whole(error: &FormatError) -> String {
    match error.place {
        Place::Whole => error.problem.clone(),
        Place::Line(_) | Place::Cell { .. } | Place::Pointer(_) | Place::Byte(_) => {
            error.to_string()
        }
    }
}

impl Source {
    /// The evidence that the source is about a subject.
    pub(crate) fn evidence(&self, subject: Subject, run: RunId) -> Evidence {
        Evidence {
            subject,
            run,
            artifact: self.digest,
            file: self.name.clone(),
            taken_at: self.taken_at,
            measurements: self.measurements.clone(),
        }
    }
}

/// Reads what `what` names: an address, a folder, or a file. Without `format` it is recognised;
/// `named` is the name of the measure where the source does not name it.
///
/// # Errors
/// When it cannot be read, is too large, or is not what its format demands.
pub(crate) async fn read(
    what: &str,
    format: Option<Format>,
    named: Option<&MeasureName>,
    now: Timestamp,
) -> Result<Source, SourceError> {
    if !inquiry::is_address(what) {
        return take(what, open(Path::new(what))?, format, named);
    }
    let bytes = inquiry::fetch(&inquiry::client()?, what, named, now).await?;
    let asked = Content {
        name: "answers.json".to_owned(),
        bytes,
        taken_at: now,
    };
    // The record of what was asked holds the measure's name already.
    let mut source = take(&asked.name.clone(), asked, format, None)?;
    source.name = format!("{}.json", source.format);
    Ok(source)
}

/// Measures content that was read.
pub(crate) fn take(
    what: &str,
    content: Content,
    format: Option<Format>,
    named: Option<&MeasureName>,
) -> Result<Source, SourceError> {
    let format = recognise_or_take(format, what, &content)?;
    let measurements = measure(what, format, &content.bytes, named)?;
    Ok(Source {
        digest: sha256::digest_of(&content.bytes),
        name: content.name,
        bytes: content.bytes,
        format,
        named: named.cloned(),
        taken_at: content.taken_at,
        measurements,
    })
}

/// The content of a file, or of what matters in a folder that a tool wrote.
pub(crate) fn open(path: &Path) -> Result<Content, SourceError> {
    if !path.is_dir() {
        return Ok(files::read(path)?);
    }
    if mlflow::is_run_folder(path) {
        let bytes = mlflow::bundle(path)?;
        return Ok(Content {
            // MLflow writes this file anew when the run ends.
            taken_at: files::read(&path.join("meta.yaml"))?.taken_at,
            name: files::name_of(path),
            bytes,
        });
    }
    match criterion::sample_file_in(path) {
        Ok(samples) => Ok(files::read(&samples)?),
        Err(problem) => Err(SourceError::Folder {
            folder: path.to_owned(),
            problem,
        }),
    }
}

/// The format that was named, or else the one that the content shows.
///
/// # Errors
/// When it shows none.
pub(crate) fn recognise_or_take(
    format: Option<Format>,
    what: &str,
    content: &Content,
) -> Result<Format, SourceError> {
    if let Some(format) = format {
        return Ok(format);
    }
    let head = &content.bytes[..content.bytes.len().min(adjutant_formats::HEAD_BYTES)];
    adjutant_formats::recognise(&content.name, head)
        .map_err(|problem| refused(what, problem, &content.bytes))
}

/// The measurements in an artifact's bytes; the same bytes always give the same.
pub(crate) fn measure(
    what: &str,
    format: Format,
    bytes: &[u8],
    named: Option<&MeasureName>,
) -> Result<Vec<Measurement>, SourceError> {
    let measured = adjutant_formats::read(format, bytes);
    let mut measurements = measured.map_err(|problem| refused(what, problem, bytes))?;
    if let Some(name) = named {
        for measurement in &mut measurements {
            measurement.measure = name.clone();
        }
    }
    Ok(measurements)
}

pub(crate) fn refused(what: &str, problem: FormatError, bytes: &[u8]) -> SourceError {
    SourceError::Content {
        name: what.to_owned(),
        problem,
        empty: bytes.trim_ascii().is_empty(),
    }
}
