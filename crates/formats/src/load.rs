//! What load-test tools write: request latencies, statuses, error rates, throughput.
//!
//! In every file that has both, a measurement without labels is the whole run and one with
//! labels is a part of it. Nothing here corrects what a tool measured, such as coordinated
//! omission: `docs/formats/load.md` says what each tool does.

mod k6_metric;

pub(crate) mod hdrhistogram;
mod hdrhistogram_v2;
pub(crate) mod hey;
pub(crate) mod k6_machine;
pub(crate) mod k6_points;
mod k6_requests;
pub(crate) mod k6_summary;
pub(crate) mod locust;
pub(crate) mod locust_history;
mod locust_table;
pub(crate) mod oha;
pub(crate) mod wrk;

#[cfg(test)]
mod hdrhistogram_tests;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod tests;
