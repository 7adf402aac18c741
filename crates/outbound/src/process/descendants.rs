//! Which processes live below this one, as `/proc` tells.

use std::collections::{BTreeMap, BTreeSet};

use rustix::process::Pid;

/// The living processes below this one, at any depth. Those that have ended and wait to be reaped
/// are not among them.
pub(super) fn living() -> BTreeSet<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    let mut ended = BTreeSet::new();
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return BTreeSet::new();
    };
    for entry in entries.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            // It ended while we looked.
            continue;
        };
        let Some((state, parent)) = state_and_parent(&stat) else {
            continue;
        };
        children.entry(parent).or_default().push(pid);
        if matches!(state, 'Z' | 'X') {
            ended.insert(pid);
        }
    }
    let mut below = BTreeSet::new();
    let mut next = vec![Pid::as_raw(Some(rustix::process::getpid()))];
    while let Some(pid) = next.pop() {
        for child in children.remove(&pid).unwrap_or_default() {
            below.insert(child);
            next.push(child);
        }
    }
    below.retain(|pid| !ended.contains(pid));
    below
}

/// The name in parentheses may hold anything, also spaces and parentheses.
fn state_and_parent(stat: &str) -> Option<(char, i32)> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_hide_the_parent() {
        assert_eq!(
            state_and_parent("71 (a) S 1 (b)) R 42 71 0 -1"),
            Some(('R', 42))
        );
        assert_eq!(state_and_parent("71"), None);
    }
}
