//! Bytes of a standard file -> measurements. Pure: no I/O, no clock, no environment.
//!
//! A format never invents a measurement that its file does not hold.

mod error;
mod json;
mod measure;
mod quality;
mod retrieval;
mod telemetry;
mod text;

pub use error::{FormatError, Place};
use measure::measure_name;
