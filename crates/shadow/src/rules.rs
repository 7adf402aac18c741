//! What the user says about single paths, and how much worse the candidate may be.

use std::collections::{BTreeMap, BTreeSet};

use adjutant_domain::Confidence;

/// How the responses are compared. Paths are written as the answer writes them:
/// `body.items[*].price`, `headers.date`, `status`.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowRules {
    /// How much more often than the baseline against itself the candidate may disagree, as a share
    /// of the pairs (0.005 for half a percentage point).
    pub regression_max: f64,
    /// How sure the intervals are.
    pub confidence: Confidence,
    /// Relative tolerance of numbers.
    pub tolerances: BTreeMap<String, f64>,
    /// Texts that agree when at least this alike.
    pub texts: BTreeMap<String, f64>,
    /// Arrays whose order means nothing.
    pub unordered: BTreeSet<String>,
    /// Paths that are not compared, with all that is below them.
    pub ignored: BTreeSet<String>,
    /// How many requests are kept for partners that come later.
    pub window: usize,
}

impl Default for ShadowRules {
    /// Half a percentage point, two-sided 95 %, nothing said about any path, 4096 requests.
    fn default() -> Self {
        Self {
            regression_max: 0.005,
            confidence: Confidence::TWO_SIDED_95,
            tolerances: BTreeMap::new(),
            texts: BTreeMap::new(),
            unordered: BTreeSet::new(),
            ignored: BTreeSet::new(),
            window: 4096,
        }
    }
}

/// A path with a number, as in `body.price=1e-6`.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowPathLimit {
    /// The path.
    pub path: String,
    /// The number, 0 to 1.
    pub limit: f64,
}

/// A text that is not a path with a number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not PATH=NUMBER with a number from 0 to 1, such as body.price=1e-6")]
pub struct InvalidShadowRule {
    /// What was given.
    pub given: String,
}

impl std::str::FromStr for ShadowPathLimit {
    type Err = InvalidShadowRule;

    fn from_str(given: &str) -> Result<Self, InvalidShadowRule> {
        let invalid = || InvalidShadowRule {
            given: given.to_owned(),
        };
        let (path, number) = given.rsplit_once('=').ok_or_else(invalid)?;
        let limit: f64 = number.trim().parse().map_err(|_unreadable| invalid())?;
        if path.is_empty() || !(0.0..=1.0).contains(&limit) {
            return Err(invalid());
        }
        Ok(Self {
            path: path.to_owned(),
            limit,
        })
    }
}

impl ShadowRules {
    /// The first path that a rule names and that does not begin where a response does.
    pub fn misplaced_path(&self) -> Option<&str> {
        let limited = self.tolerances.keys().chain(self.texts.keys());
        limited
            .chain(&self.unordered)
            .chain(&self.ignored)
            .map(String::as_str)
            .find(|path| {
                let root = path.split(['.', '[']).next().unwrap_or_default();
                !matches!(root, "status" | "headers" | "body")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_path_with_a_share() {
        let limit: ShadowPathLimit = "body[\"a=b\"]=1e-6".parse().unwrap();
        assert_eq!((limit.path.as_str(), limit.limit), ("body[\"a=b\"]", 1e-6));
        for given in ["body", "=1", "body=x", "body=NaN", "body=2", "body=-1"] {
            assert!(given.parse::<ShadowPathLimit>().is_err(), "{given}");
        }
    }
}
