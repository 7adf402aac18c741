//! Where in a file two changes meet: the lines of both sides that git would put between its
//! markers, with the numbers they have on each side.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, sources};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One place where both sides changed the same lines of the base, or lines that touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictHunk {
    /// One side.
    pub ours: HunkSide,
    /// The other.
    pub theirs: HunkSide,
}

/// The lines of a hunk, as one side has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HunkSide {
    /// The number of the first line, from 1; with no lines, of the line after the gap.
    pub first_line: u32,
    /// How many lines.
    pub lines: u32,
    /// Their text, at most [`SHOWN_LINES_MAX`] of them.
    pub text: Vec<String>,
}

/// The most lines of a side that are kept: enough to recognise the place.
pub const SHOWN_LINES_MAX: usize = 20;

/// The longest line that is kept, in characters: a minified file is one line.
const LINE_CHARACTERS_MAX: usize = 200;

/// How much of a file is searched for a NUL, as git does, to tell that it is not text.
const BINARY_BYTES: usize = 8_000;

/// The places where `ours` and `theirs` conflict. `None` when one of the files is not text.
pub fn conflict_hunks(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Vec<ConflictHunk>> {
    if [base, ours, theirs].into_iter().any(is_binary) {
        return None;
    }
    let (left, right) = (Side::new(base, ours), Side::new(base, theirs));
    Some(
        meetings(&left.hunks, &right.hunks)
            .into_iter()
            .filter_map(|place| {
                let (ours, theirs) = (left.lines_at(&place), right.lines_at(&place));
                let differ = left.lines[ours.clone()] != right.lines[theirs.clone()];
                differ.then(|| ConflictHunk {
                    ours: left.told(ours),
                    theirs: right.told(theirs),
                })
            })
            .collect(),
    )
}

fn is_binary(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(BINARY_BYTES)].contains(&0)
}

/// Lines of the base that changed, and what they became.
#[derive(Debug, Clone)]
struct Hunk {
    base: Range<usize>,
    side: Range<usize>,
}

struct Side<'a> {
    lines: Vec<&'a [u8]>,
    hunks: Vec<Hunk>,
}

impl<'a> Side<'a> {
    fn new(base: &'a [u8], side: &'a [u8]) -> Self {
        let input = InternedInput::new(sources::byte_lines(base), sources::byte_lines(side));
        let range = |range: Range<u32>| range.start as usize..range.end as usize;
        let hunks = Diff::compute(Algorithm::Histogram, &input)
            .hunks()
            .map(|hunk| Hunk {
                base: range(hunk.before),
                side: range(hunk.after),
            })
            .collect();
        let lines = side.split_inclusive(|byte| *byte == b'\n').collect();
        Self { lines, hunks }
    }

    /// Where a stretch of the base, whose borders no hunk crosses, lies on this side.
    fn lines_at(&self, base: &Range<usize>) -> Range<usize> {
        let moved = |at: usize, hunks: &[Hunk]| match hunks.last() {
            Some(last) => last.side.end + (at - last.base.end),
            None => at,
        };
        let before = self
            .hunks
            .partition_point(|hunk| hunk.base.end <= base.start && hunk.base.start < base.start);
        let through = self
            .hunks
            .partition_point(|hunk| hunk.base.start <= base.end && hunk.base.end <= base.end);
        moved(base.start, &self.hunks[..before])..moved(base.end, &self.hunks[..through])
    }

    fn told(&self, lines: Range<usize>) -> HunkSide {
        let text = self.lines[lines.clone()]
            .iter()
            .take(SHOWN_LINES_MAX)
            .map(|line| {
                let line = String::from_utf8_lossy(line);
                line.trim_end_matches(['\n', '\r'])
                    .chars()
                    .take(LINE_CHARACTERS_MAX)
                    .collect()
            })
            .collect();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        HunkSide {
            first_line: number(lines.start + 1),
            lines: number(lines.len()),
            text,
        }
    }
}

