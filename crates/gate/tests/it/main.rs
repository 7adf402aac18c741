//! One binary for all integration tests of the gate.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod comparing;
mod deciding;
mod evaluators;
mod integration;
mod joint;
mod made;
mod never_go;
mod properties;
mod quorum;
mod reading_policies;
mod risk;
mod self_testing;
