//! Counts per path, as pairs are compared.

use std::collections::BTreeMap;

use crate::difference::{Difference, ShadowKind, Walk};
use crate::path::{PathId, Paths, WHOLE};
use crate::record::Record;
use crate::rules::ShadowRules;

/// How many requests are named for each way of disagreeing.
pub(crate) const REQUESTS_NAMED_MAX: usize = 5;

/// Which two answers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Against {
    Candidate,
    Itself,
}

/// What happened at a path.
#[derive(Debug, Default)]
pub(crate) struct PathTally {
    pub(crate) pairs: u64,
    pub(crate) noise: u64,
    /// Requests where both the candidate and the baseline's second answer disagree.
    pub(crate) both: u64,
    pub(crate) kinds: BTreeMap<ShadowKind, KindTally>,
    pub(crate) size_max: Option<f64>,
}

/// What happened at a path in one way.
#[derive(Debug, Default)]
pub(crate) struct KindTally {
    pub(crate) pairs: u64,
    pub(crate) noise: u64,
    pub(crate) requests: Vec<String>,
}

/// Every count of a comparison.
#[derive(Debug)]
pub(crate) struct Tallies {
    pub(crate) paths: Paths,
    pub(crate) of_path: Vec<PathTally>,
    pub(crate) pairs: u64,
    pub(crate) noise_pairs: u64,
    /// Requests that were compared with the candidate and with the baseline's second answer.
    pub(crate) joint: u64,
    pub(crate) ignored: u64,
    found: Vec<Difference>,
}

impl Tallies {
    pub(crate) fn new() -> Self {
        Self {
            paths: Paths::new(),
            of_path: vec![PathTally::default()],
            pairs: 0,
            noise_pairs: 0,
            joint: 0,
            ignored: 0,
            found: Vec::new(),
        }
    }

    /// Compares two answers and counts; the paths that disagree, once each.
    pub(crate) fn compare(
        &mut self,
        rules: &ShadowRules,
        id: &str,
        (baseline, other): (&Record, &Record),
        against: Against,
    ) -> Vec<PathId> {
        self.found.clear();
        Walk {
            rules,
            paths: &mut self.paths,
            found: &mut self.found,
            ignored: &mut self.ignored,
        }
        .responses(baseline, other);
        match against {
            Against::Candidate => self.pairs += 1,
            Against::Itself => self.noise_pairs += 1,
        }
        self.found.sort_by_key(|found| (found.path, found.kind));
        let mut disagreeing = Vec::new();
        for place in 0..self.found.len() {
            let found = self.found[place];
            let is_new = place == 0
                || (self.found[place - 1].path, self.found[place - 1].kind)
                    != (found.path, found.kind);
            self.count(found, is_new, id, against);
            let is_counted = found.kind.is_disagreement();
            if is_counted && found.path != WHOLE && disagreeing.last() != Some(&found.path) {
                disagreeing.push(found.path);
            }
        }
        if self.found.iter().any(|found| found.kind.is_disagreement()) {
            disagreeing.push(WHOLE);
        }
        for &path in &disagreeing {
            let tally = self.at(path);
            match against {
                Against::Candidate => tally.pairs += 1,
                Against::Itself => tally.noise += 1,
            }
        }
        disagreeing
    }

    /// Counts where both answers to one request disagree with the baseline's first.
    pub(crate) fn count_joint(&mut self, pair: &[PathId], noise: &[PathId]) {
        self.joint += 1;
        for path in pair {
            if noise.contains(path) {
                self.at(*path).both += 1;
            }
        }
    }

    fn count(&mut self, found: Difference, is_new: bool, id: &str, against: Against) {
        let tally = self.at(found.path);
        if against == Against::Candidate
            && let Some(size) = found.size
        {
            tally.size_max = Some(tally.size_max.map_or(size, |max| max.max(size)));
        }
        if !is_new {
            return;
        }
        let kind = tally.kinds.entry(found.kind).or_default();
        match against {
            Against::Itself => kind.noise += 1,
            Against::Candidate => {
                kind.pairs += 1;
                if kind.requests.len() < REQUESTS_NAMED_MAX {
                    kind.requests.push(id.to_owned());
                }
            }
        }
    }

    fn at(&mut self, path: PathId) -> &mut PathTally {
        let path = path as usize;
        if self.of_path.len() <= path {
            self.of_path.resize_with(path + 1, PathTally::default);
        }
        &mut self.of_path[path]
    }
}
