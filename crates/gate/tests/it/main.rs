//! One binary for all integration tests of the gate.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod comparing;
mod deciding;
mod made;
mod never_go;
mod properties;
mod reading_policies;
mod self_testing;
