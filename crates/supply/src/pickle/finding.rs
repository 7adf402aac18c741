//! What a scan found: which opcode, where, naming what, and why it matters.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

/// Findings of one file that are kept in full; more are counted.
const FINDINGS_MAX: usize = 1_000;

/// What a file is, as far as running something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanVerdict {
    /// Nothing in it runs anything but what model files need.
    Plain,
    /// Something in it is not known, or could not be looked at.
    Unknown,
    /// Loading it runs code of the file's choosing.
    Executable,
}

impl fmt::Display for ScanVerdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Plain => "plain",
            Self::Unknown => "unknown",
            Self::Executable => "executable",
        })
    }
}

/// Something a pickle imports.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GlobalName {
    /// The module.
    pub module: String,
    /// The name in it.
    pub name: String,
}

impl fmt::Display for GlobalName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.module, self.name)
    }
}

/// One thing that stands against loading a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickleFinding {
    /// How bad it is.
    pub verdict: ScanVerdict,
    /// The members of archives it is inside of, from the outside in; empty for the file itself.
    pub inside: Vec<String>,
    /// The opcode, where one is to blame.
    pub opcode: Option<&'static str>,
    /// Where, in bytes from the start of the innermost member, unpacked.
    pub offset: u64,
    /// What it imports or calls.
    pub global: Option<GlobalName>,
    /// Why this matters, in words.
    pub reason: String,
    /// How often the same was found.
    pub times: u64,
}

/// What makes two findings the same: where in archives, the opcode, the name, the reason.
type Kind = (
    Vec<String>,
    Option<&'static str>,
    Option<GlobalName>,
    String,
);

/// Findings as they come, each kind once with its count.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    findings: Vec<PickleFinding>,
    places: HashMap<Kind, usize>,
    inside: Vec<String>,
    more: Option<ScanVerdict>,
}

impl Notes {
    pub(crate) fn enter(&mut self, member: String) {
        self.inside.push(member);
    }

    pub(crate) fn leave(&mut self) {
        self.inside.pop();
    }

    pub(crate) fn depth(&self) -> usize {
        self.inside.len()
    }

    pub(crate) fn add(
        &mut self,
        verdict: ScanVerdict,
        opcode: Option<&'static str>,
        offset: u64,
        global: Option<GlobalName>,
        reason: impl Into<String>,
    ) {
        let reason = reason.into();
        let key = (self.inside.clone(), opcode, global, reason);
        if let Some(&place) = self.places.get(&key) {
            self.findings[place].times += 1;
            return;
        }
        if self.findings.len() >= FINDINGS_MAX {
            self.more = self.more.max(Some(verdict));
            return;
        }
        let (inside, opcode, global, reason) = key.clone();
        self.places.insert(key, self.findings.len());
        self.findings.push(PickleFinding {
            verdict,
            inside,
            opcode,
            offset,
            global,
            reason,
            times: 1,
        });
    }

    /// Something that could not be looked at.
    pub(crate) fn unseen(&mut self, offset: u64, reason: impl Into<String>) {
        self.add(ScanVerdict::Unknown, None, offset, None, reason);
    }

    pub(crate) fn worst(&self) -> ScanVerdict {
        let kept = self.findings.iter().map(|finding| finding.verdict);
        kept.chain(self.more).max().unwrap_or(ScanVerdict::Plain)
    }

    pub(crate) fn append(&mut self, other: Self) {
        for finding in other.findings {
            let times = finding.times;
            let place = self.findings.len();
            self.inside.extend(finding.inside.iter().cloned());
            let depth = finding.inside.len();
            self.add(
                finding.verdict,
                finding.opcode,
                finding.offset,
                finding.global,
                finding.reason,
            );
            self.inside.truncate(self.inside.len() - depth);
            if let Some(added) = self.findings.get_mut(place) {
                added.times = times;
            }
        }
        self.more = self.more.max(other.more);
    }

    /// The findings, worst first, and in the order of the file.
    pub(crate) fn finish(mut self) -> (ScanVerdict, Vec<PickleFinding>) {
        let verdict = self.worst();
        if let Some(more) = self.more {
            let reason = format!("more than {FINDINGS_MAX} findings; the rest is left out");
            self.findings.push(PickleFinding {
                verdict: more,
                inside: vec![],
                opcode: None,
                offset: 0,
                global: None,
                reason,
                times: 1,
            });
        }
        self.findings
            .sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
        (verdict, self.findings)
    }
}
