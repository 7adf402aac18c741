//! A value of a document with its place. Taking a table's keys one by one leaves those that nobody
//! knows, and those are refused by name.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use adjutant_domain::read_duration;
use serde_json::{Map, Value};

/// What is wrong at a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Where.
    pub pointer: String,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

impl Complaint {
    /// The place as people write it: `spec.objectives.0.target`.
    pub fn key(&self) -> String {
        let steps = self.pointer.trim_start_matches('/').replace('/', ".");
        steps.replace("~1", "/").replace("~0", "~")
    }
}

/// What a field holds, or what is wrong with it.
pub type FieldRead<T> = Result<T, Complaint>;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct DocumentField<'v> {
    /// What it holds.
    pub value: &'v Value,
    /// Its JSON pointer.
    pub pointer: String,
}

/// A table whose keys are taken one by one.
#[derive(Debug)]
pub struct FieldKeys<'v> {
    map: &'v Map<String, Value>,
    pointer: String,
    taken: RefCell<BTreeSet<String>>,
}

impl<'v> DocumentField<'v> {
    /// That something is wrong here.
    pub fn complain(&self, problem: impl Display) -> Complaint {
        Complaint {
            pointer: self.pointer.clone(),
            problem: problem.to_string(),
        }
    }

    /// Its keys.
    ///
    /// # Errors
    /// When it is no table.
    pub fn keys(&self) -> FieldRead<FieldKeys<'v>> {
        match self.value.as_object() {
            Some(map) => Ok(FieldKeys {
                map,
                pointer: self.pointer.clone(),
                taken: RefCell::default(),
            }),
            None => Err(self.complain("a table is needed here")),
        }
    }

    /// Its items.
    ///
    /// # Errors
    /// When it is no list.
    pub fn items(&self) -> FieldRead<Vec<DocumentField<'v>>> {
        let items = self.value.as_array();
        let items = items.ok_or_else(|| self.complain("a list is needed here"))?;
        let of = |(at, value)| DocumentField {
            value,
            pointer: format!("{}/{at}", self.pointer),
        };
        Ok(items.iter().enumerate().map(of).collect())
    }

    /// Its text.
    ///
    /// # Errors
    /// When it is something else.
    pub fn text(&self) -> FieldRead<&'v str> {
        let text = self.value.as_str();
        text.ok_or_else(|| {
            self.complain("text in quotes, with its unit where it has one, is needed here")
        })
    }

    /// What its text means.
    ///
    /// # Errors
    /// When it is no text, or means nothing.
    pub fn parsed<T: FromStr<Err: Display>>(&self) -> FieldRead<T> {
        self.text()?
            .parse()
            .map_err(|error: T::Err| self.complain(error))
    }

    /// True or false.
    ///
    /// # Errors
    /// When it is something else.
    pub fn boolean(&self) -> FieldRead<bool> {
        let found = self.value.as_bool();
        found.ok_or_else(|| self.complain("true or false is needed here"))
    }

    /// A number.
    ///
    /// # Errors
    /// When it is something else.
    pub fn number(&self) -> FieldRead<f64> {
        let found = self.value.as_f64();
        found.ok_or_else(|| self.complain("a number is needed here"))
    }

    /// A whole number.
    ///
    /// # Errors
    /// When it is something else, or not from `least` to `most`.
    pub fn whole(&self, least: u64, most: u64) -> FieldRead<u64> {
        let found = self.value.as_u64().filter(|n| (least..=most).contains(n));
        found.ok_or_else(|| {
            self.complain(format!(
                "a whole number from {least} to {most} is needed here"
            ))
        })
    }

    /// Milliseconds: `30s`, `1h30m`, `500ms`, or a whole number of seconds.
    ///
    /// # Errors
    /// When it is something else, or more than a year.
    pub fn duration_ms(&self) -> FieldRead<i64> {
        const SECONDS_MAX: i64 = 366 * 24 * 3_600;
        let found = match (self.value.as_i64(), self.value.as_str()) {
            (Some(seconds), _) => seconds.checked_mul(1_000),
            (None, Some(text)) => duration_ms(text),
            (None, None) => None,
        };
        found
            .filter(|ms| (0..=SECONDS_MAX * 1_000).contains(ms))
            .ok_or_else(|| {
                self.complain("a duration such as \"30s\", \"1h30m\" or \"500ms\" is needed here")
            })
    }
}

/// One length of time after another, as in `1h30m`.
fn duration_ms(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit())?;
        let end = rest[unit..].find(|c: char| c.is_ascii_digit());
        let (part, after) = rest.split_at(end.map_or(rest.len(), |end| unit + end));
        let millis = read_duration(part.trim()).ok()?.as_millis();
        total = total.checked_add(i64::try_from(millis).ok()?)?;
        rest = after;
    }
    (total > 0).then_some(total)
}

impl<'v> FieldKeys<'v> {
    /// That something is wrong here.
    pub fn complain(&self, problem: impl Display) -> Complaint {
        Complaint {
            pointer: self.pointer.clone(),
            problem: problem.to_string(),
        }
    }

    fn pointer_of(&self, key: &str) -> String {
        format!(
            "{}/{}",
            self.pointer,
            key.replace('~', "~0").replace('/', "~1")
        )
    }

    /// The value of a key; null is none.
    pub fn get(&self, key: &str) -> Option<DocumentField<'v>> {
        self.taken.borrow_mut().insert(key.to_owned());
        let value = self.map.get(key).filter(|value| !value.is_null())?;
        Some(DocumentField {
            value,
            pointer: self.pointer_of(key),
        })
    }

    /// The value of a key.
    ///
    /// # Errors
    /// When it is missing.
    pub fn need(&self, key: &str) -> FieldRead<DocumentField<'v>> {
        self.get(key)
            .ok_or_else(|| self.complain(format!("{key} is missing")))
    }

    /// All keys.
    pub fn names(&self) -> Vec<&'v str> {
        self.map.keys().map(String::as_str).collect()
    }

    /// Refuses the first key that was not taken.
    ///
    /// # Errors
    /// When there is one.
    pub fn refuse_others(&self) -> FieldRead<()> {
        let taken = self.taken.borrow();
        match self.map.keys().find(|key| !taken.contains(*key)) {
            None => Ok(()),
            Some(key) => Err(Complaint {
                pointer: self.pointer_of(key),
                problem: format!(
                    "{key} is not supported; here stand {}",
                    taken
                        .iter()
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_or_are_seconds() {
        for (value, ms) in [
            (Value::from("30s"), Some(30_000)),
            (Value::from("1h30m"), Some(5_400_000)),
            (Value::from(" 500ms"), Some(500)),
            (Value::from(20), Some(20_000)),
            (Value::from("20"), None),
            (Value::from("-1s"), None),
            (Value::from("99999999h"), None),
            (Value::from(""), None),
        ] {
            let field = DocumentField {
                value: &value,
                pointer: String::new(),
            };
            assert_eq!(field.duration_ms().ok(), ms, "{value}");
        }
    }
}
