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
pub(super) struct Complaint {
    pub(super) pointer: String,
    pub(super) problem: String,
}

pub(super) type Read<T> = Result<T, Complaint>;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Field<'v> {
    pub(super) value: &'v Value,
    pub(super) pointer: String,
}

/// A table whose keys are taken one by one.
#[derive(Debug)]
pub(super) struct Keys<'v> {
    map: &'v Map<String, Value>,
    pointer: String,
    taken: RefCell<BTreeSet<String>>,
}

impl<'v> Field<'v> {
    pub(super) fn complain(&self, problem: impl Display) -> Complaint {
        Complaint {
            pointer: self.pointer.clone(),
            problem: problem.to_string(),
        }
    }

    pub(super) fn keys(&self) -> Read<Keys<'v>> {
        match self.value.as_object() {
            Some(map) => Ok(Keys {
                map,
                pointer: self.pointer.clone(),
                taken: RefCell::default(),
            }),
            None => Err(self.complain("a table is needed here")),
        }
    }

    pub(super) fn items(&self) -> Read<Vec<Field<'v>>> {
        let items = self.value.as_array();
        let items = items.ok_or_else(|| self.complain("a list is needed here"))?;
        let of = |(at, value)| Field {
            value,
            pointer: format!("{}/{at}", self.pointer),
        };
        Ok(items.iter().enumerate().map(of).collect())
    }

    pub(super) fn text(&self) -> Read<&'v str> {
        let text = self.value.as_str();
        text.ok_or_else(|| {
            self.complain("text in quotes, with its unit where it has one, is needed here")
        })
    }

    pub(super) fn parsed<T: FromStr<Err: Display>>(&self) -> Read<T> {
        self.text()?
            .parse()
            .map_err(|error: T::Err| self.complain(error))
    }

    pub(super) fn boolean(&self) -> Read<bool> {
        let found = self.value.as_bool();
        found.ok_or_else(|| self.complain("true or false is needed here"))
    }

    pub(super) fn number(&self) -> Read<f64> {
        let found = self.value.as_f64();
        found.ok_or_else(|| self.complain("a number is needed here"))
    }

    pub(super) fn whole(&self, least: u64, most: u64) -> Read<u64> {
        let found = self.value.as_u64().filter(|n| (least..=most).contains(n));
        found.ok_or_else(|| {
            self.complain(format!(
                "a whole number from {least} to {most} is needed here"
            ))
        })
    }

    /// Milliseconds: `30s`, `1h30m`, `500ms`, or a whole number of seconds.
    pub(super) fn duration_ms(&self) -> Read<i64> {
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

impl<'v> Keys<'v> {
    pub(super) fn complain(&self, problem: impl Display) -> Complaint {
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

    pub(super) fn get(&self, key: &str) -> Option<Field<'v>> {
        self.taken.borrow_mut().insert(key.to_owned());
        let value = self.map.get(key).filter(|value| !value.is_null())?;
        Some(Field {
            value,
            pointer: self.pointer_of(key),
        })
    }

    pub(super) fn need(&self, key: &str) -> Read<Field<'v>> {
        self.get(key)
            .ok_or_else(|| self.complain(format!("{key} is missing")))
    }

    pub(super) fn names(&self) -> Vec<&'v str> {
        self.map.keys().map(String::as_str).collect()
    }

    /// Refuses the first key that was not taken.
    pub(super) fn refuse_others(&self) -> Read<()> {
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
            let field = Field {
                value: &value,
                pointer: String::new(),
            };
            assert_eq!(field.duration_ms().ok(), ms, "{value}");
        }
    }
}
