//! Recordings compared from their lines.

mod properties;
mod rates;
mod table;

use adjutant_shadow::{ShadowArm, ShadowComparer, ShadowComparison, ShadowRules};

/// An exchange with a JSON body.
fn exchange(id: impl std::fmt::Display, body: impl std::fmt::Display) -> String {
    format!(r#"{{"request":{{"id":"{id}"}},"status":200,"body":{body}}}"#)
}

/// Feeds recordings in turns, as the command does.
fn compare(
    rules: ShadowRules,
    baseline: &[String],
    again: &[String],
    candidate: &[String],
) -> ShadowComparison {
    let mut comparer = ShadowComparer::new(rules);
    let longest = baseline.len().max(again.len()).max(candidate.len());
    for place in 0..longest {
        for (arm, lines) in [
            (ShadowArm::Baseline, baseline),
            (ShadowArm::Again, again),
            (ShadowArm::Candidate, candidate),
        ] {
            if let Some(line) = lines.get(place) {
                let fed = comparer.feed(arm, place as u64 + 1, line.as_bytes());
                fed.unwrap_or_else(|error| panic!("{error}: {line}"));
            }
        }
    }
    comparer.finish()
}

/// Every path with the kinds of its disagreements: `body.a missing, body.b text`.
fn summary(found: &ShadowComparison) -> String {
    let mut lines: Vec<String> = Vec::new();
    for path in &found.paths {
        for kind in path.kinds.iter().filter(|kind| kind.pairs > 0) {
            lines.push(format!("{} {:?}", path.path, kind.kind).to_lowercase());
        }
    }
    lines.sort();
    lines.join(", ")
}
