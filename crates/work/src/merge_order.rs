//! In which order pieces of work are best merged, and why.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Priority;

/// A piece of work that waits to be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What a person calls it; unique.
    pub name: String,
    /// How soon it is wanted; none when no task says so.
    pub priority: Option<Priority>,
    /// How many files it changes.
    pub files: usize,
    /// The pieces that must come before it, by their place in the list.
    pub after: Vec<usize>,
}

/// One step of the advised order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeStep {
    /// The piece, by its place in the list.
    pub piece: usize,
    /// Why it comes now.
    pub reason: MergeReason,
}

/// What decided that a piece comes before those that could have come instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum MergeReason {
    /// Nothing else could come now.
    OnlyOneLeft,
    /// Everything else waits for it, or for what waits for it.
    OthersDependOnIt,
    /// It conflicts with fewer of those that are left.
    FewestConflicts {
        /// With how many.
        conflicts: usize,
    },
    /// It is wanted sooner.
    MoreUrgent {
        /// How soon.
        priority: Priority,
    },
    /// It is smaller, so that less has to be redone by the others.
    Smaller {
        /// How many files it changes.
        files: usize,
    },
    /// Nothing tells them apart but their names.
    ByName,
}

/// The advised order: dependencies first, then the fewest conflicts with what is left, then
/// priority, size and name. `conflicts` are pairs of places in the list. Pieces whose dependencies
/// form a circle come last, as if they had none.
pub fn merge_order(pieces: &[Piece], conflicts: &[(usize, usize)]) -> Vec<MergeStep> {
    let mut left: BTreeSet<usize> = (0..pieces.len()).collect();
    let mut steps = Vec::with_capacity(pieces.len());
    while !left.is_empty() {
        let free: Vec<usize> = left
            .iter()
            .copied()
            .filter(|&at| !pieces[at].after.iter().any(|before| left.contains(before)))
            .collect();
        let candidates = if free.is_empty() {
            left.iter().copied().collect()
        } else {
            free
        };
        let mut ranked: Vec<Rank<'_>> = candidates
            .iter()
            .map(|&at| rank(pieces, conflicts, &left, at))
            .collect();
        ranked.sort();
        let Some(best) = ranked.first() else { break };
        let reason = reason(best, ranked.get(1), left.len());
        left.remove(&best.at);
        steps.push(MergeStep {
            piece: best.at,
            reason,
        });
    }
    steps
}

/// Ordered by what decides first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank<'a> {
    conflicts: usize,
    urgency: (bool, Option<Priority>),
    files: usize,
    name: &'a str,
    at: usize,
}

fn rank<'a>(
    pieces: &'a [Piece],
    conflicts: &[(usize, usize)],
    left: &BTreeSet<usize>,
    at: usize,
) -> Rank<'a> {
    let meets = |&&(one, other): &&(usize, usize)| {
        (one == at && left.contains(&other)) || (other == at && left.contains(&one))
    };
    let piece = &pieces[at];
    Rank {
        conflicts: conflicts.iter().filter(meets).count(),
        urgency: (piece.priority.is_none(), piece.priority),
        files: piece.files,
        name: &piece.name,
        at,
    }
}

fn reason(best: &Rank<'_>, next: Option<&Rank<'_>>, left: usize) -> MergeReason {
    let Some(next) = next else {
        return if left == 1 {
            MergeReason::OnlyOneLeft
        } else {
            MergeReason::OthersDependOnIt
        };
    };
    if best.conflicts != next.conflicts {
        return MergeReason::FewestConflicts {
            conflicts: best.conflicts,
        };
    }
    match best.urgency.1 {
        Some(priority) if best.urgency != next.urgency => MergeReason::MoreUrgent { priority },
        Some(_) | None if best.files != next.files => MergeReason::Smaller { files: best.files },
        Some(_) | None => MergeReason::ByName,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece(name: &str, priority: Option<Priority>, files: usize, after: &[usize]) -> Piece {
        Piece {
            name: name.to_owned(),
            priority,
            files,
            after: after.to_vec(),
        }
    }

    fn told(pieces: &[Piece], conflicts: &[(usize, usize)]) -> Vec<String> {
        merge_order(pieces, conflicts)
            .iter()
            .map(|step| format!("{} {:?}", pieces[step.piece].name, step.reason))
            .collect()
    }

    #[test]
    fn dependencies_come_first_then_conflicts_then_priority_then_size() {
        let pieces = [
            piece("big", Some(Priority::High), 9, &[]),
            piece("small", Some(Priority::High), 1, &[]),
            piece("hub", Some(Priority::High), 1, &[]),
            piece("low", Some(Priority::Low), 1, &[]),
            piece("last", None, 0, &[2]),
        ];
        assert_eq!(
            told(&pieces, &[(2, 0), (2, 1), (2, 3)]),
            [
                "small Smaller { files: 1 }",
                "big MoreUrgent { priority: High }",
                "hub MoreUrgent { priority: High }",
                "low MoreUrgent { priority: Low }",
                "last OnlyOneLeft",
            ]
            .map(str::to_owned)
        );
    }

    proptest! {
        #[test]
        fn every_piece_comes_once_and_after_what_it_depends_on(
            size in 1_usize..9,
            edges in proptest::collection::vec((0_usize..9, 0_usize..9), 0..12),
            conflicts in proptest::collection::vec((0_usize..9, 0_usize..9), 0..12),
        ) {
            let pieces: Vec<Piece> = (0..size)
                .map(|at| {
                    // Only on earlier ones: without circles.
                    let after: Vec<usize> = edges
                        .iter()
                        .filter(|(from, to)| *from == at && *to < at)
                        .map(|(_, to)| *to)
                        .collect();
                    piece(&format!("p{at}"), None, at, &after)
                })
                .collect();
            let order: Vec<usize> = merge_order(&pieces, &conflicts)
                .iter()
                .map(|step| step.piece)
                .collect();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..size).collect::<Vec<_>>());
            let place = |piece: usize| order.iter().position(|&at| at == piece);
            for (at, piece) in pieces.iter().enumerate() {
                for before in &piece.after {
                    prop_assert!(place(*before) < place(at));
                }
            }
        }
    }

    #[test]
    fn a_circle_of_dependencies_still_gets_an_order() {
        let pieces = [piece("a", None, 1, &[1]), piece("b", None, 1, &[0])];
        assert_eq!(told(&pieces, &[]), ["a ByName", "b OnlyOneLeft"]);
    }
}
