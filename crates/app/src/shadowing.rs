//! Two recordings of responses compared, line by line in turns. No store, no set-up.

use std::path::PathBuf;

use adjutant_outbound::files::FileError;
use adjutant_outbound::line_file::{self, LineFile};
use adjutant_shadow::{
    LINE_BYTES_MAX, ShadowArm, ShadowComparer, ShadowComparison, ShadowInputError, ShadowRules,
};

/// The recordings and how they are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowRequest {
    /// What the version in use answered.
    pub baseline: PathBuf,
    /// What the version in use answered when it was asked once more.
    pub again: Option<PathBuf>,
    /// What the version that asks to replace it answered.
    pub candidate: PathBuf,
    /// How they are compared.
    pub rules: ShadowRules,
}

/// Recordings that were not compared.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line is not a recorded exchange.
    #[error("{}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Where, and what.
        source: ShadowInputError,
    },
    /// A rule names a path where no response has anything.
    #[error("{0} is no path of a response")]
    Path(String),
}

/// Compares the recordings; memory is bounded by the window of the rules.
///
/// # Errors
/// When a file cannot be read, or a line of it is not a recorded exchange.
pub fn compare_recordings(request: &ShadowRequest) -> Result<ShadowComparison, ShadowError> {
    if let Some(path) = request.rules.misplaced_path() {
        return Err(ShadowError::Path(path.to_owned()));
    }
    let paths = [
        (ShadowArm::Baseline, Some(&request.baseline)),
        (ShadowArm::Again, request.again.as_ref()),
        (ShadowArm::Candidate, Some(&request.candidate)),
    ];
    let mut recordings = Vec::new();
    for (arm, path) in paths {
        if let Some(path) = path {
            recordings.push(Recording {
                arm,
                path: path.clone(),
                lines: line_file::open(path, LINE_BYTES_MAX)?,
                line: 0,
            });
        }
    }
    let mut comparer = ShadowComparer::new(request.rules.clone());
    while !recordings.is_empty() {
        let mut ended = None;
        for (place, recording) in recordings.iter_mut().enumerate() {
            if !recording.feed_next(&mut comparer)? {
                ended = Some(place);
            }
        }
        if let Some(place) = ended {
            recordings.swap_remove(place);
        }
    }
    Ok(comparer.finish())
}

struct Recording {
    arm: ShadowArm,
    path: PathBuf,
    lines: LineFile,
    line: u64,
}

impl Recording {
    /// Whether there was another line.
    fn feed_next(&mut self, comparer: &mut ShadowComparer) -> Result<bool, ShadowError> {
        let Some(bytes) = self.lines.next_line()? else {
            return Ok(false);
        };
        self.line += 1;
        let fed = comparer.feed(self.arm, self.line, bytes);
        fed.map_err(|source| ShadowError::Line {
            path: self.path.clone(),
            source,
        })?;
        Ok(true)
    }
}
