//! The rules of `[[deps.conflict]]` in `adjutant.toml`: which versions of two packages do not go
//! together, and why.

use super::{Ecosystem, PackageVersion};

/// Two packages that do not go together in some versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRule {
    /// The one package.
    pub package: String,
    /// Its versions.
    pub(super) versions: Versions,
    /// The other package.
    pub with: String,
    /// Its versions.
    pub(super) with_versions: Versions,
    /// Why.
    pub why: String,
}

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[[deps.conflict]] number {number}: {problem}")]
pub struct PolicyProblem {
    /// Which rule, from 1; 0 when the whole file is meant.
    pub number: usize,
    /// What is wrong.
    pub problem: String,
}

/// Versions by comparisons that all hold: `>=2.0, <3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Versions(Vec<(Comparison, String)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
    Equal,
    Other,
}

impl Versions {
    fn parse(text: &str) -> Option<Self> {
        let parts = text.split(',').map(str::trim);
        let parts = parts.filter(|part| !part.is_empty() && *part != "*");
        let compared = parts.map(|part| {
            let end = part.find(|c: char| !matches!(c, '<' | '>' | '=' | '!'))?;
            let (operator, version) = part.split_at(end);
            let comparison = match operator {
                ">=" => Comparison::AtLeast,
                "<=" => Comparison::AtMost,
                ">" => Comparison::Above,
                "<" => Comparison::Below,
                "=" | "==" => Comparison::Equal,
                "!=" => Comparison::Other,
                _ => return None,
            };
            Some((comparison, version.trim().to_owned()))
        });
        compared.collect::<Option<Vec<_>>>().map(Self)
    }

    /// Whether all comparisons hold; `None` when a bound is no version of the ecosystem.
    pub(super) fn contains(&self, ecosystem: Ecosystem, version: &PackageVersion) -> Option<bool> {
        for (comparison, bound) in &self.0 {
            let bound = PackageVersion::parse(ecosystem, &filled(ecosystem, bound))?;
            let holds = match comparison {
                Comparison::AtLeast => *version >= bound,
                Comparison::AtMost => *version <= bound,
                Comparison::Above => *version > bound,
                Comparison::Below => *version < bound,
                Comparison::Equal => *version == bound,
                Comparison::Other => *version != bound,
            };
            if !holds {
                return Some(false);
            }
        }
        Some(true)
    }
}

/// `2` is `2.0.0` where a version needs three numbers.
fn filled(ecosystem: Ecosystem, bound: &str) -> String {
    match (ecosystem, bound.matches('.').count()) {
        (Ecosystem::PyPi, _) => bound.to_owned(),
        (Ecosystem::Cargo | Ecosystem::Npm | Ecosystem::Go, 0) => format!("{bound}.0.0"),
        (Ecosystem::Cargo | Ecosystem::Npm | Ecosystem::Go, 1) => format!("{bound}.0"),
        (Ecosystem::Cargo | Ecosystem::Npm | Ecosystem::Go, _) => bound.to_owned(),
    }
}

/// The rules of a settings file; none when it has no `[[deps.conflict]]`.
///
/// # Errors
/// When a rule is not complete: a rule that is left out would let a conflict pass.
pub fn read_conflicts(text: &str) -> Result<Vec<ConflictRule>, PolicyProblem> {
    let file = text.parse::<toml::Table>().map_err(|error| PolicyProblem {
        number: 0,
        problem: error.message().to_owned(),
    })?;
    let Some(deps) = file.get("deps") else {
        return Ok(vec![]);
    };
    let unknown = deps
        .as_table()
        .and_then(|deps| deps.keys().find(|key| *key != "conflict"));
    if let Some(key) = unknown {
        let problem = format!("[deps] has no key {key}");
        return Err(PolicyProblem { number: 0, problem });
    }
    let list = deps.get("conflict").and_then(toml::Value::as_array);
    let list = list.ok_or_else(|| PolicyProblem {
        number: 0,
        problem: "write each rule as [[deps.conflict]]".to_owned(),
    })?;
    list.iter()
        .enumerate()
        .map(|(at, rule)| read_rule(at + 1, rule))
        .collect()
}

fn read_rule(number: usize, rule: &toml::Value) -> Result<ConflictRule, PolicyProblem> {
    const KEYS: [&str; 5] = ["package", "versions", "with", "with_versions", "why"];
    let problem = |problem: String| PolicyProblem { number, problem };
    let table = rule
        .as_table()
        .ok_or_else(|| problem("it is no table".to_owned()))?;
    if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(problem(format!(
            "there is no key {key}; the keys are {}",
            KEYS.join(", ")
        )));
    }
    let text = |key: &str| match table.get(key).and_then(toml::Value::as_str) {
        Some(text) => Ok(text.to_owned()),
        None => Err(problem(format!("{key} is missing, or no text"))),
    };
    let versions = |key: &str| {
        let text = text(key)?;
        Versions::parse(&text).ok_or_else(|| {
            problem(format!(
                "{key} = {text:?} is written like \">=2.0, <3\", or \"*\""
            ))
        })
    };
    Ok(ConflictRule {
        package: text("package")?,
        versions: versions("versions")?,
        with: text("with")?,
        with_versions: versions("with_versions")?,
        why: text("why")?,
    })
}
