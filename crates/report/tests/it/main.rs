//! What the crate writes, whole.

#![allow(
    clippy::unwrap_used,
    reason = "the builders of test cases stop at the first surprise"
)]

mod announcements;
mod checks;
mod comparisons;
mod decisions;
mod deployments;
mod directives;
mod facts;
mod gates;
mod joints;
mod policies;
mod schemas;
