//! `adjutant model`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::FormatArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Shows the tensors of a safetensors, ONNX, GGUF or NumPy file.
    Inspect(InspectArguments),
    /// Compares two versions of a model, a tokenizer or a vocabulary.
    Diff(ModelDiffArguments),
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

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant model inspect model.safetensors
  adjutant model inspect model.onnx --format json

Only the header is read. Exits with 20 when it does not hold together.")]
pub(crate) struct InspectArguments {
    /// A safetensors, ONNX, GGUF, .npy or .npz file.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant model diff --baseline v1.onnx --candidate v2.onnx
  adjutant model diff --baseline v1/tokenizer.json --candidate v2/tokenizer.json

Compares tensors by name, type and shape; tokenizers (tokenizer.json, vocab.json, vocab.txt,
merges.txt) by ids, merges and settings.
Exits with 0 when nothing breaks, 30 when something does, 20 when a person has to look.")]
pub(crate) struct ModelDiffArguments {
    /// The version in use.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: PathBuf,
    /// The version that asks to replace it.
    #[arg(long, value_name = "FILE")]
    pub(crate) candidate: PathBuf,
    #[command(flatten)]
    pub(crate) format: FormatArguments,
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
