//! The decision. What harms users is judged first, then what is too late, and only then what would
//! give the candidate more.

use adjutant_domain::{Confidence, Outcome, Timestamp};
use adjutant_stats::spending::{self, Shape};
use adjutant_stats::{Proportion, sequence};

use crate::decision::{Move, RolloutReason, Turn};
use crate::judge::{Look, MetricResult, judge};
use crate::measurements::{ArmHealth, RolloutMeasurements, StageWindow, TrafficSource};
use crate::plan::{RolloutAnalysis, RolloutPlan, RolloutStep};
use crate::state::{RolloutPhase, RolloutState};
use crate::{Exposure, RolloutWeight};

/// The probability that a split which does as told is called a mismatch, over a whole rollout.
const SPLIT_ALPHA: f64 = 0.001;

/// What is next for a rollout.
pub fn step(
    plan: &RolloutPlan,
    state: &RolloutState,
    seen: &RolloutMeasurements,
    now: Timestamp,
) -> Turn {
    let window = window_in_effect(state, &seen.traffic);
    let results = match window {
        Ok(window) => monitored(plan, state.exposure, window),
        Err(_) => Vec::new(),
    };
    let (action, reasons, next) = decide(plan, state, seen, window, &results, now);
    Turn {
        action,
        reasons,
        results,
        next,
    }
}

type Decided = (Move, Vec<RolloutReason>, RolloutState);

fn decide(
    plan: &RolloutPlan,
    state: &RolloutState,
    seen: &RolloutMeasurements,
    window: Result<&StageWindow, RolloutReason>,
    results: &[MetricResult],
    now: Timestamp,
) -> Decided {
    let hold = |reason| (Move::Hold, vec![reason], state.clone());
    if state.phase.has_ended() {
        return hold(RolloutReason::Held);
    }
    let harm = harm(seen.candidate, results);
    if !harm.is_empty() {
        return (
            Move::RollBack,
            harm,
            state.taken_back(RolloutPhase::RolledBack),
        );
    }
    if state.phase != RolloutPhase::Progressing {
        return hold(RolloutReason::Held);
    }
    let to_fix = |reasons| {
        let next = RolloutState {
            phase: RolloutPhase::PausedToFix,
            ..state.clone()
        };
        (Move::PauseAndFix, reasons, next)
    };
    let wanting = wanting(plan, state, seen.candidate, &window);
    if let Some(by_ms) = overdue_ms(plan, state, now) {
        let mut reasons = vec![RolloutReason::DeadlinePassed { by_ms }];
        reasons.extend(wanting);
        return to_fix(reasons);
    }
    let window = match window {
        Ok(window) => window,
        Err(reason) => return hold(reason),
    };
    if let Some(mismatch) = split_mismatch(plan, state.exposure.weight, window) {
        return to_fix(vec![mismatch]);
    }
    match ask(plan, state, window, wanting.is_some(), now) {
        Asked::Wait(reason) => hold(reason),
        Asked::Looked(reason, looks) => {
            let next = RolloutState {
                looks,
                ..state.clone()
            };
            (Move::Hold, vec![reason], next)
        }
        Asked::Failed(reason) => {
            let next = state.taken_back(RolloutPhase::RolledBack);
            (Move::RollBack, vec![reason], next)
        }
        Asked::Undecided(reason) => to_fix(vec![RolloutReason::LooksExhausted, reason]),
        Asked::Done(reason) => match wanting {
            Some(wanting) => hold(wanting),
            None => advanced(plan, state, reason, now),
        },
    }
}

