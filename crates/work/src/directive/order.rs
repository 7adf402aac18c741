//! Which directive comes next, and when the rest can be expected.

use std::collections::{BTreeMap, BTreeSet};

use adjutant_domain::{DirectiveId, Timestamp};

use super::{Directive, DirectiveOutcome};
use crate::Priority;

/// How far a directive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DirectiveStanding {
    /// It has not begun, or has to begin again.
    #[default]
    Pending,
    /// It began, and has not ended.
    Begun {
        /// When.
        at: Timestamp,
    },
    /// It ended.
    Ended(DirectiveOutcome),
}

impl DirectiveStanding {
    fn has_begun(self) -> bool {
        matches!(self, DirectiveStanding::Begun { .. })
    }

    /// Whether those that depend on it can go on.
    pub fn is_carried_out(self) -> bool {
        match self {
            DirectiveStanding::Ended(outcome) => outcome.is_carried_out(),
            DirectiveStanding::Pending | DirectiveStanding::Begun { .. } => false,
        }
    }
}

/// Directives, and how far each is.
#[derive(Debug, Clone, Copy)]
pub struct Queue<'a> {
    /// Those that can be carried out, in the order of their file.
    pub directives: &'a [Directive],
    /// How far they are, and those of earlier files. What is not named is pending.
    pub standings: &'a BTreeMap<DirectiveId, DirectiveStanding>,
}

impl<'a> Queue<'a> {
    /// How far a directive is.
    pub fn standing(self, id: &DirectiveId) -> DirectiveStanding {
        self.standings.get(id).copied().unwrap_or_default()
    }

    /// What a directive waits for.
    pub fn waits_for(self, directive: &Directive) -> impl Iterator<Item = &DirectiveId> {
        let dependencies = directive.dependencies.iter();
        dependencies.filter(move |id| !self.standing(id).is_carried_out())
    }

    /// What comes next: of the pending directives that wait for nothing the most urgent, then the
    /// first in the file. `None` when nothing can begin.
    pub fn next(self) -> Option<&'a Directive> {
        let order = self.order();
        order
            .into_iter()
            .find(|one| self.waits_for(one).next().is_none())
    }

    /// Every pending directive that can be carried out if none fails, in that order.
    pub fn order(self) -> Vec<&'a Directive> {
        let urgency = self.urgency();
        let mut before: BTreeSet<&DirectiveId> = self
            .standings
            .iter()
            .filter(|(_, standing)| standing.has_begun() || standing.is_carried_out())
            .map(|(id, _)| id)
            .collect();
        let mut left: Vec<&Directive> = self
            .directives
            .iter()
            .filter(|one| self.standing(&one.id) == DirectiveStanding::Pending)
            .collect();
        left.sort_by_key(|one| urgency.get(&one.id));
        let mut order = Vec::with_capacity(left.len());
        let can_begin = |one: &Directive, before: &BTreeSet<&DirectiveId>| {
            one.dependencies.iter().all(|id| before.contains(id))
        };
        while let Some(at) = left.iter().position(|one| can_begin(one, &before)) {
            let next = left.remove(at);
            before.insert(&next.id);
            order.push(next);
        }
        order
    }

    /// When each directive can be expected to be carried out, if none fails and each takes its
    /// estimate, one after another. What cannot begin has no such time.
    pub fn expected(self, now: Timestamp) -> BTreeMap<&'a DirectiveId, Timestamp> {
        let mut at = now;
        let mut expected = BTreeMap::new();
        for one in self.directives {
            if let DirectiveStanding::Begun { at: began } = self.standing(&one.id) {
                at = at.max(began.after(one.estimate));
                expected.insert(&one.id, at);
            }
        }
        for one in self.order() {
            at = at.after(one.estimate);
            expected.insert(&one.id, at);
        }
        expected
    }

    /// A directive is as urgent as the most urgent one that waits for it.
    fn urgency(self) -> BTreeMap<&'a DirectiveId, Priority> {
        let mut urgency: BTreeMap<&DirectiveId, Priority> = self
            .directives
            .iter()
            .map(|one| (&one.id, one.priority))
            .collect();
        let mut dependents: Vec<&Directive> = self.directives.iter().collect();
        dependents.sort_by_key(|one| one.priority);
        let by_id: BTreeMap<&DirectiveId, &Directive> =
            self.directives.iter().map(|one| (&one.id, one)).collect();
        for dependent in dependents {
            let mut left: Vec<&DirectiveId> = dependent.dependencies.iter().collect();
            while let Some(id) = left.pop() {
                let Some(one) = by_id.get(id) else {
                    continue;
                };
                let known = urgency.entry(&one.id).or_insert(one.priority);
                if dependent.priority < *known {
                    *known = dependent.priority;
                    left.extend(&one.dependencies);
                }
            }
        }
        urgency
    }
}
