//! Reading the tab-separated tables in `data/`. Cells hold no tabs, so nothing is quoted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong while reading the data.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The first line names other columns than expected.
    #[error("{}:1: the columns are not {expected:?}", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// The columns that should be there, in order.
        expected: Vec<String>,
    },
    /// A line does not say what it should.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// One line of a table.
#[derive(Debug)]
pub struct Row<const N: usize> {
    /// Where the line stands, counted from 1.
    pub line: usize,
    /// The cells, in the order of the columns.
    pub cells: [String; N],
}

/// Reads a table whose first line must name exactly `columns`.
///
/// # Errors
/// When the file cannot be read, or a line has another number of cells.
pub fn read_table<const N: usize>(
    path: &Path,
    columns: [&str; N],
) -> Result<Vec<Row<N>>, DataError> {
    let text = read_text(path)?;
    let mut lines = text.lines();
    if lines.next().map(|line| line.split('\t').eq(columns)) != Some(true) {
        return Err(DataError::Columns {
            path: path.to_owned(),
            expected: columns.map(str::to_owned).to_vec(),
        });
    }
    lines
        .enumerate()
        .map(|(index, text)| {
            let cells: Vec<String> = text.split('\t').map(str::to_owned).collect();
            let count = cells.len();
            let line = index + 2;
            let cells = <[String; N]>::try_from(cells).map_err(|_cells| {
                line_problem(path, line, format!("{count} cells instead of {N}"))
            })?;
            Ok(Row { line, cells })
        })
        .collect()
}

/// Reads a whole file as UTF-8.
///
/// # Errors
/// When it cannot be read.
pub fn read_text(path: &Path) -> Result<String, DataError> {
    fs::read_to_string(path).map_err(|source| DataError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The error that points at a line.
#[must_use]
pub fn line_problem(path: &Path, line: usize, problem: String) -> DataError {
    DataError::Line {
        path: path.to_owned(),
        line,
        problem,
    }
}
