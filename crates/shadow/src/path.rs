//! Paths of a response, each written once and known by a number after that.

use std::collections::HashMap;
use std::fmt::Write as _;

/// The number of a path. [`WHOLE`] stands for the whole response.
pub(crate) type PathId = u32;

/// The whole response: a pair disagrees there when it does anywhere.
pub(crate) const WHOLE: PathId = 0;

/// More paths than these are not told apart: a response whose keys are ids has no end of them.
pub(crate) const PATHS_MAX: usize = 10_000;

/// Every path that disagreed so far.
#[derive(Debug)]
pub(crate) struct Paths {
    ids: HashMap<String, PathId>,
    names: Vec<String>,
    /// Where the walk is.
    here: String,
    /// Disagreements at paths beyond [`PATHS_MAX`].
    pub(crate) untold: u64,
}

impl Paths {
    pub(crate) fn new() -> Self {
        Self {
            ids: HashMap::new(),
            names: vec![String::new()],
            here: String::new(),
            untold: 0,
        }
    }

    pub(crate) fn here(&self) -> &str {
        &self.here
    }

    /// Starts a walk at a part of the response.
    pub(crate) fn begin(&mut self, part: &str) {
        self.here.clear();
        self.here.push_str(part);
    }

    /// Goes to the value of a key; where to go back to.
    pub(crate) fn enter_key(&mut self, key: &str) -> usize {
        let back = self.here.len();
        let is_plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if !key.is_empty() && key.chars().all(is_plain) {
            self.here.push('.');
            self.here.push_str(key);
        } else if write!(self.here, "[{key:?}]").is_err() {
            self.here.push_str("[?]");
        }
        back
    }

    /// Goes into the elements of an array; where to go back to.
    pub(crate) fn enter_elements(&mut self) -> usize {
        let back = self.here.len();
        self.here.push_str("[*]");
        back
    }

    pub(crate) fn leave(&mut self, back: usize) {
        self.here.truncate(back);
    }

    /// The number of the path where the walk is; [`WHOLE`] when there are too many.
    pub(crate) fn id(&mut self) -> PathId {
        if let Some(&id) = self.ids.get(&self.here) {
            return id;
        }
        if self.names.len() > PATHS_MAX {
            self.untold += 1;
            return WHOLE;
        }
        let id = self.names.len() as PathId;
        self.ids.insert(self.here.clone(), id);
        self.names.push(self.here.clone());
        id
    }

    pub(crate) fn name(&self, id: PathId) -> &str {
        &self.names[id as usize]
    }
}
