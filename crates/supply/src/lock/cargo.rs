//! `Cargo.lock`, versions 1 to 4.

use super::{Ecosystem, LockError, LockedPackage, Lockfile, toml_packages, toml_table, toml_text};

pub(super) fn read(text: &str) -> Result<Lockfile, LockError> {
    let table = toml_table(text)?;
    let metadata = table.get("metadata").and_then(toml::Value::as_table);
    let mut packages = Vec::new();
    for package in toml_packages(&table) {
        let (Some(name), Some(version)) =
            (toml_text(package, "name"), toml_text(package, "version"))
        else {
            return Err(LockError::new(0, "a package has no name or no version"));
        };
        let mut locked = LockedPackage::new(name, version);
        let source = toml_text(package, "source");
        locked.local = source.is_none();
        let old = source.and_then(|source| {
            let key = format!("checksum {name} {version} ({source})");
            toml_text(metadata?, &key)
        });
        // A git source names its commit, which is a checksum of everything in it.
        let commit = source
            .filter(|source| source.starts_with("git+"))
            .and_then(|source| source.rsplit_once('#'))
            .map(|(_, commit)| commit);
        let checksum = toml_text(package, "checksum").or(old).or(commit);
        locked.hashes.extend(checksum.map(str::to_owned));
        packages.push(locked);
    }
    Lockfile::new("Cargo.lock", Ecosystem::Cargo, packages)
}
