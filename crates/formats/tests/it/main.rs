//! The formats through the crate's public door.

mod fuzz_targets;
mod samples;
