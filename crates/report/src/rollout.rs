//! A rollout in a terminal: its steps, what both versions do now, and what was decided.

mod story;
mod words;

use adjutant_domain::{Digest, Timestamp, Unit};
use adjutant_rollout::{
    ArmCounts, DesiredService, MetricResult, RecoveryProof, RecoveryRefusal, RolloutId,
    RolloutPhase, RolloutPlan, RolloutReason, RolloutState, ServiceEvent, TrafficSource,
};

use crate::number::{count, value};
use crate::terminal::{Ink, Terminal, clean, left, right, wrap};

pub use story::story;
pub use words::{event, length, order, reason, refusal, step};
use words::{metric, phase};

/// A service and the rollout under way.
#[derive(Debug, Clone, Copy)]
pub struct ShownRollout<'a> {
    /// The service's name.
    pub service: &'a str,
    /// What is wanted of it.
    pub desired: &'a DesiredService,
    /// The rollout, when there was one.
    pub rollout: Option<(RolloutId, &'a RolloutPlan)>,
    /// Where it stands.
    pub state: Option<&'a RolloutState>,
    /// What happened last, and when.
    pub last: (&'a ServiceEvent, Timestamp),
    /// What it waits for.
    pub waits_for: Option<&'a RolloutReason>,
    /// What the traffic says now.
    pub traffic: &'a TrafficSource,
    /// What the monitor says now.
    pub results: &'a [MetricResult],
    /// Every version that shall run, and how its keeper says it is.
    pub instances: &'a [(Digest, &'static str)],
    /// The worst case that was computed at the start.
    pub proof: Option<&'a RecoveryProof>,
    /// Now.
    pub now: Timestamp,
}

/// The whole of it, a screen at most.
pub fn status(shown: &ShownRollout<'_>, terminal: Terminal) -> String {
    let mut text = head(shown, terminal);
    if let (Some((_, plan)), Some(state)) = (shown.rollout, shown.state) {
        text += &steps(plan, state, shown.now, terminal);
    }
    text += &traffic(shown, terminal);
    text += &monitor(shown, terminal);
    if let Some(why) = shown.waits_for {
        let plan = shown.rollout.map(|(_, plan)| plan);
        text += &format!("\nnow    {}\n", reason(why, plan));
    }
    text += &format!("\nlast   {}\n", last(shown, terminal));
    if let Some(worst) = shown.proof.and_then(RecoveryProof::total_ms) {
        text += &format!("worst-case recovery  {}\n", length(worst));
    }
    text + &blocked(shown.desired)
}

/// The versions that were taken back last.
fn blocked(desired: &DesiredService) -> String {
    const SHOWN_MAX: usize = 3;
    let mut text = String::new();
    for blocked in desired.blocked.iter().rev().take(SHOWN_MAX) {
        let by = blocked
            .rollout
            .map_or_else(|| "a person".to_owned(), |id| id.to_string());
        text += &format!("blocked  {} by {by}\n", blocked.version.short());
    }
    let more = desired.blocked.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        text += &format!("blocked  {more} more\n");
    }
    text
}

fn head(shown: &ShownRollout<'_>, terminal: Terminal) -> String {
    let mut title = terminal.paint(Ink::Strong, &clean(shown.service));
    if let (Some((id, plan)), Some(state)) = (shown.rollout, shown.state) {
        let (ink, word) = phase(state.phase);
        let at = (state.step + 1).min(plan.steps.len());
        title += &format!("  {id}  {}", terminal.paint(ink, word));
        if !state.phase.has_ended() {
            title += &format!("  step {at} of {}", plan.steps.len());
        }
    }
    let role = |name: &str, version: Option<Digest>| {
        let version = version?;
        let known = shown.instances.iter().find(|(known, _)| *known == version);
        let how = known.map_or("not kept", |(_, how)| how);
        Some(format!("{} {}  {how}\n", left(name, 9), version.short()))
    };
    let roles = [
        role("live", shown.desired.live),
        role("candidate", shown.desired.candidate),
        role("previous", shown.desired.previous),
    ];
    let roles: String = roles.into_iter().flatten().collect();
    let bar = match shown.desired.candidate {
        Some(_) => bar(shown, terminal) + "\n",
        None => String::new(),
    };
    format!("{title}\n\n{roles}{bar}")
}

