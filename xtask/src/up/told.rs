//! What happened, and whether it is what the example is for.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde_json::Value as Json;

/// A directive, and how it has to end.
type Expected = &'static [(&'static str, &'static str)];

/// The good candidate gets everything, the slow one that nobody asked about is taken back.
const CANDIDATE: Expected = &[
    ("decide", "DONE"),
    ("ship-candidate", "DONE"),
    ("ship-slow", "FAILED"),
    ("report", "DONE"),
];

/// The gate rejects the slow candidate, and it gets no traffic.
const SLOW: Expected = &[
    ("decide", "FAILED"),
    ("ship", "BLOCKED"),
    ("report", "DONE"),
];

/// The directives of a candidate, and how they have to end.
pub(super) fn expected_of(candidate: &str) -> Result<(&'static str, Expected)> {
    match candidate {
        "candidate" => Ok(("reports/handoff/pending_actions.json", CANDIDATE)),
        "slow" => Ok(("reports/handoff/slow.json", SLOW)),
        other => bail!("there is no candidate {other:?}: candidate or slow"),
    }
}

/// What Adjutant tells.
pub(super) struct Told {
    /// The answer of `adjutant run`.
    pub(super) directives: Json,
    /// The answer of `adjutant incident list`.
    pub(super) incidents: Vec<Json>,
}

impl Told {
    /// A line each: the gate, the rollouts, the incidents, the visitors, the reports.
    pub(super) fn summary(&self, visited: &Json, lasted: Duration) -> String {
        let mut lines = Vec::new();
        for one in self.all() {
            let is_told = matches!(one["kind"].as_str(), Some("experiment" | "deploy"));
            if let Some(result) = one["result"].as_str().filter(|_| is_told) {
                lines.push(format!("{:<16}{result}", text(one, "id")));
            }
        }
        for incident in &self.incidents {
            let seconds = |key: &str| {
                let ms = incident[key].as_f64();
                ms.map_or_else(
                    || "unknown".to_owned(),
                    |ms| format!("{:.2} s", ms / 1_000.0),
                )
            };
            lines.push(format!(
                "{:<16}{}: detected after {}, recovered {} later",
                "incident",
                text(incident, "id"),
                seconds("detection_ms"),
                seconds("recovery_ms"),
            ));
        }
        if visited["requests"].as_u64() > Some(0) {
            lines.push(format!(
                "{:<16}{} requests through the proxy, every one answered; p95 {:.2} ms",
                "visitors",
                visited["requests"],
                visited["p95_ms"].as_f64().unwrap_or(f64::NAN)
            ));
        }
        lines.push(format!(
            "{:<16}every number recomputed; progress in reports/execution_progress_update.md",
            "reports"
        ));
        lines.push(format!(
            "{:<16}{} s after the build",
            "time",
            lasted.as_secs()
        ));
        lines.join("\n")
    }

    /// Fails when anything ended otherwise than the example is for.
    pub(super) fn hold_against(&self, expected: Expected) -> Result<()> {
        for (id, status) in expected {
            let Some(found) = self.all().find(|one| one["id"] == *id) else {
                bail!("there is no directive {id}");
            };
            let stands = text(found, "status");
            ensure!(
                stands == *status,
                "{id} is {stands}, it has to be {status}: {}",
                text(found, "result")
            );
        }
        let ended_otherwise = self.all().find(|one| {
            let is_known = expected.iter().any(|(id, _)| one["id"] == *id);
            !is_known && one["status"] != "DONE"
        });
        if let Some(one) = ended_otherwise {
            bail!(
                "{} is {}: {}",
                text(one, "id"),
                text(one, "status"),
                text(one, "result")
            );
        }
        let taken_back = expected.contains(&("ship-slow", "FAILED"));
        let recovered = self
            .incidents
            .iter()
            .filter(|one| one["recovery_ms"].is_number());
        ensure!(
            recovered.count() == usize::from(taken_back)
                && self.incidents.len() == usize::from(taken_back),
            "these incidents are not the ones that were planted: {:?}",
            self.incidents
        );
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &Json> {
        self.directives["directives"]
            .as_array()
            .into_iter()
            .flatten()
    }
}

fn text<'a>(from: &'a Json, key: &str) -> &'a str {
    from[key].as_str().unwrap_or("nothing")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(slow: &str, incidents: Vec<Json>) -> Told {
        let one = |id: &str, status: &str| json!({"id": id, "kind": "deploy", "status": status, "result": "R-1 so"});
        Told {
            directives: json!({"directives": [
                one("decide", "DONE"), one("ship-candidate", "DONE"),
                one("ship-slow", slow), one("report", "DONE"),
            ]}),
            incidents,
        }
    }

    #[test]
    fn up_fails_when_the_slow_version_stays_or_the_good_one_is_taken_back() {
        let (_, expected) = expected_of("candidate").unwrap();
        let incident = json!({"id": "search:9", "detection_ms": 9_000, "recovery_ms": 110});
        let good = told("FAILED", vec![incident.clone()]);
        good.hold_against(expected).unwrap();
        let summary = good.summary(
            &json!({"requests": 7, "p95_ms": 0.5}),
            Duration::from_secs(9),
        );
        assert!(
            summary.contains("search:9: detected after 9.00 s, recovered 0.11 s later"),
            "{summary}"
        );
        for bad in [
            told("DONE", vec![]),
            told("FAILED", vec![]),
            told("FAILED", vec![incident.clone(), incident]),
        ] {
            assert!(bad.hold_against(expected).is_err());
        }
        assert!(expected_of("fast").is_err());
    }
}
