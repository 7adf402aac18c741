//! How long a harmful candidate can stay, computed before a rollout begins.
//!
//! Detection is the longest over all stages and monitored metrics: the requests after which the
//! monitor breaches when the candidate is worse by what the metric `detects`, with the luck of one
//! rollout in a hundred, at the traffic that there is now; then the wait for the slowest of these
//! requests and for the controller's next look. The other parts are limits that are enforced where
//! they are spent. A controller that is not running detects nothing: that time is not in here.

use adjutant_domain::{CriterionId, Outcome};
use adjutant_gate::Scale;
use adjutant_stats::LogHistogram;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::RolloutWeight;
use crate::judge::{Look, judge};
use crate::measurements::{ArmCounts, MirroredPairs, StageWindow};
use crate::plan::{Exposure, Metric, MetricDemand, MetricQuantity, RECOVERY_MS_MAX, RolloutPlan};

/// The traffic as it is now, or as the plan's author expects it.
#[derive(Debug, Clone, PartialEq)]
pub struct PresentTraffic {
    /// All requests.
    pub requests_per_second: f64,
    /// What the baseline does with them.
    pub baseline: ArmCounts,
}

/// One stage and metric, and how long a breach takes to show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Detection {
    /// The stage.
    pub exposure: Exposure,
    /// The metric.
    pub metric: CriterionId,
    /// The requests that the candidate serves until the breach shows; `None` when it never does.
    pub requests: Option<u64>,
    /// How long that takes, with the wait for the slowest of them and for the next look.
    pub lasts_ms: Option<i64>,
}

/// The worst-case recovery time and its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryProof {
    /// Every stage and metric.
    pub detections: Vec<Detection>,
    /// The longest detection; `None` when one never shows.
    pub detection_ms: Option<i64>,
    /// From the measurement to the recorded decision.
    pub decision_ms: i64,
    /// Until the traffic has followed.
    pub actuation_ms: i64,
    /// Until the recovery is seen.
    pub verification_ms: i64,
}

/// Why a plan may not start.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RecoveryRefusal {
    /// Nobody knows how long it takes.
    #[error("there is no traffic to compute the worst-case recovery time from")]
    NoTraffic,
    /// Nobody knows what traffic there is, with the words of who was asked.
    #[error("the traffic could not be asked: {0}")]
    SourceFailed(String),
    /// A fault that the plan claims to detect would never show.
    #[error("{metric} never shows a breach at weight {weight}")]
    NeverDetected {
        /// The metric.
        metric: CriterionId,
        /// The stage's weight.
        weight: RolloutWeight,
    },
    /// Nothing is measured while users get the candidate.
    #[error("no monitored metric has data while users get the candidate")]
    Unmonitored,
    /// It takes too long.
    #[error("the worst-case recovery time is {} s, more than {} s", total_ms / 1_000, RECOVERY_MS_MAX / 1_000)]
    TooLong {
        /// How long.
        total_ms: i64,
    },
}

/// More requests than any detection may need.
const REQUESTS_MAX: u64 = 1 << 22;

/// The luck against which detection is computed: one in a hundred has worse.
const LUCK_Z: f64 = 2.326;

impl RecoveryProof {
    /// All parts together.
    pub fn total_ms(&self) -> Option<i64> {
        let rest = self.decision_ms + self.actuation_ms + self.verification_ms;
        self.detection_ms.map(|detection| detection + rest)
    }

    /// Whether the plan may start.
    ///
    /// # Errors
    /// When it may not, with the reason.
    pub fn permit(&self) -> Result<(), RecoveryRefusal> {
        let never = self
            .detections
            .iter()
            .find(|found| found.lasts_ms.is_none());
        if let Some(never) = never {
            return Err(RecoveryRefusal::NeverDetected {
                metric: never.metric.clone(),
                weight: never.exposure.weight,
            });
        }
        match self.total_ms() {
            Some(total_ms) if total_ms <= RECOVERY_MS_MAX => Ok(()),
            Some(total_ms) => Err(RecoveryRefusal::TooLong { total_ms }),
            None => Err(RecoveryRefusal::Unmonitored),
        }
    }
}

/// The worst-case recovery time of a plan at this traffic.
///
/// # Errors
/// When nothing would show a fault, whatever the traffic; or when nobody knows the traffic.
pub fn prove_recovery(
    plan: &RolloutPlan,
    traffic: Result<&PresentTraffic, RecoveryRefusal>,
) -> Result<RecoveryProof, RecoveryRefusal> {
    if !plan.is_monitored() {
        return Err(RecoveryRefusal::Unmonitored);
    }
    let traffic = traffic?;
    let is_known = traffic.requests_per_second > 0.0 && traffic.baseline.requests > 0;
    if !is_known {
        return Err(RecoveryRefusal::NoTraffic);
    }
    let detections: Vec<Detection> = plan
        .stages()
        .into_iter()
        .filter(|stage| stage.weight > RolloutWeight::NONE)
        .flat_map(|stage| {
            let metrics = plan.monitor.iter().filter(|metric| !metric.dry_run);
            metrics
                .filter(move |metric| metric.has_data_under(stage))
                .map(move |metric| (stage, metric))
        })
        .map(|(stage, metric)| detection(plan, traffic, stage, metric))
        .collect();
    let all: Option<Vec<i64>> = detections.iter().map(|found| found.lasts_ms).collect();
    Ok(RecoveryProof {
        detection_ms: all.and_then(|all| all.into_iter().max()),
        detections,
        decision_ms: plan.timing.decision_ms_max,
        actuation_ms: plan.timing.actuation_ms_max,
        verification_ms: plan.timing.verification_ms_max,
    })
}

