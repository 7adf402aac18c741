//! Lets a person edit a text in the editor of their choice, on their terminal.

use std::path::PathBuf;
use std::process::Command;

/// A text that a person has edited, and the file that holds it until it is understood.
#[derive(Debug)]
pub struct Edited {
    /// The text.
    pub text: String,
    /// Where it is.
    pub path: PathBuf,
}

/// A text that could not be edited.
#[derive(Debug, thiserror::Error)]
pub enum EditorError {
    /// The file for it cannot be written or read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The editor cannot be started.
    #[error("the editor {program} cannot be started: {source}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// The editor said that it failed: nothing was meant.
    #[error("the editor {program} ended with {status}")]
    Gave {
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
}

/// Opens `text` with `program` (and its arguments) and waits for it.
///
/// # Errors
/// When the editor cannot be started or fails, or its file cannot be written or read.
pub fn edit(program: &[String], text: &str) -> Result<Edited, EditorError> {
    let name = program.first().cloned().unwrap_or_default();
    let path = std::env::temp_dir().join(format!("adjutant-task-{}.md", std::process::id()));
    let file = |source| EditorError::File {
        path: path.clone(),
        source,
    };
    std::fs::write(&path, text).map_err(file)?;
    #[allow(
        clippy::disallowed_methods,
        reason = "outbound is where processes start"
    )]
    let status = Command::new(&name)
        .args(program.iter().skip(1))
        .arg(&path)
        .status();
    let status = status.map_err(|source| EditorError::Start {
        program: name.clone(),
        source,
    })?;
    if !status.success() {
        return Err(EditorError::Gave {
            program: name,
            status,
        });
    }
    let text = std::fs::read_to_string(&path).map_err(file)?;
    Ok(Edited { text, path })
}

impl Edited {
    /// Removes the file: its text is kept elsewhere now. That it stays behind harms nobody.
    #[allow(clippy::unused_result_ok, reason = "a file in the temporary folder")]
    pub fn discard(self) {
        std::fs::remove_file(&self.path).ok();
    }
}
