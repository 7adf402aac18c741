//! What tests stand on: a PostgreSQL server of their own, folders and repositories, and the built
//! program run with nothing of this machine's environment, and machines between which a test may cut
//! the wires. A dev-dependency only.

pub mod network;
pub mod night;
pub mod postgres;
pub mod program;
pub mod workspace;
