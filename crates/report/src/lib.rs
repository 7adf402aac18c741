//! Turns answers into text: a gate's decision, a comparison and the deployment report become
//! terminal text, Markdown, HTML, JSON, JUnit and SARIF, and [`verify`] compares a report with
//! its recomputed self.
//!
//! **Invariant.** Strings in, strings out: no I/O, no clock, no environment, and no arithmetic on
//! measurements beyond choosing how many digits are shown. The same input gives the same bytes,
//! because a report is proved by rendering it again.

pub mod announcement;
mod cite;
pub mod comparison;
mod consensus;
pub mod contract;
pub mod dependencies;
pub mod deployment;
pub mod directives;
pub mod focus;
pub mod gate;
pub mod incident;
mod markup;
pub mod model;
pub mod number;
pub mod objective;
pub mod risk;
pub mod rollout;
pub mod schema;
pub mod shadow;
mod standing;
mod terminal;
pub mod verify;
pub mod wire;

pub use terminal::{Color, Terminal};
