//! Shares of requests, exact to a hundredth of a per cent.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A share of the requests, in basis points: 1,000 is 10 %.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(try_from = "u16", into = "u16")]
pub struct RolloutWeight(u16);

/// A share that is more than the whole, or finer than a hundredth of a per cent.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} is no share of the requests: give 0 to 100 per cent, with at most two decimals")]
pub struct InvalidWeight(pub f64);

impl RolloutWeight {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// Everybody.
    pub const ALL: Self = Self(10_000);

    /// From per cent.
    ///
    /// # Errors
    /// When it is not 0 to 100, or has more than two decimals.
    pub fn from_percent(percent: f64) -> Result<Self, InvalidWeight> {
        let points = percent * 100.0;
        let rounded = points.round();
        let is_share = (0.0..=10_000.0).contains(&rounded) && (points - rounded).abs() < 1e-6;
        if is_share {
            Ok(Self(rounded as u16))
        } else {
            Err(InvalidWeight(percent))
        }
    }

    /// In basis points, 0 to 10,000.
    pub fn basis_points(self) -> u16 {
        self.0
    }

    /// What is left of this share without another; nothing when that is more.
    pub fn without(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// As a share, 0 to 1.
    pub fn share(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl TryFrom<u16> for RolloutWeight {
    type Error = InvalidWeight;

    fn try_from(points: u16) -> Result<Self, InvalidWeight> {
        Self::from_percent(f64::from(points) / 100.0)
    }
}

impl From<RolloutWeight> for u16 {
    fn from(weight: RolloutWeight) -> u16 {
        weight.0
    }
}

impl fmt::Display for RolloutWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", f64::from(self.0) / 100.0)
    }
}
