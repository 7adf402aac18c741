//! Texts: what they say behind their escapes, how alike two are, and how encodings go wrong.

use std::borrow::Cow;
use std::collections::HashSet;

/// How much of a text is looked at for its likeness, so that the work is bounded.
const LIKENESS_BYTES_MAX: usize = 64 * 1024;

/// The text behind its JSON escapes. Half of a surrogate pair becomes U+FFFD.
pub(crate) fn decoded(raw: &[u8], is_escaped: bool) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(raw);
    if !is_escaped {
        return text;
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
            continue;
        }
        units.push(match rest.next() {
            Some('u') => {
                let hex = rest.as_str().get(..4).unwrap_or_default();
                rest = rest.as_str().get(4..).unwrap_or_default().chars();
                u16::from_str_radix(hex, 16).unwrap_or(0xFFFD)
            }
            Some('b') => 8,
            Some('f') => 12,
            Some('n') => 10,
            Some('r') => 13,
            Some('t') => 9,
            Some('"') => 0x22,
            Some('/') => 0x2F,
            Some(_) | None => 0x5C,
        });
    }
    Cow::Owned(String::from_utf16_lossy(&units))
}

/// How alike two texts are, 0 to 1: the words that both have over the words that either has
/// (Jaccard's index), in lower case, without regard to order, number and punctuation, in the first
/// 64 KiB. Two texts without words are alike.
pub(crate) fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (words(one), words(other));
    let (one, other): (HashSet<&str>, HashSet<&str>) = (
        one.iter().map(String::as_str).collect(),
        other.iter().map(String::as_str).collect(),
    );
    let either = one.union(&other).count();
    if either == 0 {
        return 1.0;
    }
    one.intersection(&other).count() as f64 / either as f64
}

fn words(text: &str) -> Vec<String> {
    let mut end = text.len().min(LIKENESS_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end]
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether `candidate` is `baseline` after its bytes were taken for another encoding: read as
/// Latin-1, or with characters that could not be read replaced by `?` or U+FFFD.
pub(crate) fn is_misencoded(baseline: &str, candidate: &str) -> bool {
    if baseline.is_ascii() {
        return false;
    }
    let as_latin = || baseline.bytes().map(char::from);
    candidate.chars().eq(as_latin()) || is_replaced(baseline, candidate)
}

/// Whether each character is the same, but some that are not ASCII became `?` or U+FFFD.
fn is_replaced(baseline: &str, candidate: &str) -> bool {
    let (mut ours, mut theirs) = (baseline.chars(), candidate.chars());
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one == other => {}
            (Some(one), Some('?' | '\u{FFFD}')) if !one.is_ascii() => {}
            (Some(_), _) | (None, Some(_)) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn likeness_counts_the_words_that_both_have() {
        for (one, other, expected) in [
            ("The cat sat.", "the CAT sat", 1.0),
            ("the cat sat", "the dog sat", 0.5),
            ("yes", "no", 0.0),
            ("", "", 1.0),
            ("", "word", 0.0),
        ] {
            assert!(
                (likeness(one, other) - expected).abs() < 1e-12,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_text_that_was_read_in_the_wrong_encoding_is_recognised() {
        for (baseline, candidate, expected) in [
            ("café", "cafÃ©", true),
            ("café", "caf?", true),
            ("café", "caf\u{FFFD}", true),
            ("café", "cafe", false),
            ("why", "wh?", false),
            ("café", "tea?", false),
        ] {
            assert_eq!(is_misencoded(baseline, candidate), expected, "{candidate}");
        }
    }

    proptest! {
        #[test]
        fn escapes_are_undone_as_serde_json_undoes_them(text in any::<String>()) {
            let written = serde_json::to_string(&text).unwrap();
            let raw = &written.as_bytes()[1..written.len() - 1];
            prop_assert_eq!(decoded(raw, true), text);
        }
    }

    #[test]
    fn escaped_characters_beyond_the_basic_plane_are_undone() {
        assert_eq!(decoded(br"\uD83D\uDE00\/\u0041", true), "😀/A");
        assert_eq!(decoded(br"\uD83D!", true), "\u{FFFD}!");
    }
}
