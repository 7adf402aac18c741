//! `package-lock.json` (versions 1 to 3) and `pnpm-lock.yaml` (versions 5 to 9).

use serde_json::{Map, Value};

use super::{Ecosystem, LockError, LockedPackage, Lockfile};

/// Dependencies of dependencies in version 1.
const DEPTH_MAX: usize = 64;

pub(super) fn read_npm(text: &str) -> Result<Lockfile, LockError> {
    let document: Value = serde_json::from_str(text)
        .map_err(|error| LockError::new(error.line(), format!("no JSON: {error}")))?;
    let mut packages = Vec::new();
    if let Some(listed) = document.get("packages").and_then(Value::as_object) {
        for (place, package) in listed.iter().filter(|(place, _)| !place.is_empty()) {
            let in_place = place.rsplit_once("node_modules/").map(|(_, name)| name);
            let name = package["name"].as_str().or(in_place).unwrap_or(place);
            let linked = package["link"] == Value::Bool(true);
            let local = in_place.is_none() || linked;
            if !linked {
                packages.push(npm_package(name, package, local));
            }
        }
    } else if let Some(listed) = document.get("dependencies").and_then(Value::as_object) {
        nested(listed, &mut packages, 0)?;
    } else if document.get("lockfileVersion").is_none() {
        let problem = "neither packages nor dependencies: this is no package-lock.json";
        return Err(LockError::new(0, problem));
    }
    Lockfile::new("package-lock.json", Ecosystem::Npm, packages)
}

fn nested(
    listed: &Map<String, Value>,
    packages: &mut Vec<LockedPackage>,
    depth: usize,
) -> Result<(), LockError> {
    if depth > DEPTH_MAX {
        return Err(LockError::new(
            0,
            "dependencies are nested deeper than is read",
        ));
    }
    for (name, package) in listed {
        packages.push(npm_package(name, package, false));
        if let Some(inner) = package.get("dependencies").and_then(Value::as_object) {
            nested(inner, packages, depth + 1)?;
        }
    }
    Ok(())
}

fn npm_package(name: &str, package: &Value, local: bool) -> LockedPackage {
    let version = package["version"].as_str();
    // An alias is written `npm:name@version`, a git source names its commit.
    let alias = version.and_then(|version| version.strip_prefix("npm:")?.rsplit_once('@'));
    let (name, version) = match alias {
        Some((name, version)) => (name, Some(version)),
        None => (name, version),
    };
    let mut locked = LockedPackage::new(name, "");
    locked.version = version.map(str::to_owned);
    locked.local = local || version.is_some_and(|version| version.starts_with("file:"));
    locked.deprecated = package["deprecated"].as_str().map(str::to_owned);
    let commit = |text: &str| {
        let (source, commit) = text.rsplit_once('#')?;
        source.contains("git").then(|| commit.to_owned())
    };
    let integrity = package["integrity"].as_str().map(str::to_owned);
    let resolved = package["resolved"].as_str().and_then(commit);
    locked
        .hashes
        .extend(integrity.or(resolved).or_else(|| commit(version?)));
    locked
}

/// pnpm writes its YAML in one way only: two blanks a level, one key a line.
pub(super) fn read_pnpm(text: &str) -> Result<Lockfile, LockError> {
    let mut packages: Vec<LockedPackage> = Vec::new();
    let mut in_packages = false;
    for (number, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if indent == 0 {
            in_packages = trimmed == "packages:";
        } else if in_packages && indent == 2 {
            let key = trimmed.trim_end_matches(':').trim_matches(['\'', '"']);
            let key = trimmed.ends_with(':').then_some(key).and_then(pnpm_key);
            let Some((name, version)) = key else {
                let problem = "this is no package of a pnpm-lock.yaml: /name@version:";
                return Err(LockError::new(number + 1, problem));
            };
            packages.push(LockedPackage::new(name, version));
        } else if in_packages && let Some(package) = packages.last_mut() {
            pnpm_field(package, trimmed);
        }
    }
    Lockfile::new("pnpm-lock.yaml", Ecosystem::Npm, packages)
}

/// `/name/1.0.0`, `/name@1.0.0(peer@2.0.0)`, `name@1.0.0`, `@scope/name@1.0.0`, `/name/1.0.0_peer`.
fn pnpm_key(key: &str) -> Option<(&str, &str)> {
    let key = key.split('(').next()?;
    let old = key.strip_prefix('/');
    let key = old.unwrap_or(key);
    let scope = match key.starts_with('@') {
        true => key.find('/')? + 1,
        false => 0,
    };
    let separators: &[char] = if old.is_some() { &['@', '/'] } else { &['@'] };
    let at = scope + key[scope..].find(separators)?;
    let (name, version) = (&key[..at], &key[at + 1..]);
    let version = match old {
        Some(_) => version.split('_').next()?,
        None => version,
    };
    (!name.is_empty() && !version.is_empty()).then_some((name, version))
}

fn pnpm_field(package: &mut LockedPackage, line: &str) {
    if let Some(resolution) = line.strip_prefix("resolution:") {
        let value = |key: &str| {
            let (_, rest) = resolution.split_once(key)?;
            let value = rest.split([',', '}']).next()?;
            Some(value.trim().trim_matches(['\'', '"']).to_owned())
        };
        package
            .hashes
            .extend(value("integrity:").or_else(|| value("commit:")));
        package.local |= resolution.contains("directory:");
    } else if let Some(integrity) = line.strip_prefix("integrity:") {
        package.hashes.push(integrity.trim().to_owned());
    } else if let Some(deprecated) = line.strip_prefix("deprecated:") {
        package.deprecated = Some(deprecated.trim().trim_matches(['\'', '"']).to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_every_version_of_pnpm_is_split_into_name_and_version() {
        for (key, name, version) in [
            ("/lodash/4.17.21", "lodash", "4.17.21"),
            ("/@babel/core/7.0.0_peer@1.0.0", "@babel/core", "7.0.0"),
            ("/@babel/core@7.0.0(peer@1.0.0)", "@babel/core", "7.0.0"),
            ("@babel/core@7.0.0", "@babel/core", "7.0.0"),
            ("lodash@4.17.21", "lodash", "4.17.21"),
            (
                "a@https://codeload.github.com/a/b/tar.gz/abc",
                "a",
                "https://codeload.github.com/a/b/tar.gz/abc",
            ),
        ] {
            assert_eq!(pnpm_key(key), Some((name, version)), "{key}");
        }
        assert_eq!(pnpm_key("lodash"), None);
        assert_eq!(pnpm_key(""), None);
    }
}
