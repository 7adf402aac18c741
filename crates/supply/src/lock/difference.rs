//! What changed between two lockfiles, and what the candidate leaves open.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Ecosystem, LockedPackage, Lockfile, PackageVersion};
use crate::change::ChangeWeight;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DepsRule {
    /// A package came in.
    Added,
    /// A package is gone.
    Removed,
    /// Another version that keeps its promises.
    Changed,
    /// Another version that may break them.
    MajorStep,
    /// An older version.
    Downgraded,
    /// The same version with another checksum.
    OtherContent,
    /// More than one version of a package.
    SeveralVersions,
    /// No exact version.
    Unpinned,
    /// No checksum.
    Unhashed,
    /// Its author advises against it.
    Deprecated,
    /// A version that cannot be compared.
    NotCompared,
    /// A line that points elsewhere.
    NotFollowed,
    /// The lockfiles are of two ecosystems.
    OtherEcosystem,
    /// A known vulnerability.
    Vulnerable,
    /// Two packages that the policy says do not go together.
    Conflict,
}

impl DepsRule {
    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::MajorStep => "major-step",
            Self::Downgraded => "downgraded",
            Self::OtherContent => "other-content",
            Self::SeveralVersions => "several-versions",
            Self::Unpinned => "unpinned",
            Self::Unhashed => "unhashed",
            Self::Deprecated => "deprecated",
            Self::NotCompared => "not-compared",
            Self::NotFollowed => "not-followed",
            Self::OtherEcosystem => "other-ecosystem",
            Self::Vulnerable => "vulnerable",
            Self::Conflict => "conflict",
        }
    }
}

/// One thing to know about the candidate's dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepsFinding {
    /// What it is about.
    pub rule: DepsRule,
    /// How much it weighs.
    pub weight: ChangeWeight,
    /// The package.
    pub package: String,
    /// The versions the baseline takes.
    pub baseline: Vec<String>,
    /// The versions the candidate takes.
    pub candidate: Vec<String>,
    /// Why it matters.
    pub reason: String,
}

/// Compares two lockfiles. Findings come heaviest first, then by package.
pub fn align(baseline: &Lockfile, candidate: &Lockfile) -> Vec<DepsFinding> {
    let mut findings = Vec::new();
    if baseline.ecosystem != candidate.ecosystem {
        findings.push(DepsFinding {
            rule: DepsRule::OtherEcosystem,
            weight: ChangeWeight::Risky,
            package: candidate.format.to_owned(),
            baseline: vec![baseline.format.to_owned()],
            candidate: vec![candidate.format.to_owned()],
            reason: "lockfiles of two ecosystems cannot be compared".to_owned(),
        });
    }
    let (old, new) = (by_name(baseline), by_name(candidate));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).copied().collect();
    for name in names {
        let (was, now) = (old.get(name), new.get(name));
        let empty = Vec::new();
        let pair = Pair {
            name,
            ecosystem: candidate.ecosystem,
            old: was.unwrap_or(&empty),
            new: now.unwrap_or(&empty),
        };
        pair.compare(&mut findings);
        pair.leaves_open(&mut findings);
    }
    for line in &candidate.not_followed {
        let is_old = baseline.not_followed.contains(line);
        findings.push(DepsFinding {
            rule: DepsRule::NotFollowed,
            weight: if is_old {
                ChangeWeight::Safe
            } else {
                ChangeWeight::Risky
            },
            package: line.clone(),
            baseline: vec![],
            candidate: vec![],
            reason: "what this line points to was not looked at".to_owned(),
        });
    }
    sort(&mut findings);
    findings
}

pub(super) fn sort(findings: &mut [DepsFinding]) {
    findings.sort_by(|left, right| {
        (right.weight, left.rule, &left.package).cmp(&(left.weight, right.rule, &right.package))
    });
}

fn by_name(lockfile: &Lockfile) -> BTreeMap<&String, Vec<&LockedPackage>> {
    let mut packages: BTreeMap<&String, Vec<&LockedPackage>> = BTreeMap::new();
    for package in &lockfile.packages {
        packages.entry(&package.name).or_default().push(package);
    }
    packages
}

/// All entries of one package on both sides.
struct Pair<'a> {
    name: &'a str,
    ecosystem: Ecosystem,
    old: &'a [&'a LockedPackage],
    new: &'a [&'a LockedPackage],
}

