//! The JSON of objectives and of how they stand. Nothing is rounded, and every number has its
//! sources.

use adjutant_domain::{Measured, Timestamp, Validity};
use adjutant_objective::{AlertAnswer, BurnAlert, Objective, ObjectiveStanding, WindowAnswer};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
pub struct ObjectiveJson<'a> {
    name: &'a str,
    service: &'a str,
    title: &'a str,
    target: f64,
    window_ms: i64,
    alerts: Vec<AlertJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct AlertJson<'a> {
    name: &'a str,
    severity: &'static str,
    /// The burn rate from which it fires.
    factor: f64,
    long_window_ms: i64,
    short_window_ms: i64,
    hold_ms: i64,
    receivers: &'a [String],
}

#[derive(Serialize, JsonSchema)]
pub struct ObjectiveStandingJson<'a> {
    name: &'a str,
    service: &'a str,
    state: String,
    at: Timestamp,
    target: f64,
    window: WindowJson<'a>,
    /// Null where the window has no valid data.
    budget: Option<BudgetJson<'a>>,
    alerts: Vec<AlertStandingJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct WindowJson<'a> {
    window_ms: i64,
    validity: Validity,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    attained: Option<&'a Measured>,
    burn: Option<&'a Measured>,
}

#[derive(Serialize, JsonSchema)]
struct BudgetJson<'a> {
    spent: &'a Measured,
    remaining: &'a Measured,
    allowed: &'a Measured,
    bad: &'a Measured,
}

#[derive(Serialize, JsonSchema)]
struct AlertStandingJson<'a> {
    #[serde(flatten)]
    alert: AlertJson<'a>,
    state: String,
    long: WindowJson<'a>,
    short: WindowJson<'a>,
}

impl<'a> From<&'a Objective> for ObjectiveJson<'a> {
    fn from(objective: &'a Objective) -> Self {
        Self {
            name: objective.name.as_str(),
            service: objective.service.as_str(),
            title: &objective.title,
            target: objective.target,
            window_ms: objective.window_ms,
            alerts: objective.alerts.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a BurnAlert> for AlertJson<'a> {
    fn from(alert: &'a BurnAlert) -> Self {
        Self {
            name: &alert.name,
            severity: alert.severity.name(),
            factor: alert.factor,
            long_window_ms: alert.long_ms,
            short_window_ms: alert.short_ms,
            hold_ms: alert.hold_ms,
            receivers: &alert.receivers,
        }
    }
}

impl<'a> From<&'a ObjectiveStanding> for ObjectiveStandingJson<'a> {
    fn from(standing: &'a ObjectiveStanding) -> Self {
        Self {
            name: standing.name.as_str(),
            service: standing.service.as_str(),
            state: standing.state.to_string(),
            at: standing.at,
            target: standing.target,
            window: (&standing.window).into(),
            budget: standing.budget.as_ref().map(|budget| BudgetJson {
                spent: &budget.spent,
                remaining: &budget.remaining,
                allowed: &budget.allowed,
                bad: &budget.bad,
            }),
            alerts: standing.alerts.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a WindowAnswer> for WindowJson<'a> {
    fn from(answer: &'a WindowAnswer) -> Self {
        Self {
            window_ms: answer.window_ms,
            validity: answer.validity,
            reason: &answer.reason,
            attained: answer.attained.as_ref(),
            burn: answer.burn.as_ref(),
        }
    }
}

impl<'a> From<&'a AlertAnswer> for AlertStandingJson<'a> {
    fn from(answer: &'a AlertAnswer) -> Self {
        Self {
            alert: (&answer.alert).into(),
            state: answer.state.to_string(),
            long: (&answer.long).into(),
            short: (&answer.short).into(),
        }
    }
}
