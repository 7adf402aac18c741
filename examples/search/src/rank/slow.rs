//! The candidate's ranking with a performance bug, kept for the gate to find.
//!
//! The bug is one that real services have: what the pictures show is kept in a cache that goes
//! stale, the first request after that rebuilds the whole cache inside the lock, and every request
//! that comes meanwhile waits. The mean hardly moves; the tail does. The answers are the
//! candidate's.

use super::UnreadablePicture;
use super::candidate::{CandidateIndex, Pictures, see_all};
use crate::catalogue::Product;
use crate::picture::features::Features;
use crate::text::Synonyms;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the features of the pictures are trusted.
const CACHE_AGE_MAX: Duration = Duration::from_millis(400);

/// The candidate's index and a cache where the candidate has a fixed table.
pub(super) struct SlowIndex {
    text: CandidateIndex,
    cache: Mutex<Cache>,
}

struct Cache {
    features: Vec<Features>,
    built: Instant,
}

impl SlowIndex {
    pub(super) fn new(products: &[Product], synonyms: Synonyms) -> Result<Self, UnreadablePicture> {
        let text = CandidateIndex::new(products, synonyms, Pictures::NotLookedAt);
        let features = see_all(products)?;
        Ok(Self {
            text,
            cache: Mutex::new(Cache {
                features,
                built: Instant::now(),
            }),
        })
    }

    /// A score per document.
    pub(super) fn score(
        &self,
        query: &str,
        products: &[Product],
    ) -> Result<Vec<f64>, UnreadablePicture> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.built.elapsed() > CACHE_AGE_MAX {
            cache.features = see_all(products)?;
            cache.built = Instant::now();
        }
        Ok(self.text.score_with(query, &cache.features))
    }
}
