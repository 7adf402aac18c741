//! Tokenizers and vocabularies: which token has which id, in which order merges are tried, and
//! what changed between two versions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::change::ChangeWeight;

/// Tokens that one file may have; the largest vocabularies have some hundred thousand.
const TOKENS_MAX: usize = 10_000_000;

/// What a tokenizer's file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokenizer {
    /// The kind of file.
    pub format: &'static str,
    /// The id of every token.
    pub ids: BTreeMap<String, u64>,
    /// The merges, in the order in which they are tried.
    pub merges: Vec<String>,
    /// The other parts by name, as JSON: how text is normalised and split.
    pub parts: BTreeMap<String, String>,
}

/// A tokenizer's file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", match line { 0 => String::new(), line => format!("line {line}: ") })]
pub struct TokenizerError {
    /// The line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

impl TokenizerError {
    fn new(line: usize, problem: impl Into<String>) -> Self {
        Self {
            line,
            problem: problem.into(),
        }
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        "Give tokenizer.json, vocab.json, vocab.txt or merges.txt, as its tool wrote it."
    }
}

/// One difference between two tokenizers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenChange {
    /// The token, merge or part.
    pub what: String,
    /// Its id or value before; `None` when it was not there.
    pub baseline: Option<String>,
    /// Its id or value now; `None` when it is gone.
    pub candidate: Option<String>,
    /// What this does to a model trained with the baseline.
    pub weight: ChangeWeight,
    /// Why.
    pub reason: &'static str,
}

/// Whether a file of this name is a tokenizer's.
pub fn is_tokenizer_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".json") || name.ends_with(".txt") || name.ends_with(".vocab")
}

/// Reads `tokenizer.json`, `vocab.json`, `vocab.txt` or `merges.txt`.
///
/// # Errors
/// When it is none of them.
pub fn read_tokenizer(name: &str, bytes: &[u8]) -> Result<Tokenizer, TokenizerError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_invalid| TokenizerError::new(0, "the file is no UTF-8 text"))?;
    if text.trim_start().starts_with('{') {
        return read_json(text);
    }
    let lines = text.lines().filter(|line| !line.is_empty());
    if name.contains("merges") || text.starts_with("#version:") {
        let merges = lines.filter(|line| !line.starts_with("#version:"));
        return Ok(Tokenizer {
            format: "merges",
            merges: merges.map(str::to_owned).collect(),
            ..Tokenizer::default()
        });
    }
    let mut tokenizer = Tokenizer {
        format: "vocabulary",
        ..Tokenizer::default()
    };
    for (id, token) in text.lines().enumerate() {
        insert(&mut tokenizer.ids, token.to_owned(), id as u64, id + 1)?;
    }
    if tokenizer.ids.is_empty() {
        return Err(TokenizerError::new(0, "there is no token in it"));
    }
    Ok(tokenizer)
}

fn insert(
    ids: &mut BTreeMap<String, u64>,
    token: String,
    id: u64,
    line: usize,
) -> Result<(), TokenizerError> {
    if ids.len() >= TOKENS_MAX {
        return Err(TokenizerError::new(
            line,
            format!("more than {TOKENS_MAX} tokens"),
        ));
    }
    match ids.get(&token) {
        Some(&old) if old != id => {
            let problem = format!("{token:?} has the ids {old} and {id}");
            Err(TokenizerError::new(line, problem))
        }
        Some(_) => Ok(()),
        None => {
            ids.insert(token, id);
            Ok(())
        }
    }
}

fn read_json(text: &str) -> Result<Tokenizer, TokenizerError> {
    let document: Value = serde_json::from_str(text)
        .map_err(|error| TokenizerError::new(error.line(), format!("no JSON: {error}")))?;
    let Some(model) = document.get("model").filter(|model| model.is_object()) else {
        let mut ids = BTreeMap::new();
        read_ids(&document, &mut ids)?;
        return Ok(Tokenizer {
            format: "vocabulary",
            ids,
            ..Tokenizer::default()
        });
    };
    let mut tokenizer = Tokenizer {
        format: "tokenizer.json",
        ..Tokenizer::default()
    };
    if let Some(vocab) = model.get("vocab") {
        read_ids(vocab, &mut tokenizer.ids)?;
    }
    for merge in model
        .get("merges")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let pair: Option<Vec<&str>> = match merge {
            Value::String(text) => Some(vec![text]),
            Value::Array(pair) => pair.iter().map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        };
        let pair = pair.ok_or_else(|| TokenizerError::new(0, format!("{merge} is no merge")))?;
        tokenizer.merges.push(pair.join(" "));
    }
    for added in document
        .get("added_tokens")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let (Some(token), Some(id)) = (added["content"].as_str(), added["id"].as_u64()) else {
            return Err(TokenizerError::new(0, format!("{added} is no added token")));
        };
        insert(&mut tokenizer.ids, token.to_owned(), id, 0)?;
    }
    let whole = document.as_object().into_iter().flatten();
    let whole = whole.filter(|(key, _)| !matches!(key.as_str(), "model" | "added_tokens"));
    let model = model.as_object().into_iter().flatten();
    let model = model.filter(|(key, _)| !matches!(key.as_str(), "vocab" | "merges"));
    let named = |prefix: &'static str| {
        move |(key, value): (&String, &Value)| (format!("{prefix}{key}"), value.to_string())
    };
    tokenizer.parts.extend(whole.map(named("")));
    tokenizer.parts.extend(model.map(named("model.")));
    Ok(tokenizer)
}

