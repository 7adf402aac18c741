//! Real files, read as the program reads them.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod header;
mod hostile;
mod lock;
mod ordinary;
