//! A decision as SARIF 2.1.0, for code scanning. Every criterion is a rule; what stands against GO
//! is a result: an error when it blocks, a warning when it does not. A verdict other than GO
//! is always an error, so a gate without criteria cannot look clean.

use adjutant_domain::{Citation, Locator, Verdict};
use adjutant_gate::{CriterionResult, Decision, TriggerResult};
use serde_json::{Value, json};

use crate::cite;
use crate::deployment::needed;
use crate::gate::markdown::{evidence, interval, observed};
use crate::standing::{self, Standing};

pub(crate) const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Where a result points when no artifact was read: the file that declares gates.
const POLICY_FILE: &str = "adjutant.toml";

/// The decision as SARIF, with a final newline.
pub fn sarif(decision: &Decision) -> String {
    let mut rules = vec![rule("verdict", "The gate's verdict is GO.")];
    rules.extend(
        decision
            .criteria
            .iter()
            .map(|c| rule(c.id.as_str(), &c.target)),
    );
    rules.extend(
        decision
            .triggers
            .iter()
            .map(|t| rule(&trigger_rule(t), &format!("Roll back when {}", t.condition))),
    );
    let results: Vec<Value> = verdict_result(decision)
        .into_iter()
        .chain(
            decision
                .criteria
                .iter()
                .filter_map(|c| criterion_result(decision, c)),
        )
        .chain(
            decision
                .triggers
                .iter()
                .filter_map(|t| trigger_result(decision, t)),
        )
        .collect();
    let mut log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "adjutant",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "automationDetails": { "id": format!("adjutant/gate/{}", decision.gate) },
            "artifacts": artifacts(decision),
            "results": results,
            "columnKind": "unicodeCodePoints",
            "properties": {
                "verdict": decision.verdict.to_string(),
                "decidedAt": decision.decided_at.to_string(),
            },
        }],
    });
    log.sort_all_objects();
    format!("{log:#}\n")
}

fn rule(id: &str, target: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": { "text": target },
        "defaultConfiguration": { "level": "error" },
    })
}

fn trigger_rule(trigger: &TriggerResult) -> String {
    format!("rollback/{}", trigger.id)
}

fn artifacts(decision: &Decision) -> Vec<Value> {
    decision
        .inputs
        .iter()
        .map(|input| {
            json!({
                "location": { "uri": uri(&input.file) },
                "hashes": { "sha-256": input.artifact.to_string() },
                "properties": {
                    "subject": input.subject.as_str(),
                    "run": input.run.as_str(),
                    "takenAt": input.taken_at.to_string(),
                },
            })
        })
        .collect()
}

fn verdict_result(decision: &Decision) -> Option<Value> {
    let level = match decision.verdict {
        Verdict::Go => return None,
        Verdict::ShadowOnly | Verdict::PauseAndFix | Verdict::Reject => "error",
    };
    let reasons: Vec<String> = decision
        .reasons
        .iter()
        .map(|r| standing::sentence(r))
        .collect();
    let text = format!(
        "{}: {} {}",
        decision.verdict,
        standing::meaning(decision.verdict),
        reasons.join(" ")
    );
    Some(result(decision, "verdict", level, text.trim_end(), None))
}

fn criterion_result(decision: &Decision, criterion: &CriterionResult) -> Option<Value> {
    if Standing::of(criterion) == Standing::Pass {
        return None;
    }
    let level = if standing::blocks(criterion) {
        "error"
    } else {
        "warning"
    };
    let text = format!(
        "{}: {} Target: {}. Observed: {}, interval {}. Evidence: {}. {}",
        standing::words(criterion),
        standing::sentence(&criterion.reason),
        criterion.target,
        observed(criterion),
        interval(criterion),
        evidence(criterion),
        standing::bypass(criterion)
            .into_iter()
            .chain(needed(criterion))
            .collect::<Vec<String>>()
            .join(" "),
    );
    let source = cite::sources(criterion).first().copied();
    Some(result(
        decision,
        criterion.id.as_str(),
        level,
        text.trim_end(),
        source,
    ))
}

fn trigger_result(decision: &Decision, trigger: &TriggerResult) -> Option<Value> {
    let state = match trigger.fired {
        Some(false) => return None,
        Some(true) => "Rollback trigger fired",
        None => "Rollback trigger cannot be told",
    };
    let text = format!(
        "{state}: {} {}",
        standing::sentence(&trigger.condition),
        standing::sentence(&trigger.reason)
    );
    Some(result(
        decision,
        &trigger_rule(trigger),
        "error",
        &text,
        None,
    ))
}

fn result(
    decision: &Decision,
    rule: &str,
    level: &str,
    text: &str,
    source: Option<&Citation>,
) -> Value {
    let physical = match source {
        Some(source) => json!({
            "artifactLocation": { "uri": uri(&source.file) },
            "region": region(&source.locator),
        }),
        None => {
            let file = decision
                .inputs
                .first()
                .map_or(POLICY_FILE, |input| input.file.as_str());
            json!({ "artifactLocation": { "uri": uri(file) }, "region": { "startLine": 1 } })
        }
    };
    json!({
        "ruleId": rule,
        "level": level,
        "kind": "fail",
        "message": { "text": message(text) },
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{
                "fullyQualifiedName": format!("{}/{rule}", decision.gate),
                "kind": "member",
            }],
        }],
        "partialFingerprints": { "gateAndRule/v1": format!("{}/{rule}", decision.gate) },
    })
}

/// A message in SARIF's notation, where a single brace would open a placeholder.
pub(crate) fn message(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// The lines of a place. A JSON pointer has none, so it points at the start of its file.
fn region(locator: &Locator) -> Value {
    match locator {
        Locator::Whole | Locator::Pointer(_) => json!({ "startLine": 1 }),
        Locator::Line(line) => json!({ "startLine": line }),
        Locator::Rows { first, last, .. } => json!({ "startLine": first, "endLine": last }),
    }
}

/// A file name as a relative URI reference (RFC 3986).
pub(crate) fn uri(file: &str) -> String {
    let mut uri = String::with_capacity(file.len());
    for byte in file.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
