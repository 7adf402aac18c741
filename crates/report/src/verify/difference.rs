//! The differences between a report and its recomputed self, each with a name.

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

use super::citation::citations;
use super::token::{Token, tokens};

/// A report that differs in more tokens than these is another report, and naming every one helps
/// nobody; the effort of aligning them grows with their square.
const DIFFERING_TOKENS_MAX: usize = 4_000;
/// A quotation longer than this does not help to find the place.
const QUOTE_CHARS_MAX: usize = 120;

/// One difference. Lines are counted from 1; `expected` is what the evidence gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discrepancy {
    /// A number of the report is not the one that the evidence gives.
    ChangedNumber {
        /// The line in the report.
        line: usize,
        /// The number that the evidence gives.
        expected: String,
        /// The number in the report.
        found: String,
    },
    /// A number of the report that no evidence stands behind.
    UncitedNumber {
        /// The line in the report.
        line: usize,
        /// The number in the report.
        found: String,
    },
    /// A number that the evidence gives is not in the report.
    MissingNumber {
        /// The line in the report where it belongs.
        line: usize,
        /// The number that the evidence gives.
        expected: String,
    },
    /// A number has lost its source, or a part of it.
    MissingCitation {
        /// The line in the report where it belongs.
        line: usize,
        /// The source.
        expected: String,
    },
    /// The report differs so widely that it shows another decision, or was written anew.
    AnotherReport {
        /// In how many numbers, words and marks it differs at least.
        differing: usize,
    },
    /// Words are not those that the decision gives.
    ChangedWords {
        /// The line in the report.
        line: usize,
        /// The words that the decision gives; empty when there are none.
        expected: String,
        /// The words in the report; empty when they are missing.
        found: String,
    },
}

impl std::fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ChangedNumber {
                line,
                expected,
                found,
            } => write!(
                f,
                "line {line}: {found} stands where the evidence gives {expected}"
            ),
            Self::UncitedNumber { line, found } => {
                write!(f, "line {line}: the number {found} has no evidence")
            }
            Self::MissingNumber { line, expected } => {
                write!(f, "line {line}: the number {expected} is missing")
            }
            Self::MissingCitation { line, expected } => {
                write!(f, "line {line}: the citation {expected} is missing")
            }
            Self::AnotherReport { differing } => write!(
                f,
                "the report differs in at least {differing} numbers, words and marks: it shows \
                 another decision, or was written anew"
            ),
            Self::ChangedWords {
                line,
                expected,
                found,
            } if found.is_empty() => write!(f, "line {line}: the words {expected:?} are missing"),
            Self::ChangedWords {
                line,
                expected,
                found,
            } if expected.is_empty() => write!(f, "line {line}: the words {found:?} were added"),
            Self::ChangedWords {
                line,
                expected,
                found,
            } => write!(
                f,
                "line {line}: {found:?} stands where the decision gives {expected:?}"
            ),
        }
    }
}

/// Names every difference between a report and the same report rendered anew. Empty when the
/// report says exactly what the evidence gives; blanks and line ends do not count.
pub fn check(report: &str, recomputed: &str) -> Vec<Discrepancy> {
    let report = report.trim_start_matches('\u{feff}');
    let (first_line, of_report, of_recomputed) = differing_lines(report, recomputed);
    let recomputed = &recomputed[of_recomputed];
    let found = tokens(&report[of_report], first_line);
    let expected = tokens(recomputed, first_line);
    let differing = differing(&found, &expected);
    if differing > DIFFERING_TOKENS_MAX {
        return vec![Discrepancy::AnotherReport { differing }];
    }
    let citations = citations(recomputed);
    let mut discrepancies = Vec::new();
    for (of_expected, of_found) in changes(&expected, &found) {
        let line = found
            .get(of_found.start)
            .or(found.last())
            .map_or(first_line, |token| token.line);
        let passage = Passage {
            line,
            expected: &expected[of_expected],
            found: &found[of_found],
        };
        passage.name_numbers(&mut discrepancies);
        passage.name_citations(recomputed, &citations, &mut discrepancies);
        passage.name_words(&mut discrepancies);
    }
    discrepancies
}

/// What lies between the lines that both texts share at their start and at their end: the number
/// of its first line, and its bytes in both texts.
fn differing_lines(report: &str, recomputed: &str) -> (usize, Range<usize>, Range<usize>) {
    let found: Vec<&str> = report.split_inclusive('\n').collect();
    let expected: Vec<&str> = recomputed.split_inclusive('\n').collect();
    let is_same = |(a, b): &(&&str, &&str)| a.trim_end() == b.trim_end();
    let shared = found.iter().zip(&expected).take_while(is_same).count();
    let (found, expected) = (&found[shared..], &expected[shared..]);
    let at_end = found
        .iter()
        .rev()
        .zip(expected.iter().rev())
        .take_while(is_same)
        .count();
    let middle = |lines: &[&str], whole: &str| {
        let length = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
        let start = whole.len() - length(lines);
        start..whole.len() - length(&lines[lines.len() - at_end..])
    };
    (
        shared + 1,
        middle(found, report),
        middle(expected, recomputed),
    )
}

