//! The lines that a document could have, before the budget decides which it gets.

use adjutant_domain::{Digest, TaskId, sha256};

use super::{FocusLine, FocusSource, Section};

/// Everything that could be said.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) lines: Vec<Ranked>,
    pub(super) sources: Vec<FocusSource>,
}

/// A line, and how soon it is served with room: the least first.
pub(super) struct Ranked {
    pub(super) line: FocusLine,
    pub(super) rank: u8,
}

/// The longest piece of foreign text in a line, in characters.
const TEXT_CHARS_MAX: usize = 240;

/// A line that is to be added.
pub(super) struct Says<'a> {
    pub(super) section: Section,
    pub(super) about: String,
    pub(super) text: String,
    pub(super) lasting: Option<String>,
    pub(super) source: &'a str,
    pub(super) rank: u8,
    pub(super) task: Option<TaskId>,
}

impl Draft {
    pub(super) fn source(&mut self, label: &str, place: String, digest: Digest) {
        if self.sources.iter().all(|source| source.label != label) {
            self.sources.push(FocusSource {
                label: label.to_owned(),
                place,
                digest,
            });
        }
    }

    pub(super) fn say(&mut self, says: Says<'_>) {
        let text = one_line(&says.text);
        // Two equal lines of a section would be one and the same to whoever looks for changes.
        let again = self
            .lines
            .iter()
            .filter(|ranked| ranked.line.section == says.section)
            .filter(|ranked| {
                let about = &ranked.line.about;
                about
                    .strip_prefix(says.about.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(" #"))
            })
            .count();
        let about = match again {
            0 => says.about,
            n => format!("{} #{}", says.about, n + 1),
        };
        self.lines.push(Ranked {
            line: FocusLine {
                section: says.section,
                about,
                lasting: says.lasting.unwrap_or_else(|| text.clone()),
                text,
                source: says.source.to_owned(),
                task: says.task,
            },
            rank: says.rank,
        });
    }

    pub(super) fn plain(&mut self, section: Section, source: &str, rank: u8, text: String) {
        self.say(Says {
            section,
            about: text.clone(),
            text,
            lasting: None,
            source,
            rank,
            task: None,
        });
    }
}

/// Foreign text on one line, not longer than a reader follows, and without marks of sources.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ").replace("[^", "[").replace("<!--", "");
    if line.chars().count() <= TEXT_CHARS_MAX {
        return line;
    }
    let kept: String = line.chars().take(TEXT_CHARS_MAX).collect();
    format!("{}…", kept.trim_end())
}

pub(super) fn digest_of(text: &str) -> Digest {
    sha256::digest_of(text.as_bytes())
}

/// The digest of a value of ours, through its JSON.
pub(super) fn digest_of_value<T: serde::Serialize>(value: &T) -> Digest {
    match serde_json::to_vec(value) {
        Ok(bytes) => sha256::digest_of(&bytes),
        Err(error) => digest_of(&error.to_string()),
    }
}
