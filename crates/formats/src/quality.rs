//! Test results, coverage and findings, as the tools that check code write them.

pub(crate) mod junit;
pub(crate) mod sarif;
mod xml;