impl Pair<'_> {
    fn finding(
        &self,
        rule: DepsRule,
        weight: ChangeWeight,
        reason: impl Into<String>,
    ) -> DepsFinding {
        DepsFinding {
            rule,
            weight,
            package: self.name.to_owned(),
            baseline: versions(self.old),
            candidate: versions(self.new),
            reason: reason.into(),
        }
    }

    fn compare(&self, findings: &mut Vec<DepsFinding>) {
        let (was, now) = (versions(self.old), versions(self.new));
        match (was.is_empty(), now.is_empty()) {
            (true, _) => {
                let reason = "it was not there before";
                findings.push(self.finding(DepsRule::Added, ChangeWeight::Safe, reason));
            }
            (_, true) => {
                let reason = "what still uses it will not find it";
                findings.push(self.finding(DepsRule::Removed, ChangeWeight::Safe, reason));
            }
            (false, false) if was != now => self.compare_versions(findings),
            (false, false) => self.compare_hashes(findings),
        }
    }

    fn compare_versions(&self, findings: &mut Vec<DepsFinding>) {
        let parse = |packages: &[&LockedPackage]| -> Option<Vec<PackageVersion>> {
            let texts = packages.iter().map(|package| package.version.as_deref());
            let mut parsed: Vec<PackageVersion> = texts
                .map(|text| PackageVersion::parse(self.ecosystem, text?))
                .collect::<Option<_>>()?;
            parsed.sort();
            parsed.dedup();
            Some(parsed)
        };
        let (Some(old), Some(new)) = (parse(self.old), parse(self.new)) else {
            let reason = "a version is none of its ecosystem, so the step cannot be told";
            findings.push(self.finding(DepsRule::NotCompared, ChangeWeight::Risky, reason));
            return;
        };
        // Every new version is held against the old one it is nearest to.
        let major = new
            .iter()
            .any(|new| old.iter().all(|old| old.is_major_step(new)));
        let older = matches!((old.last(), new.last()), (Some(old), Some(new)) if new < old);
        if older {
            let reason = "the newest version is older than before";
            findings.push(self.finding(DepsRule::Downgraded, ChangeWeight::Risky, reason));
        } else if major {
            let reason = "a major step may break what uses it";
            findings.push(self.finding(DepsRule::MajorStep, ChangeWeight::Risky, reason));
        } else {
            let reason = match new.iter().any(PackageVersion::is_pseudo) {
                true => "a commit between two releases",
                false => "a step that keeps its promises",
            };
            findings.push(self.finding(DepsRule::Changed, ChangeWeight::Safe, reason));
        }
    }

    fn compare_hashes(&self, findings: &mut Vec<DepsFinding>) {
        let hashes = |packages: &[&LockedPackage]| -> BTreeSet<String> {
            let hashes = packages.iter().flat_map(|package| package.hashes.clone());
            hashes.collect()
        };
        let (old, new) = (hashes(self.old), hashes(self.new));
        if old == new || old.is_empty() || new.is_empty() {
            return;
        }
        // A release may gain or lose files for a platform; without a common one it is another.
        let weight = if old.is_disjoint(&new) && same_kind(&old, &new) {
            ChangeWeight::Breaking
        } else {
            ChangeWeight::Risky
        };
        let reason = "the same version has other checksums";
        findings.push(self.finding(DepsRule::OtherContent, weight, reason));
    }

    /// What the candidate leaves to chance; what the baseline left so weighs nothing.
    fn leaves_open(&self, findings: &mut Vec<DepsFinding>) {
        let mut open = |rule, is_open: &dyn Fn(&[&LockedPackage]) -> bool, reason: String| {
            if is_open(self.new) {
                let weight = match is_open(self.old) {
                    true => ChangeWeight::Safe,
                    false => ChangeWeight::Risky,
                };
                findings.push(self.finding(rule, weight, reason));
            }
        };
        let unpinned = |packages: &[&LockedPackage]| {
            packages.iter().any(|package| {
                package.version.is_none() && package.hashes.is_empty() && !package.local
            })
        };
        open(
            DepsRule::Unpinned,
            &unpinned,
            "no exact version: tomorrow's build may take another".to_owned(),
        );
        let unhashed = |packages: &[&LockedPackage]| {
            packages
                .iter()
                .any(|package| package.hashes.is_empty() && !package.local)
        };
        open(
            DepsRule::Unhashed,
            &unhashed,
            "no checksum: what is installed cannot be told from what was tested".to_owned(),
        );
        if self.ecosystem != Ecosystem::Go {
            let several = |packages: &[&LockedPackage]| versions(packages).len() > 1;
            open(
                DepsRule::SeveralVersions,
                &several,
                "more than one version is built in".to_owned(),
            );
        }
        let deprecated = |packages: &[&LockedPackage]| {
            packages.iter().any(|package| package.deprecated.is_some())
        };
        let says = self
            .new
            .iter()
            .find_map(|package| package.deprecated.clone());
        open(
            DepsRule::Deprecated,
            &deprecated,
            format!("its author says: {}", says.unwrap_or_default()),
        );
    }
}

/// Checksums of two kinds (sha1 and sha512) do not disagree.
fn same_kind(old: &BTreeSet<String>, new: &BTreeSet<String>) -> bool {
    let kind = |hash: &String| {
        let kind = hash
            .split_once([':', '-', '/'])
            .map(|(kind, _)| kind.to_owned());
        (kind, hash.len())
    };
    old.iter()
        .map(kind)
        .any(|old| new.iter().map(kind).any(|new| new == old))
}

fn versions(packages: &[&LockedPackage]) -> Vec<String> {
    let mut versions: Vec<String> = packages
        .iter()
        .map(|package| package.version.clone().unwrap_or_else(|| "any".to_owned()))
        .collect();
    versions.sort();
    versions.dedup();
    versions
}
