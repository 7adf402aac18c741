//! What a lockfile takes that somebody knows to be bad: vulnerabilities, and conflicts that the
//! policy names.

use super::difference::{DepsFinding, DepsRule, sort};
use super::osv::OsvDatabase;
use super::policy::ConflictRule;
use super::{LockedPackage, Lockfile, PackageVersion};
use crate::change::ChangeWeight;

/// Every package of the candidate that the database names. A version that cannot be compared with
/// a record is a finding too.
pub fn audit(candidate: &Lockfile, database: &OsvDatabase) -> Vec<DepsFinding> {
    let mut findings = Vec::new();
    for package in &candidate.packages {
        for entry in database.of(candidate.ecosystem, &package.name) {
            let version = package.version.as_deref().unwrap_or("any");
            let (weight, what) = match entry.affects(candidate.ecosystem, version) {
                Some(false) => continue,
                Some(true) => (ChangeWeight::Breaking, ""),
                None => (
                    ChangeWeight::Risky,
                    "cannot be compared with this version: ",
                ),
            };
            findings.push(DepsFinding {
                rule: DepsRule::Vulnerable,
                weight,
                package: package.name.clone(),
                baseline: vec![],
                candidate: vec![version.to_owned()],
                reason: format!("{what}{} {}", entry.id, entry.summary)
                    .trim()
                    .to_owned(),
            });
        }
    }
    sort(&mut findings);
    findings
}

/// Every pair of packages that a rule says do not go together.
pub fn conflicts(candidate: &Lockfile, rules: &[ConflictRule]) -> Vec<DepsFinding> {
    let ecosystem = candidate.ecosystem;
    let named = |name: &str| -> Vec<&LockedPackage> {
        let name = ecosystem.normalized(name);
        let packages = candidate.packages.iter();
        packages.filter(|package| package.name == name).collect()
    };
    let mut findings = Vec::new();
    for rule in rules {
        for left in named(&rule.package) {
            for right in named(&rule.with) {
                let fits = [(left, &rule.versions), (right, &rule.with_versions)].map(
                    |(package, versions)| {
                        let version = package.version.as_deref()?;
                        let version = PackageVersion::parse(ecosystem, version)?;
                        versions.contains(ecosystem, &version)
                    },
                );
                let (weight, what) = match fits {
                    [Some(false), _] | [_, Some(false)] => continue,
                    [Some(true), Some(true)] => (ChangeWeight::Breaking, ""),
                    [_, _] => (ChangeWeight::Risky, "the versions cannot be compared: "),
                };
                let shown = |package: &LockedPackage| {
                    let version = package.version.as_deref().unwrap_or("any");
                    format!("{} {version}", package.name)
                };
                findings.push(DepsFinding {
                    rule: DepsRule::Conflict,
                    weight,
                    package: rule.package.clone(),
                    baseline: vec![],
                    candidate: vec![shown(left), shown(right)],
                    reason: format!("{what}{}", rule.why),
                });
            }
        }
    }
    sort(&mut findings);
    findings
}
