//! Writes what a deployment takes: for each version a small program that starts this one. It names
//! this program by its SHA-256 and starts no other, so that its own SHA-256 tells all that answers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use adjutant_example_search::rank::Version;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::arguments::PackageSettings;

pub(crate) fn run(settings: &PackageSettings) -> Result<()> {
    let program = std::env::current_exe().context("this program has no path")?;
    let bytes = fs::read(&program).context("this program cannot be read")?;
    let digest: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let folder = &settings.out;
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for version in [Version::Baseline, Version::Candidate, Version::Slow] {
        let text = starter(version, &program, &digest, &settings.data)?;
        let path = folder.join(version.name());
        fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o755)))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The text of a version's program.
fn starter(version: Version, program: &Path, digest: &str, data: &Path) -> Result<String> {
    let version = version.name();
    let (program, data) = (quoted(program)?, quoted(data)?);
    Ok(format!(
        "#!/bin/sh
# Version {version} of the bundled search service: this program, and no other.
program={program}
if ! echo \"{digest}  $program\" | sha256sum --check --status; then
    echo \"$program is not the program that this version was made of\" >&2
    exit 1
fi
exec \"$program\" serve --version {version} --data {data} \"$@\"
"
    ))
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> Result<String> {
    let text = path.to_str().context("a path is not UTF-8")?;
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}