/// The places that differ, as ranges of both sides. Where as many tokens were exchanged in place
/// as any alignment would have to remove and add, they count as exchanged: a changed digit next
/// to its like is then one change, not two.
fn changes(expected: &[Token<'_>], found: &[Token<'_>]) -> Vec<(Range<usize>, Range<usize>)> {
    let aligned: Vec<(Range<usize>, Range<usize>)> =
        capture_diff_slices(Algorithm::Myers, expected, found)
            .iter()
            .map(DiffOp::as_tag_tuple)
            .filter(|(tag, _, _)| *tag != DiffTag::Equal)
            .map(|(_, of_expected, of_found)| (of_expected, of_found))
            .collect();
    if expected.len() != found.len() {
        return aligned;
    }
    let exchanged: Vec<usize> = (0..found.len())
        .filter(|&at| expected[at] != found[at])
        .collect();
    let edits: usize = aligned.iter().map(|(a, b)| a.len() + b.len()).sum();
    if exchanged.len() * 2 <= edits {
        exchanged
            .into_iter()
            .map(|at| (at..at + 1, at..at + 1))
            .collect()
    } else {
        aligned
    }
}

/// In how many tokens two texts differ at least, whatever their order.
fn differing(found: &[Token<'_>], expected: &[Token<'_>]) -> usize {
    let mut balance: HashMap<&str, i64> = HashMap::new();
    for token in found {
        *balance.entry(token.text).or_default() += 1;
    }
    for token in expected {
        *balance.entry(token.text).or_default() -= 1;
    }
    balance
        .values()
        .map(|count| count.unsigned_abs() as usize)
        .sum()
}

/// A place where the report and its recomputed self differ.
struct Passage<'a> {
    line: usize,
    expected: &'a [Token<'a>],
    found: &'a [Token<'a>],
}

impl Passage<'_> {
    /// Sets the numbers of both sides against each other in their order.
    fn name_numbers(&self, discrepancies: &mut Vec<Discrepancy>) {
        let numbers = |tokens: &[Token<'_>]| -> Vec<(usize, String)> {
            tokens
                .iter()
                .filter(|token| token.is_number())
                .map(|token| (token.line, token.text.to_owned()))
                .collect()
        };
        let mut expected = numbers(self.expected).into_iter();
        let mut found = numbers(self.found).into_iter();
        loop {
            discrepancies.push(match (expected.next(), found.next()) {
                (Some((_, expected)), Some((line, found))) => {
                    if expected == found {
                        continue;
                    }
                    Discrepancy::ChangedNumber {
                        line,
                        expected,
                        found,
                    }
                }
                (None, Some((line, found))) => Discrepancy::UncitedNumber { line, found },
                (Some((_, expected)), None) => Discrepancy::MissingNumber {
                    line: self.line,
                    expected,
                },
                (None, None) => return,
            });
        }
    }

    /// Names the citations of which something is missing and nothing stands in its place.
    fn name_citations(
        &self,
        recomputed: &str,
        citations: &[Range<usize>],
        discrepancies: &mut Vec<Discrepancy>,
    ) {
        let (Some(first), Some(last)) = (self.expected.first(), self.expected.last()) else {
            return;
        };
        let missing = first.start..last.start + last.text.len();
        let touched = citations
            .iter()
            .filter(|place| place.start < missing.end && missing.start < place.end);
        for place in touched {
            let expected = &recomputed[place.clone()];
            let found = quote(self.found);
            let is_replaced = !found.is_empty() && self.found.len() >= self.expected.len();
            if !is_replaced {
                discrepancies.push(Discrepancy::MissingCitation {
                    line: self.line,
                    expected: expected.to_owned(),
                });
            }
        }
    }

    /// Names the words that differ; numbers alone are named already.
    fn name_words(&self, discrepancies: &mut Vec<Discrepancy>) {
        let words = |tokens: &[Token<'_>]| -> Vec<String> {
            tokens
                .iter()
                .filter(|token| !token.is_number())
                .map(|token| token.text.to_owned())
                .collect()
        };
        if words(self.expected) != words(self.found) {
            discrepancies.push(Discrepancy::ChangedWords {
                line: self.line,
                expected: quote(self.expected),
                found: quote(self.found),
            });
        }
    }
}

/// The tokens as they read, shortened.
fn quote(tokens: &[Token<'_>]) -> String {
    let mut text = String::new();
    let mut end = None;
    for token in tokens {
        if end.is_some_and(|end| end != token.start) {
            text.push(' ');
        }
        text.push_str(token.text);
        end = Some(token.start + token.text.len());
    }
    if text.chars().count() <= QUOTE_CHARS_MAX {
        return text;
    }
    let shortened: String = text.chars().take(QUOTE_CHARS_MAX).collect();
    format!("{shortened}…")
}
