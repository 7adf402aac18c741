//! The built program, run with an empty environment, and its whole outcome as text.
#![allow(clippy::disallowed_methods, reason = "the program is a process")]

use std::path::Path;
use std::process::{Command, Output};

/// A command line of the program. `program` is `env!("CARGO_BIN_EXE_adjutant")`.
///
/// Nothing of this machine's environment gets in: no variables, no terminal.
pub fn command(program: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .args(arguments);
    command
}

/// What a command did, for a snapshot: standard output, standard error, exit code. The folder, and
/// whatever `hidden` names, are replaced, so that two runs look alike.
///
/// # Panics
/// When the program was killed, or printed what is not UTF-8.
pub fn outcome(output: &Output, folder: &Path, hidden: &[(&str, &str)]) -> String {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec())
            .unwrap_or_else(|error| panic!("the output is not UTF-8: {error}"));
        let text = text.replace(&folder.display().to_string(), "[FOLDER]");
        hidden
            .iter()
            .fold(text, |text, (secret, name)| text.replace(secret, name))
    };
    let code = output
        .status
        .code()
        .unwrap_or_else(|| panic!("the program was ended by a signal: {output:?}"));
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let mut outcome = format!("exit code {code}\n");
    for (name, stream) in [("stdout", stdout), ("stderr", stderr)] {
        if stream.is_empty() {
            continue;
        }
        outcome.push_str(&format!("--- {name}\n{}\n", stream.trim_end_matches('\n')));
    }
    outcome
}

/// Replaces every time like `2026-11-21T10:00:00.123Z` by `[TIME]`, and every run of 8 or more
/// hexadecimal digits that holds a digit and has the length of a short or long digest by
/// `[DIGEST]`.
pub fn without_times_and_digests(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.') {
            word.push(c);
            continue;
        }
        let stop = if word.ends_with('.') { "." } else { "" };
        out.push_str(&normalise(word.trim_end_matches('.')));
        out.push_str(stop);
        word.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

fn normalise(word: &str) -> String {
    if let Some(digest) = word.strip_prefix("sha256:") {
        return format!("sha256:{}", normalise(digest));
    }
    let is_time = word.len() >= 20
        && word.as_bytes()[4] == b'-'
        && word.as_bytes()[10] == b'T'
        && word.ends_with('Z');
    if is_time {
        return "[TIME]".to_owned();
    }
    let hexadecimal = word.bytes().all(|b| b.is_ascii_hexdigit());
    if hexadecimal && matches!(word.len(), 8 | 64) {
        return "[DIGEST]".to_owned();
    }
    word.to_owned()
}