/// Stretches of the base in which hunks of both sides overlap or touch.
fn meetings(ours: &[Hunk], theirs: &[Hunk]) -> Vec<Range<usize>> {
    let (mut left, mut right) = (ours.iter().peekable(), theirs.iter().peekable());
    let mut found = Vec::new();
    let mut open: Option<(Range<usize>, [bool; 2])> = None;
    loop {
        let is_left = match (left.peek(), right.peek()) {
            (Some(ours), Some(theirs)) => ours.base.start <= theirs.base.start,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => break,
        };
        let Some(hunk) = (if is_left { left.next() } else { right.next() }) else {
            break;
        };
        let of_side = [is_left, !is_left];
        match &mut open {
            Some((range, sides)) if hunk.base.start <= range.end => {
                range.end = range.end.max(hunk.base.end);
                *sides = [sides[0] || of_side[0], sides[1] || of_side[1]];
            }
            Some(_) | None => {
                found.extend(open.replace((hunk.base.clone(), of_side)));
            }
        }
    }
    found.extend(open);
    let both = |(range, sides): (Range<usize>, [bool; 2])| (sides == [true; 2]).then_some(range);
    found.into_iter().filter_map(both).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(lines: &[&str]) -> Vec<u8> {
        lines
            .iter()
            .flat_map(|line| [line.as_bytes(), b"\n"].concat())
            .collect()
    }

    fn check(base: &[&str], ours: &[&str], theirs: &[&str]) -> Vec<String> {
        conflict_hunks(&text(base), &text(ours), &text(theirs))
            .unwrap()
            .iter()
            .map(|hunk| {
                let side = |side: &HunkSide| {
                    format!("{}+{} {}", side.first_line, side.lines, side.text.join(","))
                };
                format!("{} | {}", side(&hunk.ours), side(&hunk.theirs))
            })
            .collect()
    }

    #[test]
    fn lines_are_numbered_as_each_side_has_them() {
        let base = ["1", "2", "3", "4", "5", "6"];
        let none: [&str; 0] = [];
        assert_eq!(
            check(
                &base,
                &["0", "1", "2", "x", "4", "5", "6"],
                &["1", "2", "y", "z", "4", "5", "6"]
            ),
            ["4+1 x | 3+2 y,z"]
        );
        // Both did the same: no conflict. One side alone: none either.
        assert_eq!(check(&base, &["1", "2", "x"], &["1", "2", "x"]), none);
        assert_eq!(check(&base, &["a", "2", "3", "4", "5", "6"], &base), none);
        assert_eq!(
            check(
                &base,
                &["a", "2", "3", "4", "5", "6"],
                &["1", "2", "3", "4", "5", "b"]
            ),
            none
        );
        // Deleted here, changed there.
        assert_eq!(
            check(
                &base,
                &["1", "4", "5", "6"],
                &["1", "2", "c", "4", "5", "6"]
            ),
            ["2+0  | 2+2 2,c"]
        );
        // Both added at the end.
        assert_eq!(check(&["1"], &["1", "x"], &["1", "y"]), ["2+1 x | 2+1 y"]);
        // Lines that touch.
        assert_eq!(
            check(&["1", "2"], &["a", "2"], &["1", "b"]),
            ["1+2 a,2 | 1+2 1,b"]
        );
    }

    #[test]
    fn a_file_that_is_not_text_has_no_lines() {
        assert_eq!(conflict_hunks(b"a\0", b"b", b"c"), None);
    }

    proptest! {
        /// Whatever lies between the hunks is merged line by line: put together with the hunks,
        /// each side comes out as it was.
        #[test]
        fn hunks_lie_within_both_sides_and_in_order(
            base in proptest::collection::vec("[a-c]", 0..12),
            ours in proptest::collection::vec("[a-c]", 0..12),
            theirs in proptest::collection::vec("[a-c]", 0..12),
        ) {
            let bytes = |lines: &[String]| {
                text(&lines.iter().map(String::as_str).collect::<Vec<_>>())
            };
            let hunks = conflict_hunks(&bytes(&base), &bytes(&ours), &bytes(&theirs)).unwrap();
            for (side, of) in [(&ours, 0), (&theirs, 1)] {
                let mut end = 1;
                for hunk in &hunks {
                    let told = if of == 0 { &hunk.ours } else { &hunk.theirs };
                    prop_assert!(told.first_line >= end);
                    end = told.first_line + told.lines;
                    let first = told.first_line as usize - 1;
                    let lines = &side[first..first + told.lines as usize];
                    prop_assert_eq!(&told.text, lines);
                }
            }
            prop_assert!(ours != theirs || hunks.is_empty());
        }
    }
}
