//! The candidate: BM25F over title, material and description, with stems and synonyms, and the
//! look of a product taken from its picture instead of its text.

use super::UnreadablePicture;
use crate::catalogue::Product;
use crate::look::{LookWord, Pattern, read_look_word};
use crate::picture::features::Features;
use crate::text::{Synonyms, is_stop_word, stem, words};
use std::collections::HashMap;

/// How fast repeated terms lose worth (Robertson and Zaragoza, "The Probabilistic Relevance
/// Framework: BM25 and Beyond", 2009, propose 1.2 to 2).
const SATURATION: f64 = 1.2;
/// How much a field's length counts against it, 0 to 1.
const LENGTH_PENALTY: f64 = 0.4;
/// What an occurrence is worth in title, material and description.
const FIELD_WEIGHTS: [f64; 3] = [3.0, 1.5, 1.0];
/// What a synonym's concept is worth against the word itself.
const CONCEPT_WEIGHT: f64 = 2.0;
/// What a look word is worth in the text when pictures are looked at.
const LOOK_WORD_IN_TEXT: f64 = 0.2;
/// How much a picture that meets every wish adds to what the text is worth. It multiplies, because
/// a red hat is no answer to `red scarf`.
const LOOK_GAIN: f64 = 1.0;
/// What a product scores for its look alone, so that `red` finds something; below any word.
const LOOK_FLOOR: f64 = 0.1;
/// A color covering this share of the surface counts in full.
const FULL_COLOR_SHARE: f64 = 0.35;

/// What the candidate knows of the pictures.
pub(super) enum Pictures {
    /// One per product, in the catalogue's order.
    Seen(Vec<Features>),
    /// Nothing: look words are words like any other.
    NotLookedAt,
}

/// Looks at every picture.
pub(super) fn see_all(products: &[Product]) -> Result<Vec<Features>, UnreadablePicture> {
    let see = |product: &Product| {
        Features::see(&product.picture).map_err(|source| UnreadablePicture {
            id: product.id.clone(),
            source,
        })
    };
    products.iter().map(see).collect()
}

/// A term of the index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Term {
    /// A stem.
    Stem(String),
    /// A group of synonyms.
    Concept(usize),
}

/// Where each term occurs, with its BM25 weight.
pub(super) struct CandidateIndex {
    postings: HashMap<Term, Vec<(usize, f64)>>,
    documents: usize,
    synonyms: Synonyms,
    pictures: Pictures,
}

impl CandidateIndex {
    pub(super) fn new(products: &[Product], synonyms: Synonyms, pictures: Pictures) -> Self {
        let fields = |product: &Product| {
            [&product.title, &product.material, &product.description]
                .map(|text| field_terms(text, &synonyms))
        };
        let documents: Vec<[Vec<Term>; 3]> = products.iter().map(fields).collect();
        let mean_lengths = [0, 1, 2].map(|field| {
            let total: usize = documents.iter().map(|document| document[field].len()).sum();
            total as f64 / documents.len().max(1) as f64
        });
        let mut postings: HashMap<Term, Vec<(usize, f64)>> = HashMap::new();
        for (document, fields) in documents.into_iter().enumerate() {
            for (term, frequency) in weigh_fields(fields, mean_lengths) {
                postings
                    .entry(term)
                    .or_default()
                    .push((document, frequency));
            }
        }
        let documents = products.len();
        for places in postings.values_mut() {
            let rarity = inverse_frequency(places.len(), documents);
            for (_, weight) in places {
                *weight = rarity * *weight / (*weight + SATURATION);
            }
        }
        Self {
            postings,
            documents,
            synonyms,
            pictures,
        }
    }

    /// A score per document.
    pub(super) fn score(&self, query: &str) -> Vec<f64> {
        match &self.pictures {
            Pictures::Seen(features) => self.score_with(query, features),
            Pictures::NotLookedAt => self.score_text(query, 1.0),
        }
    }

    /// A score per document with these features of the pictures.
    pub(super) fn score_with(&self, query: &str, features: &[Features]) -> Vec<f64> {
        let mut scores = self.score_text(query, LOOK_WORD_IN_TEXT);
        let mut wishes: Vec<LookWord> = Vec::new();
        for wish in words(query).iter().filter_map(|word| read_look_word(word)) {
            if !wishes.contains(&wish) {
                wishes.push(wish);
            }
        }
        if wishes.is_empty() {
            return scores;
        }
        for (score, features) in scores.iter_mut().zip(features) {
            let met: f64 = wishes.iter().map(|&wish| fit_of_look(wish, features)).sum();
            let fit = met / wishes.len() as f64;
            *score = *score * (1.0 + LOOK_GAIN * fit) + LOOK_FLOOR * fit;
        }
        scores
    }

    fn score_text(&self, query: &str, look_weight: f64) -> Vec<f64> {
        let mut scores = vec![0.0; self.documents];
        let mut add = |term: &Term, worth: f64| {
            for &(document, weight) in self.postings.get(term).into_iter().flatten() {
                scores[document] += worth * weight;
            }
        };
        let words = words(query);
        for word in words.iter().filter(|word| !is_stop_word(word)) {
            let worth = if read_look_word(word).is_some() {
                look_weight
            } else {
                1.0
            };
            add(&Term::Stem(stem(word)), worth);
        }
        let stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
        for concept in self.synonyms.concepts_in(&stems) {
            add(&Term::Concept(concept), CONCEPT_WEIGHT);
        }
        scores
    }
}

/// The stems of a text without stop words, and its concepts.
fn field_terms(text: &str, synonyms: &Synonyms) -> Vec<Term> {
    let words = words(text);
    let stems: Vec<String> = words.iter().map(|word| stem(word)).collect();
    let concepts = synonyms.concepts_in(&stems).into_iter().map(Term::Concept);
    let kept = words
        .iter()
        .zip(&stems)
        .filter(|(word, _)| !is_stop_word(word));
    kept.map(|(_, stem)| Term::Stem(stem.clone()))
        .chain(concepts)
        .collect()
}

/// The weighted, length-corrected frequency of each term over a document's fields.
fn weigh_fields(fields: [Vec<Term>; 3], mean_lengths: [f64; 3]) -> HashMap<Term, f64> {
    let mut frequencies = HashMap::new();
    for ((terms, weight), mean_length) in fields.into_iter().zip(FIELD_WEIGHTS).zip(mean_lengths) {
        let relative_length = terms.len() as f64 / mean_length;
        let worth = weight / (1.0 - LENGTH_PENALTY + LENGTH_PENALTY * relative_length);
        for term in terms {
            *frequencies.entry(term).or_insert(0.0) += worth;
        }
    }
    frequencies
}

/// How much rarer than common a term is: the IDF of BM25, kept positive as Lucene does.
fn inverse_frequency(occurrences: usize, documents: usize) -> f64 {
    let (occurrences, documents) = (occurrences as f64, documents as f64);
    (1.0 + (documents - occurrences + 0.5) / (occurrences + 0.5)).ln()
}

/// How well a picture meets a wish, 0 to 1.
fn fit_of_look(wish: LookWord, features: &Features) -> f64 {
    match wish {
        LookWord::Color(color) => (features.share_of(color) / FULL_COLOR_SHARE).min(1.0),
        LookWord::Pattern(pattern) => fit_of_pattern(pattern, features),
    }
}

fn fit_of_pattern(wanted: Pattern, features: &Features) -> f64 {
    if features.pattern.pattern == wanted {
        features.pattern.confidence
    } else {
        0.0
    }
}
