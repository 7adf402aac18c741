//! Recorded responses of a baseline and a candidate to the same requests, compared: where they
//! disagree, how often, and how much of that the baseline does against itself.
//!
//! **Invariant.** No I/O: who opens a file feeds its lines. **Invariant.** Memory is bounded by the
//! window, never by the length of a recording. **Invariant.** What had no partner, and a path that
//! cannot be judged, is told and keeps the answer from being PASS.

mod answer;
mod array;
mod comparer;
mod difference;
mod judge;
mod number;
mod path;
mod record;
mod rules;
mod tally;
mod tape;
mod text;
mod window;

pub use answer::{
    ShadowAccount, ShadowAccounts, ShadowComparison, ShadowKindCount, ShadowPath, ShadowRate,
    ShadowUnpaired,
};
pub use comparer::ShadowComparer;
pub use difference::ShadowKind;
pub use record::{LINE_BYTES_MAX, ShadowArm, ShadowInputError};
pub use rules::{InvalidShadowRule, ShadowPathLimit, ShadowRules};
