//! `uv.lock`, `poetry.lock`, and requirements files with checksums.

use super::{Ecosystem, LockError, LockedPackage, Lockfile, toml_packages, toml_table, toml_text};

pub(super) fn read_uv(text: &str) -> Result<Lockfile, LockError> {
    let table = toml_table(text)?;
    let mut packages = Vec::new();
    for package in toml_packages(&table) {
        let name =
            toml_text(package, "name").ok_or_else(|| LockError::new(0, "a package has no name"))?;
        let mut locked = LockedPackage::new(normalized(name), "");
        locked.version = toml_text(package, "version").map(str::to_owned);
        if let Some(source) = package.get("source").and_then(toml::Value::as_table) {
            let keys = ["editable", "virtual", "directory"];
            locked.local = keys.iter().any(|key| source.contains_key(*key));
            let commit = toml_text(source, "git").and_then(|git| git.rsplit_once('#'));
            locked
                .hashes
                .extend(commit.map(|(_, commit)| commit.to_owned()));
        }
        let sdist = package.get("sdist").into_iter();
        let wheels = package.get("wheels").and_then(toml::Value::as_array);
        let files = sdist.chain(wheels.into_iter().flatten());
        let hashes = files.filter_map(|file| file.get("hash").and_then(toml::Value::as_str));
        locked.hashes.extend(hashes.map(str::to_owned));
        packages.push(locked);
    }
    Lockfile::new("uv.lock", Ecosystem::PyPi, packages)
}

pub(super) fn read_poetry(text: &str) -> Result<Lockfile, LockError> {
    let table = toml_table(text)?;
    let metadata = table
        .get("metadata")
        .and_then(|metadata| metadata.get("files"));
    let mut packages = Vec::new();
    for package in toml_packages(&table) {
        let (Some(name), Some(version)) =
            (toml_text(package, "name"), toml_text(package, "version"))
        else {
            return Err(LockError::new(0, "a package has no name or no version"));
        };
        let mut locked = LockedPackage::new(normalized(name), version);
        let old = metadata.and_then(|files| files.get(name));
        let files = package.get("files").or(old).and_then(toml::Value::as_array);
        let files = files.into_iter().flatten();
        let hashes = files.filter_map(|file| file.get("hash").and_then(toml::Value::as_str));
        locked.hashes.extend(hashes.map(str::to_owned));
        if let Some(source) = package.get("source").and_then(toml::Value::as_table) {
            locked.local = toml_text(source, "type") == Some("directory");
            let commit = toml_text(source, "resolved_reference");
            locked.hashes.extend(commit.map(str::to_owned));
        }
        packages.push(locked);
    }
    Lockfile::new("poetry.lock", Ecosystem::PyPi, packages)
}

pub(super) fn read_requirements(text: &str) -> Result<Lockfile, LockError> {
    let mut packages = Vec::new();
    let mut not_followed = Vec::new();
    for (number, line) in logical_lines(text) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some(first) = words.first() else { continue };
        match *first {
            "-r" | "--requirement" | "-c" | "--constraint" | "-e" | "--editable" => {
                not_followed.push(line);
                continue;
            }
            option if option.starts_with('-') => continue,
            _ => {}
        }
        let hashes = words.iter().filter_map(|word| word.strip_prefix("--hash="));
        let hashes: Vec<String> = hashes.map(str::to_owned).collect();
        let requirement = line.split(" --hash=").next().unwrap_or(&line);
        let requirement = requirement.split(';').next().unwrap_or(requirement).trim();
        let mut package = requirement_of(requirement)
            .ok_or_else(|| LockError::new(number, format!("no requirement: {requirement}")))?;
        package.hashes.extend(hashes);
        packages.push(package);
    }
    let mut lockfile = Lockfile::new("requirements.txt", Ecosystem::PyPi, packages)?;
    lockfile.not_followed = not_followed;
    Ok(lockfile)
}

/// Lines joined where they end with a backslash, without comments; with the number of the first.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        let bare = match line.trim_start().starts_with('#') {
            true => "",
            false => line.split(" #").next().unwrap_or(line),
        };
        let continues = bare.trim_end().ends_with('\\');
        let part = bare.trim_end().trim_end_matches('\\').trim().to_owned();
        match lines.last_mut() {
            Some((_, last)) if open => {
                last.push(' ');
                last.push_str(&part);
            }
            Some(_) | None => lines.push((number + 1, part)),
        }
        open = continues;
    }
    lines.retain(|(_, line)| !line.is_empty());
    lines
}

fn requirement_of(requirement: &str) -> Option<LockedPackage> {
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(end);
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let rest = match rest.trim_start().strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1,
        None => rest,
    };
    let rest = rest.trim();
    if !rest.is_empty() && !rest.starts_with(['=', '<', '>', '!', '~', '@', '(']) {
        return None;
    }
    let mut package = LockedPackage::new(normalized(name), "");
    let exact = rest.strip_prefix("===").or_else(|| rest.strip_prefix("=="));
    let exact = exact
        .map(str::trim)
        .filter(|version| !version.contains(['*', ',']));
    package.version = exact.map(str::to_owned);
    // A direct address may carry its checksum as a fragment.
    let fragment = rest
        .strip_prefix('@')
        .and_then(|address| address.split_once('#'));
    let fragment = fragment.map(|(_, fragment)| fragment);
    let hash = fragment.filter(|fragment| fragment.starts_with("sha256="));
    package.hashes.extend(hash.map(str::to_owned));
    Some(package)
}

/// PEP 503: one name for `Flask_SQLAlchemy`, `flask.sqlalchemy` and `flask-sqlalchemy`.
pub(super) fn normalized(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normalized.ends_with('-') => {}
            '-' | '_' | '.' => normalized.push('-'),
            other => normalized.extend(other.to_lowercase()),
        }
    }
    normalized
}
