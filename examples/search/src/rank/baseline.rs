//! The baseline: how often the query's words occur in title and description, as they are.

use crate::catalogue::Product;
use crate::text::words;
use std::collections::HashMap;

/// Where each word occurs, and how often.
pub(super) struct BaselineIndex {
    postings: HashMap<String, Vec<(usize, f64)>>,
    documents: usize,
}

impl BaselineIndex {
    pub(super) fn new(products: &[Product]) -> Self {
        let mut postings: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
        for (document, product) in products.iter().enumerate() {
            for word in words(&format!("{} {}", product.title, product.description)) {
                let places = postings.entry(word).or_default();
                match places.last_mut() {
                    Some((last, count)) if *last == document => *count += 1.0,
                    Some(_) | None => places.push((document, 1.0)),
                }
            }
        }
        Self {
            postings,
            documents: products.len(),
        }
    }

    /// A score per document.
    pub(super) fn score(&self, query: &str) -> Vec<f64> {
        let mut scores = vec![0.0; self.documents];
        for word in words(query) {
            for &(document, count) in self.postings.get(&word).into_iter().flatten() {
                scores[document] += count;
            }
        }
        scores
    }
}
