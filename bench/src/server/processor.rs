//! What processes had of the processors and of the memory, as the kernel counts it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

/// The kernel counts in hundredths of a second, on every Linux of today.
const TICKS_A_SECOND: f64 = 100.0;

struct Counted {
    parent: u32,
    own: u64,
    /// Of children that ended.
    ended: u64,
}

/// Seconds of processor that a process, its descendants, and those of them that ended had.
pub(super) fn seconds(root: u32) -> Result<f64> {
    let mut counted = BTreeMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // A process that ends meanwhile is counted by its parent.
        if let Ok(text) = std::fs::read_to_string(format!("/proc/{id}/stat")) {
            counted.insert(id, read(&text).with_context(|| text.clone())?);
        }
    }
    let is_of_root = |id: u32| {
        let parent = |id: &u32| counted.get(id).map(|counted| counted.parent);
        std::iter::successors(Some(id), parent).any(|id| id == root)
    };
    let of_root = counted.iter().filter(|(id, _)| is_of_root(**id));
    let ticks: u64 = of_root
        .map(|(_, counted)| counted.own + counted.ended)
        .sum();
    Ok(ticks as f64 / TICKS_A_SECOND)
}

/// The fields behind the name, which may hold anything.
fn read(text: &str) -> Result<Counted> {
    let (_, behind) = text.rsplit_once(')').context("a name in parentheses")?;
    let fields: Vec<&str> = behind.split_whitespace().collect();
    let field = |at: usize| -> Result<u64> {
        let text = fields.get(at).context("a field is missing")?;
        Ok(text.parse()?)
    };
    Ok(Counted {
        parent: u32::try_from(field(1)?)?,
        own: field(11)? + field(12)?,
        ended: field(13)? + field(14)?,
    })
}

/// Bytes of a process.
pub(super) struct Memory {
    /// The most that was ever resident.
    pub(super) most: f64,
    /// Resident now, where what is shared is divided.
    pub(super) proportional: f64,
}

pub(super) fn memory(process: u32) -> Result<Memory> {
    let told = |file: &str, name: &str| -> Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{process}/{file}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let line = line.with_context(|| format!("the kernel does not tell {name}"))?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1_024.0)
    };
    Ok(Memory {
        most: told("status", "VmHWM:")?,
        proportional: told("smaps_rollup", "Pss:")?,
    })
}
