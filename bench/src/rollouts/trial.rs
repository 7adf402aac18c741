//! One version rolled out, and how it went.

use std::fmt;
use std::process::Child;
use std::time::Duration;

use adjutant_rollout::{Move, RecoveryTimes, RolloutPhase, ServiceEvent};
use anyhow::{Context, Result, ensure};

use super::clients::Stream;
use super::ground::{Event, Ground, Plan};

/// What is rolled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TrialKind {
    /// A version with this fault of the example service.
    Planted(&'static str),
    /// A version like the one in use, whose users go away when its rollout has begun.
    NoTraffic,
    /// A version like the one in use.
    Healthy,
}

impl TrialKind {
    pub(super) const ALL: [Self; 9] = [
        Self::Planted("slower"),
        Self::Planted("errors"),
        Self::Planted("crash"),
        Self::Planted("hang"),
        Self::Planted("leak"),
        Self::Planted("dropped-field"),
        Self::Planted("other-type"),
        Self::NoTraffic,
        Self::Healthy,
    ];

    /// What a reader calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Planted("slower") => "latency +20 %",
            Self::Planted("errors") => "2 % errors",
            Self::Planted("crash") => "crash loop (ends after 60 searches)",
            Self::Planted("hang") => "hang (after 60 searches)",
            Self::Planted("leak") => "memory leak (4 MiB a search) until it is ended",
            Self::Planted("dropped-field") => "dropped field in the answer",
            Self::Planted("other-type") => "schema break (a number becomes text)",
            Self::Planted(other) => other,
            Self::NoTraffic => "no traffic",
            Self::Healthy => "like the version in use",
        }
    }

    /// Faults in what is answered are looked for before users get anything; for the others the
    /// users are where they show soonest.
    fn plan(self) -> Plan {
        match self {
            Self::Planted("dropped-field" | "other-type") | Self::Healthy => Plan::Whole,
            Self::Planted(_) | Self::NoTraffic => Plan::Live,
        }
    }
}

/// A version to roll out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    pub(super) kind: TrialKind,
    pub(super) number: usize,
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.number + 1)
    }
}

/// How a trial went.
#[derive(Debug, Clone, Copy)]
pub(super) struct TrialResult {
    pub(super) kind: TrialKind,
    pub(super) phase: RolloutPhase,
    /// Where it was taken back.
    pub(super) taken_back: Option<TakenBack>,
}

/// How long it took to take a version back, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct TakenBack {
    /// From the moment from which the version could get requests to the measurement that decided.
    pub(super) detection_ms: i64,
    /// From that measurement until it was seen that no request is on it.
    pub(super) recovery_ms: i64,
}

impl fmt::Display for TrialResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phase.name())?;
        if let Some(taken_back) = &self.taken_back {
            write!(
                f,
                ", detected after {} ms, recovered {} ms later",
                taken_back.detection_ms, taken_back.recovery_ms
            )?;
        }
        Ok(())
    }
}

impl Trial {
    pub(super) fn run(&self, ground: &Ground, clients: &Stream) -> Result<TrialResult> {
        let (name, options) = match self.kind {
            TrialKind::Planted(fault) => (fault, vec!["--fault", fault]),
            TrialKind::NoTraffic => ("no-traffic", Vec::new()),
            TrialKind::Healthy => ("healthy", Vec::new()),
        };
        let artifact = format!("{name}-{}", self.number);
        let live = live(&ground.events()?)?;
        ground.plan(self.kind.plan())?;
        ground.lay_down(&artifact, &options)?;
        let mut started = ground.start(&artifact)?;
        if self.kind == TrialKind::NoTraffic {
            await_start(ground, &mut started)?;
            clients.dry_up();
        }
        let output = started.wait_with_output()?;
        clients.flow();
        let code = output.status.code();
        ensure!(
            matches!(code, Some(0 | 20 | 30)),
            "exit code {code:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let events = ground.events()?;
        let phase = phase(&events).with_context(|| {
            format!(
                "no rollout began: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
        if !phase.has_ended() {
            let abort = [
                "rollout",
                "abort",
                "search",
                "--because",
                "the trial is over",
            ];
            crate::python::succeed(&mut ground.command(&abort))?;
        }
        let is_same = self::live(&ground.events()?)? == live;
        ensure!(
            is_same != (phase == RolloutPhase::Completed),
            "{} and the version in use does not fit",
            phase.name()
        );
        Ok(TrialResult {
            kind: self.kind,
            phase,
            taken_back: taken_back(&events),
        })
    }
}

fn live(events: &[Event]) -> Result<String> {
    let last = events.last().context("nothing happened")?;
    let live = last.record.desired.live.context("no version is in use")?;
    Ok(live.to_string())
}

fn phase(events: &[Event]) -> Option<RolloutPhase> {
    let state = events.last()?.record.state.as_ref()?;
    Some(state.phase)
}

/// Waits until the rollout has begun, or the program that should begin it has ended.
fn await_start(ground: &Ground, started: &mut Child) -> Result<()> {
    while started.try_wait()?.is_none() {
        if phase(&ground.events()?) == Some(RolloutPhase::Progressing) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn taken_back(events: &[Event]) -> Option<TakenBack> {
    let exposed = events
        .iter()
        .find(|event| event.record.desired.exposure.is_any())
        .or(events.first())?;
    let read_at = events.iter().find_map(|event| match &event.record.told {
        ServiceEvent::Decided(decision) if decision.action == Move::RollBack => {
            Some(decision.read_at)
        }
        ServiceEvent::First
        | ServiceEvent::Started
        | ServiceEvent::Decided(_)
        | ServiceEvent::Ordered { .. }
        | ServiceEvent::Recovered(_)
        | ServiceEvent::Undone { .. }
        | ServiceEvent::Lifted { .. } => None,
    })?;
    let recovered = events
        .iter()
        .rev()
        .find_map(|event| match &event.record.told {
            ServiceEvent::Recovered(times) => Some(times),
            ServiceEvent::First
            | ServiceEvent::Started
            | ServiceEvent::Decided(_)
            | ServiceEvent::Ordered { .. }
            | ServiceEvent::Undone { .. }
            | ServiceEvent::Lifted { .. } => None,
        })?;
    Some(TakenBack {
        detection_ms: read_at.unix_millis() - exposed.at.unix_millis(),
        recovery_ms: RecoveryTimes::from_detection_ms(recovered),
    })
}
