//! Counts per arm and minute. An answer counts in the minute in which its request started, however
//! late it ends. Minutes that are no longer kept one by one are added up, an arm and build each, so
//! that what is judged over hours is counted whole. Each worker counts for itself; whoever reads
//! adds the workers up.

use std::sync::Arc;

use adjutant_domain::Timestamp;

use crate::observed::{
    ArmMinute, TrafficErrors, TrafficHistogram, TrafficLane, TrafficMeasurements, TrafficMinute,
};

/// How many minutes are kept one by one.
pub(crate) const MINUTES_KEPT: usize = 60;

/// How many arms, builds and lanes are kept of the minutes before those: what was counted last. A
/// rollout has two arms a weight, each live and mirrored.
const EARLIER_KEPT: usize = 128;

/// How many generations' splits are kept.
pub(crate) const SPLITS_KEPT: usize = 32;

const MINUTE_MS: i64 = 60_000;

/// Whose counts these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CellName {
    pub(crate) arm: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) lane: TrafficLane,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ending {
    /// The status that the client saw.
    pub(crate) status: u16,
    pub(crate) error: Option<ErrorClass>,
    pub(crate) retries: u32,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    /// Missing where no response began.
    pub(crate) head_ms: Option<f64>,
    /// Missing where the client did not wait for the end, or there was none (a tunnel).
    pub(crate) whole_ms: Option<f64>,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorClass {
    Refused,
    TimedOut,
    Reset,
    Malformed,
    Server,
    Cancelled,
}

/// The number of a name in a list that every worker knows.
pub(crate) type CellId = usize;

/// What one worker counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    minutes: Vec<Minute>,
    /// All minutes before those together; what was counted last stands last.
    earlier: Vec<(CellId, Cell)>,
    splits: Vec<Split>,
    too_late: u64,
}

#[derive(Debug)]
struct Minute {
    number: i64,
    cells: Vec<(CellId, Cell)>,
}

#[derive(Debug, Clone, Default)]
struct Cell {
    started: u64,
    ended: u64,
    statuses: [u64; 5],
    errors: TrafficErrors,
    retries: u64,
    request_bytes: u64,
    response_bytes: u64,
    head_ms: TrafficHistogram,
    whole_ms: TrafficHistogram,
}

/// How one generation was split: per arm, one by one and by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) generation: u64,
    pub(crate) arms: Vec<[u64; 2]>,
}

impl Counts {
    /// A request begins.
    pub(crate) fn begin(&mut self, at: Timestamp, cell: CellId) {
        let number = minute_of(at);
        if self.minutes.last().is_none_or(|last| last.number < number) {
            self.minutes.push(Minute {
                number,
                cells: Vec::new(),
            });
            if self.minutes.len() > MINUTES_KEPT {
                let oldest = self.minutes.remove(0);
                self.keep_together(oldest);
            }
        }
        match self.cell(number, cell) {
            Some(cell) => cell.started += 1,
            None => self.too_late += 1,
        }
    }

    /// A request that began at that time ends.
    pub(crate) fn end(&mut self, began: Timestamp, cell: CellId, ending: Ending) {
        if let Some(cell) = self.cell(minute_of(began), cell) {
            return cell.add_ending(ending);
        }
        match self.earlier.iter_mut().find(|(known, _)| *known == cell) {
            Some((_, cell)) => cell.add_ending(ending),
            None => self.too_late += 1,
        }
    }

    fn keep_together(&mut self, minute: Minute) {
        for (id, mut cell) in minute.cells {
            if let Some(at) = self.earlier.iter().position(|(known, _)| *known == id) {
                cell.merge(&self.earlier.remove(at).1);
            }
            self.earlier.push((id, cell));
            if self.earlier.len() > EARLIER_KEPT {
                self.earlier.remove(0);
            }
        }
    }

