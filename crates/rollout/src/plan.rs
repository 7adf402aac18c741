//! What a rollout does, step by step, and what it is held to.

use adjutant_domain::CriterionId;
use adjutant_gate::{Bound, Margin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::RolloutWeight;

/// The worst-case recovery time above which a plan is refused.
pub const RECOVERY_MS_MAX: i64 = 120_000;

/// The plan of a rollout. Canary and blue-green are the same list of steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RolloutPlan {
    /// How the versions take turns, as the plan calls it.
    pub strategy: RolloutStrategy,
    /// In order; the last one gives the candidate everything.
    pub steps: Vec<RolloutStep>,
    /// What takes the candidate back at any moment.
    pub monitor: Vec<Metric>,
    /// The probability, over the whole rollout, of rolling back a candidate as good as the
    /// baseline.
    pub alpha: f64,
    /// How long a step may wait for what it needs.
    pub deadline_ms: i64,
    /// The requests that each arm must have served at a weight before the weight rises.
    pub requests_min: u64,
    /// The times that a recovery is made of.
    pub timing: RecoveryTiming,
}

/// How the versions take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RolloutStrategy {
    /// The candidate's share rises step by step.
    Canary,
    /// The candidate is looked at beside the traffic, then gets all of it.
    BlueGreen,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RolloutStep {
    /// Gives the candidate this share of the requests.
    SetWeight(RolloutWeight),
    /// Sends the candidate copies of this share of the requests.
    SetMirrorRoute(RolloutWeight),
    /// Waits this long, or until a person promotes.
    Pause {
        /// How long; without it a person ends it.
        duration_ms: Option<i64>,
    },
    /// Goes on when every metric has passed.
    Analysis(RolloutAnalysis),
}

/// A judgement at planned looks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RolloutAnalysis {
    /// Its template.
    pub name: String,
    /// What must hold.
    pub metrics: Vec<Metric>,
    /// The requests of each arm at the last look.
    pub requests: u64,
    /// How often it is looked, at equal distances; no more than [`Self::LOOKS_MAX`].
    pub looks: u32,
    /// How long it may take.
    pub deadline_ms: i64,
}

impl RolloutAnalysis {
    /// The most looks of one analysis: more gain nothing and cost power.
    pub const LOOKS_MAX: u32 = 20;
}

/// One thing that is measured on both versions in the same minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// Its name in the plan.
    pub name: CriterionId,
    /// What is measured.
    pub quantity: MetricQuantity,
    /// How much is allowed.
    pub demand: MetricDemand,
    /// The change for which the recovery time is computed.
    pub detects: Margin,
    /// Measured and shown, and decides nothing.
    pub dry_run: bool,
}

/// What is measured. Of all of them less is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricQuantity {
    /// The share of requests that failed.
    Errors,
    /// This quantile (0 to 1) of the latency, in milliseconds.
    Latency(f64),
    /// The share of mirrored requests that the versions answered differently.
    Disagreements,
}

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricDemand {
    /// At most this much worse than the baseline.
    Margin(Margin),
    /// At most this, whatever the baseline does.
    Limit(Bound),
}

/// The times of a recovery that the plan sets; each is enforced where it is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryTiming {
    /// How often the controller looks.
    pub tick_ms: i64,
    /// When a request without an answer counts as failed.
    pub request_timeout_ms: i64,
    /// The longest that a decision takes, from reading to its record.
    pub decision_ms_max: i64,
    /// The longest that the traffic takes to follow.
    pub actuation_ms_max: i64,
    /// The longest until the recovery is seen in the traffic.
    pub verification_ms_max: i64,
}

impl Default for RecoveryTiming {
    fn default() -> Self {
        Self {
            tick_ms: 1_000,
            request_timeout_ms: 10_000,
            decision_ms_max: 1_000,
            actuation_ms_max: 2_000,
            verification_ms_max: 5_000,
        }
    }
}

/// What the users get: how many are answered by the candidate, how many are copied to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct Exposure {
    /// The candidate's share of the requests.
    pub weight: RolloutWeight,
    /// The share that is copied to it.
    pub mirror: RolloutWeight,
}

impl Exposure {
    /// Whether the candidate sees any request.
    pub fn is_any(self) -> bool {
        self != Self::default()
    }

    /// This exposure after a step.
    pub fn after(self, step: &RolloutStep) -> Self {
        match step {
            RolloutStep::SetWeight(weight) => Self {
                weight: *weight,
                // Whoever is answered by it need not be copied to it.
                mirror: if *weight == RolloutWeight::NONE {
                    self.mirror
                } else {
                    RolloutWeight::NONE
                },
            },
            RolloutStep::SetMirrorRoute(mirror) => Self {
                mirror: *mirror,
                ..self
            },
            RolloutStep::Pause { .. } | RolloutStep::Analysis(_) => self,
        }
    }
}

impl RolloutPlan {
    /// The exposures under which the candidate sees requests, in order.
    pub fn stages(&self) -> Vec<Exposure> {
        let mut stages = Vec::new();
        let mut exposure = Exposure::default();
        for step in &self.steps {
            let next = exposure.after(step);
            if next != exposure && next.is_any() {
                stages.push(next);
            }
            exposure = next;
        }
        stages
    }

    /// Whether anything that is monitored can be measured while users get the candidate.
    pub fn is_monitored(&self) -> bool {
        let stages = self.stages();
        let mut serving = stages
            .iter()
            .filter(|stage| stage.weight > RolloutWeight::NONE);
        let deciding = self.monitor.iter().filter(|metric| !metric.dry_run);
        serving.any(|stage| deciding.clone().any(|metric| metric.has_data_under(*stage)))
    }

    /// The probability of a false breach of one monitored metric in one stage: half of alpha,
    /// shared by all of them.
    pub(crate) fn monitor_alpha(&self) -> f64 {
        let metrics = self.monitor.iter().filter(|metric| !metric.dry_run).count();
        self.alpha / 2.0 / (metrics * self.stages().len()).max(1) as f64
    }

    /// The probability that one metric of one analysis fails falsely: the other half.
    pub(crate) fn analysis_alpha(&self) -> f64 {
        let metrics: usize = self
            .steps
            .iter()
            .map(|step| match step {
                RolloutStep::Analysis(analysis) => analysis
                    .metrics
                    .iter()
                    .filter(|metric| !metric.dry_run)
                    .count(),
                RolloutStep::SetWeight(_)
                | RolloutStep::SetMirrorRoute(_)
                | RolloutStep::Pause { .. } => 0,
            })
            .sum();
        self.alpha / 2.0 / metrics.max(1) as f64
    }
}

impl Metric {
    /// Whether it needs the baseline's requests.
    pub fn is_relative(&self) -> bool {
        match self.demand {
            MetricDemand::Margin(_) => true,
            MetricDemand::Limit(_) => false,
        }
    }

    /// Whether it can be measured under this exposure.
    pub fn has_data_under(&self, exposure: Exposure) -> bool {
        match self.quantity {
            MetricQuantity::Disagreements => exposure.mirror > RolloutWeight::NONE,
            MetricQuantity::Errors | MetricQuantity::Latency(_) => {
                exposure.is_any() && !(self.is_relative() && exposure.weight == RolloutWeight::ALL)
            }
        }
    }

    /// The value that must not be exceeded, in the units of [`crate::MetricResult::interval`].
    pub fn threshold(&self) -> f64 {
        match self.demand {
            MetricDemand::Margin(margin) => margin.size(),
            MetricDemand::Limit(bound) => bound.value,
        }
    }
}
