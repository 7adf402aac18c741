//! The files that a task declares or a role must not touch: patterns over paths from the top of
//! the repository, and whether two of them can name the same file.
//!
//! A pattern is made of segments between slashes. `**` stands for any number of segments, `*` for
//! any text within one, `?` for one character. What a pattern names, it names with everything
//! below it: `crates/gate` and `crates/gate/**` are the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A pattern over paths, relative to the top of the repository.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct PathGlob(String);

/// A text that is not a pattern over paths of the repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a path pattern: {problem}")]
pub struct InvalidPathGlob {
    /// The text.
    pub given: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// The longest pattern: comparing two of them takes time in the product of their lengths.
const GLOB_BYTES_MAX: usize = 400;

/// The most `**` in one pattern.
const ANY_DEPTH_MAX: usize = 4;

impl PathGlob {
    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names the file `path`, given relative to the top of the repository.
    pub fn covers(&self, path: &str) -> bool {
        covers(&self.segments(), &path.split('/').collect::<Vec<_>>())
    }

    /// Whether there can be a file that both name.
    pub fn overlaps(&self, other: &Self) -> bool {
        meet(&self.segments(), &other.segments())
    }

    fn segments(&self) -> Vec<&str> {
        self.0.split('/').collect()
    }
}

fn covers(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], _) => true,
        (["**", rest @ ..], _) => {
            covers(rest, path) || matches!(path, [_, deeper @ ..] if covers(pattern, deeper))
        }
        ([_, ..], []) => false,
        ([segment, rest @ ..], [name, deeper @ ..]) => {
            let name: Vec<char> = name.chars().map(literal).collect();
            segments_meet(&characters(segment), &name) && covers(rest, deeper)
        }
    }
}

/// A character of a file's name, kept from being read as a wildcard: no file's name holds NUL.
fn literal(c: char) -> char {
    match c {
        '*' | '?' => '\0',
        other => other,
    }
}

fn characters(segment: &str) -> Vec<char> {
    segment.chars().collect()
}

fn meet(left: &[&str], right: &[&str]) -> bool {
    match (left, right) {
        // What is named is named with everything below it.
        ([], _) | (_, []) => true,
        (["**", rest @ ..], _) => {
            meet(rest, right) || matches!(right, [_, deeper @ ..] if meet(left, deeper))
        }
        (_, ["**", ..]) => meet(right, left),
        ([ours, left_rest @ ..], [theirs, right_rest @ ..]) => {
            segments_meet(&characters(ours), &characters(theirs)) && meet(left_rest, right_rest)
        }
    }
}

/// Whether one text matches both segments: reachable pairs of positions, row by row.
fn segments_meet(left: &[char], right: &[char]) -> bool {
    let mut row = vec![false; right.len() + 1];
    for i in 0..=left.len() {
        let mut above_left = false;
        for j in 0..=right.len() {
            let above = row[j];
            row[j] = match (i, j) {
                (0, 0) => true,
                _ => {
                    let skip_left = i > 0 && left[i - 1] == '*' && above;
                    let skip_right = j > 0 && right[j - 1] == '*' && row[j - 1];
                    let both = i > 0 && j > 0 && {
                        let (ours, theirs) = (left[i - 1], right[j - 1]);
                        let star_left = ours == '*' && theirs != '*' && row[j - 1];
                        let star_right = theirs == '*' && ours != '*' && above;
                        let one = ours != '*'
                            && theirs != '*'
                            && (ours == theirs || ours == '?' || theirs == '?')
                            && above_left;
                        star_left || star_right || one
                    };
                    skip_left || skip_right || both
                }
            };
            above_left = above;
        }
    }
    row[right.len()]
}

impl TryFrom<String> for PathGlob {
    type Error = InvalidPathGlob;

