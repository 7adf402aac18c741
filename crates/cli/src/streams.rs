//! Data goes to standard output, talk to standard error. A reader that went away is no error.

use std::io::Write;

use crate::failure::Failure;

/// Writes an answer.
///
/// # Errors
/// When standard output cannot be written, such as on a full disk. A closed pipe is fine: who
/// closed it has seen enough, and the exit code still tells.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::machine(
            format!("standard output cannot be written: {error}"),
            "Check where the output goes.",
        )),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a JSON answer, with a final line break.
pub(crate) fn print_json<T: serde::Serialize>(value: &T) -> Result<(), Failure> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&(text + "\n")),
        Err(error) => Err(Failure::defect(&error)),
    }
}

/// Writes a JSON answer that is one of many, on a line of its own.
pub(crate) fn print_json_line<T: serde::Serialize>(value: &T) -> Result<(), Failure> {
    match serde_json::to_string(value) {
        Ok(text) => print(&(text + "\n")),
        Err(error) => Err(Failure::defect(&error)),
    }
}

/// Says something beside the answer.
#[allow(
    clippy::unused_result_ok,
    reason = "when standard error is closed there is nobody left to tell"
)]
pub(crate) fn tell(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// Says what is odd but does not stop the command.
pub(crate) fn warn(text: &str) {
    tell(&format!("warning: {text}"));
}

pub(crate) fn tell_failure(failure: &Failure) {
    tell(&format!("error: {}", failure.problem()));
    tell(&format!("remedy: {}", failure.remedy()));
}
