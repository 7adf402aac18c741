//! The elements of an XML document, one after the other, with their lines.
//!
//! No document type is fetched and no entity is expanded beyond the five that XML defines, so a
//! file cannot grow while it is read. Nesting is bounded. Texts are not kept: the formats here put
//! what they measure into attributes.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use quick_xml::{Error, XmlVersion};

use crate::{FormatError, Place, text};

/// How deep elements may nest: far deeper than any tool nests test suites, and it bounds memory.
const DEPTH_MAX: usize = 256;

const CUT_OFF: &str = "the XML ends too early; the file is cut off";

const REMEDY_WHOLE_FILE: &str = "Give the whole file as the tool wrote it.";

/// What comes next in a document.
pub(super) enum Step {
    /// An element starts.
    Enter(Element),
    /// The element of this name ends.
    Leave(String),
}

/// An element's start.
pub(super) struct Element {
    /// Its name without a namespace prefix.
    pub(super) name: String,
    /// Its line, counted from 1.
    pub(super) line: u64,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// An attribute's value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// An attribute's value.
    ///
    /// # Errors
    /// When the element does not have it.
    pub(super) fn need(&self, name: &str) -> Result<&str, FormatError> {
        self.get(name).ok_or_else(|| {
            self.wrong(
                name,
                format!("<{}> has no `{name}`", self.name),
                REMEDY_WHOLE_FILE,
            )
        })
    }

    /// An attribute that counts something.
    ///
    /// # Errors
    /// When it is there and not a whole number.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, FormatError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        text.trim().parse().map(Some).map_err(|_not_whole| {
            self.wrong(
                name,
                format!("{text:?} is not a whole number of 0 or more"),
                REMEDY_WHOLE_FILE,
            )
        })
    }

    /// An error about one of its attributes.
    pub(super) fn wrong(
        &self,
        attribute: &str,
        problem: impl Into<String>,
        remedy: &str,
    ) -> FormatError {
        let place = Place::Cell {
            line: self.line,
            column: format!("{}/@{attribute}", self.name),
        };
        FormatError::new(place, problem, remedy)
    }
}

/// Walks a document.
pub(super) struct Elements<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    depth: usize,
    rooted: bool,
    line: u64,
    counted: usize,
}

impl<'a> Elements<'a> {
    /// Starts at the beginning of a document.
    ///
    /// # Errors
    /// When the bytes are empty or not UTF-8.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let text = text::decode(bytes)?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self {
            text,
            reader,
            depth: 0,
            rooted: false,
            line: 1,
            counted: 0,
        })
    }

    /// The next start or end of an element; `None` after the whole document.
    ///
    /// # Errors
    /// When the document is not well formed, cut off, or nested too deep.
    pub(super) fn next(&mut self) -> Result<Option<Step>, FormatError> {
        loop {
            let line = self.line_here();
            let event = self
                .reader
                .read_event()
                .map_err(|error| not_xml(line, &error))?;
            match event {
                Event::Start(start) => return self.enter(&start, line).map(Some),
                Event::Empty(_) | Event::CData(_) | Event::GeneralRef(_) => {}
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Some(Step::Leave(end.local_name().as_ref().to_owned())));
                }
                Event::Text(content) => {
                    if self.depth == 0 && !content.into_inner().trim().is_empty() {
                        return Err(at(line, "there is text outside the root element"));
                    }
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
                Event::Eof if self.depth > 0 => {
                    return Err(at(line, CUT_OFF));
                }
                Event::Eof if !self.rooted => return Err(at(line, "there is no element")),
                Event::Eof => return Ok(None),
            }
        }
    }

    fn enter(&mut self, start: &BytesStart<'_>, line: u64) -> Result<Step, FormatError> {
        if self.depth == 0 && self.rooted {
            return Err(at(line, "a second root element starts here"));
        }
        if self.depth == DEPTH_MAX {
            let problem = format!("elements are nested deeper than {DEPTH_MAX}");
            return Err(at(line, problem));
        }
        self.rooted = true;
        self.depth += 1;
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| at(line, error.to_string()))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| at(line, error.to_string()))?;
            let name = attribute.key.local_name().as_ref().to_owned();
            attributes.push((name, value.into_owned()));
        }
        let name = start.local_name().as_ref().to_owned();
        Ok(Step::Enter(Element {
            name,
            line,
            attributes,
        }))
    }

    fn line_here(&mut self) -> u64 {
        let here = usize::try_from(self.reader.buffer_position())
            .map_or(self.text.len(), |position| position.min(self.text.len()));
        let passed = self.text.as_bytes().get(self.counted..here);
        let newlines = passed.map_or(0, |bytes| bytes.iter().filter(|b| **b == b'\n').count());
        self.line += newlines as u64;
        self.counted = here;
        self.line
    }
}

fn not_xml(line: u64, error: &Error) -> FormatError {
    match error {
        // Every syntax error is markup that is not closed before the end.
        Error::Syntax(_) => at(line, CUT_OFF),
        Error::Io(_)
        | Error::IllFormed(_)
        | Error::InvalidAttr(_)
        | Error::Encoding(_)
        | Error::Escape(_)
        | Error::Namespace(_) => at(line, format!("this is not XML that can be read: {error}")),
    }
}

fn at(line: u64, problem: impl Into<String>) -> FormatError {
    FormatError::new(Place::Line(line), problem, REMEDY_WHOLE_FILE)
}

/// The name of the first element in a file's head.
pub(super) fn root_name(head: &[u8]) -> Option<String> {
    let mut reader = Reader::from_str(text::decode_head(head)?);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => {
                return Some(start.local_name().as_ref().to_owned());
            }
            Event::Eof | Event::End(_) | Event::CData(_) | Event::GeneralRef(_) => return None,
            Event::Text(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(text: &str) -> Result<Vec<String>, FormatError> {
        let mut elements = Elements::of(text.as_bytes())?;
        let mut steps = Vec::new();
        while let Some(step) = elements.next()? {
            steps.push(match step {
                Step::Enter(element) => format!("{}:{}", element.line, element.name),
                Step::Leave(name) => format!("/{name}"),
            });
        }
        Ok(steps)
    }

    #[test]
    fn elements_come_in_order_with_their_lines() {
        let text =
            "<?xml version='1.0'?>\n<!DOCTYPE a SYSTEM 'a.dtd'>\n<a x='1\n2'>\n <b/>\n</a>\n";
        assert_eq!(walk(text).unwrap(), ["3:a", "5:b", "/b", "/a"]);
    }

    #[test]
    fn a_document_that_is_not_whole_is_refused_with_its_line() {
        let deep = "<a>".repeat(1_000_000);
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]>\n<a x='&c;'/>";
        for (text, words) in [
            ("<a>\n<b>\n</b>", "line 3: the XML ends too early"),
            ("<a>\n<b", "line 2: the XML ends too early"),
            ("<a>\n</b>", "line 2: this is not XML"),
            ("<a/>\n<b/>", "line 2: a second root element"),
            ("<a/>\nrest", "line 1: there is text outside"),
            ("<!-- nothing -->", "line 1: there is no element"),
            ("<a x=1/>", "line 1: "),
            ("<a x='1' x='2'/>", "line 1: "),
            (deep.as_str(), "line 1: elements are nested deeper than 256"),
            (bomb, "line 2: "),
        ] {
            let error = walk(text).unwrap_err().to_string();
            assert!(error.starts_with(words), "{error}");
        }
    }
}
