//! The peers: Python scripts in an environment of their own, with pinned versions.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;

/// An installed environment and the peers' scripts.
pub(crate) struct Python {
    pub(crate) interpreter: PathBuf,
    scripts: PathBuf,
}

impl Python {
    /// Makes the environment in `folder`, once for each version of `requirements.txt`.
    pub(crate) fn install(folder: &Path, sources: &Path) -> Result<Self> {
        let environment = folder.join("python");
        let python = Self {
            interpreter: environment.join("bin/python"),
            scripts: sources.join("peers"),
        };
        let requirements = sources.join("requirements.txt");
        let wanted = std::fs::read_to_string(&requirements)?;
        let stamp = environment.join("installed.txt");
        if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(python);
        }
        eprintln!("installing the peers into {}", environment.display());
        let mut create = Command::new("python3");
        create.args(["-m", "venv"]).arg(&environment);
        succeed(&mut create).context("Python 3 with venv is needed (Debian: python3-venv)")?;
        let mut install = Command::new(&python.interpreter);
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ]);
        succeed(install.arg(&requirements))?;
        std::fs::write(&stamp, wanted)?;
        Ok(python)
    }

    /// The path of a script.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        self.scripts.join(name)
    }

    /// Runs a script that prints one JSON object.
    pub(crate) fn ask<T: DeserializeOwned>(&self, script: &str, arguments: &[&OsStr]) -> Result<T> {
        let printed = self.print(script, arguments)?;
        serde_json::from_str(&printed).with_context(|| format!("{script} printed {printed}"))
    }

    /// What a script prints.
    pub(crate) fn print(&self, script: &str, arguments: &[&OsStr]) -> Result<String> {
        let mut command = Command::new(&self.interpreter);
        let output = succeed(command.arg(self.script(script)).args(arguments))?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// Runs a command to its successful end.
pub(crate) fn succeed(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output)
}
