//! Takes typed values out of a TOML table, remembers which keys were asked for, and names line
//! and key path in every complaint. Knows nothing about policies.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A policy that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {key}: {problem}")]
pub struct InvalidPolicy {
    /// The line in the text, counted from 1.
    pub line: usize,
    /// The key's path, such as `gate.release.criteria[2].below`; empty for the whole text.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// A table and where it stands.
pub(crate) struct Keys<'t> {
    text: &'t str,
    path: String,
    span: Range<usize>,
    table: &'t DeTable<'t>,
    asked: RefCell<BTreeSet<String>>,
}

/// A text value and where it stands, so that what is wrong with it can be said at its line.
pub(crate) struct Text<'t> {
    pub(crate) value: &'t str,
    source: &'t str,
    span: Range<usize>,
    path: String,
}

impl Text<'_> {
    /// Turns the text into something that reads from text.
    pub(crate) fn read<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
    ) -> Result<T, InvalidPolicy> {
        self.value
            .parse()
            .map_err(|cause: T::Err| self.invalid(cause))
    }

    /// A complaint about this value.
    pub(crate) fn invalid(&self, problem: impl std::fmt::Display) -> InvalidPolicy {
        InvalidPolicy {
            line: line_at(self.source, self.span.start),
            key: self.path.clone(),
            problem: problem.to_string(),
        }
    }
}

/// The line of a byte, counted from 1.
pub(crate) fn line_at(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
}

impl<'t> Keys<'t> {
    pub(crate) fn of(text: &'t str, root: &'t Spanned<DeTable<'t>>) -> Self {
        Self::at(text, String::new(), root.span(), root.get_ref())
    }

    fn at(text: &'t str, path: String, span: Range<usize>, table: &'t DeTable<'t>) -> Self {
        Self {
            text,
            path,
            span,
            table,
            asked: RefCell::default(),
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// A complaint about the table as a whole.
    pub(crate) fn invalid(&self, problem: impl std::fmt::Display) -> InvalidPolicy {
        InvalidPolicy {
            line: line_at(self.text, self.span.start),
            key: self.path.clone(),
            problem: problem.to_string(),
        }
    }

    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.table
            .iter()
            .find(|(name, _)| name.get_ref().as_ref() == key)
            .map(|(_, value)| value)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) -> InvalidPolicy {
        InvalidPolicy {
            line: line_at(self.text, value.span().start),
            key: self.path_of(key),
            problem: format!(
                "{wanted} is needed here, not {}",
                value.get_ref().type_str()
            ),
        }
    }

    /// The keys, in the order of the text.
    pub(crate) fn names(&self) -> Vec<&'t str> {
        let mut names: Vec<_> = self
            .table
            .keys()
            .map(|key| (key.span().start, key.get_ref().as_ref()))
            .collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name).collect()
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<Text<'t>>, InvalidPolicy> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        self.as_text(key, self.path_of(key), value).map(Some)
    }

    fn as_text(
        &self,
        key: &str,
        path: String,
        value: &'t Spanned<DeValue<'t>>,
    ) -> Result<Text<'t>, InvalidPolicy> {
        match value.get_ref().as_str() {
            Some(text) => Ok(Text {
                value: text,
                source: self.text,
                span: value.span(),
                path,
            }),
            None => {
                let is_number = value.get_ref().is_integer() || value.get_ref().is_float();
                let wanted = if is_number {
                    "text in quotes, with its unit, such as \"5 ms\" or \"10 %\","
                } else {
                    "text in quotes"
                };
                Err(self.wrong_type(key, value, wanted))
            }
        }
    }

    /// One text or an array of texts.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<Text<'t>>, InvalidPolicy> {
        let Some(value) = self.get(key) else {
            return Ok(vec![]);
        };
        match value.get_ref().as_array() {
            None => Ok(vec![self.as_text(key, self.path_of(key), value)?]),
            Some(array) => array
                .iter()
                .enumerate()
                .map(|(at, value)| self.as_text(key, format!("{}[{at}]", self.path_of(key)), value))
                .collect(),
        }
    }

    pub(crate) fn boolean(&self, key: &str) -> Result<Option<bool>, InvalidPolicy> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let found = value.get_ref().as_bool();
        found
            .map(Some)
            .ok_or_else(|| self.wrong_type(key, value, "true or false"))
    }

    /// A whole number of at least `least`.
    pub(crate) fn whole(&self, key: &str, least: i64) -> Result<Option<i64>, InvalidPolicy> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|digits| i64::from_str_radix(digits.as_str(), digits.radix()).ok())
            .filter(|&number| number >= least);
        let wanted = format!("a whole number of at least {least}");
        number
            .map(Some)
            .ok_or_else(|| self.wrong_type(key, value, &wanted))
    }

    pub(crate) fn table(&self, key: &str) -> Result<Option<Keys<'t>>, InvalidPolicy> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match value.get_ref().as_table() {
            Some(table) => Ok(Some(Keys::at(
                self.text,
                self.path_of(key),
                value.span(),
                table,
            ))),
            None => Err(self.wrong_type(key, value, "a table")),
        }
    }

    /// An array of tables, such as `[[gate.release.criteria]]`.
    pub(crate) fn tables(&self, key: &str) -> Result<Vec<Keys<'t>>, InvalidPolicy> {
        let Some(value) = self.get(key) else {
            return Ok(vec![]);
        };
        let wanted = "an array of tables";
        let array = value
            .get_ref()
            .as_array()
            .ok_or_else(|| self.wrong_type(key, value, wanted))?;
        array
            .iter()
            .enumerate()
            .map(|(at, value)| match value.get_ref().as_table() {
                Some(table) => {
                    let path = format!("{}[{at}]", self.path_of(key));
                    Ok(Keys::at(self.text, path, value.span(), table))
                }
                None => Err(self.wrong_type(key, value, wanted)),
            })
            .collect()
    }

    /// A sentence for each key that nobody asked for.
    pub(crate) fn unknown(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        self.table
            .keys()
            .filter(|key| !asked.contains(key.get_ref().as_ref()))
            .map(|key| {
                let line = line_at(self.text, key.span().start);
                let path = self.path_of(key.get_ref());
                match nearest(key.get_ref(), &asked) {
                    Some(meant) => {
                        format!("line {line}: {path} is not known and not used; is {meant} meant?")
                    }
                    None => format!("line {line}: {path} is not known and not used"),
                }
            })
            .collect()
    }
}

/// The known key that differs least, if it differs by at most a third of its letters.
fn nearest<'k>(key: &str, known: &'k BTreeSet<String>) -> Option<&'k String> {
    known
        .iter()
        .map(|name| (edits(key, name), name))
        .min()
        .filter(|(edits, name)| *edits * 3 <= name.len())
        .map(|(_, name)| name)
}

/// Levenshtein's distance.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, &wanted) in other.iter().enumerate() {
            let substituted = diagonal + usize::from(letter != wanted);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
