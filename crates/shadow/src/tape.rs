//! A JSON text as a flat list of nodes that point into it. Numbers keep the digits they were
//! written with, which is what a loss of precision is seen by.

/// Deeper nesting is refused: the comparison recurses.
const DEPTH_MAX: usize = 100;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Null,
    True,
    False,
    Number,
    /// The span is that between the quotes; `is_escaped` when it holds a backslash.
    Text {
        is_escaped: bool,
    },
    Array,
    /// Its children are keys and values in turns.
    Object,
}

/// A value, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) shape: Shape,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The node after this one and all that is inside it.
    pub(crate) next: u32,
}

/// A text that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TapeError {
    pub(crate) offset: usize,
    pub(crate) problem: &'static str,
}

/// Reads one value and nothing after it into `nodes`, which is emptied first. `bytes` is UTF-8 and
/// shorter than 4 GiB.
pub(crate) fn read(bytes: &[u8], nodes: &mut Vec<Node>) -> Result<(), TapeError> {
    nodes.clear();
    let mut reader = Reader {
        bytes,
        at: 0,
        nodes,
        depth: 0,
    };
    reader.skip_blanks();
    reader.value()?;
    reader.skip_blanks();
    if reader.at < bytes.len() {
        return Err(reader.error("something follows the value"));
    }
    Ok(())
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: &'a mut Vec<Node>,
    depth: usize,
}

impl Reader<'_> {
    fn error(&self, problem: &'static str) -> TapeError {
        TapeError {
            offset: self.at,
            problem,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn push(&mut self, shape: Shape, start: usize, end: usize) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node {
            shape,
            start: start as u32,
            end: end as u32,
            next,
        });
    }

    fn value(&mut self) -> Result<(), TapeError> {
        match self.peek() {
            Some(b'{') => self.nest(Shape::Object),
            Some(b'[') => self.nest(Shape::Array),
            Some(b'"') => self.text(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word(b"true", Shape::True),
            Some(b'f') => self.word(b"false", Shape::False),
            Some(b'n') => self.word(b"null", Shape::Null),
            Some(_) => Err(self.error("a value was expected")),
            None => Err(self.error("the line ends inside a value")),
        }
    }

    fn word(&mut self, word: &[u8], shape: Shape) -> Result<(), TapeError> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.error("a value was expected"));
        }
        let start = self.at;
        self.at += word.len();
        self.push(shape, start, self.at);
        Ok(())
    }

    fn nest(&mut self, shape: Shape) -> Result<(), TapeError> {
        if self.depth == DEPTH_MAX {
            return Err(self.error("it is nested deeper than 100 levels"));
        }
        let own = self.nodes.len();
        self.push(shape, self.at, self.at);
        self.depth += 1;
        self.at += 1;
        self.skip_blanks();
        let close = if shape == Shape::Object { b'}' } else { b']' };
        if self.peek() != Some(close) {
            loop {
                if shape == Shape::Object {
                    self.key()?;
                }
                self.value()?;
                self.skip_blanks();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(byte) if byte == close => break,
                    Some(_) => return Err(self.error("a comma or the closing bracket is missing")),
                    None => return Err(self.error("the line ends inside a value")),
                }
                self.skip_blanks();
            }
        }
        self.at += 1;
        self.depth -= 1;
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[own];
        node.end = self.at as u32;
        node.next = next;
        Ok(())
    }

    fn key(&mut self) -> Result<(), TapeError> {
        if self.peek() != Some(b'"') {
            return Err(self.error("a key in quotes was expected"));
        }
        self.text()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.error("a colon was expected"));
        }
        self.at += 1;
        self.skip_blanks();
        Ok(())
    }

    fn text(&mut self) -> Result<(), TapeError> {
        self.at += 1;
        let start = self.at;
        let mut is_escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    is_escaped = true;
                    self.escape()?;
                }
                Some(0..0x20) => return Err(self.error("a text holds a control character")),
                Some(_) => self.at += 1,
                None => return Err(self.error("the line ends inside a text")),
            }
        }
        self.push(Shape::Text { is_escaped }, start, self.at);
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), TapeError> {
        let digits = match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            Some(_) | None => return Err(self.error("a backslash is followed by nothing known")),
        };
        let end = self.at + 2 + digits;
        match self.bytes.get(self.at + 2..end) {
            Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => {
                self.at = end;
                Ok(())
            }
            Some(_) | None => Err(self.error("\\u is not followed by four hexadecimal digits")),
        }
    }

    fn number(&mut self) -> Result<(), TapeError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        self.push(Shape::Number, start, self.at);
        Ok(())
    }

    fn digits(&mut self) -> Result<(), TapeError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.error("a digit was expected"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reads(text: &str) -> bool {
        read(text.as_bytes(), &mut Vec::new()).is_ok()
    }

    proptest! {
        #[test]
        fn what_serde_json_takes_for_json_is_json_and_nothing_else(
            text in "([\\[\\]{}\",:0-9.eE+ntfu\\\\a -]|true|false|null|\"a\"|\"\":|-1){0,14}"
        ) {
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(reads(&text), theirs, "{}", text);
        }

        #[test]
        fn any_value_that_serde_json_writes_is_read_to_its_end(
            keys in prop::collection::vec(any::<String>(), 0..5), number in any::<f64>()
        ) {
            let value = serde_json::json!({"keys": keys, "number": number, "nested": [[], {}]});
            prop_assert!(reads(&value.to_string()), "{}", value);
        }
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(reads(&format!("{}{}", "[".repeat(100), "]".repeat(100))));
        assert!(!reads(&format!("{}{}", "[".repeat(101), "]".repeat(101))));
    }

    #[test]
    fn a_node_knows_where_the_next_one_begins() {
        let mut nodes = Vec::new();
        read(br#"{"a": [1, {"b": 2}], "c": 3}"#, &mut nodes).unwrap();
        let next: Vec<u32> = nodes.iter().map(|node| node.next).collect();
        assert_eq!(next, [9, 2, 7, 4, 7, 6, 7, 8, 9]);
    }
}
