//! Steps, reasons and events in words.

use adjutant_domain::{Outcome, Unit};
use adjutant_gate::Scale;
use adjutant_rollout::{
    ArmHealth, Metric, MetricDemand, MetricQuantity, MetricResult, RecoveryRefusal, RolloutOrder,
    RolloutPhase, RolloutPlan, RolloutReason, RolloutStep, ServiceEvent,
};

use super::story::share;
use crate::number::{change, count, interval, value};
use crate::terminal::{Ink, Terminal, clean, left};

/// A length of time: `350 ms`, `12.3 s`, `4 min 10 s`, `2 h 5 min`.
pub fn length(ms: i64) -> String {
    match ms.max(0) {
        ms @ ..1_000 => format!("{ms} ms"),
        ms @ ..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        ms @ ..3_600_000 => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
        ms => format!("{} h {} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}

/// A phase, and its color.
pub(super) fn phase(found: RolloutPhase) -> (Ink, &'static str) {
    let ink = match found {
        RolloutPhase::Progressing | RolloutPhase::Completed => Ink::Good,
        RolloutPhase::Paused | RolloutPhase::PausedToFix => Ink::Undecided,
        RolloutPhase::RolledBack | RolloutPhase::Aborted => Ink::Bad,
    };
    (ink, found.name())
}

/// A step as the plan calls it.
pub fn step(planned: &RolloutStep) -> String {
    match planned {
        RolloutStep::SetWeight(weight) => format!("setWeight {weight}"),
        RolloutStep::SetMirrorRoute(share) => format!("setMirrorRoute {share}"),
        RolloutStep::Pause { duration_ms: None } => "pause until promoted".to_owned(),
        RolloutStep::Pause {
            duration_ms: Some(ms),
        } => format!("pause {}", length(*ms)),
        RolloutStep::Analysis(analysis) => {
            let names: Vec<&str> = analysis.metrics.iter().map(|m| m.name.as_str()).collect();
            let looks = match analysis.looks {
                1 => "one look at".to_owned(),
                looks => format!("{looks} looks up to"),
            };
            format!(
                "analysis {}: {}; {looks} {} requests",
                clean(&analysis.name),
                names.join(", "),
                count(analysis.requests)
            )
        }
    }
}

/// What a metric demands.
pub(super) fn demand(metric: &Metric) -> String {
    let what = match metric.quantity {
        MetricQuantity::Errors => "share of failed requests".to_owned(),
        MetricQuantity::Latency(p) => {
            format!("p{} of the latency", value(p * 100.0, None, Unit::One))
        }
        MetricQuantity::Disagreements => "share of answers that differ".to_owned(),
    };
    let allowed = match metric.demand {
        MetricDemand::Margin(margin) => format!("at most {margin} worse than the baseline"),
        MetricDemand::Limit(bound) => format!("at most {bound}"),
    };
    let dry = if metric.dry_run { "  (dry run)" } else { "" };
    format!("{}  {what}: {allowed}{dry}", left(metric.name.as_str(), 10))
}

/// What a window says about a metric, in a line.
pub(super) fn metric(known: Option<&Metric>, result: &MetricResult, terminal: Terminal) -> String {
    let (ink, word) = match result.outcome {
        Outcome::Pass => (Ink::Good, "within".to_owned()),
        Outcome::Fail => (Ink::Bad, "BREACH".to_owned()),
        Outcome::Inconclusive if result.interval.is_some() => (Ink::Undecided, "open".to_owned()),
        Outcome::Inconclusive => (Ink::Faint, result.validity.to_string()),
    };
    let told = told_result(known, result);
    let dry = if result.dry_run { "  (dry run)" } else { "" };
    format!(
        "{} {}{told}{dry}",
        left(result.metric.as_str(), 10),
        terminal.paint(ink, &left(&word, 13))
    )
}

/// The numbers of a result: the change or the value, its interval, and what is allowed.
fn told_result(known: Option<&Metric>, result: &MetricResult) -> String {
    let is_latency = matches!(known.map(|m| m.quantity), Some(MetricQuantity::Latency(_)));
    let is_absolute = |metric: &Metric| match metric.demand {
        MetricDemand::Limit(_) => true,
        MetricDemand::Margin(margin) => matches!(margin.scale, Scale::Unit(_)),
    };
    let unit = if is_latency && known.is_some_and(is_absolute) {
        Unit::Milliseconds
    } else {
        Unit::Ratio
    };
    let allowed = known.map_or_else(
        || value(result.threshold, None, unit),
        |metric| match metric.demand {
            MetricDemand::Margin(margin) => margin.to_string(),
            MetricDemand::Limit(bound) => bound.to_string(),
        },
    );
    let (candidate_n, baseline_n) = (count(result.n.0), count(result.n.1));
    match result.interval {
        None => format!("{candidate_n} and {baseline_n} requests; at most {allowed}"),
        Some(found) => {
            let middle = change(found.low().midpoint(found.high()), Some(found), unit);
            format!(
                "{middle} {}  at most {allowed}  n {candidate_n}, {baseline_n}",
                interval(found, unit)
            )
        }
    }
}

/// A reason in a sentence.
pub fn reason(why: &RolloutReason, plan: Option<&RolloutPlan>) -> String {
    match why {
        RolloutReason::Held => "it is held".to_owned(),
        RolloutReason::Breach(result) => {
            let known = plan.and_then(|plan| plan.monitor.iter().find(|m| m.name == result.metric));
            format!(
                "{} left what is allowed: {}",
                result.metric,
                told_result(known, result)
            )
        }
        RolloutReason::CandidateDown(health) => format!("the candidate {}", how(*health)),
        RolloutReason::SourceFailed(words) => {
            format!("the traffic could not be asked: {}", clean(words))
        }
        RolloutReason::NotInEffect { wanted, seen } => {
            format!("generation {wanted} is wanted, {seen} is in effect")
        }
        RolloutReason::NotServing(health) => format!("the candidate {}", how(*health)),
        RolloutReason::SplitMismatch { weight, split } => format!(
            "the split is told to give the candidate {weight} and gave it {} of {}",
            count(split.candidate),
            count(split.total)
        ),
        RolloutReason::TooFewRequests {
            candidate,
            baseline,
            needed,
        } => {
            let beside =
                baseline.map_or_else(String::new, |n| format!(", the baseline {}", count(n)));
            format!(
                "the candidate has served {} requests{beside}; {} are needed",
                count(*candidate),
                count(*needed)
            )
        }
        RolloutReason::PauseRuns { left_ms } => format!("the pause runs {} more", length(*left_ms)),
        RolloutReason::AwaitsPromotion => "it waits for adjutant rollout promote".to_owned(),
        RolloutReason::AwaitsLook { look, needed, seen } => format!(
            "look {look} needs {} requests of each version; there are {}",
            count(*needed),
            count(*seen)
        ),
        RolloutReason::Looked { look, results } => looked(*look, results, plan),
        RolloutReason::LooksExhausted => "the last look could not decide".to_owned(),
        RolloutReason::DeadlinePassed { by_ms } => {
            format!("the step's time is over since {}", length(*by_ms))
        }
        RolloutReason::StepDone => "the step is done".to_owned(),
        RolloutReason::Exposed(exposure) => format!("the candidate gets {}", share(*exposure)),
    }
}

/// What an analysis saw at a look.
fn looked(look: u32, results: &[MetricResult], plan: Option<&RolloutPlan>) -> String {
    let told: Vec<String> = results
        .iter()
        .map(|result| {
            let known = plan.and_then(|plan| analyzed(plan, result));
            let word = match result.outcome {
                Outcome::Pass => "passes",
                Outcome::Fail => "FAILS",
                Outcome::Inconclusive => "is open",
            };
            format!("{} {word} ({})", result.metric, told_result(known, result))
        })
        .collect();
    format!("look {look}: {}", told.join("; "))
}

fn analyzed<'p>(plan: &'p RolloutPlan, result: &MetricResult) -> Option<&'p Metric> {
    let metrics = plan.steps.iter().flat_map(|step| match step {
        RolloutStep::Analysis(analysis) => analysis.metrics.as_slice(),
        RolloutStep::SetWeight(_) | RolloutStep::SetMirrorRoute(_) | RolloutStep::Pause { .. } => {
            &[]
        }
    });
    metrics
        .into_iter()
        .find(|metric| metric.name == result.metric)
}

fn how(health: ArmHealth) -> &'static str {
    match health {
        ArmHealth::NotWatched => "is not watched",
        ArmHealth::Starting => "is starting",
        ArmHealth::Healthy => "is well",
        ArmHealth::Unhealthy => "does not answer its health check",
        ArmHealth::CrashLooping => "ends again and again",
        ArmHealth::Gone => "does not run",
    }
}

