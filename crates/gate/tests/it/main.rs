//! One binary for all integration tests of the gate.

mod comparing;
mod deciding;
mod made;
mod never_go;
mod properties;
mod reading_policies;
mod self_testing;
