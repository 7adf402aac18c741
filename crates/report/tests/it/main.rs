//! What the crate writes, whole.

mod checks;
mod comparisons;
mod decisions;
mod deployments;
mod gates;
mod schemas;
