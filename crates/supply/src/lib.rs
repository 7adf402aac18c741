//! What a build is made of: model files that are looked into without being loaded, and the
//! lockfiles that name its dependencies.
//!
//! **Invariant.** No I/O: who opens a file hands in a [`Blob`]. **Invariant.** Nothing from a
//! pickle is ever made or run. **Invariant.** What is not known, or could not be looked at, is a
//! finding of its own and never taken for harmless.

mod blob;
mod pickle;
mod scan;
mod stream;

pub use blob::Blob;
pub use pickle::{GlobalName, PickleFinding, ScanVerdict};
pub use scan::{ScanReport, scan_model};
