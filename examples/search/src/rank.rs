//! The three versions of the ranking behind one question: which products, in which order.

mod baseline;
mod candidate;
mod slow;

use crate::catalogue::Product;
use crate::ids::ProductId;
use crate::picture::PictureError;
use crate::text::Synonyms;
use baseline::BaselineIndex;
use candidate::{CandidateIndex, Pictures};
use serde::Serialize;
use slow::SlowIndex;

/// Which ranking to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Term frequency over title and description.
    Baseline,
    /// BM25 over fields, stems, synonyms, and what the pictures show.
    Candidate,
    /// The candidate's ranking with a performance bug: see the module `slow`.
    Slow,
}

impl Version {
    /// The name on the command line and in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Candidate => "candidate",
            Self::Slow => "slow",
        }
    }

    /// The version with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Baseline, Self::Candidate, Self::Slow]
            .into_iter()
            .find(|version| version.name() == name)
    }
}

/// Whether the ranking looks at pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It does. The baseline never does.
    Pictures,
    /// It does not: the ablation that shows what the pictures are worth.
    TextOnly,
}

/// A product's picture shows the ranker nothing.
#[derive(Debug, thiserror::Error)]
#[error("cannot look at the picture of {id}")]
pub struct UnreadablePicture {
    /// The product.
    pub id: ProductId,
    /// Why not.
    pub source: PictureError,
}

/// One product found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// The product.
    pub id: ProductId,
    /// Its name.
    pub title: String,
    /// How well it fits; only comparable within one answer.
    pub score: f64,
}

/// A catalogue made searchable by one version.
pub struct Engine {
    products: Vec<Product>,
    index: Index,
}

enum Index {
    Baseline(BaselineIndex),
    Candidate(CandidateIndex),
    Slow(SlowIndex),
}

impl Engine {
    /// Indexes the catalogue.
    ///
    /// # Errors
    /// When a picture that the version looks at cannot be read.
    pub fn new(
        version: Version,
        sight: Sight,
        products: Vec<Product>,
        synonyms: Synonyms,
    ) -> Result<Self, UnreadablePicture> {
        let index = match (version, sight) {
            (Version::Baseline, Sight::Pictures | Sight::TextOnly) => {
                Index::Baseline(BaselineIndex::new(&products))
            }
            (Version::Candidate, Sight::Pictures) => {
                let pictures = Pictures::Seen(candidate::see_all(&products)?);
                Index::Candidate(CandidateIndex::new(&products, synonyms, pictures))
            }
            (Version::Candidate | Version::Slow, Sight::TextOnly) => Index::Candidate(
                CandidateIndex::new(&products, synonyms, Pictures::NotLookedAt),
            ),
            (Version::Slow, Sight::Pictures) => Index::Slow(SlowIndex::new(&products, synonyms)?),
        };
        Ok(Self { products, index })
    }

    /// The best `limit` products for a query, best first; of equal scores the newest product, with
    /// the highest id, comes first. trec_eval breaks ties the same way, so what is judged is what
    /// was shown. Products that have nothing in common with the query are left out.
    ///
    /// # Errors
    /// When the version reads a picture now and cannot.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Hit>, UnreadablePicture> {
        let scores = match &self.index {
            Index::Baseline(index) => index.score(query),
            Index::Candidate(index) => index.score(query),
            Index::Slow(index) => index.score(query, &self.products)?,
        };
        let mut hits: Vec<(&Product, f64)> = self
            .products
            .iter()
            .zip(scores)
            .filter(|(_, score)| *score > 0.0)
            .collect();
        hits.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| b.0.id.cmp(&a.0.id)));
        hits.truncate(limit);
        let hit = |(product, score): (&Product, f64)| Hit {
            id: product.id.clone(),
            title: product.title.clone(),
            score,
        };
        Ok(hits.into_iter().map(hit).collect())
    }
}
