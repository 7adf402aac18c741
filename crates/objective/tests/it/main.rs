//! Objectives from their documents to their standing, and the rules that real tools read.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod documents;
mod rules;
mod standing;