    fn try_from(given: String) -> Result<Self, InvalidPathGlob> {
        let text = given.strip_prefix("./").unwrap_or(&given);
        let text = text.trim_end_matches('/');
        let problem = if text.is_empty() {
            Some("it is empty")
        } else if text.len() > GLOB_BYTES_MAX {
            Some("it is longer than 400 bytes")
        } else if text.starts_with('/') {
            Some("it must be relative to the top of the repository")
        } else if text.contains(['\\', '\0', '\n', '[', ']', '{', '}']) {
            Some("only *, ? and ** are wildcards, and / parts folders")
        } else if text.split('/').any(|part| matches!(part, "" | "." | "..")) {
            Some("it has an empty part, . or ..")
        } else if text
            .split('/')
            .any(|part| part.contains("**") && part != "**")
        {
            Some("** must stand alone between slashes")
        } else if text.split('/').filter(|part| *part == "**").count() > ANY_DEPTH_MAX {
            Some("it has more than four **")
        } else {
            None
        };
        match problem {
            Some(problem) => Err(InvalidPathGlob { given, problem }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl std::str::FromStr for PathGlob {
    type Err = InvalidPathGlob;

    fn from_str(text: &str) -> Result<Self, InvalidPathGlob> {
        Self::try_from(text.to_owned())
    }
}

impl From<PathGlob> for String {
    fn from(glob: PathGlob) -> String {
        glob.0
    }
}

impl std::fmt::Display for PathGlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(text: &str) -> PathGlob {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_names_files_and_what_is_below_them() {
        for (pattern, path, named) in [
            ("crates/gate", "crates/gate/src/lib.rs", true),
            ("crates/gate/**", "crates/gate/src/lib.rs", true),
            ("crates/gate", "crates/gateway/src/lib.rs", false),
            ("crates/*/src", "crates/gate/src/lib.rs", true),
            ("**/Cargo.toml", "Cargo.toml", true),
            ("**/Cargo.toml", "crates/gate/Cargo.toml", true),
            ("*.md", "README.md", true),
            ("*.md", "docs/README.md", false),
            ("docs/?.md", "docs/a.md", true),
            ("docs/?.md", "docs/ab.md", false),
            ("docs/a.md", "docs", false),
            ("a*", "a*b", true),
            ("axb", "a*b", false),
        ] {
            assert_eq!(glob(pattern).covers(path), named, "{pattern} {path}");
        }
    }

    #[test]
    fn two_patterns_overlap_when_one_file_can_match_both() {
        for (left, right, overlap) in [
            ("src", "src/lib.rs", true),
            ("src/*.rs", "src/l*", true),
            ("src/*.rs", "src/*.md", false),
            ("src/a*c", "src/ab?", true),
            ("src/a*c", "src/b*", false),
            ("**/tests", "crates/gate/**", true),
            ("crates/*/src", "crates/gate/tests", false),
            ("**", "anything", true),
            ("a/**/z", "a/b", true),
            ("*ab*", "*ba*", true),
        ] {
            assert_eq!(glob(left).overlaps(&glob(right)), overlap, "{left} {right}");
            assert_eq!(glob(right).overlaps(&glob(left)), overlap, "{right} {left}");
        }
    }

    #[test]
    fn what_is_not_a_pattern_over_the_repository_is_refused() {
        for given in [
            "", "/", "/etc", "../x", "a//b", "a/./b", "a**", "a\\b", "[ab]", "a\nb",
        ] {
            assert!(given.parse::<PathGlob>().is_err(), "{given:?} was accepted");
        }
    }

    /// Every path of one to four parts, each of one or two letters.
    fn all_paths() -> Vec<String> {
        let parts = ["a", "b", "aa", "ab", "ba", "bb"];
        let mut paths: Vec<String> = parts.map(str::to_owned).to_vec();
        let mut last = paths.clone();
        for _ in 0..3 {
            last = last
                .iter()
                .flat_map(|path| parts.map(|part| format!("{path}/{part}")))
                .collect();
            paths.extend(last.iter().cloned());
        }
        paths
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]
        /// Patterns of up to two parts, each of up to two characters: if any path is named by
        /// both, one of the paths tried here is.
        #[test]
        fn two_patterns_overlap_exactly_when_some_path_is_named_by_both(
            left in r"(\*\*|[ab?*]|[ab?][ab?*]|\*[ab?])(/(\*\*|[ab?*]|[ab?][ab?*]|\*[ab?])){0,1}",
            right in r"(\*\*|[ab?*]|[ab?][ab?*]|\*[ab?])(/(\*\*|[ab?*]|[ab?][ab?*]|\*[ab?])){0,1}",
        ) {
            let (left, right) = (glob(&left), glob(&right));
            let both = all_paths()
                .iter()
                .any(|path| left.covers(path) && right.covers(path));
            proptest::prop_assert_eq!(left.overlaps(&right), both);
            proptest::prop_assert_eq!(right.overlaps(&left), both);
        }

        /// `covers` against the plainest reading of the rules: a pattern names a path when it
        /// matches the path or a folder above it, part by part.
        #[test]
        fn a_pattern_covers_what_the_plain_rules_say(
            pattern in r"(\*\*|[ab?*]{1,3})(/(\*\*|[ab?][ab?*]?)){0,2}",
            path in r"[ab]{1,3}(/[ab]{1,2}){0,3}",
        ) {
            fn part(pattern: &[u8], name: &[u8]) -> bool {
                match (pattern, name) {
                    ([], []) => true,
                    ([b'*', rest @ ..], _) => {
                        (0..=name.len()).any(|skip| part(rest, &name[skip..]))
                    }
                    ([b'?', rest @ ..], [_, name @ ..]) => part(rest, name),
                    ([one, rest @ ..], [other, name @ ..]) => one == other && part(rest, name),
                    _ => false,
                }
            }
            fn whole(pattern: &[&str], path: &[&str]) -> bool {
                match pattern {
                    [] => path.is_empty(),
                    ["**", rest @ ..] => (0..=path.len()).any(|skip| whole(rest, &path[skip..])),
                    [first, rest @ ..] => path.split_first().is_some_and(|(name, below)| {
                        part(first.as_bytes(), name.as_bytes()) && whole(rest, below)
                    }),
                }
            }
            proptest::prop_assume!(pattern.parse::<PathGlob>().is_ok());
            let parts: Vec<&str> = pattern.split('/').collect();
            let names: Vec<&str> = path.split('/').collect();
            let expected = (0..=names.len()).any(|depth| whole(&parts, &names[..depth]));
            proptest::prop_assert_eq!(glob(&pattern).covers(&path), expected);
        }
    }
}
