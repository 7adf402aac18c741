//! An objective with all that its documents refer to.

use adjutant_domain::{MeasureName, ObjectiveName, Subject};

use crate::openslo::ThresholdOp;

/// What a service promises.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// Its name.
    pub name: ObjectiveName,
    /// Whose promise it is.
    pub service: ObjectiveName,
    /// What is promised, for people.
    pub title: String,
    /// The share of good events, above 0 and below 1.
    pub target: f64,
    /// The time that the budget is for; it ends now.
    pub window_ms: i64,
    /// What the budget is counted in.
    pub method: BudgetMethod,
    /// What is counted.
    pub indicator: Indicator,
    /// When the budget burns too fast.
    pub alerts: Vec<BurnAlert>,
}

/// What a budget is counted in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BudgetMethod {
    /// Events.
    Occurrences,
    /// Slices of time; a slice is good when its share of good events reaches `target`.
    Timeslices {
        /// How long a slice is.
        slice_ms: i64,
        /// The share that makes a slice good.
        target: f64,
    },
    /// Slices of time; each counts by its share of good events.
    RatioTimeslices {
        /// How long a slice is.
        slice_ms: i64,
    },
}

/// What is counted.
#[derive(Debug, Clone, PartialEq)]
pub enum Indicator {
    /// Good or bad events, and all.
    Ratio {
        /// Which of the two.
        part: RatioPart,
        /// Those.
        counted: IndicatorSource,
        /// All.
        total: IndicatorSource,
        /// Whether the metrics only ever rise.
        is_counter: bool,
    },
    /// A share at each moment.
    RawRatio {
        /// Of which events.
        part: RatioPart,
        /// The share.
        source: IndicatorSource,
    },
    /// Values; a good one keeps the bound.
    Threshold {
        /// The values.
        source: IndicatorSource,
        /// On which side of the bound a good value lies.
        op: ThresholdOp,
        /// The bound.
        bound: f64,
    },
}

/// Which events a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RatioPart {
    /// Good ones.
    Good,
    /// Bad ones.
    Bad,
}

/// Where events are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndicatorSource {
    /// By a Prometheus.
    Prometheus {
        /// Its address, where a document says it.
        server: Option<String>,
        /// The expression.
        query: String,
    },
    /// In stored evidence.
    Evidence {
        /// What was measured.
        measure: MeasureName,
        /// Of whom.
        subject: Subject,
    },
}

/// A budget that burns too fast, over a long window and, so that it ends soon after, over a short
/// one (Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts").
#[derive(Debug, Clone, PartialEq)]
pub struct BurnAlert {
    /// Its name.
    pub name: String,
    /// Who has to know.
    pub severity: AlertSeverity,
    /// The burn rate from which it fires: 1 spends the budget in exactly its window.
    pub factor: f64,
    /// The long window.
    pub long_ms: i64,
    /// The short window.
    pub short_ms: i64,
    /// How long both have to burn.
    pub hold_ms: i64,
    /// Who is told; where nobody is named, the receiver that is called as the severity.
    pub receivers: Vec<String>,
}

/// Who has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertSeverity {
    /// Somebody, now.
    Page,
    /// Somebody, within days.
    Ticket,
}

impl AlertSeverity {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            AlertSeverity::Page => "page",
            AlertSeverity::Ticket => "ticket",
        }
    }
}

impl BurnAlert {
    /// The three of the workbook, those whose long window lies within the objective's.
    pub(crate) fn usual(window_ms: i64) -> Vec<Self> {
        const MINUTE: i64 = 60_000;
        const HOUR: i64 = 60 * MINUTE;
        let alert = |name: &str, severity, factor, long_ms, short_ms| Self {
            name: name.to_owned(),
            severity,
            factor,
            long_ms,
            short_ms,
            hold_ms: 0,
            receivers: vec![],
        };
        let all = [
            alert("fast-burn", AlertSeverity::Page, 14.4, HOUR, 5 * MINUTE),
            alert("burn", AlertSeverity::Page, 6.0, 6 * HOUR, 30 * MINUTE),
            alert("slow-burn", AlertSeverity::Ticket, 1.0, 72 * HOUR, 6 * HOUR),
        ];
        let within = |alert: &Self| alert.long_ms < window_ms;
        all.into_iter().filter(within).collect()
    }

    /// The share of the budget that is spent when it fires.
    pub fn budget_share(&self, window_ms: i64) -> f64 {
        self.factor * self.long_ms as f64 / window_ms as f64
    }
}

impl Indicator {
    /// Its sources.
    pub fn sources(&self) -> Vec<&IndicatorSource> {
        match self {
            Indicator::Ratio { counted, total, .. } => vec![counted, total],
            Indicator::RawRatio { source, .. } | Indicator::Threshold { source, .. } => {
                vec![source]
            }
        }
    }
}

impl Objective {
    /// Every window that is asked for, the objective's own first.
    pub fn windows(&self) -> Vec<i64> {
        let alerts = self.alerts.iter();
        let mut windows: Vec<i64> = alerts
            .flat_map(|alert| [alert.short_ms, alert.long_ms])
            .filter(|window| *window != self.window_ms)
            .collect();
        windows.sort_unstable();
        windows.dedup();
        windows.insert(0, self.window_ms);
        windows
    }

    /// How long a slice is, where time is sliced.
    pub(crate) fn slice_ms(&self) -> Option<i64> {
        match self.method {
            BudgetMethod::Occurrences => None,
            BudgetMethod::Timeslices { slice_ms, .. }
            | BudgetMethod::RatioTimeslices { slice_ms } => Some(slice_ms),
        }
    }

    /// The subject of the stored evidence that it counts; `None` where a Prometheus counts.
    pub fn evidence_subject(&self) -> Option<&Subject> {
        match self.indicator.sources().first() {
            Some(IndicatorSource::Evidence { subject, .. }) => Some(subject),
            Some(IndicatorSource::Prometheus { .. }) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workbooks_alerts_spend_the_workbooks_shares_of_thirty_days() {
        let window = 30 * 86_400_000;
        let shares: Vec<String> = BurnAlert::usual(window)
            .iter()
            .map(|alert| {
                format!(
                    "{} {:.3}",
                    alert.severity.name(),
                    alert.budget_share(window)
                )
            })
            .collect();
        assert_eq!(shares, ["page 0.020", "page 0.050", "ticket 0.100"]);
        assert_eq!(BurnAlert::usual(86_400_000).len(), 2);
        assert!(BurnAlert::usual(3_600_000).is_empty());
    }
}