fn detection(
    plan: &RolloutPlan,
    traffic: &PresentTraffic,
    exposure: Exposure,
    metric: &Metric,
) -> Detection {
    let requests = requests_to_breach(plan, traffic, exposure, metric);
    let wait_ms = plan.timing.request_timeout_ms + plan.timing.tick_ms;
    let rate = traffic.requests_per_second * exposure.weight.share();
    Detection {
        exposure,
        metric: metric.name.clone(),
        requests,
        lasts_ms: requests
            .map(|requests| (requests as f64 / rate * 1_000.0).ceil() as i64 + wait_ms),
    }
}

/// The candidate's requests until the monitor breaches.
fn requests_to_breach(
    plan: &RolloutPlan,
    traffic: &PresentTraffic,
    exposure: Exposure,
    metric: &Metric,
) -> Option<u64> {
    let look = Look::Anytime(plan.monitor_alpha());
    let breaches = |requests: u64| {
        let window = expected(traffic, exposure, metric, requests);
        judge(metric, &window, look).outcome == Outcome::Fail
    };
    let mut most = 16;
    while !breaches(most) {
        most *= 2;
        if most > REQUESTS_MAX {
            return None;
        }
    }
    let mut least = most / 2;
    while most - least > (most / 64).max(1) {
        let middle = least.midpoint(most);
        if breaches(middle) {
            most = middle;
        } else {
            least = middle;
        }
    }
    Some(most)
}

/// The window of a bad candidate after so many of its requests, with bad luck.
fn expected(
    traffic: &PresentTraffic,
    exposure: Exposure,
    metric: &Metric,
    requests: u64,
) -> StageWindow {
    let share = exposure.weight.share();
    let beside = (requests as f64 * (1.0 - share) / share) as u64;
    let usual = &traffic.baseline;
    let usual_errors = usual.failures as f64 / usual.requests as f64;
    let worse_errors = match metric.quantity {
        MetricQuantity::Errors => (usual_errors + metric.detects.size()).min(1.0),
        MetricQuantity::Latency(_) | MetricQuantity::Disagreements => usual_errors,
    };
    let slower = match (metric.quantity, metric.detects.scale) {
        (MetricQuantity::Latency(_), Scale::Percent) => (1.0 + metric.detects.size(), 0.0),
        (MetricQuantity::Latency(_), Scale::Unit(_) | Scale::Points) => {
            (1.0, metric.detects.size())
        }
        (MetricQuantity::Errors | MetricQuantity::Disagreements, _) => (1.0, 0.0),
    };
    // Latencies are laid out evenly, so a histogram of a thousand stands for one of any size only
    // in its shape: the count has to be real, and that is what costs.
    let needs_latency = matches!(metric.quantity, MetricQuantity::Latency(_));
    let latency = |requests: u64, (factor, shift): (f64, f64), luck: f64| {
        if needs_latency {
            laid_out(&usual.latency, requests, luck, |ms| ms * factor + shift)
        } else {
            LogHistogram::default()
        }
    };
    StageWindow {
        candidate: ArmCounts {
            requests,
            failures: unlucky(requests, worse_errors, -LUCK_Z),
            latency: latency(requests, slower, -LUCK_Z),
        },
        baseline: if matches!(metric.demand, MetricDemand::Margin(_)) {
            ArmCounts {
                requests: beside,
                failures: unlucky(beside, usual_errors, LUCK_Z),
                latency: latency(beside, (1.0, 0.0), LUCK_Z),
            }
        } else {
            ArmCounts::default()
        },
        mirrored: MirroredPairs::default(),
        ..StageWindow::default()
    }
}

/// The events among so many trials at `z` deviations from what is expected.
fn unlucky(trials: u64, share: f64, z: f64) -> u64 {
    let expected = trials as f64 * share;
    let deviation = (expected * (1.0 - share)).sqrt();
    (expected + z * deviation).clamp(0.0, trials as f64) as u64
}

/// The most values that are laid out one by one; above it they are repeated.
const LAID_OUT_MAX: u64 = 4_096;

/// A sample of that size whose quantiles lie `z` deviations beside those of `usual`.
fn laid_out(usual: &LogHistogram, n: u64, z: f64, change: impl Fn(f64) -> f64) -> LogHistogram {
    let mut laid = LogHistogram::default();
    let points = n.min(LAID_OUT_MAX);
    let usual = usual.to_histogram();
    let total = usual.count() as f64;
    let mut buckets = usual.buckets.iter();
    let mut at = buckets.next();
    let mut below = 0.0;
    let mut taken = 0;
    for point in 0..points {
        let level = (point as f64 + 0.5) / points as f64;
        let level = level + z * (level * (1.0 - level) / n as f64).sqrt();
        let rank = level.clamp(0.0, 1.0) * total;
        while let Some(bucket) = at {
            if rank <= below + bucket.count as f64 {
                break;
            }
            below += bucket.count as f64;
            match buckets.next() {
                Some(next) => at = Some(next),
                None => break,
            }
        }
        let Some(bucket) = at else { break };
        let until = (point + 1) * n / points;
        let value = change(bucket.low.midpoint(bucket.high));
        while taken < until {
            if !laid.add(value) {
                return laid;
            }
            taken += 1;
        }
    }
    laid
}
