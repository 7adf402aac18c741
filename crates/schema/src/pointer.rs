//! JSON pointers (RFC 6901) that grow as a comparison goes down a document.

use std::fmt;
use std::rc::Rc;

/// A place in a document. Cloning and growing share what is above.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pointer(Option<Rc<Step>>);

#[derive(Debug)]
struct Step {
    parent: Pointer,
    /// One or more escaped steps, each with its slash.
    text: Box<str>,
}

impl Pointer {
    /// The whole document.
    pub(crate) fn root() -> Self {
        Self(None)
    }

    /// A pointer that is written down already.
    pub(crate) fn of_text(text: &str) -> Self {
        if text.is_empty() {
            return Self::root();
        }
        Self(Some(Rc::new(Step {
            parent: Self::root(),
            text: text.into(),
        })))
    }

    /// One step further down.
    pub(crate) fn key(&self, key: &str) -> Self {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Self(Some(Rc::new(Step {
            parent: self.clone(),
            text: format!("/{escaped}").into(),
        })))
    }

    /// The element of an array.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.key(&index.to_string())
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut steps = Vec::new();
        let mut place = self;
        while let Some(step) = &place.0 {
            steps.push(&*step.text);
            place = &step.parent;
        }
        steps.iter().rev().try_for_each(|text| f.write_str(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_escaped_and_written_in_order() {
        let place = Pointer::of_text("/paths")
            .key("/pets/{id}")
            .key("a~b")
            .index(3);
        assert_eq!(place.to_string(), "/paths/~1pets~1{id}/a~0b/3");
        assert_eq!(Pointer::root().to_string(), "");
    }
}
