//! What an agent that asks is allowed to do: what stays inside its work tree, and nothing else.
//!
//! It is a rule for agents that ask, and it believes what they say of a call. It confines nothing:
//! a program does what its user can do.

use serde::{Deserialize, Serialize};

/// What kind of thing a call of a tool does, in the words of the Agent Client Protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the protocol's words")]
pub enum ToolKind {
    Read,
    Edit,
    Delete,
    Move,
    Search,
    Execute,
    Think,
    Fetch,
    SwitchMode,
    Other,
}

/// A path that a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// As the call names it.
    pub path: String,
    /// Whether it lies inside the agent's work tree.
    pub is_inside: bool,
}

/// The answer to an agent that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// It may, this once.
    Allowed,
    /// It may not.
    Refused(Denial),
}

/// Why an agent may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The call names a place outside the work tree.
    #[error("{0} is outside the work tree")]
    Outside(String),
    /// The call changes something and does not say where.
    #[error("it does not say which file it changes")]
    Unlocated,
    /// The call leaves the machine.
    #[error("it fetches from the network")]
    Network,
    /// The call would end the asking.
    #[error("it changes how the agent asks")]
    Mode,
    /// Nothing is known of the call.
    #[error("it says neither what it does nor where")]
    Unknown,
}

/// Whether an agent may make a call of this kind at these places.
pub fn permit(kind: Option<ToolKind>, places: &[NamedPath]) -> Permission {
    if let Some(outside) = places.iter().find(|place| !place.is_inside) {
        return Permission::Refused(Denial::Outside(outside.path.clone()));
    }
    let is_located = !places.is_empty();
    match kind {
        // Without a place they work in the session's folder, which is the work tree.
        Some(ToolKind::Read | ToolKind::Search | ToolKind::Execute | ToolKind::Think) => {
            Permission::Allowed
        }
        Some(ToolKind::Fetch) => Permission::Refused(Denial::Network),
        Some(ToolKind::SwitchMode) => Permission::Refused(Denial::Mode),
        Some(ToolKind::Edit | ToolKind::Delete | ToolKind::Move) if is_located => {
            Permission::Allowed
        }
        Some(ToolKind::Edit | ToolKind::Delete | ToolKind::Move) => {
            Permission::Refused(Denial::Unlocated)
        }
        Some(ToolKind::Other) | None if is_located => Permission::Allowed,
        Some(ToolKind::Other) | None => Permission::Refused(Denial::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_inside_the_work_tree_is_allowed_and_nothing_else() {
        use Denial::{Mode, Network, Unknown, Unlocated};
        use ToolKind::{
            Delete, Edit, Execute, Fetch, Move, Other, Read, Search, SwitchMode, Think,
        };
        let place = |is_inside| NamedPath {
            path: "x".to_owned(),
            is_inside,
        };
        let outside = || Some(Denial::Outside("x".to_owned()));
        // Without a place, inside, inside and outside.
        for (kind, unlocated, inside) in [
            (Some(Read), None, None),
            (Some(Search), None, None),
            (Some(Execute), None, None),
            (Some(Think), None, None),
            (Some(Edit), Some(Unlocated), None),
            (Some(Delete), Some(Unlocated), None),
            (Some(Move), Some(Unlocated), None),
            (Some(Fetch), Some(Network), Some(Network)),
            (Some(SwitchMode), Some(Mode), Some(Mode)),
            (Some(Other), Some(Unknown), None),
            (None, Some(Unknown), None),
        ] {
            for (places, denial) in [
                (vec![], unlocated),
                (vec![place(true)], inside),
                (vec![place(true), place(false)], outside()),
            ] {
                let answer = permit(kind, &places);
                let expected = denial.map_or(Permission::Allowed, Permission::Refused);
                assert_eq!(answer, expected, "{kind:?} {places:?}");
            }
        }
    }
}
