//! Stemming: steps 1a to 1c of Porter's algorithm ("An algorithm for suffix stripping", 1980).
//!
//! The later steps strip derivations (`-ization`, `-fulness`) that shop texts hardly use.

/// The stem of a lower-case word.
#[must_use]
pub fn stem(word: &str) -> String {
    if word.len() < 3 || !word.is_ascii() {
        return word.to_owned();
    }
    let singular = strip_plural(word);
    let bare = strip_past_and_gerund(&singular);
    match bare.strip_suffix('y') {
        Some(root) if has_vowel(root) => format!("{root}i"),
        Some(_) | None => bare,
    }
}

/// Step 1a.
fn strip_plural(word: &str) -> String {
    if let Some(root) = word.strip_suffix("sses") {
        format!("{root}ss")
    } else if let Some(root) = word.strip_suffix("ies") {
        format!("{root}i")
    } else if word.ends_with("ss") {
        word.to_owned()
    } else {
        word.strip_suffix('s').unwrap_or(word).to_owned()
    }
}

/// Step 1b.
fn strip_past_and_gerund(word: &str) -> String {
    if let Some(root) = word.strip_suffix("eed") {
        return if measure(root) > 0 {
            format!("{root}ee")
        } else {
            word.to_owned()
        };
    }
    let stripped = ["ed", "ing"]
        .iter()
        .find_map(|suffix| word.strip_suffix(suffix));
    match stripped.filter(|root| has_vowel(root)) {
        Some(root) => restore_ending(root),
        None => word.to_owned(),
    }
}

/// The tidying up after step 1b: `knitt` becomes `knit`, `bak` becomes `bake`.
fn restore_ending(root: &str) -> String {
    if ["at", "bl", "iz"]
        .iter()
        .any(|ending| root.ends_with(ending))
    {
        return format!("{root}e");
    }
    let mut letters = root.chars().rev();
    let (last, before) = (letters.next(), letters.next());
    if last == before && !matches!(last, Some('l' | 's' | 'z')) && !ends_in_vowel(root) {
        return root.chars().take(root.len() - 1).collect();
    }
    if measure(root) == 1 && ends_short(root) {
        format!("{root}e")
    } else {
        root.to_owned()
    }
}

fn is_vowel(letters: &[u8], index: usize) -> bool {
    match letters[index] {
        b'a' | b'e' | b'i' | b'o' | b'u' => true,
        b'y' => index > 0 && !is_vowel(letters, index - 1),
        _ => false,
    }
}

fn has_vowel(root: &str) -> bool {
    (0..root.len()).any(|index| is_vowel(root.as_bytes(), index))
}

fn ends_in_vowel(root: &str) -> bool {
    !root.is_empty() && is_vowel(root.as_bytes(), root.len() - 1)
}

/// Porter's m: how often a run of vowels is followed by a run of consonants.
fn measure(root: &str) -> usize {
    let kinds: Vec<bool> = (0..root.len())
        .map(|at| is_vowel(root.as_bytes(), at))
        .collect();
    kinds.windows(2).filter(|pair| pair[0] && !pair[1]).count()
}

/// Porter's *o: ends consonant, vowel, consonant, and the last is not w, x or y.
fn ends_short(root: &str) -> bool {
    let letters = root.as_bytes();
    let Some(start) = letters.len().checked_sub(3) else {
        return false;
    };
    !is_vowel(letters, start)
        && is_vowel(letters, start + 1)
        && !is_vowel(letters, start + 2)
        && !matches!(letters[start + 2], b'w' | b'x' | b'y')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Most pairs are the examples of Porter's paper for these steps.
    #[test]
    fn words_lose_their_endings_as_porter_says() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("cats", "cat"),
            ("feed", "feed"),
            ("agreed", "agree"),
            ("plastered", "plaster"),
            ("bled", "bled"),
            ("motoring", "motor"),
            ("sing", "sing"),
            ("conflated", "conflate"),
            ("troubling", "trouble"),
            ("sized", "size"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("hissing", "hiss"),
            ("filing", "file"),
            ("happy", "happi"),
            ("sky", "sky"),
            ("striped", "stripe"),
            ("stripes", "stripe"),
            ("baking", "bake"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }
}
