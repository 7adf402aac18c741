//! The portfolio: files that a role has to have, and whether the ones that are there will do. It
//! is told what was found and opens nothing.

use adjutant_domain::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::Day;

/// A file that has to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortfolioItem {
    /// What it is, such as `SLO dashboard screenshot`.
    pub name: String,
    /// Where it is, from the top of the repository.
    pub path: String,
    /// The least number of bytes that say something.
    pub size_min: u64,
    /// The most days since it was last changed, where age matters.
    pub age_days_max: Option<u32>,
}

/// What was found at an item's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundFile {
    /// Nothing.
    Missing,
    /// Something that is no file, or cannot be read: why.
    Unreadable(String),
    /// A file.
    File {
        /// Its size in bytes.
        size: u64,
        /// When it was last changed.
        changed_at: Timestamp,
        /// Its SHA-256.
        digest: Digest,
    },
}

/// Whether an item will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum ItemStanding {
    /// It is there, large enough and young enough.
    Exists {
        /// Its size in bytes.
        size: u64,
        /// Its SHA-256.
        digest: Digest,
    },
    /// It is not there.
    Missing,
    /// It is there and holds nothing.
    Empty,
    /// It is smaller than is demanded.
    TooSmall {
        /// Its size in bytes.
        size: u64,
        /// The least size.
        size_min: u64,
    },
    /// It was not changed for too long.
    TooOld {
        /// How many days ago it was.
        days: i64,
        /// Its SHA-256.
        digest: Digest,
    },
    /// It cannot be looked at: why.
    Unreadable {
        /// Why.
        why: String,
    },
}

/// An item with its standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedItem {
    /// What has to be there.
    #[serde(flatten)]
    pub item: PortfolioItem,
    /// Whether it is.
    #[serde(flatten)]
    pub standing: ItemStanding,
}

/// Holds an item against what was found.
pub fn check_item(item: &PortfolioItem, found: &FoundFile, now: Timestamp) -> CheckedItem {
    let standing = match found {
        FoundFile::Missing => ItemStanding::Missing,
        FoundFile::Unreadable(why) => ItemStanding::Unreadable { why: why.clone() },
        FoundFile::File { size: 0, .. } => ItemStanding::Empty,
        FoundFile::File { size, .. } if *size < item.size_min => ItemStanding::TooSmall {
            size: *size,
            size_min: item.size_min,
        },
        FoundFile::File {
            size,
            changed_at,
            digest,
        } => {
            let days = Day::of(*changed_at).days_until(Day::of(now));
            match item.age_days_max {
                Some(most) if days > i64::from(most) => ItemStanding::TooOld {
                    days,
                    digest: *digest,
                },
                Some(_) | None => ItemStanding::Exists {
                    size: *size,
                    digest: *digest,
                },
            }
        }
    };
    CheckedItem {
        item: item.clone(),
        standing,
    }
}

impl ItemStanding {
    /// Whether the item will do.
    pub fn will_do(&self) -> bool {
        match self {
            ItemStanding::Exists { .. } => true,
            ItemStanding::Missing
            | ItemStanding::Empty
            | ItemStanding::TooSmall { .. }
            | ItemStanding::TooOld { .. }
            | ItemStanding::Unreadable { .. } => false,
        }
    }

    /// The digest of the file, where one was read.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            ItemStanding::Exists { digest, .. } | ItemStanding::TooOld { digest, .. } => {
                Some(*digest)
            }
            ItemStanding::Missing
            | ItemStanding::Empty
            | ItemStanding::TooSmall { .. }
            | ItemStanding::Unreadable { .. } => None,
        }
    }

    /// What is the same tomorrow, when nobody touches the file and its age does not matter.
    pub(crate) fn lasting(&self) -> &'static str {
        match self {
            ItemStanding::Exists { .. } => "exists",
            ItemStanding::Missing => "missing",
            ItemStanding::Empty => "empty",
            ItemStanding::TooSmall { .. } => "too small",
            ItemStanding::TooOld { .. } => "too old",
            ItemStanding::Unreadable { .. } => "unreadable",
        }
    }
}

impl std::fmt::Display for ItemStanding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ItemStanding::Exists { .. } => f.write_str("exists"),
            ItemStanding::Missing => f.write_str("missing"),
            ItemStanding::Empty => f.write_str("empty"),
            ItemStanding::TooSmall { size, size_min } => {
                write!(f, "too small: {size} of {size_min} bytes")
            }
            ItemStanding::TooOld { days, .. } => write!(f, "too old: {days} days"),
            ItemStanding::Unreadable { why } => write!(f, "unreadable: {why}"),
        }
    }
}

impl std::fmt::Display for CheckedItem {
    /// As a line of a checklist: `[x] SLO dashboard screenshot (exists)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.standing.will_do() { 'x' } else { ' ' };
        write!(f, "[{mark}] {} ({})", self.item.name, self.standing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_there_or_it_is_told_what_is_wrong() {
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        let file = |size, changed: &str| FoundFile::File {
            size,
            changed_at: changed.parse().unwrap(),
            digest: Digest::from_bytes([7; 32]),
        };
        let today = "2026-11-21T07:00:00Z";
        for (found, size_min, age_days_max, told) in [
            (file(9, today), 1, None, "[x] demo video (exists)"),
            (FoundFile::Missing, 1, None, "[ ] demo video (missing)"),
            (file(0, today), 0, None, "[ ] demo video (empty)"),
            (
                file(9, today),
                10,
                None,
                "[ ] demo video (too small: 9 of 10 bytes)",
            ),
            (
                file(9, "2026-10-12T23:00:00Z"),
                1,
                Some(30),
                "[ ] demo video (too old: 40 days)",
            ),
            (
                file(9, "2026-10-22T23:00:00Z"),
                1,
                Some(30),
                "[x] demo video (exists)",
            ),
            (
                FoundFile::Unreadable("this is a folder".to_owned()),
                1,
                None,
                "[ ] demo video (unreadable: this is a folder)",
            ),
        ] {
            let item = PortfolioItem {
                name: "demo video".to_owned(),
                path: "docs/demo.mp4".to_owned(),
                size_min,
                age_days_max,
            };
            assert_eq!(check_item(&item, &found, now).to_string(), told);
        }
    }
}
