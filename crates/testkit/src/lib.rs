//! What tests stand on: a PostgreSQL server of their own, folders and repositories, and the built
//! program run with nothing of this machine's environment. A dev-dependency only.

pub mod night;
pub mod postgres;
pub mod program;
pub mod workspace;