/// Asks the step under way.
fn ask(
    plan: &RolloutPlan,
    state: &RolloutState,
    window: &StageWindow,
    is_wanting: bool,
    now: Timestamp,
) -> Asked {
    match plan.steps.get(state.step) {
        // A look is taken only when what it says can be followed: each look spends error.
        Some(RolloutStep::Analysis(_)) if is_wanting => Asked::Done(RolloutReason::StepDone),
        Some(RolloutStep::Analysis(analysis)) => look(plan, analysis, state, window),
        Some(RolloutStep::Pause { duration_ms: None }) => {
            Asked::Wait(RolloutReason::AwaitsPromotion)
        }
        Some(RolloutStep::Pause {
            duration_ms: Some(duration),
        }) => {
            let left_ms = duration - (now.unix_millis() - state.step_began.unix_millis());
            if left_ms > 0 {
                Asked::Wait(RolloutReason::PauseRuns { left_ms })
            } else {
                Asked::Done(RolloutReason::StepDone)
            }
        }
        Some(RolloutStep::SetWeight(_) | RolloutStep::SetMirrorRoute(_)) | None => {
            Asked::Done(RolloutReason::StepDone)
        }
    }
}

/// What a step says about itself.
enum Asked {
    /// It needs time, requests or a person.
    Wait(RolloutReason),
    /// It looked and goes on looking, with these looks taken.
    Looked(RolloutReason, Vec<f64>),
    /// The candidate failed.
    Failed(RolloutReason),
    /// It cannot decide any more.
    Undecided(RolloutReason),
    /// It is done.
    Done(RolloutReason),
}

fn advanced(
    plan: &RolloutPlan,
    state: &RolloutState,
    reason: RolloutReason,
    now: Timestamp,
) -> Decided {
    let next = state.at_step(plan, state.step + 1, now);
    let action = if next.phase == RolloutPhase::Completed {
        Move::Complete
    } else {
        Move::Advance
    };
    let mut reasons = vec![reason];
    if next.exposure != state.exposure {
        reasons.push(RolloutReason::Exposed(next.exposure));
    }
    (action, reasons, next)
}

/// The window, when all that it counts was counted under the exposure that is wanted.
fn window_in_effect<'w>(
    state: &RolloutState,
    traffic: &'w TrafficSource,
) -> Result<&'w StageWindow, RolloutReason> {
    match traffic {
        TrafficSource::Failed(words) => Err(RolloutReason::SourceFailed(words.clone())),
        TrafficSource::Seen(window) if window.generation == state.generation => Ok(window),
        TrafficSource::Seen(window) => Err(RolloutReason::NotInEffect {
            wanted: state.generation,
            seen: window.generation,
        }),
    }
}

fn monitored(plan: &RolloutPlan, exposure: Exposure, window: &StageWindow) -> Vec<MetricResult> {
    let look = Look::Anytime(plan.monitor_alpha());
    let metrics = plan.monitor.iter();
    metrics
        .filter(|metric| metric.has_data_under(exposure))
        .map(|metric| judge(metric, window, look))
        .collect()
}

/// Why the candidate is taken back at once.
fn harm(candidate: ArmHealth, results: &[MetricResult]) -> Vec<RolloutReason> {
    let mut reasons = Vec::new();
    if candidate == ArmHealth::CrashLooping {
        reasons.push(RolloutReason::CandidateDown(candidate));
    }
    let breaches = results
        .iter()
        .filter(|result| result.outcome == Outcome::Fail && !result.dry_run);
    reasons.extend(breaches.cloned().map(RolloutReason::Breach));
    reasons
}

/// What is missing before the candidate may get more, if anything.
fn wanting(
    plan: &RolloutPlan,
    state: &RolloutState,
    candidate: ArmHealth,
    window: &Result<&StageWindow, RolloutReason>,
) -> Option<RolloutReason> {
    let window = match window {
        Ok(window) => window,
        Err(reason) => return Some(reason.clone()),
    };
    if !candidate.may_serve() {
        return Some(RolloutReason::NotServing(candidate));
    }
    let exposure = state.exposure;
    let leaves = plan
        .steps
        .get(state.step + 1)
        .is_none_or(|next| exposure.after(next) != exposure);
    let needed = plan.requests_min;
    let baseline = (exposure.weight < RolloutWeight::ALL).then_some(window.baseline.requests);
    let least = window.candidate.requests.min(baseline.unwrap_or(u64::MAX));
    (leaves && exposure.is_any() && least < needed).then_some(RolloutReason::TooFewRequests {
        candidate: window.candidate.requests,
        baseline,
        needed,
    })
}

