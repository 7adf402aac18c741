//! How an objective stands: the answer of each window, the error budget, the alerts.
//!
//! The budget of a window is the share `1 - target` of its events; the burn rate is the share of bad
//! events over that (Google, The Site Reliability Workbook, chapter 5). Events are a census of what
//! was counted, so no interval is needed.

use adjutant_domain::{Citation, Measured, ObjectiveName, Outcome, Timestamp, Unit, Validity};

use crate::objective::{AlertSeverity, BurnAlert, Objective};

/// How far good events may exceed all of them: Prometheus extrapolates both.
const EXCESS_MAX: f64 = 1e-6;

/// Counted events of a window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventCount {
    /// Good ones.
    pub good: f64,
    /// All.
    pub total: f64,
    /// Where they were counted.
    pub sources: Vec<Citation>,
}

impl EventCount {
    pub(crate) fn add(&mut self, other: &Self) {
        self.good += other.good;
        self.total += other.total;
        self.sources.extend(other.sources.iter().cloned());
    }
}

/// Why the events of a window could not be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncountedWindow {
    /// What kind of absence it is; never VALID.
    pub validity: Validity,
    /// In words.
    pub reason: String,
}

/// What was counted of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowCount {
    /// How long it is; it ends at the time of the assessment.
    pub window_ms: i64,
    /// Its events, or why there are none.
    pub counted: Result<EventCount, UncountedWindow>,
}

/// What a window says.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowAnswer {
    /// How long it is.
    pub window_ms: i64,
    /// Whether it can say anything.
    pub validity: Validity,
    /// Why not; empty where it can.
    pub reason: String,
    /// The share of good events.
    pub attained: Option<Measured>,
    /// How many times faster than the budget allows it is spent.
    pub burn: Option<Measured>,
}

/// The budget of an objective's window.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorBudget {
    /// The share of it that is spent; above 1 it is overspent.
    pub spent: Measured,
    /// The share that remains; below 0 it is overspent.
    pub remaining: Measured,
    /// How many events it allows to be bad, of those that were counted.
    pub allowed: Measured,
    /// How many were.
    pub bad: Measured,
}

/// Whether an alert fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertState {
    /// Both of its windows burn too fast.
    Firing,
    /// One of its windows certainly does not.
    Quiet,
    /// It cannot be told.
    Undecided,
}

/// An alert and what its windows say.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertAnswer {
    /// The alert.
    pub alert: BurnAlert,
    /// Whether it fires.
    pub state: AlertState,
    /// What the long window says.
    pub long: WindowAnswer,
    /// What the short window says.
    pub short: WindowAnswer,
}

/// How an objective stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectiveState {
    /// There is budget left, and no page.
    Met,
    /// The budget is spent.
    Exhausted,
    /// There is budget left, or nobody knows, and it burns so fast that somebody has to come.
    BurningFast,
    /// It cannot be told.
    Undecided,
}

/// How an objective stands, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectiveStanding {
    /// Which.
    pub name: ObjectiveName,
    /// Whose.
    pub service: ObjectiveName,
    /// The share of good events that is promised.
    pub target: f64,
    /// When it was assessed.
    pub at: Timestamp,
    /// In one word.
    pub state: ObjectiveState,
    /// What its window says.
    pub window: WindowAnswer,
    /// Its budget, where the window says something.
    pub budget: Option<ErrorBudget>,
    /// Its alerts.
    pub alerts: Vec<AlertAnswer>,
}

impl ObjectiveStanding {
    /// Whether the promise is kept over the window. Without a valid answer it is not known.
    pub fn outcome(&self) -> Outcome {
        match self.state {
            ObjectiveState::Met => Outcome::Pass,
            ObjectiveState::Exhausted | ObjectiveState::BurningFast => Outcome::Fail,
            ObjectiveState::Undecided => Outcome::Inconclusive,
        }
    }
}

/// How an objective stands at a time, by what was counted. A window that nobody counted has no data.
pub fn assess(objective: &Objective, counts: &[WindowCount], at: Timestamp) -> ObjectiveStanding {
    let answer = |window_ms: i64| {
        let count = counts.iter().find(|count| count.window_ms == window_ms);
        window_answer(objective, window_ms, count)
    };
    let window = answer(objective.window_ms);
    let budget = counts
        .iter()
        .find(|count| count.window_ms == objective.window_ms && window.validity == Validity::Valid)
        .and_then(|count| budget(objective, count.counted.as_ref().ok()?));
    let alerts: Vec<AlertAnswer> = objective
        .alerts
        .iter()
        .map(|alert| {
            let (long, short) = (answer(alert.long_ms), answer(alert.short_ms));
            AlertAnswer {
                state: alert_state(alert, &long, &short),
                alert: alert.clone(),
                long,
                short,
            }
        })
        .collect();
    ObjectiveStanding {
        name: objective.name.clone(),
        service: objective.service.clone(),
        target: objective.target,
        at,
        state: state(budget.as_ref(), &alerts),
        window,
        budget,
        alerts,
    }
}