/// How the requests are shared, as a line.
fn bar(shown: &ShownRollout<'_>, terminal: Terminal) -> String {
    const CELLS: usize = 40;
    let exposure = shown.desired.exposure;
    let filled = (exposure.weight.share() * CELLS as f64).round() as usize;
    let bar = terminal.paint(Ink::Good, &"█".repeat(filled)) + &"░".repeat(CELLS - filled);
    let copies = if exposure.mirror.basis_points() > 0 {
        format!(", {} copied", exposure.mirror)
    } else {
        String::new()
    };
    format!("requests  {bar}  {}{copies}", exposure.weight)
}

fn steps(plan: &RolloutPlan, state: &RolloutState, now: Timestamp, terminal: Terminal) -> String {
    let mut text = String::new();
    for (number, planned) in plan.steps.iter().enumerate() {
        let told = step(planned);
        let is_under_way = number == state.step && !state.phase.has_ended();
        let line = if is_under_way {
            let lasts = now.unix_millis() - state.step_began.unix_millis();
            let line = format!("▸ {told}  for {}", length(lasts));
            terminal.paint(Ink::Strong, &line)
        } else if number < state.step {
            format!("{} {told}", terminal.paint(Ink::Good, "✓"))
        } else {
            terminal.paint(Ink::Faint, &format!("  {told}"))
        };
        text += &format!("  {line}\n");
    }
    text
}

fn traffic(shown: &ShownRollout<'_>, terminal: Terminal) -> String {
    let window = match shown.traffic {
        TrafficSource::Seen(window) => window,
        TrafficSource::Failed(words) => {
            let words = terminal.paint(Ink::Bad, &clean(words));
            return format!("\nNO DATA AVAILABLE: the traffic could not be asked: {words}\n");
        }
    };
    let head = ["requests", "failed", "p50", "p95", "p99"];
    let head: String = head.iter().map(|name| right(name, 12)).collect();
    let mut text = format!("\n{}{head}\n", " ".repeat(10));
    text += &arm("baseline", &window.baseline);
    if shown.desired.candidate.is_some() {
        text += &arm("candidate", &window.candidate);
    }
    if window.mirrored.compared > 0 {
        let (compared, differing) = (window.mirrored.compared, window.mirrored.differing);
        text += &format!(
            "answers   {} compared, {} differ\n",
            count(compared),
            count(differing)
        );
    }
    text
}

fn arm(name: &str, counts: &ArmCounts) -> String {
    let failed = if counts.requests == 0 {
        "-".to_owned()
    } else {
        let share = counts.failures as f64 / counts.requests as f64;
        value((share * 1e5).round() / 1e5, None, Unit::Ratio)
    };
    let quantile = |p: f64| {
        counts.latency.quantile(p).map_or_else(
            || "-".to_owned(),
            |ms| value((ms * 100.0).round() / 100.0, None, Unit::Milliseconds),
        )
    };
    let cells = [
        count(counts.requests),
        failed,
        quantile(0.5),
        quantile(0.95),
        quantile(0.99),
    ];
    let cells: String = cells.iter().map(|cell| right(cell, 12)).collect();
    format!("{}{cells}\n", left(name, 10))
}

fn monitor(shown: &ShownRollout<'_>, terminal: Terminal) -> String {
    let Some((_, plan)) = shown.rollout.filter(|_| !shown.results.is_empty()) else {
        return String::new();
    };
    let mut text = String::from("\nmonitor\n");
    for result in shown.results {
        let known = plan
            .monitor
            .iter()
            .find(|known| known.name == result.metric);
        text += &format!("  {}\n", metric(known, result, terminal));
    }
    text
}

