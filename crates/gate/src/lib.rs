//! Policy x evidence -> criteria and verdict. Pure: no I/O, no clock, no environment.

mod compare;
mod comparison;
mod decision;
mod evaluate;
mod policy;
mod policy_toml;
mod quantity;
mod self_test;
mod statistic;

pub use compare::compare;
pub use comparison::{Arm, Comparison, Estimate, Question, SuccessRange};
pub use decision::{Accepted, CriterionResult, Decision, Input, Needed, Trend, TriggerResult};
pub use evaluate::{Case, PastCriterion, PastDecision, SourceFailure, decide};
pub use policy::{Ask, Condition, Criterion, Demand, Policy, Selector, Side, Trigger, Undecided};
pub use policy_toml::{BUILT_IN, InvalidPolicy, Policies, built_in, read_policies};
pub use quantity::{Bound, InvalidQuantity, Margin, Scale};
pub use self_test::{CriterionSelfTest, Rate, SelfTest, self_test};
pub use statistic::{Direction, InvalidDirection, InvalidStatistic, Statistic};
