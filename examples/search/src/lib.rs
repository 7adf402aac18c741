//! A small HTTP search service over the catalogue of an invented shop, in three versions.
//!
//! It exists to be measured: Adjutant's bundled example compares the versions under load and by
//! the labelled queries in `data/`. It is a real service (it ranks, it reads pictures), but not a
//! product: one process, no persistence, no access control.

pub mod catalogue;
pub mod describe;
pub mod fault;
pub mod ids;
pub mod judge;
pub mod look;
pub mod picture;
pub mod rank;
pub mod serve;
pub mod table;
pub mod text;