pub(crate) fn window_answer(
    objective: &Objective,
    window_ms: i64,
    count: Option<&WindowCount>,
) -> WindowAnswer {
    let nothing = |validity, reason: &str| WindowAnswer {
        window_ms,
        validity,
        reason: reason.to_owned(),
        attained: None,
        burn: None,
    };
    let counted = match count.map(|count| &count.counted) {
        Some(Ok(counted)) => counted,
        Some(Err(uncounted)) => return nothing(uncounted.validity, &uncounted.reason),
        None => return nothing(Validity::NoData, "nobody counted it"),
    };
    let (good, total) = (counted.good, counted.total);
    if !good.is_finite() || !total.is_finite() {
        return nothing(Validity::NotFinite, "a count is not finite");
    }
    if total <= 0.0 {
        return nothing(Validity::NoData, "there were no events");
    }
    if good < -EXCESS_MAX * total || good > total * (1.0 + EXCESS_MAX) {
        let reason = "there are more good events than events, or fewer than none";
        return nothing(Validity::SourceError, reason);
    }
    let attained = (good / total).clamp(0.0, 1.0);
    let of = |value, unit| of_events(counted, value, unit);
    let burn = of((1.0 - attained) / (1.0 - objective.target), Unit::One);
    match (of(attained, Unit::Ratio), burn) {
        (Some(attained), Some(burn)) => WindowAnswer {
            window_ms,
            validity: Validity::Valid,
            reason: String::new(),
            attained: Some(attained),
            burn: Some(burn),
        },
        (_, _) => nothing(Validity::SourceError, "nobody knows where it was counted"),
    }
}

/// A value of counted events, with their sources.
fn of_events(counted: &EventCount, value: f64, unit: Unit) -> Option<Measured> {
    let n = counted.total.round().max(0.0) as u64;
    Measured::new(value, unit, None, n, counted.sources.clone()).ok()
}

fn budget(objective: &Objective, counted: &EventCount) -> Option<ErrorBudget> {
    let of = |value, unit| of_events(counted, value, unit);
    let bad = (counted.total - counted.good).max(0.0);
    let allowed = counted.total * (1.0 - objective.target);
    let spent = bad / allowed;
    Some(ErrorBudget {
        spent: of(spent, Unit::Ratio)?,
        remaining: of(1.0 - spent, Unit::Ratio)?,
        allowed: of(allowed, Unit::Count)?,
        bad: of(bad, Unit::Count)?,
    })
}

fn alert_state(alert: &BurnAlert, long: &WindowAnswer, short: &WindowAnswer) -> AlertState {
    let burns = |answer: &WindowAnswer| {
        let burn = answer.burn.as_ref();
        burn.map(|burn| burn.value() >= alert.factor)
    };
    match (burns(long), burns(short)) {
        (Some(true), Some(true)) => AlertState::Firing,
        (Some(false), Some(_)) | (Some(_), Some(false)) => AlertState::Quiet,
        (None, _) | (_, None) => AlertState::Undecided,
    }
}

fn state(budget: Option<&ErrorBudget>, alerts: &[AlertAnswer]) -> ObjectiveState {
    let pages = |state| {
        let mut pages = alerts
            .iter()
            .filter(|answer| answer.alert.severity == AlertSeverity::Page);
        pages.any(|answer| answer.state == state)
    };
    match budget {
        // A budget that is spent to the last event is kept; rounding must not overspend it.
        Some(budget) if budget.spent.value() > 1.0 + 1e-9 => ObjectiveState::Exhausted,
        Some(_) | None if pages(AlertState::Firing) => ObjectiveState::BurningFast,
        Some(_) if !pages(AlertState::Undecided) => ObjectiveState::Met,
        Some(_) | None => ObjectiveState::Undecided,
    }
}

impl std::fmt::Display for ObjectiveState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ObjectiveState::Met => "MET",
            ObjectiveState::Exhausted => "BUDGET EXHAUSTED",
            ObjectiveState::BurningFast => "BURNING FAST",
            ObjectiveState::Undecided => "UNDECIDED",
        })
    }
}

impl std::fmt::Display for AlertState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            AlertState::Firing => "FIRING",
            AlertState::Quiet => "QUIET",
            AlertState::Undecided => "UNDECIDED",
        })
    }
}
