//! What the own proxy counted, as a rollout's measurements.

use adjutant_domain::ServiceName;
use adjutant_rollout::{
    ArmCounts, DesiredService, Exposure, MirroredPairs, PresentTraffic, RolloutWeight, SplitCount,
    StageWindow,
};
use adjutant_traffic::{
    ArmMinute, MirrorComparison, ObservedTraffic, TrafficControlError, TrafficLane,
    TrafficMeasurements,
};

use super::Ground;

/// The arms of the proxy.
pub(super) const BASELINE: &str = "baseline";
pub(super) const CANDIDATE: &str = "candidate";

/// How far back present traffic reaches.
const PRESENT_MS: i64 = 180_000;

/// Fewer requests, or a shorter time, say nothing about the traffic there is.
const PRESENT_REQUESTS_MIN: u64 = 100;
const PRESENT_MS_MIN: i64 = 3_000;

/// What the own proxy counted under the generation in effect.
pub(super) async fn measure(
    ground: &Ground,
    service: &ServiceName,
    desired: &DesiredService,
    observed: &ObservedTraffic,
) -> Result<StageWindow, TrafficControlError> {
    let control = ground.traffic(service);
    let measured = control.measurements(None).await?;
    let comparison = if desired.exposure.mirror > RolloutWeight::NONE {
        control.comparison().await?
    } else {
        None
    };
    let generation = observed
        .desired
        .as_ref()
        .map_or(0, |desired| desired.generation);
    Ok(window(
        generation,
        desired,
        observed,
        &measured,
        comparison.as_ref(),
    ))
}

/// What was counted under one generation.
fn window(
    generation: u64,
    desired: &DesiredService,
    observed: &ObservedTraffic,
    measured: &TrafficMeasurements,
    comparison: Option<&MirrorComparison>,
) -> StageWindow {
    let suffix = format!("@{generation}");
    let mut window = StageWindow {
        generation,
        ..StageWindow::default()
    };
    let lane = lane_of(desired.exposure);
    let minutes = measured.minutes.iter().flat_map(|minute| &minute.arms);
    let arms = measured.earlier.iter().chain(minutes);
    for arm in arms.filter(|arm| arm.version.ends_with(&suffix) && arm.lane == lane) {
        match arm.name.as_str() {
            BASELINE => count(&mut window.baseline, arm),
            CANDIDATE => count(&mut window.candidate, arm),
            _other => {}
        }
    }
    let split = observed
        .splits
        .iter()
        .find(|split| split.generation == generation);
    window.split = split.and_then(|split| {
        let chosen = |name: &str| {
            let arm = split.arms.iter().find(|arm| arm.name == name);
            arm.map_or(0, |arm| arm.free)
        };
        let total: u64 = split.arms.iter().map(|arm| arm.free).sum();
        // Requests that a client's key decides come in clusters: they are no test of the split.
        (total > 0).then(|| SplitCount {
            candidate: chosen(CANDIDATE),
            total,
        })
    });
    if let Some(comparison) = comparison {
        window.mirrored = pairs(comparison);
    }
    window
}

/// The requests on which both versions are measured. A mirror gives way to users, so a candidate
/// that only gets copies is measured against copies that the baseline got.
fn lane_of(exposure: Exposure) -> TrafficLane {
    if exposure.weight == RolloutWeight::NONE && exposure.mirror > RolloutWeight::NONE {
        TrafficLane::Mirrored
    } else {
        TrafficLane::Live
    }
}

/// Adds what a minute says. A client that went away counts as a failure: it may have waited too
/// long, and the baseline's are counted alike.
fn count(counts: &mut ArmCounts, minute: &ArmMinute) {
    counts.requests += minute.ended;
    counts.failures += (minute.errors.failures() + minute.errors.cancelled).min(minute.ended);
    counts.latency.merge(&minute.whole_ms.0);
}

/// The pairs that differ more often than the baseline differs from itself.
fn pairs(comparison: &MirrorComparison) -> MirroredPairs {
    let noise = if comparison.noise_pairs == 0 {
        0.0
    } else {
        comparison.noise_disagreements as f64 / comparison.noise_pairs as f64
    };
    let usual = (noise * comparison.pairs as f64).round() as u64;
    MirroredPairs {
        compared: comparison.pairs,
        differing: comparison.disagreements.saturating_sub(usual),
    }
}

