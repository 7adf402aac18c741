//! One recorded exchange: a line of NDJSON.

use crate::tape::{self, Node, Shape};
use crate::text::decoded;

/// A longer line is refused.
pub const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A longer request id is refused: it is kept and shown.
const ID_BYTES_MAX: usize = 1024;

/// More headers than any server sends: they are matched by looking at each.
const HEADERS_MAX: usize = 1000;

/// Which recording a line is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShadowArm {
    /// What the version in use answered.
    Baseline,
    /// What the version in use answered when it was asked once more.
    Again,
    /// What the version that asks to replace it answered.
    Candidate,
}

/// A line that is not a recorded exchange.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ShadowInputError {
    /// Which recording.
    pub arm: ShadowArm,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: String,
}

/// A line, read. The numbers are of nodes.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) bytes: Vec<u8>,
    pub(crate) nodes: Vec<Node>,
    status: u32,
    headers: Option<u32>,
    body: Option<u32>,
    pub(crate) tokens: Option<f64>,
    pub(crate) cost: Option<f64>,
    pub(crate) duration_ms: Option<f64>,
}

/// A value of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) nodes: &'a [Node],
    pub(crate) at: u32,
}

impl<'a> Value<'a> {
    pub(crate) fn node(self) -> Node {
        self.nodes[self.at as usize]
    }

    pub(crate) fn shape(self) -> Shape {
        self.node().shape
    }

    /// What is written there; of a text, what is between the quotes.
    pub(crate) fn raw(self) -> &'a [u8] {
        let node = self.node();
        &self.bytes[node.start as usize..node.end as usize]
    }

    pub(crate) fn text(self) -> std::borrow::Cow<'a, str> {
        let is_escaped = self.shape() == Shape::Text { is_escaped: true };
        decoded(self.raw(), is_escaped)
    }

    /// The values inside an array, or keys and values of an object in turns.
    pub(crate) fn children(self) -> impl Iterator<Item = Value<'a>> {
        let end = self.node().next;
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            let value = (at < end).then_some(Value { at, ..self })?;
            at = value.node().next;
            Some(value)
        })
    }

    /// The members of an object.
    pub(crate) fn members(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
        let mut children = self.children();
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }
}

impl Record {
    pub(crate) fn status(&self) -> Value<'_> {
        self.value(self.status)
    }

    pub(crate) fn headers(&self) -> Option<Value<'_>> {
        self.headers.map(|at| self.value(at))
    }

    pub(crate) fn body(&self) -> Option<Value<'_>> {
        self.body.map(|at| self.value(at))
    }

    fn value(&self, at: u32) -> Value<'_> {
        Value {
            bytes: &self.bytes,
            nodes: &self.nodes,
            at,
        }
    }

    /// How much memory it holds.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + self.nodes.len() * size_of::<Node>()
    }

    /// Reads a line into this record, whatever it held before; returns the request's id.
    pub(crate) fn read(&mut self, line: &[u8]) -> Result<String, String> {
        if line.len() > LINE_BYTES_MAX {
            return Err("it is longer than 64 MiB".to_owned());
        }
        if let Err(error) = std::str::from_utf8(line) {
            return Err(format!(
                "column {}: it is not UTF-8",
                error.valid_up_to() + 1
            ));
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(line);
        tape::read(&self.bytes, &mut self.nodes)
            .map_err(|error| format!("column {}: {}", error.offset + 1, error.problem))?;
        let parts = Parts::of(self.value(0))?;
        (self.status, self.headers, self.body) = (parts.status, parts.headers, parts.body);
        (self.tokens, self.cost) = (parts.tokens, parts.cost);
        self.duration_ms = parts.duration_ms;
        Ok(parts.id)
    }
}

struct Parts {
    id: String,
    status: u32,
    headers: Option<u32>,
    body: Option<u32>,
    tokens: Option<f64>,
    cost: Option<f64>,
    duration_ms: Option<f64>,
}

impl Parts {
    fn of(line: Value<'_>) -> Result<Self, String> {
        if line.shape() != Shape::Object {
            return Err("it is not an object".to_owned());
        }
        let (mut id, mut status, mut headers, mut body) = (None, None, None, None);
        let (mut tokens, mut cost, mut duration_ms) = (None, None, None);
        for (key, value) in line.members() {
            match key.text().as_ref() {
                "request" => once(&mut id, "request", id_of(value)?)?,
                "status" => once(&mut status, "status", status_of(value)?)?,
                "headers" => once(&mut headers, "headers", headers_of(value)?)?,
                "body" => once(&mut body, "body", value.at)?,
                "tokens" => once(&mut tokens, "tokens", amount(value, "tokens")?)?,
                "cost" => once(&mut cost, "cost", amount(value, "cost")?)?,
                "duration_ms" => {
                    once(
                        &mut duration_ms,
                        "duration_ms",
                        amount(value, "duration_ms")?,
                    )?;
                }
                unknown => return Err(format!("{unknown:?} is not a key of an exchange")),
            }
        }
        Ok(Self {
            id: id.ok_or("\"request\" is missing")?,
            status: status.ok_or("\"status\" is missing")?,
            headers: headers.flatten(),
            body,
            tokens: tokens.flatten(),
            cost: cost.flatten(),
            duration_ms: duration_ms.flatten(),
        })
    }
}

