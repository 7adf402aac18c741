//! Bytes of a standard file -> measurements. Pure: no I/O, no clock, no environment.
//!
//! A format never invents a measurement that its file does not hold.

mod error;

pub use error::{FormatError, Place};
