//! The access log: a line a request, `1700000000.123 7 candidate 200 0.004`.
//!
//! Lines rise in time, so where a generation begins is searched and not read to; from there on only
//! what is new is read. What is remembered between two readings spares time and nothing else.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;

use adjutant_rollout::{ArmCounts, NginxPlan, PresentTraffic, StageWindow};

use super::NAME;
use crate::EngineError;

/// How far back present traffic reaches.
const PRESENT_MS: i64 = 180_000;

/// Fewer requests, or a shorter time, say nothing about the traffic there is.
const PRESENT_REQUESTS_MIN: u64 = 100;
const PRESENT_LEAST_MS: i64 = 3_000;

/// Lines stand in the order in which requests ended: around a border they mix within this.
const MIXED_BYTES: u64 = 1_024 * 1_024;

/// What is read at a time; no line of this format comes near it.
const PIECE_BYTES: usize = 256 * 1_024;

/// What was read of logs already.
#[derive(Debug, Default)]
pub struct LogMemory {
    read: RefCell<BTreeMap<String, ReadLog>>,
}

/// What was counted of one log under one generation.
#[derive(Debug)]
struct ReadLog {
    file: File,
    inode: u64,
    at: u64,
    window: StageWindow,
}

/// One request.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    at_ms: i64,
    generation: u64,
    is_candidate: bool,
    status: u16,
    took_ms: f64,
}

impl LogMemory {
    /// What was counted under a generation.
    pub(super) fn window(
        &self,
        plan: &NginxPlan,
        generation: u64,
    ) -> Result<StageWindow, EngineError> {
        let failed = |source| unread(plan, source);
        let mut memory = self.read.borrow_mut();
        let found = memory.remove(&plan.access_log);
        let mut log = match found.filter(|log| log.window.generation == generation) {
            Some(log) => log,
            None => ReadLog::beginning(plan, generation).map_err(failed)?,
        };
        log.go_on(plan)?;
        if log.is_rotated(plan).map_err(failed)? {
            let (mut next, before) = (ReadLog::open(plan).map_err(failed)?, log.window);
            next.window = before;
            next.go_on(plan)?;
            log = next;
        }
        let window = log.window.clone();
        memory.insert(plan.access_log.clone(), log);
        Ok(window)
    }
}

impl ReadLog {
    fn open(plan: &NginxPlan) -> std::io::Result<Self> {
        let file = File::open(&plan.access_log)?;
        Ok(Self {
            inode: file.metadata()?.ino(),
            file,
            at: 0,
            window: StageWindow::default(),
        })
    }

    /// From where a generation begins.
    fn beginning(plan: &NginxPlan, generation: u64) -> std::io::Result<Self> {
        let mut log = Self::open(plan)?;
        log.at = first(&mut log.file, |line| line.generation >= generation)?;
        log.window.generation = generation;
        Ok(log)
    }

    fn is_rotated(&self, plan: &NginxPlan) -> std::io::Result<bool> {
        match std::fs::metadata(&plan.access_log) {
            Ok(now) => Ok(now.ino() != self.inode),
            // Moved away, and nginx has not been told to begin the next one.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Counts the lines that came since.
    fn go_on(&mut self, plan: &NginxPlan) -> Result<(), EngineError> {
        let failed = |source| unread(plan, source);
        if self.file.metadata().map_err(failed)?.len() < self.at {
            // Emptied in place.
            self.at = 0;
        }
        let window = &mut self.window;
        self.at = lines(plan, &mut self.file, self.at, |line| {
            if line.generation == window.generation {
                let arm = if line.is_candidate {
                    &mut window.candidate
                } else {
                    &mut window.baseline
                };
                count(arm, line);
            }
        })?;
        Ok(())
    }
}

/// Gives every whole line from `at` on to `take`, and says where the next one begins.
fn lines(
    plan: &NginxPlan,
    file: &mut File,
    mut at: u64,
    mut take: impl FnMut(&Line),
) -> Result<u64, EngineError> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let failed = |source| unread(plan, source);
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
        let length = file.read(&mut piece).map_err(failed)?;
        let whole = piece.get(..length).unwrap_or_default();
        let Some(end) = whole.iter().rposition(|byte| *byte == b'\n') else {
            if length == PIECE_BYTES {
                return Err(foreign(plan, &whole[..80]));
            }
            return Ok(at);
        };
        for text in whole[..end].split(|byte| *byte == b'\n') {
            take(&line_of(text).ok_or_else(|| foreign(plan, text))?);
        }
        at += end as u64 + 1;
    }
}

