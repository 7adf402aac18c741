//! The formats through the crate's public door.

mod samples;
