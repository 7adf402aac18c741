//! The shop's synonyms: groups of words and phrases, each group a concept that is indexed beside
//! the words themselves.

use super::{stem, words};
use std::collections::HashMap;

/// The longest phrase in the table, in words.
const PHRASE_WORDS_MAX: usize = 3;

/// Phrases, as stems, with the concepts they stand for.
#[derive(Clone, Debug, Default)]
pub struct Synonyms {
    concepts: HashMap<Vec<String>, Vec<usize>>,
}

impl Synonyms {
    /// Reads a table of groups, one a line; `#` starts a comment line.
    #[must_use]
    pub fn read(table: &str) -> Self {
        let mut concepts: HashMap<Vec<String>, Vec<usize>> = HashMap::new();
        let groups = table
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        for (concept, group) in groups.enumerate() {
            for phrase in group.split(',') {
                let stems: Vec<String> = words(phrase).iter().map(|word| stem(word)).collect();
                let known = concepts.entry(stems).or_default();
                if !known.contains(&concept) {
                    known.push(concept);
                }
            }
        }
        Self { concepts }
    }

    /// The concepts that a text of stems mentions, once per mention. Where phrases overlap, the
    /// longest counts: `shower curtain` is no `curtain`.
    #[must_use]
    pub fn concepts_in(&self, stems: &[String]) -> Vec<usize> {
        let mut found = Vec::new();
        let mut start = 0;
        while start < stems.len() {
            let longest = (1..=PHRASE_WORDS_MAX.min(stems.len() - start))
                .rev()
                .find_map(|length| {
                    let phrase = &stems[start..start + length];
                    self.concepts.get(phrase).map(|concepts| (length, concepts))
                });
            match longest {
                Some((length, concepts)) => {
                    found.extend_from_slice(concepts);
                    start += length;
                }
                None => start += 1,
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str) -> Vec<String> {
        words(text).iter().map(|word| stem(word)).collect()
    }

    #[test]
    fn the_longest_phrase_names_the_concept() {
        let table = "# things\ncurtain, drapes\nshower curtain\ntea towel, dish cloth\ntea, brew\n";
        let synonyms = Synonyms::read(table);
        for (text, concepts) in [
            ("blue drapes", &[0][..]),
            ("a shower curtain and two curtains", &[1, 0][..]),
            ("dish cloths", &[2][..]),
            ("tea towels for tea", &[2, 3][..]),
            ("a dish", &[][..]),
        ] {
            assert_eq!(synonyms.concepts_in(&stems(text)), concepts, "{text}");
        }
    }
}
