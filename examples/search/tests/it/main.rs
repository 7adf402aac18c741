//! Tests on the real catalogue, the real queries and a running service.
#![allow(
    clippy::expect_used,
    reason = "helpers of tests may fail the test as tests may"
)]

mod data;
mod driver;
mod pictures;
mod quality;
mod service;
