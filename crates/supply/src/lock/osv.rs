//! A database of vulnerabilities in OSV's schema (<https://ossf.github.io/osv-schema/>): a folder
//! or an archive with one JSON record a file.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Ecosystem, PackageVersion};
use crate::blob::{Blob, Window};
use crate::header::HeaderError;
use crate::scan::for_each_member;

/// One record; the longest list thousands of versions.
const RECORD_BYTES_MAX: u64 = 16 << 20;

#[derive(Debug, Deserialize)]
struct Record {
    id: String,
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    affected: Vec<Affected>,
}

#[derive(Debug, Deserialize)]
struct Affected {
    package: Option<Package>,
    #[serde(default)]
    ranges: Vec<Range>,
    #[serde(default)]
    versions: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Range {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Event {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct OsvError {
    /// The record's file.
    pub file: String,
    /// What is wrong with it.
    pub problem: String,
}

/// What a record says about one package.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) summary: String,
    affected: Affected,
}

/// Records by package.
#[derive(Debug, Default)]
pub struct OsvDatabase {
    entries: HashMap<(String, String), Vec<Entry>>,
    records: usize,
}

impl OsvDatabase {
    /// How many records were read.
    pub fn records(&self) -> usize {
        self.records
    }

    /// Adds one record.
    ///
    /// # Errors
    /// When it is none: a database that is not read whole would call a vulnerable package safe.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<(), OsvError> {
        let record: Record = serde_json::from_slice(bytes).map_err(|error| OsvError {
            file: file.to_owned(),
            problem: format!("no OSV record: {error}"),
        })?;
        self.records += 1;
        if record.withdrawn.is_some() {
            return Ok(());
        }
        for affected in record.affected {
            let Some(package) = &affected.package else {
                continue;
            };
            // `Debian:12` and the like: a release of the ecosystem.
            let ecosystem = package.ecosystem.split(':').next().unwrap_or_default();
            let known = [
                Ecosystem::Cargo,
                Ecosystem::Npm,
                Ecosystem::PyPi,
                Ecosystem::Go,
            ]
            .into_iter()
            .find(|known| known.osv_name() == ecosystem);
            let name = known.map_or_else(
                || package.name.clone(),
                |known| known.normalized(&package.name),
            );
            let key = (ecosystem.to_owned(), name);
            self.entries.entry(key).or_default().push(Entry {
                id: record.id.clone(),
                summary: record.summary.clone().unwrap_or_default(),
                affected,
            });
        }
        Ok(())
    }

    /// Adds every `.json` member of an archive.
    ///
    /// # Errors
    /// When the archive or a record in it cannot be read.
    pub fn add_archive(&mut self, blob: &dyn Blob) -> Result<(), OsvError> {
        let read = for_each_member(Window::whole(blob), |name, offset, stream| {
            if !name.ends_with(".json") {
                return Ok(());
            }
            let problem = |problem: String| HeaderError { offset, problem };
            let mut bytes = Vec::new();
            let mut part = std::io::Read::take(stream, RECORD_BYTES_MAX + 1);
            std::io::Read::read_to_end(&mut part, &mut bytes)
                .map_err(|error| problem(format!("{name}: {error}")))?;
            if bytes.len() as u64 > RECORD_BYTES_MAX {
                return Err(problem(format!("{name} is longer than a record can be")));
            }
            self.add(name, &bytes)
                .map_err(|error| problem(error.to_string()))
        });
        read.map_err(|error| OsvError {
            file: "the archive".to_owned(),
            problem: error.to_string(),
        })
    }

    pub(super) fn of(&self, ecosystem: Ecosystem, name: &str) -> &[Entry] {
        let key = (ecosystem.osv_name().to_owned(), name.to_owned());
        self.entries.get(&key).map_or(&[], Vec::as_slice)
    }
}

impl Entry {
    /// Whether a version is affected; `None` when the record cannot be compared with it.
    pub(super) fn affects(&self, ecosystem: Ecosystem, text: &str) -> Option<bool> {
        let bare = |version: &str| version.trim_start_matches('v').to_owned();
        let listed = self
            .affected
            .versions
            .iter()
            .any(|version| bare(version) == bare(text));
        if listed {
            return Some(true);
        }
        let version = PackageVersion::parse(ecosystem, text)?;
        let ranges = self
            .affected
            .ranges
            .iter()
            .filter(|range| range.kind != "GIT");
        let mut compared = !self.affected.versions.is_empty();
        for range in ranges {
            compared = true;
            if range.contains(ecosystem, &version)? {
                return Some(true);
            }
        }
        compared.then_some(false)
    }
}

impl Range {
    /// The algorithm of the schema: sorted events switch between affected and not.
    fn contains(&self, ecosystem: Ecosystem, version: &PackageVersion) -> Option<bool> {
        let parse = |text: &str| match text {
            "0" => Some(None),
            text => PackageVersion::parse(ecosystem, text).map(Some),
        };
        // (from which version on, whether affected from there)
        let mut switches: Vec<(Option<PackageVersion>, bool)> = Vec::new();
        let mut last: Vec<PackageVersion> = Vec::new();
        for event in &self.events {
            if let Some(text) = &event.introduced {
                switches.push((parse(text)?, true));
            }
            if let Some(text) = event.fixed.as_ref().or(event.limit.as_ref())
                && text != "*"
            {
                switches.push((parse(text)?, false));
            }
            if let Some(text) = &event.last_affected {
                last.push(parse(text)??);
            }
        }
        switches.sort_by(|left, right| left.0.cmp(&right.0));
        let mut affected = false;
        let mut since = None;
        for (from, switch) in &switches {
            if from.as_ref().is_none_or(|from| from <= version) {
                affected = *switch;
                since = from.as_ref();
            }
        }
        let ended = last
            .iter()
            .any(|last| last < version && since.is_none_or(|since| since <= last));
        Some(affected && !ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_affected_between_its_events() {
        let record = r#"{"id": "OSV-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "Some_Pkg"},
            "ranges": [{"type": "ECOSYSTEM", "events": [
                {"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "2.0"}, {"last_affected": "2.4"},
                {"introduced": "3.0rc1"}]}], "versions": ["9.9-odd"]}]}"#;
        let mut database = OsvDatabase::default();
        database.add("OSV-1.json", record.as_bytes()).unwrap();
        let entry = &database.of(Ecosystem::PyPi, "some-pkg")[0];
        for (version, expected) in [
            ("0.1", Some(true)),
            ("1.2", Some(false)),
            ("1.9", Some(false)),
            ("2.0", Some(true)),
            ("2.4", Some(true)),
            ("2.5", Some(false)),
            ("3.0", Some(true)),
            ("9.9-odd", Some(true)),
            ("odd", None),
        ] {
            assert_eq!(
                entry.affects(Ecosystem::PyPi, version),
                expected,
                "{version}"
            );
        }
    }
}
