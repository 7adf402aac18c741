//! How far all directives of a file are.

use std::collections::BTreeMap;

use adjutant_domain::{DirectiveId, Timestamp};

use super::{Directive, DirectiveRecord, DirectiveStanding, Queue, ReadDirectives};
use crate::directive::RefusedDirective;

/// An attempt as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAttempt {
    /// Counted from 1.
    pub attempt: u32,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ended, and what was found.
    pub ending: Option<(Timestamp, DirectiveRecord)>,
}

/// How far a directive is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectiveProgress {
    /// Which.
    pub directive: Directive,
    /// How it stands.
    pub standing: DirectiveStanding,
    /// Its last attempt.
    pub last: Option<SeenAttempt>,
    /// What it waits for.
    pub waits_for: Vec<DirectiveId>,
    /// When it can be expected to be carried out.
    pub expected: Option<Timestamp>,
}

/// How far all directives of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectivesProgress {
    /// The file.
    pub file: String,
    /// When this was seen.
    pub at: Timestamp,
    /// Those that can be carried out, in the order in which they are.
    pub directives: Vec<DirectiveProgress>,
    /// Those that cannot.
    pub refused: Vec<RefusedDirective>,
}

/// How far the directives of a file are: what was carried out first, then what is under way, then
/// the rest in the order in which it is carried out.
pub fn progress_of(
    file: &str,
    read: &ReadDirectives,
    standings: &BTreeMap<DirectiveId, DirectiveStanding>,
    last: &BTreeMap<DirectiveId, SeenAttempt>,
    now: Timestamp,
) -> DirectivesProgress {
    let queue = Queue {
        directives: &read.directives,
        standings,
    };
    let expected = queue.expected(now);
    let progress = |directive: &Directive| DirectiveProgress {
        directive: directive.clone(),
        standing: queue.standing(&directive.id),
        last: last.get(&directive.id).cloned(),
        waits_for: queue.waits_for(directive).cloned().collect(),
        expected: expected.get(&directive.id).copied(),
    };
    let mut directives: Vec<DirectiveProgress> = read.directives.iter().map(progress).collect();
    directives.sort_by_key(|one| match (one.standing, &one.last) {
        (DirectiveStanding::Ended(_), Some(last)) => (0, last.began_at),
        (DirectiveStanding::Begun { at }, _) => (1, at),
        _ => (
            2,
            one.expected.unwrap_or(now.after(std::time::Duration::MAX)),
        ),
    });
    DirectivesProgress {
        file: file.to_owned(),
        at: now,
        directives,
        refused: read.refused.clone(),
    }
}
