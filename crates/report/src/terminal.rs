//! What a terminal can show: its width and whether it has color. Wraps and pads text by columns;
//! does not ask the terminal anything.

/// The narrowest terminal that is laid out for; below it lines are left to the terminal.
const COLUMNS_MIN: usize = 40;
/// Lines longer than these are hard to read, however wide the terminal is.
const COLUMNS_MAX: usize = 160;

/// How to write for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Columns of a line.
    pub columns: usize,
    /// Whether to write ANSI colors.
    pub color: Color,
}

/// Whether to write ANSI colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    Never,
    /// ANSI escape sequences.
    Always,
}

/// What a piece of text is, and so how it is colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Good,
    Bad,
    Undecided,
    Faint,
    Strong,
}

impl Terminal {
    /// Plain text of 100 columns: what a pipe or a file gets.
    pub const PLAIN: Self = Self {
        columns: 100,
        color: Color::Never,
    };

    pub(crate) fn width(self) -> usize {
        self.columns.clamp(COLUMNS_MIN, COLUMNS_MAX)
    }

    pub(crate) fn paint(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Good => "32",
            Ink::Bad => "31",
            Ink::Undecided => "33",
            Ink::Faint => "2",
            Ink::Strong => "1",
        };
        match self.color {
            Color::Always if !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            Color::Always | Color::Never => text.to_owned(),
        }
    }
}

/// How many columns a text takes. Every text of ours is one column a character.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().count()
}

/// The text filled with blanks on the right.
pub(crate) fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// The text filled with blanks on the left.
pub(crate) fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Breaks a text at blanks into lines of at most `width` columns. A longer word gets a line of
/// its own, whole, so that it can be copied.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Text from outside without control characters: an artifact's name must not move the cursor.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
