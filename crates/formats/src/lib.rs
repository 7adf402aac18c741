//! Bytes of a standard file -> measurements. Pure: no I/O, no clock, no environment.
//!
//! A format never invents a measurement that its file does not hold.

mod agent;
mod benchmark;
mod error;
mod figure;
mod format;
#[cfg(test)]
mod hostile;
mod integration;
mod json;
mod keys;
mod load;
mod measure;
#[cfg(test)]
mod outline;
mod quality;
mod retrieval;
pub mod samples;
mod task_progress;
mod telemetry;
mod text;

pub use error::{FormatError, Place};
pub use format::{Format, HEAD_BYTES, UnknownFormat, read, recognise};
use measure::measure_name;
