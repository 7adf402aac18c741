//! A source that a caller names, read and measured: a file, a folder that a tool wrote, or a
//! server's address.

use std::path::{Path, PathBuf};

use adjutant_domain::{Digest, Evidence, MeasureName, Measurement, RunId, Subject, Timestamp};
use adjutant_formats::samples::{Selection, read_in_two};
use adjutant_formats::{Format, FormatError};
use adjutant_outbound::criterion::{self, CriterionError};
use adjutant_outbound::files::{self, Content, FileError};
use adjutant_outbound::sample_file::SampleFileError;
use adjutant_outbound::sha256;

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
    /// The content is not what its format demands.
    #[error("{name}: {problem}")]
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
            SourceError::Content { problem, .. } => problem.to_string(),
        }
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> &str {
        match self {
            SourceError::File(error) => error.remedy(),
            SourceError::Folder { problem, .. } => problem.remedy(),
            SourceError::Samples(error) => error.remedy(),
            SourceError::Content { problem, .. } => &problem.remedy,
        }
    }

    /// Whether the source could be read and held nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            SourceError::File(_) | SourceError::Samples(_) | SourceError::Folder { .. } => false,
            SourceError::Content { empty, .. } => *empty,
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

/// Reads what `what` names. Without `format` it is recognised; `named` is the name of the measure
/// where the source does not name it.
///
/// # Errors
/// When it cannot be read, is too large, or is not what its format demands.
pub(crate) fn read(
    what: &str,
    format: Option<Format>,
    named: Option<&MeasureName>,
) -> Result<Source, SourceError> {
    let content = open(Path::new(what))?;
    let format = recognise_or_take(format, what, &content)?;
    let measurements = measure(what, format, &content.bytes, named)?;
    Ok(Source {
        digest: sha256::digest_of(&content.bytes),
        name: content.name,
        bytes: content.bytes,
        format,
        taken_at: content.taken_at,
        measurements,
    })
}

/// The content of a file, or of the one file that matters in a folder that a tool wrote.
pub(crate) fn open(path: &Path) -> Result<Content, SourceError> {
    if path.is_dir() {
        let samples = criterion::sample_file_in(path).map_err(|problem| SourceError::Folder {
            folder: path.to_owned(),
            problem,
        })?;
        return Ok(files::read(&samples)?);
    }
    Ok(files::read(path)?)
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
    let measured = match format.syntax() {
        Some(syntax) => read_in_two(syntax, &Selection::default(), bytes),
        None => adjutant_formats::read(format, bytes),
    };
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
