//! The statistics held to independent oracles, to their own laws, and to simulation.

mod coverage;
mod oracle;
mod properties;
mod simulation;
