//! What goes into a statement and what comes out of a row, the same for both engines.

use crate::StoreError;

/// One parameter, or one cell of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

/// The cells of one row, in the order they were selected.
#[derive(Debug)]
pub(crate) struct Row {
    /// What the row was read for, for errors.
    pub(crate) operation: &'static str,
    pub(crate) cells: Vec<Value>,
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Value::Integer(integer)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<f64> for Value {
    fn from(real: f64) -> Self {
        Value::Real(real)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl Row {
    pub(crate) fn integer(&self, at: usize) -> Result<i64, StoreError> {
        self.optional_integer(at)?.ok_or_else(|| self.foreign(at))
    }

    pub(crate) fn optional_integer(&self, at: usize) -> Result<Option<i64>, StoreError> {
        match self.cells.get(at) {
            Some(Value::Integer(integer)) => Ok(Some(*integer)),
            Some(Value::Null) => Ok(None),
            Some(Value::Real(_) | Value::Text(_)) | None => Err(self.foreign(at)),
        }
    }

    pub(crate) fn optional_real(&self, at: usize) -> Result<Option<f64>, StoreError> {
        match self.cells.get(at) {
            Some(Value::Real(real)) => Ok(Some(*real)),
            Some(Value::Null) => Ok(None),
            Some(Value::Integer(_) | Value::Text(_)) | None => Err(self.foreign(at)),
        }
    }

    pub(crate) fn text(&self, at: usize) -> Result<&str, StoreError> {
        match self.cells.get(at) {
            Some(Value::Text(text)) => Ok(text),
            Some(Value::Null | Value::Integer(_) | Value::Real(_)) | None => Err(self.foreign(at)),
        }
    }

    pub(crate) fn optional_text(&self, at: usize) -> Result<Option<&str>, StoreError> {
        match self.cells.get(at) {
            Some(Value::Null) => Ok(None),
            Some(Value::Text(_) | Value::Integer(_) | Value::Real(_)) | None => {
                self.text(at).map(Some)
            }
        }
    }

    /// A cell that holds a name, a digest, or another text with a grammar.
    pub(crate) fn parse<T: std::str::FromStr>(&self, at: usize) -> Result<T, StoreError> {
        self.text(at)?.parse().map_err(|_not_ours| self.foreign(at))
    }

    /// A cell that holds JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, at: usize) -> Result<T, StoreError> {
        serde_json::from_str(self.text(at)?).map_err(|_not_ours| self.foreign(at))
    }

    /// A cell that holds the text of an enum, as serde names its variants.
    pub(crate) fn variant<T: serde::de::DeserializeOwned>(
        &self,
        at: usize,
    ) -> Result<T, StoreError> {
        let text = serde_json::Value::String(self.text(at)?.to_owned());
        serde_json::from_value(text).map_err(|_not_ours| self.foreign(at))
    }

    /// A count.
    pub(crate) fn small(&self, at: usize) -> Result<u32, StoreError> {
        u32::try_from(self.integer(at)?).map_err(|_not_a_count| self.foreign(at))
    }

    pub(crate) fn foreign(&self, at: usize) -> StoreError {
        StoreError::ForeignRow {
            operation: self.operation,
            found: format!("{:?} in column {}", self.cells.get(at), at + 1),
        }
    }
}

/// The text of an enum, as serde names its variants.
pub(crate) fn variant_text<T: serde::Serialize>(
    operation: &'static str,
    value: &T,
) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        Ok(other) => Ok(other.to_string()),
        Err(source) => Err(StoreError::Encode { operation, source }),
    }
}

/// A value as JSON on one line.
pub(crate) fn json_text<T: serde::Serialize>(
    operation: &'static str,
    value: &T,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Encode { operation, source })
}

/// PostgreSQL cannot keep a NUL in a text, and what one engine refuses the other refuses too.
pub(crate) fn refuse_nul(operation: &'static str, parameters: &[Value]) -> Result<(), StoreError> {
    let has_nul = |value: &Value| match value {
        Value::Text(text) => text.contains('\0'),
        Value::Null | Value::Integer(_) | Value::Real(_) => false,
    };
    if parameters.iter().any(has_nul) {
        return Err(StoreError::Nul { operation });
    }
    Ok(())
}
