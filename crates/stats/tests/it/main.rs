//! The statistics held to independent oracles, to their own laws, and to simulation.

#![allow(clippy::unwrap_used, reason = "tests")]

mod coverage;
mod oracle;
mod properties;
mod simulation;
