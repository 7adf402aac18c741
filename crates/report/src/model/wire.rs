//! The JSON of scans and of differences. Their first key says what they are, for those who read
//! them as evidence.

use adjutant_supply::{PickleFinding, ScanVerdict};
use serde::Serialize;

use super::{ShownChange, ShownModelDiff, ShownScan};

/// What the JSON of scans says it is.
const SCAN: &str = "adjutant-model-scan-1";
/// What the JSON of a difference says it is.
const DIFFERENCE: &str = "adjutant-model-diff-1";

#[derive(Serialize)]
pub(super) struct ScansJson<'a> {
    format: &'static str,
    files: Vec<ScanJson<'a>>,
}

#[derive(Serialize)]
pub(super) struct ModelDiffJson<'a> {
    format: &'static str,
    baseline: &'a str,
    candidate: &'a str,
    changes: &'a [ShownChange],
}

#[derive(Serialize)]
struct ScanJson<'a> {
    file: &'a str,
    verdict: ScanVerdict,
    kind: &'a str,
    members: u64,
    pickles: u64,
    findings: Vec<FindingJson<'a>>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    verdict: ScanVerdict,
    inside: &'a [String],
    opcode: Option<&'a str>,
    offset: u64,
    module: Option<&'a str>,
    name: Option<&'a str>,
    reason: &'a str,
    times: u64,
}

impl<'a> ScansJson<'a> {
    pub(super) fn of(scans: &[ShownScan<'a>]) -> Self {
        Self {
            format: SCAN,
            files: scans.iter().map(ScanJson::of).collect(),
        }
    }
}

impl<'a> ModelDiffJson<'a> {
    pub(super) fn of(shown: ShownModelDiff<'a>) -> Self {
        Self {
            format: DIFFERENCE,
            baseline: shown.baseline,
            candidate: shown.candidate,
            changes: shown.changes,
        }
    }
}

impl<'a> ScanJson<'a> {
    fn of(scan: &ShownScan<'a>) -> Self {
        let report = scan.report;
        Self {
            file: scan.file,
            verdict: report.verdict,
            kind: report.kind,
            members: report.members,
            pickles: report.pickles,
            findings: report.findings.iter().map(FindingJson::of).collect(),
        }
    }
}

impl<'a> FindingJson<'a> {
    fn of(finding: &'a PickleFinding) -> Self {
        let global = finding.global.as_ref();
        Self {
            verdict: finding.verdict,
            inside: &finding.inside,
            opcode: finding.opcode,
            offset: finding.offset,
            module: global.map(|global| global.module.as_str()),
            name: global.map(|global| global.name.as_str()),
            reason: &finding.reason,
            times: finding.times,
        }
    }
}