fn once<T>(place: &mut Option<T>, key: &str, value: T) -> Result<(), String> {
    if place.replace(value).is_some() {
        return Err(format!("\"{key}\" is there twice"));
    }
    Ok(())
}

/// The request's `id`, or else its `key`.
fn id_of(request: Value<'_>) -> Result<String, String> {
    if request.shape() != Shape::Object {
        return Err("\"request\" is not an object".to_owned());
    }
    let named = |name: &str| {
        let mut members = request.members();
        members.find_map(|(key, value)| (key.text() == name).then_some(value))
    };
    let id = named("id")
        .or_else(|| named("key"))
        .ok_or("\"request\" has neither \"id\" nor \"key\"")?;
    let id = match id.shape() {
        Shape::Text { .. } => id.text().into_owned(),
        Shape::Number => String::from_utf8_lossy(id.raw()).into_owned(),
        Shape::Null | Shape::True | Shape::False | Shape::Array | Shape::Object => String::new(),
    };
    if id.is_empty() || id.len() > ID_BYTES_MAX {
        return Err("the request's id is not a text or number of 1 to 1024 bytes".to_owned());
    }
    Ok(id)
}

fn status_of(value: Value<'_>) -> Result<u32, String> {
    let is_status = value.shape() == Shape::Number
        && value.raw().len() == 3
        && value.raw().iter().all(u8::is_ascii_digit);
    if !is_status {
        return Err("\"status\" is not a number of three digits".to_owned());
    }
    Ok(value.at)
}

/// Null is none.
fn headers_of(value: Value<'_>) -> Result<Option<u32>, String> {
    if value.shape() == Shape::Null {
        return Ok(None);
    }
    if value.shape() != Shape::Object {
        return Err("\"headers\" is not an object".to_owned());
    }
    if value.members().nth(HEADERS_MAX).is_some() {
        return Err(format!("there are more than {HEADERS_MAX} headers"));
    }
    Ok(Some(value.at))
}

/// A number that is not negative; null is none.
fn amount(value: Value<'_>, key: &str) -> Result<Option<f64>, String> {
    if value.shape() == Shape::Null {
        return Ok(None);
    }
    let number = || {
        let text = (value.shape() == Shape::Number).then(|| value.text())?;
        let number: f64 = text.parse().ok()?;
        (number.is_finite() && number >= 0.0).then_some(number)
    };
    match number() {
        Some(number) => Ok(Some(number)),
        None => Err(format!("\"{key}\" is not a number of at least 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (line, expected) in [
            ("", "column 1: the line ends inside a value"),
            ("[]", "it is not an object"),
            (r#"{"status": 200}"#, "\"request\" is missing"),
            (r#"{"request": {"id": 1}}"#, "\"status\" is missing"),
            (
                r#"{"request": {"method": "GET"}, "status": 200}"#,
                "\"request\" has neither \"id\" nor \"key\"",
            ),
            (
                r#"{"request": {"id": null}, "status": 200}"#,
                "the request's id is not a text or number of 1 to 1024 bytes",
            ),
            (
                r#"{"request": {"id": 1}, "status": "200"}"#,
                "\"status\" is not a number of three digits",
            ),
            (
                r#"{"request": {"id": 1}, "status": 200, "status": 500}"#,
                "\"status\" is there twice",
            ),
            (
                r#"{"request": {"id": 1}, "status": 200, "tokens": -1}"#,
                "\"tokens\" is not a number of at least 0",
            ),
            (
                r#"{"request": {"id": 1}, "status": 200, "bodi": {}}"#,
                "\"bodi\" is not a key of an exchange",
            ),
            (
                r#"{"request": {"id": 1}, "status": 200, "body": 01}"#,
                "column 48: a comma or the closing bracket is missing",
            ),
        ] {
            let found = Record::default().read(line.as_bytes());
            assert_eq!(found.unwrap_err(), expected, "{line}");
        }
        let found = Record::default().read(b"{\"request\": \"\xff\"}");
        assert_eq!(found.unwrap_err(), "column 14: it is not UTF-8");
    }

    #[test]
    fn a_request_is_known_by_its_id_or_else_its_key() {
        for (request, expected) in [
            (r#"{"key": "k", "id": "r-1"}"#, "r-1"),
            (r#"{"key": "k"}"#, "k"),
            (r#"{"id": 17, "method": "GET", "path": "/"}"#, "17"),
        ] {
            let line = format!(r#"{{"request": {request}, "status": 200}}"#);
            let id = Record::default().read(line.as_bytes());
            assert_eq!(id.unwrap(), expected);
        }
    }
}
