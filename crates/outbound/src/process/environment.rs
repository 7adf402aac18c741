//! The environment of a program: what is on the list, and what the caller adds. Nothing else gets
//! in, so that a check does not depend on the shell it was started from, and a secret of that
//! shell does not reach it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The variables that a program gets from the caller's environment, where they are set: where
/// programs, toolchains and the user's files are, the language, and the trace that all of it belongs
/// to. No `GIT_*`, no tokens.
pub const ALLOWED_VARIABLES: [&str; 18] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "GOPATH",
    "JAVA_HOME",
    "NVM_DIR",
    crate::trace_context::VARIABLE,
];

/// All variables of a program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Those of `variables` that are on the list.
    pub fn allowed(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let is_allowed = |name: &OsStr| ALLOWED_VARIABLES.iter().any(|allowed| *allowed == name);
        Self(
            variables
                .into_iter()
                .filter(|(name, _)| is_allowed(name))
                .collect(),
        )
    }

    /// Sets a variable.
    #[must_use]
    pub fn with(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Where a program without a slash in its name is found, if anywhere.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        use std::os::unix::fs::PermissionsExt;

        let path = self.get("PATH")?;
        std::env::split_paths(path)
            .map(|folder| folder.join(name))
            .find(|file| {
                std::fs::metadata(file)
                    .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
            })
    }

    /// Every variable.
    pub fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_the_shell_does_not_get_in() {
        let shell = [("PATH", "/bin"), ("API_TOKEN", "secret"), ("GIT_DIR", "/x")];
        let environment = Environment::allowed(
            shell
                .iter()
                .map(|(name, value)| (OsString::from(name), OsString::from(value))),
        )
        .with("ADJUTANT_AGENT", "ada");
        let names: Vec<_> = environment.variables().map(|(name, _)| name).collect();
        assert_eq!(names, ["ADJUTANT_AGENT", "PATH"]);
    }
}
