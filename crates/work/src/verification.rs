//! Reads the `[verify]` and `[merge]` tables of a settings text: how checks are made runnable, and
//! where work goes.

use serde::Deserialize;

use toml::Spanned;

use crate::Check;
use crate::template::{CheckToml, check_of};

/// How long a step of the set-up may take when nothing is said: ten minutes.
const SETUP_SECONDS: u32 = 600;

/// How work is verified and merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationSettings {
    /// Programs that make a fresh work tree ready for a check, in order.
    pub setup: Vec<Vec<String>>,
    /// The longest each of them may take, in seconds.
    pub setup_seconds_max: u32,
    /// The branch that work is merged into; the default is `main` or `master`.
    pub target: Option<String>,
    /// Checks that every merge has to pass, beside those of its task.
    pub merge_checks: Vec<Check>,
}

/// A `[verify]` or `[merge]` table that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct InvalidVerification {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// Other tables of the settings have readers of their own.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    verify: VerifyTable,
    #[serde(default)]
    merge: MergeTable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct VerifyTable {
    #[serde(default)]
    setup: Vec<Vec<String>>,
    setup_seconds_max: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct MergeTable {
    target: Option<String>,
    #[serde(default)]
    checks: Vec<Spanned<CheckToml>>,
}

/// How a settings text wants work verified. A text that says nothing has no set-up.
///
/// # Errors
/// When the text is not TOML, or a table holds what does not belong there.
pub fn read_verification(text: &str) -> Result<VerificationSettings, InvalidVerification> {
    let invalid = |at: usize, problem: String| InvalidVerification {
        line: 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count(),
        problem,
    };
    let settings: Settings = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        invalid(at, error.message().to_owned())
    })?;
    let mut merge_checks = Vec::with_capacity(settings.merge.checks.len());
    for check in settings.merge.checks {
        let at = check.span().start;
        merge_checks.push(check_of(check.into_inner()).map_err(|problem| invalid(at, problem))?);
    }
    Ok(VerificationSettings {
        setup: settings.verify.setup,
        setup_seconds_max: settings.verify.setup_seconds_max.unwrap_or(SETUP_SECONDS),
        target: settings.merge.target,
        merge_checks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_up_and_target_are_read_and_a_wrong_key_is_told_with_its_line() {
        let text = "\
[gate.mine]
title = \"x\"
[verify]
setup = [[\"npm\", \"ci\"]]
[merge]
target = \"trunk\"
[[merge.checks]]
name = \"suite\"
argv = [\"make\", \"test\"]
";
        let read = read_verification(text).unwrap();
        assert_eq!(read.setup, [["npm", "ci"]]);
        assert_eq!(read.target.as_deref(), Some("trunk"));
        assert_eq!(read.merge_checks[0].run.argv(), ["make", "test"]);
        assert_eq!(read_verification("").unwrap().setup_seconds_max, 600);
        let error = read_verification("[verify]\nset_up = []\n").unwrap_err();
        assert_eq!(error.line, 2);
        let no_program = "[merge]\n[[merge.checks]]\nname = \"suite\"\nargv = []\n";
        let error = read_verification(no_program).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2: check suite: argv names no program"
        );
    }
}
