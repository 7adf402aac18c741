//! What benchmark tools write: durations of commands and functions.
//!
//! Nothing here compares two runs: a tool's own verdict ("regressed", "change") is not read.

pub(crate) mod bencher;
pub(crate) mod criterion_estimates;
pub(crate) mod criterion_sample;
pub(crate) mod hyperfine;

#[cfg(test)]
mod tests;
