//! Model files: looked into without being loaded.

use std::path::{Path, PathBuf};

use adjutant_outbound::files::{self, FileError};
use adjutant_outbound::model_file;
use adjutant_supply::{
    HeaderError, ModelChange, ModelHeader, ScanReport, TokenChange, TokenizerError, diff_models,
    diff_tokenizers, inspect_model, is_tokenizer_name, read_tokenizer, scan_model,
};

/// One file and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedModel {
    /// The file, as it was named.
    pub path: PathBuf,
    /// What was found.
    pub report: ScanReport,
}

/// What changed between two versions of a model or a tokenizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelDifference {
    /// Two models.
    Models(Vec<ModelChange>),
    /// Two tokenizers or vocabularies.
    Tokenizers(Vec<TokenChange>),
}

/// A model file that says nothing.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It cannot be opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its header cannot be read.
    #[error("{}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        problem: HeaderError,
    },
    /// It is no tokenizer.
    #[error("{}", path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        problem: TokenizerError,
    },
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

/// Reads the header of a model file.
///
/// # Errors
/// When it cannot be opened, or has no header that holds together.
pub fn inspect_model_file(path: &Path) -> Result<ModelHeader, ModelError> {
    let file = model_file::open(path)?;
    inspect_model(&files::name_of(path), &file).map_err(|problem| ModelError::Header {
        path: path.to_owned(),
        problem,
    })
}

/// Compares two model files, or two tokenizers: both by their names.
///
/// # Errors
/// When one cannot be read.
pub fn diff_model_files(baseline: &Path, candidate: &Path) -> Result<ModelDifference, ModelError> {
    let are_tokenizers = [baseline, candidate]
        .iter()
        .all(|path| is_tokenizer_name(&files::name_of(path)));
    if !are_tokenizers {
        let (old, new) = (
            inspect_model_file(baseline)?,
            inspect_model_file(candidate)?,
        );
        return Ok(ModelDifference::Models(diff_models(&old, &new)));
    }
    let read = |path: &Path| {
        let content = files::read(path)?;
        read_tokenizer(&content.name, &content.bytes).map_err(|problem| ModelError::Tokenizer {
            path: path.to_owned(),
            problem,
        })
    };
    let (old, new) = (read(baseline)?, read(candidate)?);
    Ok(ModelDifference::Tokenizers(diff_tokenizers(&old, &new)))
}
