//! Rollouts decided on made measurements.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod deciding;
mod made;
mod properties;
mod reading;
mod recovery;
mod simulating;
