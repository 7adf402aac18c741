//! A report cut into numbers, words and marks. Blanks and line ends only separate: a report that
//! an editor wrapped anew says the same.

/// A piece of a report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    /// Its characters.
    pub(crate) text: &'a str,
    /// Its line, counted from 1.
    pub(crate) line: usize,
    /// Where it starts in the text that was cut, in bytes.
    pub(crate) start: usize,
}

impl PartialEq for Token<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Token<'_> {}

impl std::hash::Hash for Token<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl PartialOrd for Token<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Token<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(other.text)
    }
}

impl Token<'_> {
    /// Whether it is a number: it starts with a digit and holds no letter but an exponent's `e`.
    pub(crate) fn is_number(&self) -> bool {
        let mut characters = self.text.chars();
        characters.next().is_some_and(char::is_numeric)
            && characters.all(|c| c.is_numeric() || matches!(c, '.' | ',' | 'e' | 'E' | '+' | '-'))
    }
}

/// Cuts a text into tokens: runs of letters, digits and underscores (with a point, a comma or an
/// exponent's sign between digits) and single other characters. The text starts on `first_line`.
pub(crate) fn tokens(text: &str, first_line: usize) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut line = first_line;
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if c == '\n' {
            line += 1;
        }
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        if is_word(c) {
            while let Some(&(at, next)) = rest.peek() {
                if !(is_word(next) || joins_digits(text, at)) {
                    break;
                }
                end = at + next.len_utf8();
                rest.next();
            }
        }
        tokens.push(Token {
            text: &text[start..end],
            line,
            start,
        });
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the character at `at` stands inside a number: `1.5`, `10,000`, `1.2e-7`.
fn joins_digits(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let before = at.checked_sub(1);
    match bytes.get(at) {
        Some(b'.' | b',') => is_digit(before) && is_digit(Some(at + 1)),
        Some(b'+' | b'-') => {
            let exponent = before.and_then(|at| bytes.get(at));
            matches!(exponent, Some(b'e' | b'E'))
                && is_digit(at.checked_sub(2))
                && is_digit(Some(at + 1))
        }
        Some(_) | None => false,
    }
}