/// By how much the step under way is over its time.
fn overdue_ms(plan: &RolloutPlan, state: &RolloutState, now: Timestamp) -> Option<i64> {
    let allowed = match plan.steps.get(state.step)? {
        RolloutStep::SetWeight(_) | RolloutStep::SetMirrorRoute(_) => plan.deadline_ms,
        RolloutStep::Pause { duration_ms } => (*duration_ms)?.saturating_add(plan.deadline_ms),
        RolloutStep::Analysis(analysis) => analysis.deadline_ms,
    };
    let by_ms = now.unix_millis() - state.step_began.unix_millis() - allowed;
    (by_ms >= 0).then_some(by_ms)
}

/// Whether the split speaks against the weight that it was told.
fn split_mismatch(
    plan: &RolloutPlan,
    weight: RolloutWeight,
    window: &StageWindow,
) -> Option<RolloutReason> {
    let split = window.split?;
    let observed = Proportion::new(split.candidate, split.total)?;
    let alpha = SPLIT_ALPHA / plan.stages().len().max(1) as f64;
    let share = sequence::proportion(observed, Confidence::TwoSided(1.0 - alpha))?;
    (!share.contains(weight.share())).then_some(RolloutReason::SplitMismatch { weight, split })
}

/// Takes the next look, when there are requests enough for it.
fn look(
    plan: &RolloutPlan,
    analysis: &RolloutAnalysis,
    state: &RolloutState,
    window: &StageWindow,
) -> Asked {
    let taken = state.looks.len() as u32;
    let look = taken + 1;
    let needed = (analysis.requests * u64::from(look)).div_ceil(u64::from(analysis.looks));
    let seen = served(state.exposure, window);
    if seen < needed {
        return Asked::Wait(RolloutReason::AwaitsLook { look, needed, seen });
    }
    let fraction = (seen as f64 / analysis.requests as f64).min(1.0);
    let mut looks = state.looks.clone();
    looks.push(fraction);
    let confidence = |alpha: f64| {
        let boundaries = spending::boundaries(
            &looks,
            Shape::OBrienFleming,
            Confidence::OneSided(1.0 - alpha),
        )?;
        boundaries.last().copied().map(spending::confidence_at)
    };
    let (Some(pass), Some(fail)) = (confidence(plan.alpha), confidence(plan.analysis_alpha()))
    else {
        // Looks that cannot be ordered spend nothing and decide nothing.
        return Asked::Wait(RolloutReason::AwaitsLook { look, needed, seen });
    };
    let planned = Look::Planned { pass, fail };
    let metrics = analysis.metrics.iter();
    let results: Vec<MetricResult> = metrics.map(|m| judge(m, window, planned)).collect();
    let deciding = || results.iter().filter(|result| !result.dry_run);
    let fails = deciding().any(|result| result.outcome == Outcome::Fail);
    let passes = deciding().all(|result| result.outcome == Outcome::Pass);
    let looked = RolloutReason::Looked {
        look,
        results: results.clone(),
    };
    if fails {
        Asked::Failed(looked)
    } else if passes {
        Asked::Done(looked)
    } else if fraction >= 1.0 {
        Asked::Undecided(looked)
    } else {
        Asked::Looked(looked, looks)
    }
}

/// The requests of each arm that serves.
fn served(exposure: Exposure, window: &StageWindow) -> u64 {
    if exposure.weight == RolloutWeight::ALL {
        window.candidate.requests
    } else {
        window.candidate.requests.min(window.baseline.requests)
    }
}
