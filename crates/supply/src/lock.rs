//! Lockfiles: which packages a build takes, in which versions, and by which checksums.

mod audit;
mod cargo;
mod difference;
mod go;
mod node;
mod osv;
mod policy;
mod python;
mod registered;
mod version;
mod yarn;

pub use audit::{audit, conflicts};
pub use difference::{DepsFinding, DepsRule, align};
pub use osv::{OsvDatabase, OsvError};
pub use policy::{ConflictRule, PolicyProblem, read_conflicts};
pub use registered::{Registration, registered_digest};
pub use version::PackageVersion;

use std::fmt;

use serde::Serialize;

/// Packages that one lockfile may name.
const PACKAGES_MAX: usize = 1_000_000;

/// Whose packages and whose rules for versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ecosystem {
    /// Rust: crates.io.
    Cargo,
    /// JavaScript: npm, pnpm, yarn.
    Npm,
    /// Python: PyPI.
    PyPi,
    /// Go modules.
    Go,
}

impl Ecosystem {
    /// Its name in OSV records.
    pub fn osv_name(self) -> &'static str {
        match self {
            Self::Cargo => "crates.io",
            Self::Npm => "npm",
            Self::PyPi => "PyPI",
            Self::Go => "Go",
        }
    }

    /// A package's name as two spellings of it are compared.
    fn normalized(self, name: &str) -> String {
        match self {
            Self::PyPi => python::normalized(name),
            Self::Cargo | Self::Npm | Self::Go => name.to_owned(),
        }
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.osv_name())
    }
}

/// One package of a lockfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPackage {
    /// Its name, as its registry compares names.
    pub name: String,
    /// Its version; `None` when the file leaves it open.
    pub version: Option<String>,
    /// Checksums of what may be installed, sorted.
    pub hashes: Vec<String>,
    /// Whether it is part of the project itself, and so has no checksum.
    pub local: bool,
    /// What its author says against using it.
    pub deprecated: Option<String>,
}

impl LockedPackage {
    fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: Some(version.into()),
            hashes: vec![],
            local: false,
            deprecated: None,
        }
    }
}

/// What a lockfile says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockfile {
    /// Which tool wrote it.
    pub format: &'static str,
    /// Whose packages it names.
    pub ecosystem: Ecosystem,
    /// The packages, sorted by name and version.
    pub packages: Vec<LockedPackage>,
    /// Lines that point elsewhere and were not followed.
    pub not_followed: Vec<String>,
}

impl Lockfile {
    fn new(
        format: &'static str,
        ecosystem: Ecosystem,
        mut packages: Vec<LockedPackage>,
    ) -> Result<Self, LockError> {
        if packages.len() > PACKAGES_MAX {
            return Err(LockError::new(
                0,
                format!("more than {PACKAGES_MAX} packages"),
            ));
        }
        for package in &mut packages {
            package.hashes.sort();
            package.hashes.dedup();
        }
        packages.sort_by(|left, right| {
            (&left.name, &left.version, &left.hashes).cmp(&(
                &right.name,
                &right.version,
                &right.hashes,
            ))
        });
        packages.dedup();
        Ok(Self {
            format,
            ecosystem,
            packages,
            not_followed: vec![],
        })
    }
}

/// A lockfile that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", place(*.line))]
pub struct LockError {
    /// The line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

fn place(line: usize) -> String {
    match line {
        0 => String::new(),
        line => format!("line {line}: "),
    }
}

impl LockError {
    fn new(line: usize, problem: impl Into<String>) -> Self {
        Self {
            line,
            problem: problem.into(),
        }
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        "Give Cargo.lock, package-lock.json, pnpm-lock.yaml, yarn.lock, uv.lock, poetry.lock, \
         requirements.txt, go.sum or go.mod, as its tool wrote it."
    }
}

/// Reads a lockfile; its name and its first lines say which tool wrote it.
///
/// # Errors
/// When it is none that is known, or is not as its tool writes it.
pub fn read_lockfile(name: &str, bytes: &[u8]) -> Result<Lockfile, LockError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_invalid| LockError::new(0, "the file is no UTF-8 text"))?;
    let text = text.trim_start_matches('\u{feff}');
    let is_toml = || text.lines().any(|line| line.trim_end() == "[[package]]");
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if name.starts_with("uv") && is_toml() {
        python::read_uv(text)
    } else if name.starts_with("poetry") && is_toml() {
        python::read_poetry(text)
    } else if text.contains("# yarn lockfile v1") {
        yarn::read_classic(text)
    } else if text.contains("__metadata:") {
        yarn::read_berry(text)
    } else if text.trim_start().starts_with('{') {
        node::read_npm(text)
    } else if text.starts_with("lockfileVersion:") {
        node::read_pnpm(text)
    } else if is_toml() {
        match () {
            () if text.contains("generated by Poetry") => python::read_poetry(text),
            () if text.contains("requires-python") => python::read_uv(text),
            () => cargo::read(text),
        }
    } else if ending == "mod" || text.lines().any(|line| line.starts_with("module ")) {
        go::read_mod(text)
    } else if ending == "sum" || text.lines().all(go::is_sum_line) && !text.trim().is_empty() {
        go::read_sum(text)
    } else if ending == "txt" || ending == "in" {
        python::read_requirements(text)
    } else if name.ends_with(".lock")
        && text.trim().lines().all(|line| line.starts_with(['#', 'v']))
    {
        // A project without any dependency: `version = 4` and a comment.
        cargo::read(text)
    } else {
        Err(LockError::new(0, "this is no lockfile that is known"))
    }
}

/// A value of a parsed TOML file, read as a table.
fn toml_table(text: &str) -> Result<toml::Table, LockError> {
    text.parse::<toml::Table>().map_err(|error| {
        let line = error.span().map_or(0, |span| {
            text[..span.start.min(text.len())].matches('\n').count() + 1
        });
        LockError::new(line, error.message().to_owned())
    })
}

fn toml_packages(table: &toml::Table) -> impl Iterator<Item = &toml::Table> {
    let list = table.get("package").and_then(toml::Value::as_array);
    list.into_iter().flatten().filter_map(toml::Value::as_table)
}

fn toml_text<'t>(table: &'t toml::Table, key: &str) -> Option<&'t str> {
    table.get(key).and_then(toml::Value::as_str)
}
