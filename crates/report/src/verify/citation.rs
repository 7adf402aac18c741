//! Where the citations of a rendered report stand.

use std::ops::Range;

/// What a citation follows in Markdown and HTML.
const IN_TEXT: &str = " @ ";
/// What it follows when a number has several.
const IN_TEXT_NEXT: &str = " + ";
/// What it follows in JSON.
const IN_JSON: &str = "\"citation\": \"";

/// The places of all citations, `run (file#locator)`, in bytes.
pub(crate) fn citations(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    for opening in [IN_TEXT, IN_JSON] {
        for (at, _) in text.match_indices(opening) {
            let mut start = at + opening.len();
            while let Some(end) = end_of_citation(text, start) {
                places.push(start..end);
                if !text[end..].starts_with(IN_TEXT_NEXT) {
                    break;
                }
                start = end + IN_TEXT_NEXT.len();
            }
        }
    }
    places.sort_by_key(|place| place.start);
    places
}

/// The end of the citation that starts here: the bracket that closes the one behind the run.
fn end_of_citation(text: &str, start: usize) -> Option<usize> {
    let line = text[start..].lines().next()?;
    let opening = line.find(" (")? + 1;
    if line[..opening - 1].contains(char::is_whitespace) {
        return None;
    }
    let mut depth = 0_usize;
    for (at, c) in line[opening..].char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(start + opening + at + 1);
        }
    }
    None
}