/// The traffic there is now: what clients asked in the last minutes, and how it went on the version
/// in use. What a candidate did, which may have been taken back meanwhile, is not usual.
pub(super) fn present(
    observed: &ObservedTraffic,
    measured: &TrafficMeasurements,
) -> Option<PresentTraffic> {
    let now = observed.now.unix_millis();
    let minutes: Vec<_> = measured
        .minutes
        .iter()
        .filter(|minute| now - minute.start.unix_millis() < PRESENT_MS)
        .collect();
    let first = minutes.first()?.start.unix_millis();
    let lasted = now - first.max(observed.started_at.unix_millis());
    let mut requests = 0;
    let mut baseline = ArmCounts::default();
    let arms = minutes.iter().flat_map(|minute| &minute.arms);
    for arm in arms.filter(|arm| arm.lane == TrafficLane::Live) {
        requests += arm.ended;
        if arm.name == BASELINE {
            count(&mut baseline, arm);
        }
    }
    let is_enough = lasted >= PRESENT_MS_MIN && baseline.requests >= PRESENT_REQUESTS_MIN;
    is_enough.then(|| PresentTraffic {
        requests_per_second: requests as f64 * 1_000.0 / lasted as f64,
        baseline,
    })
}

#[cfg(test)]
mod tests {
    use adjutant_domain::Timestamp;
    use adjutant_traffic::{TrafficErrors, TrafficMinute};

    use super::*;

    fn minute(name: &str, lane: TrafficLane, ended: u64) -> ArmMinute {
        ArmMinute {
            name: name.to_owned(),
            version: "0123@7".to_owned(),
            lane,
            started: ended,
            ended,
            statuses: [0; 5],
            errors: TrafficErrors::default(),
            retries: 0,
            request_bytes: 0,
            response_bytes: 0,
            head_ms: Default::default(),
            whole_ms: Default::default(),
        }
    }

    fn observed(now: Timestamp) -> ObservedTraffic {
        ObservedTraffic {
            now,
            started_at: Timestamp::from_unix_millis(0),
            listen: String::new(),
            process: 1,
            is_draining: false,
            connections: 0,
            desired: None,
            arms: Vec::new(),
            splits: Vec::new(),
            mirrors: Default::default(),
            unrouted: 0,
            refused: 0,
        }
    }

    #[test]
    fn what_a_candidate_did_is_traffic_and_not_what_is_usual() {
        let mut failing = minute(CANDIDATE, TrafficLane::Live, 50);
        failing.errors.server = 50;
        let measured = TrafficMeasurements {
            minutes: vec![TrafficMinute {
                start: Timestamp::from_unix_millis(0),
                arms: vec![minute(BASELINE, TrafficLane::Live, 150), failing],
            }],
            earlier: Vec::new(),
            too_late: 0,
        };
        let now = Timestamp::from_unix_millis(10_000);
        let present = present(&observed(now), &measured).unwrap();
        assert_eq!(present.requests_per_second, 20.0);
        assert_eq!(
            (present.baseline.requests, present.baseline.failures),
            (150, 0)
        );
    }

    #[test]
    fn a_version_that_only_gets_copies_is_measured_against_copies() {
        let now = Timestamp::from_unix_millis(0);
        let measured = TrafficMeasurements {
            minutes: vec![TrafficMinute {
                start: now,
                arms: vec![
                    minute(BASELINE, TrafficLane::Live, 100),
                    minute(BASELINE, TrafficLane::Mirrored, 40),
                    minute(CANDIDATE, TrafficLane::Live, 10),
                    minute(CANDIDATE, TrafficLane::Mirrored, 39),
                ],
            }],
            earlier: Vec::new(),
            too_late: 0,
        };
        let all = RolloutWeight::ALL;
        for (weight, mirror, expected) in [
            (RolloutWeight::NONE, all, (40, 39)),
            (all, RolloutWeight::NONE, (100, 10)),
            (RolloutWeight::NONE, RolloutWeight::NONE, (100, 10)),
        ] {
            let desired = DesiredService {
                exposure: Exposure { weight, mirror },
                ..DesiredService::default()
            };
            let window = window(7, &desired, &observed(now), &measured, None);
            let counted = (window.baseline.requests, window.candidate.requests);
            assert_eq!(counted, expected, "{:?}", desired.exposure);
        }
    }
}