/// Where the first line begins for which `is_there` holds, or somewhat before it. `is_there` holds
/// for all later ones as well.
fn first(file: &mut File, is_there: impl Fn(&Line) -> bool) -> std::io::Result<u64> {
    let (mut low, mut high) = (0, file.metadata()?.len());
    let mut piece = vec![0; 8 * 1_024];
    while high - low > PIECE_BYTES as u64 {
        let middle = low.midpoint(high);
        file.seek(SeekFrom::Start(middle))?;
        let length = file.read(&mut piece)?;
        let read = piece.get(..length).unwrap_or_default();
        // The first line may be a part of one. What is of another format is older than ours.
        let line = read.split(|byte| *byte == b'\n').nth(1).and_then(line_of);
        if line.as_ref().is_some_and(&is_there) {
            high = middle;
        } else {
            low = middle;
        }
    }
    let back = low.saturating_sub(MIXED_BYTES);
    line_start(file, back, &is_there)
}

/// The start of a line at or after `at`: the first one of our format when the log begins with
/// another.
fn line_start(file: &mut File, at: u64, is_there: &impl Fn(&Line) -> bool) -> std::io::Result<u64> {
    file.seek(SeekFrom::Start(at))?;
    let mut piece = vec![0; PIECE_BYTES];
    let length = file.read(&mut piece)?;
    let read = piece.get(..length).unwrap_or_default();
    let end = read.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
    let mut start = 0;
    let mut ours = None;
    for text in read[..end].split(|byte| *byte == b'\n') {
        match line_of(text) {
            // A part of a line that reads as a whole one is not of the generation asked for, or
            // would be counted twice; so the first one counts only at the file's beginning.
            Some(line) if start > 0 || at == 0 => {
                ours = ours.or(Some(start));
                if is_there(&line) {
                    break;
                }
            }
            Some(_) => {}
            None => ours = None,
        }
        start += text.len() as u64 + 1;
    }
    Ok(at + ours.unwrap_or(0))
}

fn line_of(text: &[u8]) -> Option<Line> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split(' ');
    let seconds: f64 = words.next()?.parse().ok()?;
    let line = Line {
        at_ms: (seconds * 1_000.0).round() as i64,
        generation: words.next()?.parse().ok()?,
        is_candidate: match words.next()? {
            "candidate" => true,
            "baseline" => false,
            _other => return None,
        },
        status: words.next()?.parse().ok()?,
        // nginx cuts to whole milliseconds: the middle of what it may have been.
        took_ms: words.next()?.parse::<f64>().ok()? * 1_000.0 + 0.5,
    };
    words.next().is_none().then_some(line)
}

/// A client that went away (499) counts as a failure, as with the own proxy.
fn count(arm: &mut ArmCounts, line: &Line) {
    arm.requests += 1;
    arm.failures += u64::from(line.status >= 499);
    let is_answered = !matches!(line.status, 499 | 502 | 504);
    if is_answered && !arm.latency.add(line.took_ms) {
        arm.failures += 1;
    }
}

/// Counts whatever lines there are.
pub(super) fn count_anything(text: &[u8]) {
    let mut counts = ArmCounts::default();
    for line in text.split(|byte| *byte == b'\n').filter_map(line_of) {
        count(&mut counts, &line);
    }
    debug_assert!(counts.latency.count() <= counts.requests);
}

/// The traffic of the last minutes, whatever the generation.
pub(super) fn present(
    plan: &NginxPlan,
    now_ms: i64,
) -> Result<Option<PresentTraffic>, EngineError> {
    let failed = |source| unread(plan, source);
    let mut file = File::open(&plan.access_log).map_err(failed)?;
    let since = now_ms - PRESENT_MS;
    let at = first(&mut file, |line| line.at_ms >= since).map_err(failed)?;
    let mut baseline = ArmCounts::default();
    let mut first_ms = None;
    lines(plan, &mut file, at, |line| {
        if line.at_ms >= since {
            first_ms = first_ms.or(Some(line.at_ms));
            count(&mut baseline, line);
        }
    })?;
    let lasted = first_ms.map_or(0, |first| now_ms - first);
    let is_enough = lasted >= PRESENT_LEAST_MS && baseline.requests >= PRESENT_REQUESTS_MIN;
    Ok(is_enough.then(|| PresentTraffic {
        requests_per_second: baseline.requests as f64 * 1_000.0 / lasted as f64,
        baseline,
    }))
}

fn unread(plan: &NginxPlan, source: std::io::Error) -> EngineError {
    EngineError::File {
        path: plan.access_log.clone().into(),
        action: "read",
        source,
    }
}

fn foreign(plan: &NginxPlan, text: &[u8]) -> EngineError {
    let shown: String = String::from_utf8_lossy(text).chars().take(80).collect();
    EngineError::Unreadable {
        engine: NAME,
        problem: format!(
            "{} holds {shown:?}; give it the requests of this service alone, in the format that \
             {} declares",
            plan.access_log, plan.include
        ),
    }
}

#[cfg(test)]
mod tests;