/// An order as its command calls it.
pub fn order(given: RolloutOrder) -> &'static str {
    match given {
        RolloutOrder::Promote => "promote",
        RolloutOrder::PromoteFully => "promote --full",
        RolloutOrder::Abort => "abort",
        RolloutOrder::Pause => "pause",
        RolloutOrder::Resume => "resume",
    }
}

/// An event in a sentence or two.
pub fn event(told: &ServiceEvent, plan: Option<&RolloutPlan>) -> String {
    match told {
        ServiceEvent::First => {
            "the first version came; there is nothing to compare it with".to_owned()
        }
        ServiceEvent::Started => "the rollout began".to_owned(),
        ServiceEvent::Decided(decision) => {
            let why: Vec<String> = decision
                .reasons
                .iter()
                .map(|why| reason(why, plan))
                .collect();
            format!("{}: {}", decision.action, why.join("; "))
        }
        ServiceEvent::Ordered {
            order: given,
            because,
        } => {
            format!("a person ordered {}: {}", order(*given), clean(because))
        }
        ServiceEvent::Recovered(times) => format!(
            "recovered {} after its detection (decision {}, actuation {}, verification {}); the \
             candidate had been exposed for {}",
            length(times.from_detection_ms()),
            length(times.decision_ms),
            length(times.actuation_ms),
            length(times.verification_ms),
            length(times.exposed_ms)
        ),
        ServiceEvent::Undone { from, to, because } => {
            format!(
                "a person went back from {} to {}: {}",
                from.short(),
                to.short(),
                clean(because)
            )
        }
        ServiceEvent::Lifted { version, because } => {
            format!("{} may be used again: {}", version.short(), clean(because))
        }
    }
}

/// Why a worst case is not permitted.
pub fn refusal(why: &RecoveryRefusal) -> String {
    match why {
        RecoveryRefusal::NoTraffic => {
            "NO DATA AVAILABLE: without traffic nobody knows how long a recovery takes".to_owned()
        }
        RecoveryRefusal::SourceFailed(words) => {
            format!(
                "NO DATA AVAILABLE: the traffic could not be asked: {}",
                clean(words)
            )
        }
        RecoveryRefusal::NeverDetected { metric, weight } => {
            format!(
                "{metric} never shows a breach at {weight}: let it detect more, or raise the weight"
            )
        }
        RecoveryRefusal::Unmonitored => {
            "nothing that is monitored can be measured while users get the candidate: a margin \
             needs a step at which both versions serve, such as { setWeight = 10 }; a limit needs \
             none"
                .to_owned()
        }
        RecoveryRefusal::TooLong { total_ms } => {
            format!(
                "{} is more than 120 s: raise the weights, or detect larger changes",
                length(*total_ms)
            )
        }
    }
}
