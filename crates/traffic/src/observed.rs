//! What the proxy answers: what it does now, and what it measured. The shapes are those of the
//! control socket.

use adjutant_domain::{Outcome, Timestamp, Validity};
use adjutant_stats::LogHistogram;
use serde::{Deserialize, Serialize};

use crate::desired::DesiredTraffic;

/// What the proxy does now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObservedTraffic {
    /// When this was seen.
    pub now: Timestamp,
    /// Since when this process has been running.
    pub started_at: Timestamp,
    /// Where it listens.
    pub listen: String,
    /// The process.
    pub process: u32,
    /// Whether it takes no more connections and waits for the last requests.
    pub is_draining: bool,
    /// Client connections that are open.
    pub connections: u64,
    /// What is in force; none was given yet when it is missing.
    pub desired: Option<DesiredTraffic>,
    /// Every arm that was ever in force in this process.
    pub arms: Vec<ObservedArm>,
    /// How requests were split, the oldest generation first.
    pub splits: Vec<ObservedSplit>,
    /// What became of mirrored requests.
    pub mirrors: MirrorCounts,
    /// Requests that were answered without any arm, because none was given.
    pub unrouted: u64,
    /// Requests that were refused as malformed.
    pub refused: u64,
}

/// An arm at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedArm {
    /// Its name.
    pub name: String,
    /// Its build.
    pub version: String,
    /// Requests, and tunnels such as WebSocket, that are not finished. 0 for an arm without weight:
    /// its processes may be stopped.
    pub in_flight: u64,
}

/// How the requests of one generation were split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedSplit {
    /// The generation.
    pub generation: u64,
    /// What each arm got.
    pub arms: Vec<ArmSplit>,
}

/// What an arm got in a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmSplit {
    /// Its name.
    pub name: String,
    /// Its configured part, in basis points.
    pub weight: u32,
    /// Requests that were split one by one: these follow the weights.
    pub free: u64,
    /// Requests that a key decided: one client's requests all go to one arm.
    pub keyed: u64,
}

/// What became of requests that could be mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MirrorCounts {
    /// Asked of the mirror.
    pub sent: u64,
    /// Not asked: too many were on their way.
    pub dropped_busy: u64,
    /// Compared.
    pub compared: u64,
    /// Not compared: the comparison had too many to do.
    pub dropped_queue: u64,
    /// Not compared: an answer was longer than the rule allows.
    pub dropped_long: u64,
    /// Not compared: an answer was compressed.
    pub dropped_encoded: u64,
    /// Not compared: the client's own answer did not come whole.
    pub dropped_unanswered: u64,
}

/// What was measured, the oldest minute first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrafficMeasurements {
    /// Each minute in which a request started.
    pub minutes: Vec<TrafficMinute>,
    /// All minutes before those together, an arm and build each.
    #[serde(default)]
    pub earlier: Vec<ArmMinute>,
    /// Answers whose minute was no longer kept when they ended, and nothing else of their arm.
    pub too_late: u64,
}

/// The requests that started in one minute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrafficMinute {
    /// Its beginning.
    pub start: Timestamp,
    /// What each arm did.
    pub arms: Vec<ArmMinute>,
}

/// What an arm did with the requests that started in one minute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmMinute {
    /// The arm.
    pub name: String,
    /// Its build.
    pub version: String,
    /// Whose requests these were.
    pub lane: TrafficLane,
    /// Requests that began.
    pub started: u64,
    /// Requests that ended by now, however they ended.
    pub ended: u64,
    /// Answers by class, 1xx to 5xx, as the client saw them.
    pub statuses: [u64; 5],
    /// What went wrong.
    pub errors: TrafficErrors,
    /// Requests that were sent again on another connection.
    pub retries: u64,
    /// Bytes of request bodies.
    pub request_bytes: u64,
    /// Bytes of response bodies.
    pub response_bytes: u64,
    /// From the request's head to the response's head, in milliseconds: the low end of each bucket
    /// of a log-histogram, with its count.
    pub head_ms: TrafficHistogram,
    /// From the request's head to the end of the response, in milliseconds.
    pub whole_ms: TrafficHistogram,
}

