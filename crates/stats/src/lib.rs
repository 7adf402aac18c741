//! Honest statistics for gates: intervals for the quantity that is gated on, not stand-ins for it.
//!
//! Everything here is a pure function of its arguments; where chance is needed, the seed is an
//! argument. An interval that the data cannot support is `None`, never a guess. Sources, oracles
//! and measured coverage stand in `docs/statistics.md`.
//!
//! | Question | Function |
//! |---|---|
//! | a quantile, the difference or ratio of two | [`QuantileLaw`] |
//! | a share of events, the difference or ratio of two | [`Proportion`] |
//! | means, paired, clustered; any smooth statistic of sums | [`bootstrap`] |
//! | a quantile of clustered observations | [`clustered_quantile`] |
//! | the difference of two shares over the same items | [`paired_proportion`] |
//! | a correlation | [`correlation`] |
//! | nDCG@k of a ranked list | [`ranking`] |
//! | is a drift small enough? | [`equivalence`] |
//! | several criteria at once | [`holm`] |
//! | planned looks | [`spending`] |
//! | unplanned looks, any number | [`sequence`] |
//! | how many samples? | [`planning`], [`quantile::samples_needed`] |
//! | streams too long to keep | [`LogHistogram`] |
//!
//! **Invariant.** No I/O, no clock, no environment, no global random source, no `unsafe`. Inputs
//! that are NaN or infinite give `None`.

mod beta;
pub mod bootstrap;
pub mod clustered_quantile;
pub mod correlation;
pub mod equivalence;
pub mod histogram;
pub mod holm;
mod normal;
pub mod paired_proportion;
pub mod planning;
pub mod prediction;
pub mod proportion;
pub mod quantile;
pub mod ranking;
mod selection;
pub mod sequence;
pub mod spending;

pub use histogram::LogHistogram;
pub use proportion::Proportion;
pub use quantile::QuantileLaw;
