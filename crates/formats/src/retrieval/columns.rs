//! Lines of columns between white space, as both TREC files have them.
//!
//! Like trec_eval, any run of blanks and tabs parts two columns, and blank lines are skipped.

use std::collections::{HashMap, HashSet};

use crate::{FormatError, Place, text};

/// How many lines decide what a file is: enough to tell it from prose, few enough to be quick.
const LINES_RECOGNISED: usize = 50;

/// The lines of a file that hold exactly `N` columns, with their numbers from 1.
pub(super) fn lines<'a, const N: usize>(
    text: &'a str,
    wanted: &'static str,
) -> impl Iterator<Item = Result<(u64, [&'a str; N]), FormatError>> {
    (1_u64..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(move |(number, line)| {
            let columns = split(line).ok_or_else(|| {
                FormatError::new(
                    Place::Line(number),
                    format!(
                        "{} columns instead of {N}",
                        line.split_ascii_whitespace().count()
                    ),
                    format!("Write each line as `{wanted}`; if this is the last line, the file is cut off."),
                )
            })?;
            Ok((number, columns))
        })
}

/// Whether the first lines all hold `N` columns that `fits`. The last line of a full head may be
/// cut off, so it is not asked.
pub(super) fn all_fit<const N: usize>(head: &[u8], fits: impl Fn([&str; N]) -> bool) -> bool {
    let Some(text) = text::decode_head(head) else {
        return false;
    };
    let whole = match text.rfind('\n') {
        Some(end) => &text[..end],
        None => text,
    };
    let mut lines = whole
        .lines()
        .filter(|line| !line.trim_ascii().is_empty())
        .take(LINES_RECOGNISED)
        .peekable();
    lines.peek().is_some() && lines.all(|line| split(line).is_some_and(&fits))
}

fn split<const N: usize>(line: &str) -> Option<[&str; N]> {
    let mut columns = [""; N];
    let mut found = line.split_ascii_whitespace();
    for column in &mut columns {
        *column = found.next()?;
    }
    found.next().is_none().then_some(columns)
}

/// Which (query, document) pairs a file has named already.
#[derive(Default)]
pub(super) struct Seen<'a>(HashMap<&'a str, HashSet<&'a str>>);

impl<'a> Seen<'a> {
    /// Notes a pair.
    ///
    /// # Errors
    /// When the file has named it before: which of the two lines counts would be a guess.
    pub(super) fn note(
        &mut self,
        line: u64,
        query: &'a str,
        document: &'a str,
    ) -> Result<(), FormatError> {
        if self.0.entry(query).or_default().insert(document) {
            return Ok(());
        }
        Err(FormatError::new(
            Place::Line(line),
            format!("document {document} is named a second time for query {query}"),
            "Name each document once for a query; two runs in one file must be parted.",
        ))
    }
}
