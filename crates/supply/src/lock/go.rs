//! `go.sum` and `go.mod`.

use super::{Ecosystem, LockError, LockedPackage, Lockfile};

pub(super) fn is_sum_line(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.is_empty()
        || matches!(words[..], [_, version, hash] if version.starts_with('v') && hash.starts_with("h1:"))
}

/// Modules of which only the `go.mod` was read take no part in the build, and are left out.
pub(super) fn read_sum(text: &str) -> Result<Lockfile, LockError> {
    let mut packages = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if !is_sum_line(line) {
            let problem = "this is no line of go.sum: module, version, h1:checksum";
            return Err(LockError::new(number + 1, problem));
        }
        let mut words = line.split_whitespace();
        if let (Some(module), Some(version), Some(hash)) =
            (words.next(), words.next(), words.next())
            && !version.ends_with("/go.mod")
        {
            let mut package = LockedPackage::new(module, version);
            package.hashes.push(hash.to_owned());
            packages.push(package);
        }
    }
    Lockfile::new("go.sum", Ecosystem::Go, packages)
}

pub(super) fn read_mod(text: &str) -> Result<Lockfile, LockError> {
    let mut packages = Vec::new();
    let mut replaced = Vec::new();
    let mut block = String::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split("//").next().unwrap_or("").trim();
        let statement = match line {
            "" => continue,
            ")" => {
                block.clear();
                continue;
            }
            line if line.ends_with('(') => {
                line.trim_end_matches('(').trim().clone_into(&mut block);
                continue;
            }
            line if block.is_empty() => line.to_owned(),
            line => format!("{block} {line}"),
        };
        let words: Vec<&str> = statement.split_whitespace().collect();
        match words[..] {
            ["require", module, version] if version.starts_with('v') => {
                packages.push(LockedPackage::new(module, version));
            }
            ["require", ..] => {
                let problem = "this is no requirement: module, version";
                return Err(LockError::new(number + 1, problem));
            }
            ["replace", ..] => replaced.push(statement),
            _ => {}
        }
    }
    // Checksums are in go.sum: their absence here says nothing.
    for package in &mut packages {
        package.hashes.push("go.sum".to_owned());
    }
    let mut lockfile = Lockfile::new("go.mod", Ecosystem::Go, packages)?;
    lockfile.not_followed = replaced;
    Ok(lockfile)
}
