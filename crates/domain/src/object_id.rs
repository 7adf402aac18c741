//! The name of a git object: a commit or a tree.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId(String);

/// A text that is not the full name of a git object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a git object id: 40 or 64 hexadecimal digits are needed")]
pub struct InvalidObjectId(String);

impl ObjectId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first ten digits, for a person.
    pub fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

impl TryFrom<String> for ObjectId {
    type Error = InvalidObjectId;

    fn try_from(text: String) -> Result<Self, InvalidObjectId> {
        let is_hexadecimal = text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_hexadecimal && matches!(text.len(), 40 | 64) {
            Ok(Self(text))
        } else {
            Err(InvalidObjectId(text))
        }
    }
}

impl std::str::FromStr for ObjectId {
    type Err = InvalidObjectId;

    fn from_str(text: &str) -> Result<Self, InvalidObjectId> {
        Self::try_from(text.to_owned())
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> String {
        id.0
    }
}

impl std::fmt::Display for ObjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_lower_case_names_are_object_ids() {
        let sha1 = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(sha1.parse::<ObjectId>().unwrap().short(), "0123456789");
        for given in [
            "",
            "HEAD",
            "0123456",
            &sha1.to_uppercase(),
            &format!("{sha1}0"),
        ] {
            assert!(given.parse::<ObjectId>().is_err(), "{given:?} was accepted");
        }
    }
}
