//! The JSON of a scan.

use adjutant_supply::{PickleFinding, ScanVerdict};
use serde::Serialize;

use super::ShownScan;

#[derive(Serialize)]
pub(super) struct ScanJson<'a> {
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

impl<'a> ScanJson<'a> {
    pub(super) fn of(scan: &ShownScan<'a>) -> Self {
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
