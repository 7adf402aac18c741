//! The checks of a task as TOML.

use adjutant_domain::{CheckName, GateName};
use serde::Deserialize;
use toml::Spanned;

use super::InvalidIntake;
use crate::{Check, CheckRun, PathGlob, ProofKind};

/// How long a check may run that does not say it, in seconds.
const SECONDS_MAX_DEFAULT: u32 = 600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Checks {
    #[serde(default)]
    check: Vec<Spanned<CheckToml>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckToml {
    name: CheckName,
    argv: Vec<String>,
    /// A gate that decides on `evidence`, files that the program writes.
    gate: Option<GateName>,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default)]
    tests: Vec<PathGlob>,
    #[serde(default)]
    frozen: Vec<PathGlob>,
    /// Why the check cannot fail on the base. Without it, it has to.
    no_red: Option<String>,
    #[serde(default = "seconds_max_default")]
    seconds_max: u32,
}

fn seconds_max_default() -> u32 {
    SECONDS_MAX_DEFAULT
}

/// The checks of a TOML text: `[[check]]` tables.
///
/// # Errors
/// When it is not TOML, or a check says too little; with the line.
pub fn read_checks(text: &str) -> Result<Vec<Check>, InvalidIntake> {
    let line_at = |at: usize| 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count();
    let checks: Checks = toml::from_str(text).map_err(|error| InvalidIntake {
        line: line_at(error.span().map_or(0, |span| span.start)),
        problem: error.message().to_owned(),
    })?;
    let mut read: Vec<Check> = Vec::with_capacity(checks.check.len());
    for check in checks.check {
        let line = line_at(check.span().start);
        let check =
            check_of(check.into_inner()).map_err(|problem| InvalidIntake { line, problem })?;
        if read.iter().any(|other| other.name == check.name) {
            let problem = format!("there are two checks {}", check.name);
            return Err(InvalidIntake { line, problem });
        }
        read.push(check);
    }
    Ok(read)
}

/// The check, or what is wrong about it.
pub(crate) fn check_of(check: CheckToml) -> Result<Check, String> {
    let name = &check.name;
    if check.argv.iter().all(|word| word.is_empty()) {
        return Err(format!("check {name}: argv names no program"));
    }
    if check.seconds_max == 0 {
        return Err(format!("check {name}: seconds_max must be above 0"));
    }
    let run = match check.gate {
        None if check.evidence.is_empty() => CheckRun::Command { argv: check.argv },
        None => {
            return Err(format!(
                "check {name}: evidence needs the gate that reads it"
            ));
        }
        Some(_) if check.evidence.is_empty() => {
            return Err(format!(
                "check {name}: a gate needs evidence: the files to read"
            ));
        }
        Some(gate) => CheckRun::Gate {
            argv: check.argv,
            evidence: check.evidence,
            gate,
        },
    };
    let proof = match check.no_red {
        None => ProofKind::RedGreen,
        Some(reason) if reason.trim().is_empty() => {
            return Err(format!("check {name}: no_red needs its reason"));
        }
        Some(reason) => ProofKind::GreenOnly { reason },
    };
    Ok(Check {
        name: check.name,
        run,
        proof,
        tests: check.tests,
        frozen: check.frozen,
        seconds_max: check.seconds_max,
    })
}

/// The same checks as TOML.
pub fn write_checks(checks: &[Check]) -> String {
    let tables = checks.iter().map(|check| {
        let (argv, evidence, gate) = match &check.run {
            CheckRun::Command { argv } => (argv, &[][..], None),
            CheckRun::Gate {
                argv,
                evidence,
                gate,
            } => (argv, &evidence[..], Some(gate)),
        };
        let no_red = match &check.proof {
            ProofKind::RedGreen => None,
            ProofKind::GreenOnly { reason } => Some(reason),
        };
        let mut lines = vec![
            "[[check]]".to_owned(),
            format!("name = {}", quoted(check.name.as_str())),
            format!("argv = {}", list(argv)),
        ];
        lines.extend(gate.map(|gate| format!("gate = {}", quoted(gate.as_str()))));
        let globs = |globs: &[PathGlob]| globs.iter().map(|it| it.to_string()).collect();
        let lists: [(&str, Vec<String>); 3] = [
            ("evidence", evidence.to_vec()),
            ("tests", globs(&check.tests)),
            ("frozen", globs(&check.frozen)),
        ];
        let lists = lists.iter().filter(|(_, items)| !items.is_empty());
        lines.extend(lists.map(|(key, items)| format!("{key} = {}", list(items))));
        lines.extend(no_red.map(|reason| format!("no_red = {}", quoted(reason))));
        lines.push(format!("seconds_max = {}\n", check.seconds_max));
        lines.join("\n")
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

/// A basic TOML string: control characters escaped, so that it stays on one line.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
