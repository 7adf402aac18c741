//! `adjutant model`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Says whether loading a file would run code; never loads it.
    Scan(ScanArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant model scan model.pt
  adjutant model scan *.joblib weights.npz --format json
  adjutant model scan candidate.pt --format sarif > scan.sarif

Pickles are read opcode by opcode, in archives and compressed files too.
Exits with 0 when all files are plain, 30 when one would run code of its own choosing, 20 when
something in one is not known or could not be looked at.")]
pub(crate) struct ScanArguments {
    /// Model files: pickles, PyTorch, joblib, NumPy, archives of them.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = ScanFormat::Human)]
    pub(crate) format: ScanFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// For a person.
    Human,
    /// For a program.
    Json,
    /// For code scanning (SARIF 2.1.0).
    Sarif,
}
