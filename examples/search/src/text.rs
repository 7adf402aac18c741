//! Words: cutting text into lower-case words, cutting words down to stems, and the shop's
//! synonyms.

mod stem;
mod synonyms;

pub use stem::stem;
pub use synonyms::Synonyms;

/// Words that say nothing about a product.
const STOP_WORDS: [&str; 40] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "in", "is", "it", "its",
    "my", "not", "of", "on", "or", "so", "than", "that", "the", "their", "them", "they", "this",
    "to", "too", "until", "we", "what", "when", "which", "who", "will", "with", "you", "your",
];

/// Cuts text into words: lower case, apostrophes dropped, split at everything that is no letter
/// or digit.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['\'', '\u{2019}'], "");
    let parts = text.split(|letter: char| !letter.is_alphanumeric());
    parts
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether a word is left out of ranking by the candidate.
#[must_use]
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_everything_but_letters_and_digits() {
        assert_eq!(
            words("Baker's T-Shirt, No. 4"),
            ["bakers", "t", "shirt", "no", "4"]
        );
        assert_eq!(words("Marinière -- Tee"), ["marinière", "tee"]);
        assert_eq!(words(" .,; "), Vec::<String>::new());
    }
}
