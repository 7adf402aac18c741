//! How a candidate's dependencies stand, for a terminal and as JSON.

use adjutant_supply::{ChangeWeight, DepsFinding, DepsRule};
use serde_json::{Value, json};

use crate::model::{ShownChange, change_lines};
use crate::terminal::{Ink, Terminal, clean};

/// Findings that are shown; JSON has them all.
const SHOWN_MAX: usize = 100;

/// What to show.
#[derive(Debug, Clone, Copy)]
pub struct ShownDeps<'a> {
    /// How many packages the baseline has, and the candidate.
    pub packages: [usize; 2],
    /// Every finding, heaviest first.
    pub findings: &'a [DepsFinding],
    /// How many records of vulnerabilities were searched, if any database was.
    pub records: Option<usize>,
    /// How many rules of the policy were applied, if there is one.
    pub rules: Option<usize>,
    /// The configuration, if one was given.
    pub config: Option<ShownConfig<'a>>,
}

/// A configuration and its registration.
#[derive(Debug, Clone, Copy)]
pub struct ShownConfig<'a> {
    /// The file.
    pub file: &'a str,
    /// Its SHA-256.
    pub digest: &'a str,
    /// The registered SHA-256; an error says why there is none.
    pub registered: Result<&'a str, &'a str>,
}

/// What to do about the dependencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DepsStanding {
    /// Nothing stands against the candidate.
    Aligned,
    /// A person has to look, or something could not be looked at.
    Undecided,
    /// Something is wrong.
    Flagged,
}

impl ShownDeps<'_> {
    /// How the candidate stands. A database or policy that was not given decides nothing.
    pub fn standing(&self) -> DepsStanding {
        let worst = self.findings.iter().map(|finding| finding.weight).max();
        let config = self.config.map(|config| match config.registered {
            Ok(registered) if registered == config.digest => DepsStanding::Aligned,
            Ok(_) => DepsStanding::Flagged,
            Err(_) => DepsStanding::Undecided,
        });
        match (worst, config) {
            (Some(ChangeWeight::Breaking), _) | (_, Some(DepsStanding::Flagged)) => {
                DepsStanding::Flagged
            }
            (Some(ChangeWeight::Risky), _) | (_, Some(DepsStanding::Undecided)) => {
                DepsStanding::Undecided
            }
            (Some(ChangeWeight::Safe) | None, Some(DepsStanding::Aligned) | None) => {
                DepsStanding::Aligned
            }
        }
    }
}

/// The answer for a terminal, with a final newline.
pub fn human(shown: ShownDeps<'_>, terminal: Terminal) -> String {
    let (ink, word) = match shown.standing() {
        DepsStanding::Aligned => (Ink::Good, "ALIGNED"),
        DepsStanding::Undecided => (Ink::Undecided, "UNDECIDED"),
        DepsStanding::Flagged => (Ink::Bad, "FLAGGED"),
    };
    let [old, new] = shown.packages;
    let mut lines = vec![
        format!("{}  {old} packages -> {new}", terminal.paint(ink, word)),
        vulnerabilities(shown),
        conflicts(shown),
    ];
    lines.extend(shown.config.map(config_line));
    for finding in shown.findings.iter().take(SHOWN_MAX) {
        lines.extend(change_lines(&change(finding), terminal));
    }
    let more = shown.findings.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        lines.push(format!("and {more} more: see --format json"));
    }
    lines.join("\n") + "\n"
}

fn change(finding: &DepsFinding) -> ShownChange {
    let joined = |versions: &[String]| (!versions.is_empty()).then(|| versions.join(", "));
    ShownChange {
        what: format!("{} {}", finding.rule.name(), finding.package),
        baseline: joined(&finding.baseline),
        candidate: joined(&finding.candidate),
        weight: finding.weight,
        reason: finding.reason.clone(),
    }
}

fn vulnerabilities(shown: ShownDeps<'_>) -> String {
    match shown.records {
        None => "vulnerabilities  NO DATA AVAILABLE: give --osv with the archive of an ecosystem or a folder of OSV records".to_owned(),
        Some(records) => {
            let found = count(shown, DepsRule::Vulnerable);
            format!("vulnerabilities  {found} in {records} records")
        }
    }
}

fn conflicts(shown: ShownDeps<'_>) -> String {
    match shown.rules {
        None | Some(0) => {
            "conflicts        NO DATA AVAILABLE: no [[deps.conflict]] in the policy".to_owned()
        }
        Some(rules) => {
            let found = count(shown, DepsRule::Conflict);
            format!("conflicts        {found} by {rules} rules")
        }
    }
}

fn count(shown: ShownDeps<'_>, rule: DepsRule) -> usize {
    let findings = shown.findings.iter();
    findings.filter(|finding| finding.rule == rule).count()
}

fn config_line(config: ShownConfig<'_>) -> String {
    let file = clean(config.file);
    match config.registered {
        Ok(registered) if registered == config.digest => {
            format!("configuration    {file} is the registered one, {registered}")
        }
        Ok(registered) => format!(
            "configuration    {file} is another than the registered: {} instead of {registered}",
            config.digest
        ),
        Err(why) => format!("configuration    NO DATA AVAILABLE: {}", clean(why)),
    }
}

/// The answer as JSON, with a final newline.
pub fn json(shown: ShownDeps<'_>) -> String {
    let findings: Vec<Value> = shown
        .findings
        .iter()
        .map(|finding| {
            json!({
                "rule": finding.rule.name(),
                "weight": finding.weight,
                "package": finding.package,
                "baseline": finding.baseline,
                "candidate": finding.candidate,
                "reason": finding.reason,
            })
        })
        .collect();
    let standing = match shown.standing() {
        DepsStanding::Aligned => "aligned",
        DepsStanding::Undecided => "undecided",
        DepsStanding::Flagged => "flagged",
    };
    let config = shown.config.map(|config| {
        json!({
            "file": config.file,
            "sha256": config.digest,
            "registered": config.registered.ok(),
            "no_data": config.registered.err(),
        })
    });
    let document = json!({
        "standing": standing,
        "packages": { "baseline": shown.packages[0], "candidate": shown.packages[1] },
        "osv_records": shown.records,
        "conflict_rules": shown.rules,
        "config": config,
        "findings": findings,
    });
    format!("{document:#}\n")
}
