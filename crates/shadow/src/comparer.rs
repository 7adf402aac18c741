//! Lines in, in any order within the window; counts out.

use std::sync::Arc;

use crate::answer::{ShadowAccount, ShadowAccounts, ShadowComparison, ShadowUnpaired};
use crate::judge;
use crate::record::{Record, ShadowArm, ShadowInputError};
use crate::rules::ShadowRules;
use crate::tally::{Against, Tallies};
use crate::window::{Waiting, Window};

/// How many requests without a partner are named.
const UNPAIRED_NAMED_MAX: usize = 20;

/// Compares recordings whose lines are fed to it. Feed them in turns: a request leaves the window
/// when many others came after it.
#[derive(Debug)]
pub struct ShadowComparer {
    rules: ShadowRules,
    window: Window,
    tallies: Tallies,
    unpaired: Unpaired,
    accounts: ShadowAccounts,
}

/// The requests without a partner.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unpaired {
    pub(crate) unanswered: ShadowUnpaired,
    pub(crate) unasked: ShadowUnpaired,
    pub(crate) unmatched_again: ShadowUnpaired,
}

impl ShadowComparer {
    /// A comparer that has seen nothing.
    pub fn new(rules: ShadowRules) -> Self {
        Self {
            window: Window::new(rules.window),
            rules,
            tallies: Tallies::new(),
            unpaired: Unpaired::default(),
            accounts: ShadowAccounts::default(),
        }
    }

    /// Takes one line of a recording, without its line end. Blank lines are passed over.
    ///
    /// # Errors
    /// When it is not a recorded exchange.
    pub fn feed(
        &mut self,
        arm: ShadowArm,
        line: u64,
        bytes: &[u8],
    ) -> Result<(), ShadowInputError> {
        if bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        let mut record = self.window.blank();
        let id = record
            .read(bytes)
            .map_err(|problem| ShadowInputError { arm, line, problem })?;
        match arm {
            ShadowArm::Baseline => self.accounts.baseline.add(&record),
            ShadowArm::Candidate => self.accounts.candidate.add(&record),
            ShadowArm::Again => {}
        }
        let (id, mut waiting) = self.window.take(id);
        self.meet(arm, &id, &mut waiting, record);
        self.window.put(id, waiting);
        while let Some((id, waiting)) = self.window.overflow() {
            self.leave(&id, waiting);
        }
        Ok(())
    }

    /// What was found in the requests that have all their answers: the others may still come.
    pub fn so_far(&self) -> ShadowComparison {
        let (unpaired, accounts) = (self.unpaired.clone(), self.accounts);
        judge::judge(&self.rules, &self.tallies, unpaired, accounts)
    }

    /// What was found.
    pub fn finish(mut self) -> ShadowComparison {
        while let Some((id, waiting)) = self.window.oldest() {
            self.leave(&id, waiting);
        }
        judge::judge(&self.rules, &self.tallies, self.unpaired, self.accounts)
    }

    /// Compares a new answer with those that are there already.
    fn meet(&mut self, arm: ShadowArm, id: &Arc<str>, waiting: &mut Waiting, record: Record) {
        match arm {
            ShadowArm::Baseline => {
                waiting.baseline.push(record);
                let place = waiting.baseline.len() - 1;
                if place > 0 {
                    self.pair(id, waiting, place, Other::Baseline);
                }
                let earlier = waiting
                    .candidate
                    .iter()
                    .position(|(before, _)| *before == place);
                if let Some(earlier) = earlier {
                    let (_, candidate) = waiting.candidate.swap_remove(earlier);
                    self.pair(id, waiting, place, Other::Candidate(candidate));
                }
                for again in std::mem::take(&mut waiting.again) {
                    self.pair(id, waiting, 0, Other::Again(again));
                }
            }
            ShadowArm::Again if waiting.baseline.is_empty() => waiting.again.push(record),
            ShadowArm::Again => self.pair(id, waiting, 0, Other::Again(record)),
            ShadowArm::Candidate => {
                let place = waiting.candidates;
                waiting.candidates += 1;
                if place < waiting.baseline.len() {
                    self.pair(id, waiting, place, Other::Candidate(record));
                } else {
                    waiting.candidate.push((place, record));
                }
            }
        }
    }

    /// Compares an answer of the baseline with another answer to the same request.
    fn pair(&mut self, id: &str, waiting: &mut Waiting, place: usize, other: Other) {
        let (rules, tallies) = (&self.rules, &mut self.tallies);
        match other {
            Other::Candidate(record) => {
                let both = (&waiting.baseline[place], &record);
                let paths = tallies.compare(rules, id, both, Against::Candidate);
                waiting.pair.get_or_insert(paths);
                self.window.recycle(record);
            }
            Other::Again(record) => {
                let both = (&waiting.baseline[place], &record);
                let paths = tallies.compare(rules, id, both, Against::Itself);
                waiting.noise.get_or_insert(paths);
                self.window.recycle(record);
            }
            Other::Baseline => {
                let both = (&waiting.baseline[0], &waiting.baseline[place]);
                let paths = tallies.compare(rules, id, both, Against::Itself);
                waiting.noise.get_or_insert(paths);
            }
        }
        if !waiting.is_joined
            && let (Some(pair), Some(noise)) = (&waiting.pair, &waiting.noise)
        {
            self.tallies.count_joint(pair, noise);
            waiting.is_joined = true;
        }
    }

    /// A request leaves the window: what has no partner now will have none.
    fn leave(&mut self, id: &str, mut waiting: Waiting) {
        let alone = std::mem::take(&mut waiting.candidate);
        if waiting.baseline.is_empty() {
            if !alone.is_empty() {
                self.unpaired.unasked.name(id, alone.len());
            }
            if !waiting.again.is_empty() {
                self.unpaired.unmatched_again.name(id, waiting.again.len());
            }
            return;
        }
        // The candidate was asked more often than the baseline.
        for (_, candidate) in alone {
            self.pair(id, &mut waiting, 0, Other::Candidate(candidate));
        }
        if waiting.candidates == 0 {
            self.unpaired.unanswered.name(id, 1);
        }
        for record in waiting.baseline {
            self.window.recycle(record);
        }
    }
}

/// What an answer of the baseline is compared with.
enum Other {
    Candidate(Record),
    Again(Record),
    /// The baseline's own answer at that place, which is kept.
    Baseline,
}

impl ShadowUnpaired {
    fn name(&mut self, id: &str, count: usize) {
        self.count += count as u64;
        if self.requests.len() < UNPAIRED_NAMED_MAX {
            self.requests.push(id.to_owned());
        }
    }
}

impl ShadowAccount {
    fn add(&mut self, record: &Record) {
        let parts = [
            (&mut self.tokens, record.tokens),
            (&mut self.cost, record.cost),
            (&mut self.duration_ms, record.duration_ms),
        ];
        for ((n, sum), amount) in parts {
            if let Some(amount) = amount {
                *n += 1;
                *sum += amount;
            }
        }
    }
}
