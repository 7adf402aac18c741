//! Rollouts: a plan, a state, what is measured now, and what to do next.
//!
//! [`step`] is a pure function. It knows two kinds of harm: a candidate that hurts users is taken
//! back at the first look that shows it ([`Move::RollBack`]); a candidate that nobody can judge
//! stays where it is until its time is over, and then waits for a person
//! ([`Move::PauseAndFix`]).
//!
//! **Invariant.** Without data nothing advances, and nothing is rolled back.
//! **Invariant.** Both versions are judged on the same window, and a window never spans two
//! exposures.
//! **Invariant.** What a plan asks for and is not supported is refused by name and place.

mod decision;
mod incident;
mod judge;
mod measurements;
mod plan;
mod question;
mod reading;
mod recovery;
mod service;
mod state;
mod step;
mod weight;

pub use decision::{Move, RolloutReason, Turn};
pub use incident::{
    AffectedRequests, DeliveryFigures, EventAt, Incident, IncidentFinding, IncidentId,
    IncidentNote, IncidentNoteKind, InvalidIncidentId, incidents_of,
};
pub use judge::MetricResult;
pub use measurements::{
    ArmCounts, ArmHealth, MirroredPairs, RolloutMeasurements, SplitCount, StageWindow,
    TrafficSource,
};
pub use plan::{
    Exposure, Metric, MetricDemand, MetricQuantity, RECOVERY_MS_MAX, RecoveryTiming,
    RolloutAnalysis, RolloutPlan, RolloutStep, RolloutStrategy,
};
pub use question::{
    AnalysisAnswer, FlaggerCall, FlaggerHook, GateQuestion, HookAnswer, InvalidCall, LastVerdict,
    VerdictStanding, answer_analysis, answer_hook, read_flagger_call,
};
pub use reading::{
    ClusterAccess, ClusterPlace, ClusterPlan, EnginePlan, EntrancePlan, HaproxyPlan,
    HaproxyWeights, InvalidPlan, NginxPlan, PlanNote, ProcessPlan, PrometheusPlan, ProxyPlan,
    ReadPlan, ServicePlan, StrategyFile, read_plan, rollout_names, strategy_file,
};
pub use recovery::{Detection, PresentTraffic, RecoveryProof, RecoveryRefusal, prove_recovery};
pub use service::{
    BlockedVersion, DesiredService, InvalidRolloutId, RecoveryTimes, RolloutDecision, RolloutId,
    ServiceEvent, ServiceRecord,
};
pub use state::{RefusedOrder, RolloutOrder, RolloutPhase, RolloutState};
pub use step::step;
pub use weight::{InvalidWeight, RolloutWeight};
