//! Plain text with code between backticks, made safe for Markdown, HTML and XML. Names of files
//! and words of tools come from outside and must not become markup.

use crate::terminal::clean;

/// A piece of a sentence.
enum Piece<'a> {
    Plain(&'a str),
    Code(&'a str),
}

/// A sentence as Markdown.
pub(crate) fn markdown(text: &str) -> String {
    let text = clean(text);
    pieces(&text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(plain) => markdown_plain(plain),
            Piece::Code(code) => format!("`{code}`"),
        })
        .collect()
}

/// A sentence as Markdown inside a table cell.
pub(crate) fn markdown_cell(text: &str) -> String {
    let text = clean(text);
    pieces(&text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(plain) => markdown_plain(plain),
            Piece::Code(code) => format!("`{}`", code.replace('|', "\\|")),
        })
        .collect()
}

/// A sentence as HTML.
pub(crate) fn html(text: &str) -> String {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(plain) => xml(plain),
            Piece::Code(code) => format!("<code>{}</code>", xml(code)),
        })
        .collect()
}

/// A text for HTML or XML content and attributes. Control characters, which XML 1.0 cannot hold,
/// become blanks.
pub(crate) fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(c),
            '\u{fffe}' | '\u{ffff}' => safe.push(' '),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        match after.split_once('`') {
            Some((code, following)) if !code.is_empty() => {
                pieces.push(Piece::Plain(before));
                pieces.push(Piece::Code(code));
                rest = following;
            }
            Some(_) | None => break,
        }
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

fn markdown_plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let characters: Vec<char> = text.chars().collect();
    for (at, &c) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(at + 1).copied();
        if is_markup(c, before, after) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// Whether Markdown would read this character as markup where it stands. Escaping more than that
/// would make the source unreadable.
fn is_markup(c: char, before: Option<char>, after: Option<char>) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        '\\' | '`' | '*' | '|' | '~' => true,
        ']' => matches!(after, Some('(' | '[' | ':')),
        '_' => !(is_word(before) && is_word(after)),
        '<' | '&' => after.is_some_and(|c| c.is_alphabetic() || matches!(c, '/' | '!' | '?' | '#')),
        '#' | '>' | '+' | '-' => before.is_none() && !after.is_some_and(|c| c.is_ascii_digit()),
        _ => false,
    }
}