/// Whose requests were measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrafficLane {
    /// Of clients.
    Live,
    /// Of the mirror: nobody saw the answers.
    Mirrored,
}

/// What went wrong, by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TrafficErrors {
    /// No connection to the upstream.
    pub refused: u64,
    /// The upstream took too long: to connect, to answer, or between two pieces.
    pub timed_out: u64,
    /// The upstream closed before its response was whole.
    pub reset: u64,
    /// What the upstream sent is not HTTP.
    pub malformed: u64,
    /// The upstream answered with 5xx.
    pub server: u64,
    /// The client went away first. No fault of the arm, unless it was too slow.
    pub cancelled: u64,
}

impl TrafficErrors {
    /// Everything that the arm is to blame for.
    pub fn failures(&self) -> u64 {
        self.refused + self.timed_out + self.reset + self.malformed + self.server
    }
}

/// A log-histogram as it travels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrafficHistogram(pub LogHistogram);

impl Serialize for TrafficHistogram {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let buckets = self.0.to_histogram().buckets;
        serializer.collect_seq(buckets.iter().map(|bucket| (bucket.low, bucket.count)))
    }
}

impl<'de> Deserialize<'de> for TrafficHistogram {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut histogram = LogHistogram::default();
        for (low, count) in Vec::<(f64, u64)>::deserialize(deserializer)? {
            let is_duration = (0.0..=1e12).contains(&low);
            if !is_duration || !histogram.add_many(low, count) {
                return Err(serde::de::Error::custom("a bucket is no duration"));
            }
        }
        Ok(Self(histogram))
    }
}

/// How the answers of the mirrored arm differ. None when nothing was ever compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MirrorComparison {
    /// `PASS`, `FAIL` or `INCONCLUSIVE`.
    pub outcome: Outcome,
    /// Whether there is anything to judge: `VALID`, `NO_DATA`, …
    pub validity: Validity,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
    /// Pairs of baseline and candidate.
    pub pairs: u64,
    /// Pairs that disagree anywhere.
    pub disagreements: u64,
    /// Pairs of two answers of the baseline; 0: the noise floor is unknown and taken as 0.
    pub noise_pairs: u64,
    /// Pairs of two answers of the baseline that disagree.
    pub noise_disagreements: u64,
    /// Paths that disagreed, the worst first.
    pub paths: Vec<MirrorPath>,
}

/// A path that disagreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorPath {
    /// The path, such as `body.items[*].price`.
    pub path: String,
    /// Pairs that disagree there.
    pub disagreements: u64,
    /// Pairs of two answers of the baseline that do.
    pub noise_disagreements: u64,
    /// `PASS`, `FAIL` or `INCONCLUSIVE`.
    pub outcome: Outcome,
    /// Whether a single pair is enough for readers of the baseline to break.
    pub is_structural_loss: bool,
    /// In what ways, with how many pairs.
    pub kinds: Vec<(String, u64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_travels_without_loss() {
        let mut histogram = LogHistogram::default();
        for value in [0.0, 0.013, 0.5, 0.5004, 1.0, 17.23, 30_000.0] {
            assert!(histogram.add(value));
        }
        let sent = serde_json::to_string(&TrafficHistogram(histogram.clone())).unwrap();
        let back: TrafficHistogram = serde_json::from_str(&sent).unwrap();
        assert_eq!(back.0.to_histogram(), histogram.to_histogram());
    }

    #[test]
    fn what_is_no_duration_is_no_bucket() {
        for text in ["[[-1.0,1]]", "[[1e300,1]]", "[[1.0]]", "[[1.0,-1]]"] {
            assert!(
                serde_json::from_str::<TrafficHistogram>(text).is_err(),
                "{text}"
            );
        }
    }
}
