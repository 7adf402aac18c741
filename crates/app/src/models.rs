//! Model files: looked into without being loaded.

use std::path::{Path, PathBuf};

use adjutant_outbound::files::{self, FileError};
use adjutant_outbound::model_file;
use adjutant_supply::{ScanReport, scan_model};

/// One file and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedModel {
    /// The file, as it was named.
    pub path: PathBuf,
    /// What was found.
    pub report: ScanReport,
}

/// Looks into every file; a file that cannot be opened ends the whole scan.
///
/// # Errors
/// When a file cannot be opened.
pub fn scan_models(paths: &[PathBuf]) -> Result<Vec<ScannedModel>, FileError> {
    let scan = |path: &PathBuf| {
        Ok(ScannedModel {
            report: scan_one(path)?,
            path: path.clone(),
        })
    };
    paths.iter().map(scan).collect()
}

fn scan_one(path: &Path) -> Result<ScanReport, FileError> {
    let file = model_file::open(path)?;
    Ok(scan_model(&files::name_of(path), &file))
}
