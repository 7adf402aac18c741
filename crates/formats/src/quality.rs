//! Test results, coverage and findings, as the tools that check code write them.

pub(crate) mod cobertura;
pub(crate) mod junit;
pub(crate) mod lcov;
pub(crate) mod sarif;
mod xml;
