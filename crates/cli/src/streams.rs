//! Data goes to standard output, talk to standard error. A reader that went away is no error.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};

use crate::failure::Failure;

/// Writes an answer.
///
/// # Errors
/// When standard output cannot be written, such as on a full disk. A closed pipe is fine: who
/// closed it has seen enough, and the exit code still tells.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    write(&for_reader(&std::io::stdout(), text))
}

/// Writes an answer over so many lines of the one before, on a terminal.
///
/// # Errors
/// As [`print`].
pub(crate) fn print_over(lines: usize, text: &str) -> Result<(), Failure> {
    let text = for_reader(&std::io::stdout(), text);
    write(&(back_over(lines) + &text))
}

fn back_over(lines: usize) -> String {
    match lines {
        0 => String::new(),
        lines => format!("\x1b[{lines}A\x1b[J"),
    }
}

fn write(text: &str) -> Result<(), Failure> {
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

/// A program gets the text as it is; a terminal what it cannot be steered by.
fn for_reader<'a>(reader: &impl IsTerminal, text: &'a str) -> Cow<'a, str> {
    if reader.is_terminal() {
        harmless(text)
    } else {
        Cow::Borrowed(text)
    }
}

/// Codes of colors and weights: all that we ask of a terminal in an answer.
const INKS: [&str; 6] = [
    "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m",
];

/// The text without what moves a terminal's cursor, names its window, fills its clipboard or turns its
/// letters round: texts of others are part of it.
fn harmless(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || turns(c);
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_harmful) {
        let (before, found) = rest.split_at(at);
        told.push_str(before);
        let ink = INKS.iter().find(|ink| found.starts_with(**ink));
        let carriage = found.starts_with("\r\n").then_some("\r");
        let length = match ink.copied().or(carriage) {
            Some(kept) => {
                told.push_str(kept);
                kept.len()
            }
            None => {
                told.push(char::REPLACEMENT_CHARACTER);
                found.chars().next().map_or(1, char::len_utf8)
            }
        };
        rest = &found[length..];
    }
    told.push_str(rest);
    Cow::Owned(told)
}

/// Marks that change the direction in which what follows is shown.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
pub(crate) fn tell(text: &str) {
    tell_over(0, text);
}

/// Says something over so many lines of what was said before, on a terminal.
#[allow(
    clippy::unused_result_ok,
    reason = "when standard error is closed there is nobody left to tell"
)]
pub(crate) fn tell_over(lines: usize, text: &str) {
    let stderr = std::io::stderr();
    let text = for_reader(&stderr, text);
    writeln!(stderr.lock(), "{}{text}", back_over(lines)).ok();
}

/// Says what is odd but does not stop the command.
pub(crate) fn warn(text: &str) {
    tell(&format!("warning: {text}"));
}

pub(crate) fn tell_failure(failure: &Failure) {
    tell(&format!("error: {}", failure.problem()));
    tell(&format!("remedy: {}", failure.remedy()));
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn only_colors_reach_a_terminal() {
        for (text, told) in [
            ("plain\ttext\n", "plain\ttext\n"),
            ("\x1b[32mGO\x1b[0m", "\x1b[32mGO\x1b[0m"),
            ("\x1b]0;title\x07", "\u{fffd}]0;title\u{fffd}"),
            ("\x1b]52;c;cGF5\x07", "\u{fffd}]52;c;cGF5\u{fffd}"),
            ("\x1b[2J\x1b[1;1H", "\u{fffd}[2J\u{fffd}[1;1H"),
            ("a\rb\r\n", "a\u{fffd}b\r\n"),
            ("\u{9b}2J\u{7f}", "\u{fffd}2J\u{fffd}"),
            ("\u{202e}live\u{2066}", "\u{fffd}live\u{fffd}"),
            ("é 漢 👍", "é 漢 👍"),
        ] {
            assert_eq!(harmless(text), told, "{text:?}");
        }
    }
}
