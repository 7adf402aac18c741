//! `adjutant deps`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum DepsCommand {
    /// Compares the lockfiles of two versions, and looks the candidate up where it can be.
    Align(Box<AlignArguments>),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant deps align --baseline old/Cargo.lock --candidate Cargo.lock
  adjutant deps align --baseline main/uv.lock --candidate uv.lock --osv PyPI.zip
  adjutant deps align --baseline a.lock --candidate b.lock --config model.yaml --registered run.json

Reads Cargo.lock, package-lock.json, pnpm-lock.yaml, yarn.lock, uv.lock, poetry.lock,
requirements.txt, go.sum and go.mod.
Exits with 0 when aligned, 30 when something is wrong (a vulnerability, a conflict, other content
under the same version, another configuration), 20 when a person has to look.")]
pub(crate) struct AlignArguments {
    /// The lockfile in use.
    #[arg(long, value_name = "LOCK")]
    pub(crate) baseline: PathBuf,
    /// The lockfile that asks to replace it.
    #[arg(long, value_name = "LOCK")]
    pub(crate) candidate: PathBuf,
    /// A database of vulnerabilities in OSV's format: an archive, or a folder of records.
    #[arg(long, value_name = "ZIP|FOLDER")]
    pub(crate) osv: Option<PathBuf>,
    /// A file with [[deps.conflict]] rules, in place of adjutant.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// A configuration that was registered.
    #[arg(long, value_name = "FILE", requires = "registered")]
    pub(crate) config: Option<PathBuf>,
    /// As what: a SHA-256, a manifest, or an MLflow run (JSON).
    #[arg(long, value_name = "SHA256|FILE", requires = "config")]
    pub(crate) registered: Option<String>,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}