/// `{"token": id}`, or a list of `["token", score]` whose places are the ids.
fn read_ids(vocab: &Value, ids: &mut BTreeMap<String, u64>) -> Result<(), TokenizerError> {
    match vocab {
        Value::Object(object) => {
            for (token, id) in object {
                let id = id.as_u64().ok_or_else(|| {
                    TokenizerError::new(0, format!("the id of {token:?} is no whole number: {id}"))
                })?;
                insert(ids, token.clone(), id, 0)?;
            }
            Ok(())
        }
        Value::Array(list) => {
            for (id, piece) in list.iter().enumerate() {
                let token = piece.get(0).and_then(Value::as_str);
                let token = token.ok_or_else(|| {
                    TokenizerError::new(0, format!("{piece} is no token and score"))
                })?;
                insert(ids, token.to_owned(), id as u64, 0)?;
            }
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(TokenizerError::new(0, "there is no vocabulary in it"))
        }
    }
}

/// Every difference: tokens first, then merges, then the other parts.
pub fn diff_tokenizers(baseline: &Tokenizer, candidate: &Tokenizer) -> Vec<TokenChange> {
    let mut changes = Vec::new();
    let tokens: BTreeSet<&String> = baseline.ids.keys().chain(candidate.ids.keys()).collect();
    for token in tokens {
        let (was, now) = (baseline.ids.get(token), candidate.ids.get(token));
        let (weight, reason) = match (was, now) {
            (Some(was), Some(now)) if was == now => continue,
            (Some(_), Some(_)) => (
                ChangeWeight::Breaking,
                "the model learned it under another id",
            ),
            (Some(_), None) => (
                ChangeWeight::Breaking,
                "text with it is now split otherwise",
            ),
            (None, _) => (ChangeWeight::Risky, "the model needs a row for it"),
        };
        changes.push(TokenChange {
            what: format!("token {token:?}"),
            baseline: was.map(ToString::to_string),
            candidate: now.map(ToString::to_string),
            weight,
            reason,
        });
    }
    diff_merges(&baseline.merges, &candidate.merges, &mut changes);
    let parts: BTreeSet<&String> = baseline
        .parts
        .keys()
        .chain(candidate.parts.keys())
        .collect();
    for part in parts {
        let (was, now) = (baseline.parts.get(part), candidate.parts.get(part));
        if was != now {
            let (weight, reason) = match part.as_str() {
                "version" => (ChangeWeight::Safe, "the version of the file"),
                "truncation" | "padding" => {
                    (ChangeWeight::Risky, "the same text may get another length")
                }
                _ => (ChangeWeight::Breaking, "the same text may get other tokens"),
            };
            changes.push(TokenChange {
                what: part.clone(),
                baseline: was.cloned(),
                candidate: now.cloned(),
                weight,
                reason,
            });
        }
    }
    changes
}

/// A merge's rank decides; new ones behind all others change nothing that came before.
fn diff_merges(baseline: &[String], candidate: &[String], changes: &mut Vec<TokenChange>) {
    if candidate.starts_with(baseline) {
        for (rank, merge) in candidate.iter().enumerate().skip(baseline.len()) {
            changes.push(TokenChange {
                what: format!("merge {merge:?}"),
                baseline: None,
                candidate: Some(rank.to_string()),
                weight: ChangeWeight::Risky,
                reason: "text that it joins is now split otherwise",
            });
        }
        return;
    }
    let ranks = |merges: &[String]| -> BTreeMap<String, usize> {
        let ranked = merges.iter().enumerate();
        ranked.map(|(rank, merge)| (merge.clone(), rank)).collect()
    };
    let (old, new) = (ranks(baseline), ranks(candidate));
    let merges: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for merge in merges {
        let (was, now) = (old.get(merge), new.get(merge));
        if was != now {
            changes.push(TokenChange {
                what: format!("merge {merge:?}"),
                baseline: was.map(ToString::to_string),
                candidate: now.map(ToString::to_string),
                weight: ChangeWeight::Breaking,
                reason: "merges are tried in another order, so text is split otherwise",
            });
        }
    }
}
