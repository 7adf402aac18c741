//! `yarn.lock`, of yarn 1 and of later ones.

use super::{Ecosystem, LockError, LockedPackage, Lockfile};

pub(super) fn read_classic(text: &str) -> Result<Lockfile, LockError> {
    read("yarn.lock", text, ' ')
}

pub(super) fn read_berry(text: &str) -> Result<Lockfile, LockError> {
    read("yarn.lock (berry)", text, ':')
}

/// Both write a key a package at the margin, and its fields below it; they differ in what stands
/// between a field and its value.
fn read(format: &'static str, text: &str, separator: char) -> Result<Lockfile, LockError> {
    let mut packages: Vec<LockedPackage> = Vec::new();
    let mut in_metadata = false;
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if !line.starts_with(' ') {
            in_metadata = trimmed == "__metadata:";
            if in_metadata {
                continue;
            }
            let Some(name) = name_of_key(trimmed) else {
                let problem = "this is no package of a yarn.lock: name@range:";
                return Err(LockError::new(number + 1, problem));
            };
            let mut package = LockedPackage::new(name, "");
            package.version = None;
            package.local = trimmed.contains("@workspace:") || trimmed.contains("@link:");
            packages.push(package);
            continue;
        }
        let is_field = line.starts_with("  ") && !line.starts_with("   ");
        if in_metadata || !is_field {
            continue;
        }
        if let (Some(package), Some((field, value))) =
            (packages.last_mut(), trimmed.split_once(separator))
        {
            set(package, field, value.trim().trim_matches('"'));
        }
    }
    Lockfile::new(format, Ecosystem::Npm, packages)
}

fn set(package: &mut LockedPackage, field: &str, value: &str) {
    match field {
        "version" => package.version = Some(value.to_owned()),
        "integrity" | "checksum" => package.hashes.push(value.to_owned()),
        // Without a checksum of its own, the address names a commit or a checksum behind `#`.
        "resolved" | "resolution" => {
            let commit = value.rsplit_once('#').map(|(_, commit)| commit);
            let commit = commit.map(|commit| commit.trim_start_matches("commit="));
            let is_hash =
                |text: &&str| text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if package.hashes.is_empty() {
                package
                    .hashes
                    .extend(commit.filter(is_hash).map(str::to_owned));
            }
        }
        _ => {}
    }
}

/// `"@a/b@^1.0.0", "@a/b@npm:^1.1.0":` is `@a/b`; an alias `x@npm:y@1.0.0` is `y`.
fn name_of_key(key: &str) -> Option<&str> {
    let key = key.strip_suffix(':')?;
    let first = key.split(", ").next()?.trim_matches('"');
    let at = first.get(1..)?.find('@')? + 1;
    let (name, range) = (&first[..at], &first[at + 1..]);
    let alias = range.strip_prefix("npm:").and_then(|inner| {
        let at = inner.get(1..)?.find('@')? + 1;
        Some(&inner[..at])
    });
    Some(alias.unwrap_or(name))
}
