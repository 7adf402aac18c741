//! The checksum under which a configuration was registered: a SHA-256 itself, a manifest, or an
//! MLflow run.

use serde_json::Value;

/// Objects in objects; a manifest has few.
const DEPTH_MAX: usize = 32;

/// What a registration says about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// Its SHA-256.
    Digest(String),
    /// It names several, and they differ.
    Several(Vec<String>),
    /// It does not name the file.
    Absent,
    /// It is no JSON.
    Unreadable(String),
}

/// The SHA-256 of the file `name` in a manifest or an MLflow run (JSON). Known are `"name":
/// "<sha256>"`, and objects with the file in `path`, `file`, `name` or `key` and the digest in
/// `sha256`, `digest`, `checksum` or `value`; a key may end in `.sha256` or `_sha256`.
pub fn registered_digest(manifest: &[u8], name: &str) -> Registration {
    let document: Value = match serde_json::from_slice(manifest) {
        Ok(document) => document,
        Err(error) => return Registration::Unreadable(error.to_string()),
    };
    let mut found = Vec::new();
    collect(&document, name, &mut found, 0);
    found.sort();
    found.dedup();
    match found.len() {
        0 => Registration::Absent,
        1 => Registration::Digest(found.remove(0)),
        _ => Registration::Several(found),
    }
}

fn collect(value: &Value, name: &str, found: &mut Vec<String>, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::Array(items) => {
            for item in items {
                collect(item, name, found, depth + 1);
            }
        }
        Value::Object(object) => {
            let text = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)?.as_str());
            let named = text(&["path", "file", "name", "key"]);
            let digest = text(&["sha256", "digest", "checksum", "value"]).and_then(sha256);
            if let (Some(named), Some(digest)) = (named, digest)
                && is_named(named, name)
            {
                found.push(digest);
            }
            for (key, inner) in object {
                let inner_digest = inner.as_str().and_then(sha256);
                match inner_digest {
                    Some(digest) if is_named(key, name) => found.push(digest),
                    Some(_) | None => collect(inner, name, found, depth + 1),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_named(text: &str, name: &str) -> bool {
    let text = text
        .strip_suffix(".sha256")
        .or_else(|| text.strip_suffix("_sha256"))
        .unwrap_or(text);
    text == name || text.rsplit('/').next() == Some(name)
}

/// A SHA-256 in hexadecimal, with or without its name in front.
fn sha256(text: &str) -> Option<String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let is_digest = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| digits.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_found_in_manifests_and_in_runs() {
        let digest = "a".repeat(64);
        for text in [
            format!(r#"{{"model.yaml": "{digest}"}}"#),
            format!(r#"{{"files": [{{"path": "conf/model.yaml", "sha256": "sha256:{digest}"}}]}}"#),
            format!(
                r#"{{"run": {{"data": {{"tags": [{{"key": "model.yaml.sha256", "value": "{digest}"}}]}}}}}}"#
            ),
        ] {
            let found = registered_digest(text.as_bytes(), "model.yaml");
            assert_eq!(found, Registration::Digest(digest.clone()), "{text}");
        }
        let other = format!(r#"{{"other.yaml": "{digest}"}}"#);
        assert_eq!(
            registered_digest(other.as_bytes(), "model.yaml"),
            Registration::Absent
        );
    }
}