    /// A request was given to an arm of a generation.
    pub(crate) fn split(&mut self, generation: u64, arms: usize, arm: usize, is_keyed: bool) {
        if self
            .splits
            .last()
            .is_none_or(|last| last.generation < generation)
        {
            self.splits.push(Split {
                generation,
                arms: vec![[0; 2]; arms],
            });
            if self.splits.len() > SPLITS_KEPT {
                self.splits.remove(0);
            }
        }
        let mut latest = self.splits.iter_mut().rev();
        let known = latest.find(|split| split.generation == generation);
        if let Some(counts) = known.and_then(|split| split.arms.get_mut(arm)) {
            counts[usize::from(is_keyed)] += 1;
        }
    }

    fn cell(&mut self, number: i64, id: CellId) -> Option<&mut Cell> {
        let mut latest = self.minutes.iter_mut().rev();
        let minute = latest.find(|minute| minute.number == number)?;
        let cells = &mut minute.cells;
        let at = match cells.iter().position(|(known, _)| *known == id) {
            Some(at) => at,
            None => {
                cells.push((id, Cell::default()));
                cells.len() - 1
            }
        };
        Some(&mut cells[at].1)
    }
}

impl Cell {
    fn add_ending(&mut self, ending: Ending) {
        self.ended += 1;
        let class = usize::from(ending.status / 100);
        if let Some(count) = class
            .checked_sub(1)
            .and_then(|class| self.statuses.get_mut(class))
        {
            *count += 1;
        }
        if let Some(error) = ending.error {
            *self.errors.of(error) += 1;
        }
        self.retries += u64::from(ending.retries);
        self.request_bytes += ending.request_bytes;
        self.response_bytes += ending.response_bytes;
        for (histogram, millis) in [
            (&mut self.head_ms, ending.head_ms),
            (&mut self.whole_ms, ending.whole_ms),
        ] {
            if let Some(millis) = millis {
                let is_counted = histogram.0.add(millis);
                debug_assert!(is_counted, "a duration is finite");
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.started += other.started;
        self.ended += other.ended;
        for (count, more) in self.statuses.iter_mut().zip(other.statuses) {
            *count += more;
        }
        for class in ErrorClass::ALL {
            *self.errors.of(class) += *other.errors.clone().of(class);
        }
        self.retries += other.retries;
        self.request_bytes += other.request_bytes;
        self.response_bytes += other.response_bytes;
        self.head_ms.0.merge(&other.head_ms.0);
        self.whole_ms.0.merge(&other.whole_ms.0);
    }
}

impl ErrorClass {
    const ALL: [Self; 6] = [
        Self::Refused,
        Self::TimedOut,
        Self::Reset,
        Self::Malformed,
        Self::Server,
        Self::Cancelled,
    ];
}

impl TrafficErrors {
    fn of(&mut self, class: ErrorClass) -> &mut u64 {
        match class {
            ErrorClass::Refused => &mut self.refused,
            ErrorClass::TimedOut => &mut self.timed_out,
            ErrorClass::Reset => &mut self.reset,
            ErrorClass::Malformed => &mut self.malformed,
            ErrorClass::Server => &mut self.server,
            ErrorClass::Cancelled => &mut self.cancelled,
        }
    }
}

/// The counts of all workers together, by minute and cell. Give it one worker after another.
#[derive(Debug, Default)]
pub(crate) struct Together {
    minutes: std::collections::BTreeMap<i64, Vec<(CellId, Cell)>>,
    earlier: Vec<(CellId, Cell)>,
    splits: std::collections::BTreeMap<u64, Split>,
    too_late: u64,
}

impl Together {
    /// Adds what a worker counted in minutes from `since` on; all that it ever did without it.
    pub(crate) fn add(&mut self, counts: &Counts, since: Option<Timestamp>) {
        let first = since.map_or(i64::MIN, minute_of);
        for minute in counts
            .minutes
            .iter()
            .filter(|minute| minute.number >= first)
        {
            add_cells(
                self.minutes.entry(minute.number).or_default(),
                &minute.cells,
            );
        }
        if since.is_none() {
            add_cells(&mut self.earlier, &counts.earlier);
        }
        self.too_late += counts.too_late;
    }

    /// Adds how a worker split requests.
    pub(crate) fn add_splits(&mut self, counts: &Counts) {
        for split in &counts.splits {
            let known = self.splits.entry(split.generation);
            known
                .and_modify(|known| {
                    for (count, more) in known.arms.iter_mut().zip(&split.arms) {
                        *count = [count[0] + more[0], count[1] + more[1]];
                    }
                })
                .or_insert_with(|| split.clone());
        }
    }

    pub(crate) fn splits(self) -> impl Iterator<Item = Split> {
        self.splits.into_values()
    }

    pub(crate) fn measurements(self, names: &[CellName]) -> TrafficMeasurements {
        let minutes = self
            .minutes
            .into_iter()
            .map(|(number, cells)| TrafficMinute {
                start: Timestamp::from_unix_millis(number * MINUTE_MS),
                arms: named(cells, names),
            });
        TrafficMeasurements {
            minutes: minutes.collect(),
            earlier: named(self.earlier, names),
            too_late: self.too_late,
        }
    }
}

fn add_cells(sum: &mut Vec<(CellId, Cell)>, more: &[(CellId, Cell)]) {
    for (id, cell) in more {
        match sum.iter_mut().find(|(known, _)| known == id) {
            Some((_, known)) => known.merge(cell),
            None => sum.push((*id, cell.clone())),
        }
    }
}

fn named(mut cells: Vec<(CellId, Cell)>, names: &[CellName]) -> Vec<ArmMinute> {
    cells.sort_by_key(|(id, _)| *id);
    cells
        .into_iter()
        .filter_map(|(id, cell)| Some(arm_minute(names.get(id)?, cell)))
        .collect()
}

fn arm_minute(name: &CellName, cell: Cell) -> ArmMinute {
    ArmMinute {
        name: name.arm.to_string(),
        version: name.version.to_string(),
        lane: name.lane,
        started: cell.started,
        ended: cell.ended,
        statuses: cell.statuses,
        errors: cell.errors,
        retries: cell.retries,
        request_bytes: cell.request_bytes,
        response_bytes: cell.response_bytes,
        head_ms: cell.head_ms,
        whole_ms: cell.whole_ms,
    }
}

fn minute_of(at: Timestamp) -> i64 {
    at.unix_millis().div_euclid(MINUTE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64, millis: i64) -> Timestamp {
        Timestamp::from_unix_millis(minute * MINUTE_MS + millis)
    }

    fn ending(whole_ms: f64) -> Ending {
        Ending {
            status: 200,
            error: None,
            retries: 0,
            request_bytes: 1,
            response_bytes: 10,
            head_ms: Some(whole_ms / 2.0),
            whole_ms: Some(whole_ms),
        }
    }

    fn names() -> Vec<CellName> {
        vec![CellName {
            arm: "baseline".into(),
            version: "".into(),
            lane: TrafficLane::Live,
        }]
    }

    #[test]
    fn a_late_answer_counts_in_the_minute_of_its_start() {
        let mut counts = Counts::default();
        counts.begin(at(5, 59_999), 0);
        counts.begin(at(6, 10), 0);
        counts.end(at(6, 10), 0, ending(4.0));
        counts.end(at(5, 59_999), 0, ending(90_000.0));
        let mut together = Together::default();
        together.add(&counts, None);
        let found = together.measurements(&names());
        let seen: Vec<_> = found
            .minutes
            .iter()
            .map(|minute| {
                let arm = &minute.arms[0];
                let longest = arm.whole_ms.0.quantile(1.0).unwrap();
                (minute.start, arm.started, arm.ended, longest.round())
            })
            .collect();
        assert_eq!(seen[0], (at(5, 0), 1, 1, 90_048.0));
        assert_eq!(seen[1], (at(6, 0), 1, 1, 4.0));
    }

    #[test]
    fn hours_are_counted_whole_and_a_late_answer_with_them() {
        let hours = 5 * MINUTES_KEPT as i64;
        let (mut one, mut other) = (Counts::default(), Counts::default());
        for counts in [&mut one, &mut other] {
            for minute in 0..hours {
                counts.begin(at(minute, 0), 0);
                if minute > 0 {
                    counts.end(at(minute, 0), 0, ending(2.0));
                }
            }
            counts.end(at(0, 0), 0, ending(90_000.0));
        }
        let mut together = Together::default();
        together.add(&one, None);
        together.add(&other, None);
        let found = together.measurements(&names());
        assert_eq!((found.too_late, found.minutes.len()), (0, MINUTES_KEPT));
        let [earlier] = &found.earlier[..] else {
            panic!("{:?}", found.earlier);
        };
        let before = 2 * (hours as u64 - MINUTES_KEPT as u64);
        assert_eq!((earlier.started, earlier.ended), (before, before));
        assert_eq!(
            earlier.whole_ms.0.quantile(1.0).map(f64::round),
            Some(90_048.0)
        );

        let mut latest = Together::default();
        latest.add(&one, Some(at(hours - 1, 0)));
        let found = latest.measurements(&names());
        assert_eq!((found.minutes.len(), found.earlier.len()), (1, 0));
    }

    #[test]
    fn what_was_counted_long_ago_makes_room_and_its_late_answers_are_told() {
        let mut counts = Counts::default();
        let cells = 2 * EARLIER_KEPT;
        for cell in 0..cells {
            counts.begin(at(cell as i64, 0), cell);
            // This one goes on all the time.
            counts.begin(at(cell as i64, 0), cells);
        }
        assert_eq!(counts.earlier.len(), EARLIER_KEPT);
        counts.end(at(0, 0), 0, ending(1.0));
        counts.end(at(0, 0), cells, ending(1.0));
        assert_eq!(counts.too_late, 1);
    }

    #[test]
    fn workers_add_up_and_only_the_minutes_asked_for_are_told() {
        let mut one = Counts::default();
        let mut other = Counts::default();
        for minute in 1..4 {
            one.begin(at(minute, 0), 0);
            other.begin(at(minute, 1), 0);
            one.end(at(minute, 0), 0, ending(2.0));
            let cancelled = Ending {
                error: Some(ErrorClass::Cancelled),
                whole_ms: None,
                ..ending(1.0)
            };
            other.end(at(minute, 1), 0, cancelled);
        }
        let mut together = Together::default();
        together.add(&one, Some(at(2, 30_000)));
        together.add(&other, Some(at(2, 30_000)));
        let found = together.measurements(&names());
        assert_eq!(found.minutes.len(), 2);
        let arm = &found.minutes[0].arms[0];
        assert_eq!((arm.started, arm.ended, arm.errors.cancelled), (2, 2, 1));
        assert_eq!((arm.whole_ms.0.count(), arm.head_ms.0.count()), (1, 2));
        assert_eq!((arm.request_bytes, arm.response_bytes), (2, 20));
    }

    #[test]
    fn splits_add_up_by_generation() {
        let mut one = Counts::default();
        let mut other = Counts::default();
        one.split(1, 2, 0, false);
        one.split(2, 2, 1, true);
        one.split(1, 2, 1, false);
        other.split(2, 2, 1, true);
        let mut together = Together::default();
        together.add_splits(&one);
        together.add_splits(&other);
        let splits: Vec<_> = together
            .splits()
            .map(|split| (split.generation, split.arms))
            .collect();
        assert_eq!(
            splits,
            [(1, vec![[1, 0], [1, 0]]), (2, vec![[0, 0], [0, 2]])]
        );
    }
}
