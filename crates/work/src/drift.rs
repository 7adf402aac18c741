//! Drift: work that left the paths its task declared.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PathGlob;

/// How the touched files lie to the declared ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "drift", rename_all = "snake_case")]
pub enum Drift {
    /// Every touched file was declared.
    Within,
    /// Some were not.
    Outside {
        /// Which, in order.
        paths: Vec<String>,
    },
    /// The task declares no paths, so nothing can be said.
    NothingDeclared,
}

/// Compares the files that a work tree changed with those that its task declared.
pub fn drift(declared: &[PathGlob], touched: &[String]) -> Drift {
    if declared.is_empty() {
        return Drift::NothingDeclared;
    }
    let mut paths: Vec<String> = touched
        .iter()
        .filter(|path| !declared.iter().any(|glob| glob.covers(path)))
        .cloned()
        .collect();
    paths.sort();
    paths.dedup();
    if paths.is_empty() {
        Drift::Within
    } else {
        Drift::Outside { paths }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(declared: &[&str], touched: &[&str]) -> Drift {
        let declared: Vec<PathGlob> = declared.iter().map(|text| text.parse().unwrap()).collect();
        let touched: Vec<String> = touched.iter().map(|&path| path.to_owned()).collect();
        drift(&declared, &touched)
    }

    #[test]
    fn what_was_not_declared_is_named() {
        let outside = |paths: &[&str]| Drift::Outside {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        };
        for (declared, touched, expected) in [
            (
                &["src"][..],
                &["src/a.rs", "src/deep/b.rs"][..],
                Drift::Within,
            ),
            (&["src", "*.md"], &["README.md"], Drift::Within),
            (&["src"], &[], Drift::Within),
            (&["src"], &["b", "src/a.rs", "a", "b"], outside(&["a", "b"])),
            (&["src"], &["srcs/a.rs"], outside(&["srcs/a.rs"])),
            (&[], &["a"], Drift::NothingDeclared),
        ] {
            assert_eq!(
                check(declared, touched),
                expected,
                "{declared:?} {touched:?}"
            );
        }
    }
}
