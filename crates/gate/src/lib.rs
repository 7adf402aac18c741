//! Policy x evidence -> criteria and verdict. Pure: no I/O, no clock, no environment.

mod decision;

pub use decision::{Accepted, CriterionResult, Decision, Input, Needed, Trend, TriggerResult};
