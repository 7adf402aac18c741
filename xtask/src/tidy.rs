//! The checks of the house that no compiler makes: lengths, layers, names, markers, forgotten
//! files, links. Each check is a pure function from the tracked files to problems.

mod forgotten;
mod layers;
mod lengths;
mod links;
mod markers;
mod names;

use anyhow::{Result, bail};
use xshell::{Shell, cmd};

/// A tracked text file: its path from the repository's root, and its text.
pub(crate) struct SourceFile {
    path: String,
    text: String,
}

impl SourceFile {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Tests may be longer, and may use what shipped code may not.
    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("tests.rs")
    }
}

/// Runs every check and fails with all problems at once.
pub(crate) fn run(shell: &Shell) -> Result<()> {
    let files = tracked_files(shell)?;
    let problems: Vec<String> = [
        lengths::check(&files),
        layers::check(&files),
        names::check(&files),
        markers::check(&files),
        forgotten::check(&files),
        links::check(&files),
    ]
    .concat();
    if problems.is_empty() {
        eprintln!("tidy: {} files are in order", files.len());
        return Ok(());
    }
    bail!(
        "tidy found {} problems:\n  {}",
        problems.len(),
        problems.join("\n  ")
    )
}

/// What git tracks or would track, without binary files and without fixtures: those are other
/// tools' words.
fn tracked_files(shell: &Shell) -> Result<Vec<SourceFile>> {
    let listing = cmd!(shell, "git ls-files --cached --others --exclude-standard")
        .quiet()
        .read()?;
    let mut files = Vec::new();
    for path in listing.lines() {
        let is_foreign = path.contains("/fixtures/")
            || path.contains("/oracle/")
            || path.ends_with("LICENSE-APACHE");
        if is_foreign || !shell.current_dir().join(path).is_file() {
            continue;
        }
        if let Ok(text) = String::from_utf8(shell.read_binary_file(path)?) {
            files.push(SourceFile {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(files)
}

#[cfg(test)]
fn file(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}
