//! The store's contract, kept by both engines, and the schema that the migrations make.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod access;
mod announcements;
mod contract;
mod copying;
mod directives;
mod engine;
mod figures;
mod incidents;
mod model;
mod offices;
mod queue;
mod rollouts;
mod routines;
mod schema;
mod sequences;
mod tasks;
mod votes;
