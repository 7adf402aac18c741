//! What is seen of a rollout at one moment. Both versions are counted over the same requests' time:
//! since the exposure that is wanted came into effect.

use adjutant_stats::LogHistogram;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is seen.
#[derive(Debug, Clone, PartialEq)]
pub struct RolloutMeasurements {
    /// What the traffic says.
    pub traffic: TrafficSource,
    /// How the candidate's processes are.
    pub candidate: ArmHealth,
}

/// What the traffic says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrafficSource {
    /// It answered.
    Seen(StageWindow),
    /// It could not be asked, with its own words.
    Failed(String),
}

/// What was counted since one exposure came into effect.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct StageWindow {
    /// The generation of the desired state that is in effect, and was for all that is counted.
    pub generation: u64,
    /// The version in use.
    pub baseline: ArmCounts,
    /// The version that asks to replace it; under a mirror its copies are counted too.
    pub candidate: ArmCounts,
    /// How the split chose, one count a choice (a client where clients stay on their version).
    pub split: Option<SplitCount>,
    /// Mirrored requests that both answered.
    pub mirrored: MirroredPairs,
}

/// How the requests of one version ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ArmCounts {
    /// How many ended.
    pub requests: u64,
    /// How many of them failed: refused, reset, timed out, answered 5xx.
    pub failures: u64,
    /// The latency of those that were answered, in milliseconds.
    #[serde(with = "buckets")]
    #[schemars(with = "Vec<(f64, u64)>")]
    pub latency: LogHistogram,
}

/// A histogram as it is stored: the low end of each bucket with its count.
mod buckets {
    use adjutant_stats::LogHistogram;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        histogram: &LogHistogram,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let buckets = histogram.to_histogram().buckets;
        serializer.collect_seq(buckets.iter().map(|bucket| (bucket.low, bucket.count)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<LogHistogram, D::Error> {
        let mut histogram = LogHistogram::default();
        for (low, count) in Vec::<(f64, u64)>::deserialize(deserializer)? {
            if !histogram.add_many(low, count) {
                return Err(D::Error::custom("a bucket begins nowhere"));
            }
        }
        Ok(histogram)
    }
}

/// How often the split chose the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SplitCount {
    /// The candidate.
    pub candidate: u64,
    /// All choices.
    pub total: u64,
}

/// Mirrored requests that both versions answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct MirroredPairs {
    /// How many were compared.
    pub compared: u64,
    /// How many differ beyond what the baseline differs from itself.
    pub differing: u64,
}

/// How the processes of a version are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArmHealth {
    /// Nobody watches them here.
    NotWatched,
    /// They are starting.
    Starting,
    /// They answer their health check.
    Healthy,
    /// They run and do not answer.
    Unhealthy,
    /// They end again and again.
    CrashLooping,
    /// None of them runs.
    Gone,
}

impl ArmHealth {
    /// Whether requests may be sent there.
    pub fn may_serve(self) -> bool {
        match self {
            Self::NotWatched | Self::Healthy => true,
            Self::Starting | Self::Unhealthy | Self::CrashLooping | Self::Gone => false,
        }
    }
}
