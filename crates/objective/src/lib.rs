//! Objectives: what a service promises its users, how much of its error budget is spent, and how
//! fast it burns.
//!
//! OpenSLO documents are read ([`read_openslo`]) and put together ([`resolve`]); events are counted
//! from evidence ([`count_evidence`]) or by the queries of [`window_queries`]; [`assess`] says how an
//! objective stands; [`prometheus_rules`] and [`alertmanager_routes`] write it for others.
//!
//! **Invariant.** A window without data is never met, and no alert over it is quiet.
//! **Invariant.** What a document asks for and is not supported is refused by name and place.

mod assess;
mod burned;
mod evidence;
mod export;
mod objective;
mod openslo;
mod promql;
mod reading;
mod resolve;
mod settings;

pub use assess::{
    AlertAnswer, AlertState, ErrorBudget, EventCount, ObjectiveStanding, ObjectiveState,
    UncountedWindow, WindowAnswer, WindowCount, assess,
};
pub use burned::{BudgetBurn, budget_burned};
pub use evidence::{DatedEvents, count_evidence, count_window};
pub use export::{alertmanager_routes, prometheus_rules};
pub use objective::{
    AlertSeverity, BudgetMethod, BurnAlert, Indicator, IndicatorSource, Objective, RatioPart,
};
pub use openslo::{
    AlertConditionSpec, AlertPolicySpec, BudgetingMethod, ConditionUse, DataSourceSpec,
    IndicatorUse, MetricSource, OpenSloDocument, OpenSloMetadata, OpenSloSpec, PolicyUse,
    RatioMetric, RatioParts, RawType, ServiceSpec, SliSpec, SloDuration, SloObjective, SloSpec,
    SourceSpec, ThresholdOp, write_openslo,
};
pub use promql::{WindowQueries, duration_text, window_queries};
pub use reading::{InvalidOpenSlo, PlacedDocument, read_openslo};
pub use resolve::resolve;
pub use settings::{ObjectiveSettings, read_objective_settings};
