//! Policy x evidence -> criteria and verdict. Pure: no I/O, no clock, no environment.

mod census;
mod change;
mod compare;
mod comparison;
mod contrast;
mod decision;
mod evaluate;
mod evaluator;
mod evaluator_asks;
mod integration;
mod joint;
mod judge;
mod learning;
mod pairing;
mod piece;
mod policy;
mod policy_text;
mod policy_toml;
mod prepared;
mod quantity;
mod quorum;
mod quorum_toml;
mod reading;
mod retrieval;
mod risk;
mod risk_asks;
mod sampled;
mod selector;
mod self_test;
mod statistic;
mod synthetic;
mod throughput;
mod toml_keys;
mod trend;
mod verdict;
mod words;

pub use compare::compare;
pub use comparison::{Arm, Comparison, Estimate, Question, SuccessRange};
pub use decision::{
    Accepted, CriterionResult, Decision, Input, JudgedArtifact, Needed, Trend, TriggerResult,
};
pub use evaluate::{Case, PastCriterion, PastDecision, SourceFailure, decide};
pub use evaluator::evaluate;
pub use integration::{
    IntegrationCheck, IntegrationRow, IntegrationStanding, IntegrationValue, WorkCount,
    directive_counts, integration_rows, task_counts,
};
pub use joint::{Joint, joint_verdict};
pub use learning::{Learning, learnings};
pub use policy::{
    Ask, Criterion, Demand, Policy, QuorumPolicy, Side, Trigger, TriggerCondition, Undecided,
};
pub use policy_text::policy_lines;
pub use policy_toml::{BUILT_IN, Policies, built_in, read_policies};
pub use quantity::{Bound, InvalidQuantity, Margin, Scale};
pub use quorum::{Ballot, Quorum, QuorumStanding, Vote, VoteSource, Voter, count_votes};
pub use risk::{
    CompositeRisk, FactorResult, FactorValue, RiskFactor, RiskLevel, RiskStanding, assess_risk,
};
pub use selector::Selector;
pub use self_test::{CriterionSelfTest, Rate, SelfTest, self_test};
pub use statistic::{Direction, InvalidDirection, InvalidStatistic, Statistic};
pub use toml_keys::InvalidPolicy;
