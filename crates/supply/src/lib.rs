//! What a build is made of: model files that are looked into without being loaded, and the
//! lockfiles that name its dependencies.
//!
//! **Invariant.** No I/O: who opens a file hands in a [`Blob`]. **Invariant.** Nothing from a
//! pickle is ever made or run. **Invariant.** What is not known, or could not be looked at, is a
//! finding of its own and never taken for harmless.

mod blob;
mod change;
mod header;
mod lock;
mod pickle;
mod scan;
mod stream;
mod tokenizer;

pub use blob::Blob;
pub use change::ChangeWeight;
pub use header::{
    Dimension, HeaderError, ModelChange, ModelHeader, ModelPart, TensorHeader, diff_models,
    inspect_model,
};
pub use lock::{
    ConflictRule, DepsFinding, DepsRule, Ecosystem, LockError, LockedPackage, Lockfile,
    OsvDatabase, OsvError, PackageVersion, PolicyProblem, Registration, align, audit, conflicts,
    read_conflicts, read_lockfile, registered_digest,
};
pub use pickle::{GlobalName, PickleFinding, ScanVerdict};
pub use scan::{ScanReport, scan_model};
pub use tokenizer::{
    TokenChange, Tokenizer, TokenizerError, diff_tokenizers, is_tokenizer_name, read_tokenizer,
};
