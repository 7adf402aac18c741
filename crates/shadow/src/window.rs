//! Answers that wait for their partners: a bounded number of requests, in a bounded memory.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::path::PathId;
use crate::record::Record;

/// However wide the window is, the oldest request leaves it when the answers in it take more.
const HELD_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A record larger than this is not kept for its memory.
const RECYCLED_BYTES_MAX: usize = 1024 * 1024;

/// How many records are kept for their memory.
const RECYCLED_MAX: usize = 64;

/// The answers to one request that are known so far.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// The baseline's, in the order in which they were recorded.
    pub(crate) baseline: Vec<Record>,
    /// How many of the candidate's were seen.
    pub(crate) candidates: usize,
    /// The candidate's without a partner: how many came before, and the answer.
    pub(crate) candidate: Vec<(usize, Record)>,
    /// Those of the second recording, before the baseline's first answer is known.
    pub(crate) again: Vec<Record>,
    /// Where the first pair disagrees.
    pub(crate) pair: Option<Vec<PathId>>,
    /// Where the baseline disagrees with itself at first.
    pub(crate) noise: Option<Vec<PathId>>,
    pub(crate) is_joined: bool,
}

/// The requests that may still get a partner.
#[derive(Debug)]
pub(crate) struct Window {
    size: usize,
    requests: HashMap<Arc<str>, Waiting>,
    order: VecDeque<Arc<str>>,
    held: usize,
    recycled: Vec<Record>,
}

impl Window {
    pub(crate) fn new(size: usize) -> Self {
        Self {
            size: size.max(1),
            requests: HashMap::new(),
            order: VecDeque::new(),
            held: 0,
            recycled: Vec::new(),
        }
    }

    pub(crate) fn blank(&mut self) -> Record {
        self.recycled.pop().unwrap_or_default()
    }

    pub(crate) fn recycle(&mut self, record: Record) {
        if self.recycled.len() < RECYCLED_MAX && record.size() <= RECYCLED_BYTES_MAX {
            self.recycled.push(record);
        }
    }

    /// The request, taken out to be worked on; [`Self::put`] puts it back.
    pub(crate) fn take(&mut self, id: String) -> (Arc<str>, Waiting) {
        if let Some((id, waiting)) = self.requests.remove_entry(id.as_str()) {
            self.held -= waiting.size();
            return (id, waiting);
        }
        let id: Arc<str> = id.into();
        self.order.push_back(id.clone());
        (id, Waiting::default())
    }

    pub(crate) fn put(&mut self, id: Arc<str>, waiting: Waiting) {
        self.held += waiting.size();
        self.requests.insert(id, waiting);
    }

    /// The oldest request, when there are too many of them.
    pub(crate) fn overflow(&mut self) -> Option<(Arc<str>, Waiting)> {
        (self.order.len() > self.size || self.held > HELD_BYTES_MAX)
            .then(|| self.oldest())
            .flatten()
    }

    /// The oldest request.
    pub(crate) fn oldest(&mut self) -> Option<(Arc<str>, Waiting)> {
        let id = self.order.pop_front()?;
        let (id, waiting) = self.requests.remove_entry(&id)?;
        self.held -= waiting.size();
        Some((id, waiting))
    }
}

impl Waiting {
    fn size(&self) -> usize {
        let candidate = self.candidate.iter().map(|(_, record)| record);
        let records = self.baseline.iter().chain(candidate).chain(&self.again);
        records.map(Record::size).sum()
    }
}
