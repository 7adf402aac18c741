//! The JSON of north-star gates.

use adjutant_app::SeenNorthStar;
use adjutant_work::north_star::{Misses, Observation};
use schemars::JsonSchema;
use serde::Serialize;

/// A north-star gate as it was seen.
#[derive(Serialize, JsonSchema)]
pub struct NorthStarJson<'a> {
    title: &'a str,
    #[serde(flatten)]
    observation: &'a Observation,
    /// Whether it was stored as something new; null when it was only looked at.
    is_new: Option<bool>,
    misses: &'a Misses,
}

impl<'a> From<&'a SeenNorthStar> for NorthStarJson<'a> {
    fn from(seen: &'a SeenNorthStar) -> Self {
        Self {
            title: &seen.star.title,
            observation: &seen.observation,
            is_new: seen.is_new,
            misses: &seen.misses,
        }
    }
}
