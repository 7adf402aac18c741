//! The queue, side by side: claims, ready work and filing, each as a user meets it, as whole
//! processes.
//!
//! Every contender does what its own documentation tells agents to do. One that is not installed
//! is named with what is missing, and there is no ratio against it.

mod adjutant;
mod backlog;
mod claims;
mod creates;
mod crosslink;
mod install;
mod ready;
mod task_master;
mod taskwarrior;
mod tracker;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::Scale;
use crate::machine;
use crate::results::{Demand, number, page};
use crate::timing::median;

use tracker::{Class, Tracker};

/// What every comparison of trackers needs.
struct Field {
    /// How often each contender has its turn.
    rounds: usize,
    /// Tasks of the largest store in which ready work is looked for.
    large: usize,
    /// Tasks of the store between.
    medium: usize,
    /// Where the stores lie.
    folder: PathBuf,
    trackers: Vec<Box<dyn Tracker>>,
    /// What is not there: its name, and why.
    missing: Vec<install::Missing>,
}

/// Compares, and returns the page.
pub(crate) fn compare(scale: Scale, folder: &Path, adjutant: &Path) -> Result<String> {
    let is_quick = scale.rounds < crate::FULL.rounds;
    let mut peers = install::install(&folder.join("peers"))?;
    match adjutant::Adjutant::find(adjutant) {
        Ok(ours) => peers.trackers.insert(0, Box::new(ours)),
        Err(missing) => peers.missing.insert(0, missing),
    }
    let field = Field {
        rounds: if is_quick { 1 } else { 3 },
        large: if is_quick { 2_000 } else { 100_000 },
        medium: if is_quick { 1_000 } else { 10_000 },
        folder: folder.join("stores"),
        trackers: peers.trackers,
        missing: peers.missing,
    };
    let machine = machine::describe(&versions(&field)?)?;
    let mut sections = Vec::new();
    for compare in [
        claims::compare,
        claims::race,
        ready::compare,
        creates::compare,
    ] {
        let section = compare(&field)?;
        for (name, figure) in &section.figures {
            eprintln!("  {name}: {figure}");
        }
        sections.push(section);
    }
    Ok(page(
        "Results: the queue of tasks",
        "cargo xtask bench work",
        &machine,
        &sections,
    ))
}

fn versions(field: &Field) -> Result<String> {
    let mut versions = Vec::new();
    let peers = field.trackers.iter();
    for tracker in peers.filter(|tracker| tracker.class() != Class::Ours) {
        versions.push(format!("{} {}", tracker.name(), tracker.version()?));
    }
    for missing in &field.missing {
        versions.push(format!("{}: not measured", missing.name));
    }
    Ok(versions.join(", "))
}

/// What a contender took: seconds, or things a second, turn by turn.
struct Taken {
    /// Its place among the trackers.
    of: usize,
    values: Vec<f64>,
}

impl Taken {
    fn median(&self) -> f64 {
        median(&self.values)
    }

    /// The median, in words, and how many turns it is of.
    fn figure(&self, words: impl Fn(f64) -> String) -> String {
        format!(
            "{} (n = {}, {} to {})",
            words(self.median()),
            self.values.len(),
            words(self.values.iter().copied().fold(f64::INFINITY, f64::min)),
            words(self.values.iter().copied().fold(0.0, f64::max)),
        )
    }
}

impl Field {
    /// Whether a tracker has a turn in this round.
    fn has_turn(&self, tracker: &dyn Tracker, round: usize) -> bool {
        round < tracker.class().turns(self.rounds)
    }

    fn nothing_taken(&self) -> Vec<Taken> {
        let taken = |of| Taken {
            of,
            values: Vec::new(),
        };
        (0..self.trackers.len()).map(taken).collect()
    }

    /// The store of a purpose, made anew in the first round.
    fn store(
        &self,
        tracker: &dyn Tracker,
        purpose: &str,
        tasks: usize,
        round: usize,
    ) -> Result<PathBuf> {
        match round {
            0 => self.fresh_store(tracker, purpose, tasks),
            _later => Ok(self.path(tracker, purpose)),
        }
    }

    fn fresh_store(&self, tracker: &dyn Tracker, purpose: &str, tasks: usize) -> Result<PathBuf> {
        let folder = self.path(tracker, purpose);
        tracker::empty(&folder)?;
        tracker.lay_out(&folder, tasks)?;
        Ok(folder)
    }

    fn path(&self, tracker: &dyn Tracker, purpose: &str) -> PathBuf {
        self.folder.join(format!("{purpose}-{}", tracker.name()))
    }

    /// One demand for each peer, on how many times better ours is; without one of the two, what
    /// is missing instead of a ratio.
    fn demands(&self, what: &str, taken: &[Taken], more_is_better: bool) -> Vec<Demand> {
        let class = |taken: &&Taken| self.trackers[taken.of].class() == Class::Ours;
        let ours = taken.iter().find(class);
        let unknown = |name: &str, why: &str| Demand {
            what: format!("{what}, against {name}"),
            demand: "measured".to_owned(),
            measured: format!("NO DATA AVAILABLE: {why}"),
            is_met: false,
        };
        let mut demands = Vec::new();
        for peer in taken {
            let tracker = self.trackers[peer.of].as_ref();
            let least = match tracker.class() {
                Class::Ours => continue,
                Class::Scripted => 20.0,
                Class::Compiled => 1.0,
            };
            let Some(ours) = ours else {
                let why = self
                    .missing
                    .iter()
                    .find(|missing| missing.name == "Adjutant");
                let why = why.map_or("ours did not run", |missing| &missing.why);
                demands.push(unknown(tracker.name(), why));
                continue;
            };
            let ratio = match more_is_better {
                true => ours.median() / peer.median(),
                false => peer.median() / ours.median(),
            };
            let what = format!("{what}, against {}", tracker.name());
            demands.push(Demand::at_least(what, least, ratio));
        }
        let peers = self
            .missing
            .iter()
            .filter(|missing| missing.name != "Adjutant");
        demands.extend(peers.map(|missing| unknown(missing.name, &missing.why)));
        demands
    }

    /// A line for each contender.
    fn figures(
        &self,
        taken: &[Taken],
        what: &str,
        words: impl Fn(f64) -> String + Copy,
    ) -> Vec<(String, String)> {
        let line = |taken: &Taken| {
            let name = self.trackers[taken.of].name();
            (format!("{name}, {what}"), taken.figure(words))
        };
        taken.iter().map(line).collect()
    }
}

/// A rate as a person reads it.
fn rate(per_second: f64) -> String {
    format!("{}/s", number(per_second))
}
