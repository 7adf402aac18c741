//! Counts events in stored evidence. An artifact's events are dated by when it was produced.

use std::collections::BTreeMap;

use adjutant_domain::{Citation, Data, Evidence, MeasureName, Measurement, Timestamp, Validity};

use crate::assess::{EventCount, UncountedWindow, WindowCount};
use crate::objective::{BudgetMethod, Indicator, IndicatorSource, Objective, RatioPart};
use crate::openslo::ThresholdOp;

/// The events of one artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct DatedEvents {
    /// When it was produced.
    pub at: Timestamp,
    /// How many, or why they cannot be counted.
    pub counted: Result<EventCount, UncountedWindow>,
}

/// The events of an artifact; `None` where it measures nothing that the objective counts.
pub fn count_evidence(objective: &Objective, evidence: &Evidence) -> Option<DatedEvents> {
    let counted = match &objective.indicator {
        Indicator::Threshold { source, op, bound } => {
            let found = measured(source, evidence);
            (!found.is_empty()).then(|| {
                add_up(evidence, &found, |data| {
                    within(data, |value| keeps(value, *op, *bound))
                })
            })
        }
        Indicator::RawRatio { part, source } => {
            let found = measured(source, evidence);
            (!found.is_empty()).then(|| add_up(evidence, &found, |data| shares(data, *part)))
        }
        Indicator::Ratio {
            part,
            counted,
            total,
            ..
        } => {
            let counted = measured(counted, evidence);
            let total = measured(total, evidence);
            (!counted.is_empty() || !total.is_empty())
                .then(|| ratio(evidence, *part, &counted, &total))
        }
    };
    counted.map(|counted| DatedEvents {
        at: evidence.taken_at,
        counted,
    })
}

fn measured<'e>(source: &IndicatorSource, evidence: &'e Evidence) -> Vec<&'e Measurement> {
    let wanted: Option<&MeasureName> = match source {
        IndicatorSource::Evidence { measure, subject } if *subject == evidence.subject => {
            Some(measure)
        }
        IndicatorSource::Evidence { .. } | IndicatorSource::Prometheus { .. } => None,
    };
    let all = evidence.measurements.iter();
    all.filter(|found| Some(&found.measure) == wanted).collect()
}

/// Good events and all of them.
type Events = Result<(f64, f64), UncountedWindow>;

fn add_up(
    evidence: &Evidence,
    found: &[&Measurement],
    count: impl Fn(&Data) -> Events,
) -> Result<EventCount, UncountedWindow> {
    let mut sum = EventCount::default();
    for measurement in found {
        let (good, total) = count(&measurement.data)?;
        sum.good += good;
        sum.total += total;
        sum.sources.push(evidence.cite(measurement));
    }
    Ok(sum)
}

