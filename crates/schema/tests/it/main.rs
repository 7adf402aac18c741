//! Pairs of contracts and what is found between them.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod files;
mod laws;
mod oasdiff;
mod table;