fn last(shown: &ShownRollout<'_>, terminal: Terminal) -> String {
    let (told, at) = shown.last;
    let plan = shown.rollout.map(|(_, plan)| plan);
    let ago = length(shown.now.unix_millis() - at.unix_millis());
    let lines = wrap(&event(told, plan), terminal.width().saturating_sub(8));
    format!(
        "{}  {}",
        lines.join("\n       "),
        terminal.paint(Ink::Faint, &format!("{ago} ago"))
    )
}

/// A line of what a controller goes through: the time, and what happened.
pub fn line(at: Timestamp, told: &ServiceEvent, plan: Option<&RolloutPlan>) -> String {
    format!("{at}  {}\n", event(told, plan))
}

/// How it ended, for whoever waited.
pub fn ending(phase_at_end: Option<RolloutPhase>, terminal: Terminal) -> String {
    match phase_at_end {
        None => "the service is as it is wanted\n".to_owned(),
        Some(found) => {
            let (ink, word) = phase(found);
            format!("{}\n", terminal.paint(ink, word))
        }
    }
}

/// A plan before it starts: its steps, its monitor, and the worst case.
pub fn plan(
    plan: &RolloutPlan,
    requests_per_second: Option<f64>,
    recovery: &Result<RecoveryProof, RecoveryRefusal>,
    terminal: Terminal,
) -> String {
    let mut text = String::new();
    for planned in &plan.steps {
        text += &format!("  {}\n", step(planned));
    }
    text += "\nmonitor\n";
    for metric in &plan.monitor {
        text += &format!("  {}\n", words::demand(metric));
    }
    text += &format!(
        "\nfalse rollbacks  at most {} of healthy rollouts\n",
        value(plan.alpha, None, Unit::Ratio)
    );
    match requests_per_second {
        Some(rate) => {
            let rate = value((rate * 100.0).round() / 100.0, None, Unit::PerSecond);
            text += &format!("present traffic  {rate}\n\n");
        }
        None => {
            text += "present traffic  NO DATA AVAILABLE: send requests through the service's proxy \
                     for some seconds, and ask again\n\n";
        }
    }
    text + &worst_case(recovery, terminal)
}

/// The worst case and its parts.
pub fn worst_case(recovery: &Result<RecoveryProof, RecoveryRefusal>, terminal: Terminal) -> String {
    let proof = match recovery {
        Ok(proof) => proof,
        Err(why) => {
            return format!(
                "worst-case recovery  {}\n",
                terminal.paint(Ink::Bad, &refusal(why))
            );
        }
    };
    let mut text = String::from("worst-case recovery\n");
    for found in &proof.detections {
        let lasts = found.lasts_ms.map_or_else(|| "never".to_owned(), length);
        let requests = found.requests.map_or_else(|| "-".to_owned(), count);
        text += &format!(
            "  detection at {}  {}  {} requests, {lasts}\n",
            left(&found.exposure.weight.to_string(), 6),
            left(found.metric.as_str(), 12),
            right(&requests, 7),
        );
    }
    let parts = [
        ("detection", proof.detection_ms),
        ("decision", Some(proof.decision_ms)),
        ("actuation", Some(proof.actuation_ms)),
        ("verification", Some(proof.verification_ms)),
        ("together", proof.total_ms()),
    ];
    for (name, lasts) in parts {
        let lasts = lasts.map_or_else(|| "never".to_owned(), length);
        text += &format!("  {} {}\n", left(name, 13), right(&lasts, 8));
    }
    let (ink, word) = match proof.permit() {
        Ok(()) => (Ink::Good, "within 120 s".to_owned()),
        Err(why) => (Ink::Bad, refusal(&why)),
    };
    text + &format!("  {}\n", terminal.paint(ink, &word))
}