fn ratio(
    evidence: &Evidence,
    part: RatioPart,
    counted: &[&Measurement],
    total: &[&Measurement],
) -> Result<EventCount, UncountedWindow> {
    let sum = |found: &[&Measurement], is_part: bool| {
        let mut sum = 0.0;
        for measurement in found {
            sum += counted_in(&measurement.data, is_part)?;
        }
        Ok(sum)
    };
    if counted.is_empty() || total.is_empty() {
        return Err(UncountedWindow {
            validity: Validity::NoData,
            reason: format!("{} holds only one of the two measures", evidence.file),
        });
    }
    let (part_sum, total_sum) = (sum(counted, true)?, sum(total, false)?);
    let good = match part {
        RatioPart::Good => part_sum,
        RatioPart::Bad => total_sum - part_sum,
    };
    let mut sources: Vec<Citation> = Vec::new();
    for measurement in counted.iter().chain(total) {
        let source = evidence.cite(measurement);
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    Ok(EventCount {
        good,
        total: total_sum,
        sources,
    })
}

fn counted_in(data: &Data, is_part: bool) -> Result<f64, UncountedWindow> {
    match data {
        Data::Proportion { events, trials } => Ok(if is_part { *events } else { *trials } as f64),
        Data::Scalar(scalar) => Ok(scalar.value),
        Data::Absent(absence) => Err(UncountedWindow {
            validity: absence.validity(),
            reason: absence.to_string(),
        }),
        Data::Samples(_) | Data::Histogram(_) | Data::Ranking(_) | Data::Judgements(_) => {
            Err(not_countable(data))
        }
    }
}

fn shares(data: &Data, part: RatioPart) -> Events {
    let good = |share: f64| match part {
        RatioPart::Good => share,
        RatioPart::Bad => 1.0 - share,
    };
    match data {
        Data::Samples(samples) => Ok((
            samples.values.iter().map(|share| good(*share)).sum(),
            samples.values.len() as f64,
        )),
        Data::Scalar(scalar) => Ok((good(scalar.value), 1.0)),
        Data::Proportion { events, trials } => {
            let (events, trials) = (*events as f64, *trials as f64);
            Ok((
                match part {
                    RatioPart::Good => events,
                    RatioPart::Bad => trials - events,
                },
                trials,
            ))
        }
        Data::Absent(_) | Data::Histogram(_) | Data::Ranking(_) | Data::Judgements(_) => {
            counted_in(data, true).and_then(|_never| Err(not_countable(data)))
        }
    }
}

/// How many values keep a bound. A bucket that lies across the bound counts as bad.
fn within(data: &Data, keeps: impl Fn(f64) -> bool) -> Events {
    match data {
        Data::Samples(samples) => Ok((
            samples.values.iter().filter(|value| keeps(**value)).count() as f64,
            samples.values.len() as f64,
        )),
        Data::Histogram(histogram) => {
            let good = histogram.buckets.iter();
            let good = good.filter(|bucket| keeps(bucket.low) && keeps(bucket.high));
            let good: u64 = good.map(|bucket| bucket.count).sum();
            Ok((good as f64, histogram.count() as f64))
        }
        Data::Scalar(scalar) => Ok((if keeps(scalar.value) { 1.0 } else { 0.0 }, 1.0)),
        Data::Proportion { .. } | Data::Ranking(_) | Data::Judgements(_) => {
            Err(not_countable(data))
        }
        Data::Absent(absence) => Err(UncountedWindow {
            validity: absence.validity(),
            reason: absence.to_string(),
        }),
    }
}

fn keeps(value: f64, op: ThresholdOp, bound: f64) -> bool {
    match op {
        ThresholdOp::Lte => value <= bound,
        ThresholdOp::Gte => value >= bound,
        ThresholdOp::Lt => value < bound,
        ThresholdOp::Gt => value > bound,
    }
}

fn not_countable(data: &Data) -> UncountedWindow {
    UncountedWindow {
        validity: Validity::SourceError,
        reason: format!("{} cannot be counted in this way", data.shape()),
    }
}

/// The events of a window that ends at `at`. One artifact that cannot be counted leaves the whole
/// window uncounted: leaving it out would make a gap look like health.
pub fn count_window(
    objective: &Objective,
    events: &[DatedEvents],
    window_ms: i64,
    at: Timestamp,
) -> WindowCount {
    let starts = at.unix_millis().saturating_sub(window_ms);
    let inside =
        |dated: &&DatedEvents| (starts + 1..=at.unix_millis()).contains(&dated.at.unix_millis());
    let mut slices: BTreeMap<i64, EventCount> = BTreeMap::new();
    let mut problem = None;
    for dated in events.iter().filter(inside) {
        let slice_ms = objective.slice_ms();
        let slice = slice_ms.map_or(0, |slice| dated.at.unix_millis().div_euclid(slice));
        match &dated.counted {
            Ok(counted) => slices.entry(slice).or_default().add(counted),
            Err(uncounted) => problem = Some(uncounted.clone()),
        }
    }
    let counted = match problem {
        Some(problem) => Err(problem),
        None if slices.is_empty() => Err(UncountedWindow {
            validity: Validity::NoData,
            reason: "no evidence was taken in it".to_owned(),
        }),
        None => Ok(budgeted(objective.method, slices)),
    };
    WindowCount { window_ms, counted }
}

/// Events as the budget counts them. A slice without events is none.
fn budgeted(method: BudgetMethod, slices: BTreeMap<i64, EventCount>) -> EventCount {
    let mut sum = EventCount::default();
    for slice in slices.into_values() {
        let share = slice.good / slice.total;
        let (good, total) = match method {
            BudgetMethod::Occurrences => (slice.good, slice.total),
            BudgetMethod::Timeslices { .. } | BudgetMethod::RatioTimeslices { .. }
                if slice.total <= 0.0 =>
            {
                continue;
            }
            BudgetMethod::Timeslices { target, .. } => {
                (if share >= target { 1.0 } else { 0.0 }, 1.0)
            }
            BudgetMethod::RatioTimeslices { .. } => (share, 1.0),
        };
        sum.add(&EventCount {
            good,
            total,
            sources: slice.sources,
        });
    }
    sum
}
