//! An HdrHistogram interval log (V2): one histogram an interval, with an optional tag.
//!
//! The intervals of a tag are added up; each bucket keeps exactly the integer values that the
//! encoding does not tell apart. **The log does not say what its values count.** Where its comments
//! do (see [`assumed_unit`]) they become `latency_ms`; otherwise the measure is `latency` without
//! a unit. The label `assumed_unit` says which, and why.

use std::collections::BTreeMap;

use adjutant_domain::{Bucket, Data, Histogram, Locator, Measurement, Unit};

use crate::figure::Figure;
use crate::load::hdrhistogram_v2::{self, Shape};
use crate::{FormatError, Place, text};

const LEGEND: &str = "\"StartTimestamp\"";
const COLUMN: &str = "Interval_Compressed_Histogram";
const REMEDY: &str = "Give the log as HdrHistogram's log writer wrote it, in the V2 encoding.";

/// Whether a file that begins with `head` is an HdrHistogram log.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    let Some(head) = text::decode_head(head) else {
        return false;
    };
    let mut lines = head.lines().filter(|line| !line.starts_with('#'));
    let first = lines.find(|line| !line.starts_with(LEGEND));
    // Base64 of the cookies: `HISTFA…` compressed, `HISTEw…` not.
    first.is_some_and(|line| {
        interval(line).is_some_and(|(_tag, histogram)| histogram.starts_with("HIST"))
    })
}

/// The measurements of an HdrHistogram log: one histogram a tag.
///
/// # Errors
/// When the bytes are not such a log, a histogram cannot be decoded, or a tag's histograms have
/// different resolutions.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let mut unit = AssumedUnit::UNKNOWN;
    let mut tags: BTreeMap<Option<&str>, Sum> = BTreeMap::new();
    for (row, line) in text::decode(bytes)?.lines().zip(1_u64..) {
        if let Some(comment) = row.strip_prefix('#') {
            let told = assumed_unit(comment).unwrap_or(unit);
            if told.because != unit.because && !tags.is_empty() {
                let problem = "the log changes its unit";
                return Err(FormatError::new(Place::Line(line), problem, REMEDY));
            }
            unit = told;
            continue;
        }
        if row.starts_with(LEGEND) {
            continue;
        }
        let wrong = |problem: String| FormatError::new(Place::Line(line), problem, REMEDY);
        let (tag, histogram) =
            interval(row).ok_or_else(|| wrong("this is no interval of a log".to_owned()))?;
        let decoded = hdrhistogram_v2::decode(histogram).map_err(wrong)?;
        let sum = tags.entry(tag).or_insert_with(|| Sum {
            shape: decoded.shape,
            counts: BTreeMap::new(),
            total: 0,
            first: line,
            last: line,
        });
        sum.add(decoded, line)?;
    }
    if tags.is_empty() {
        return Err(FormatError::new(
            Place::Whole,
            "there is no interval in it",
            REMEDY,
        ));
    }
    let mut measurements = Vec::new();
    // Beside tagged intervals those without a tag are one part more, not the whole.
    let has_tags = tags.keys().any(Option::is_some);
    for (tag, sum) in tags {
        let mut figure = unit.figure()?;
        if has_tags {
            figure = figure.labelled("tag", tag.unwrap_or_default());
        }
        measurements.push(sum.measurement(&figure, &unit));
    }
    Ok(measurements)
}

/// The tag and the histogram of `[Tag=T,]start,length,max,histogram`.
fn interval(row: &str) -> Option<(Option<&str>, &str)> {
    let (tag, row) = match row.strip_prefix("Tag=") {
        Some(tagged) => tagged.split_once(',').map(|(tag, row)| (Some(tag), row))?,
        None => (None, row),
    };
    let mut cells = row.split(',');
    for _time in 0..3 {
        let number: f64 = cells.next()?.trim().parse().ok()?;
        if !number.is_finite() {
            return None;
        }
    }
    let histogram = cells.next()?.trim();
    cells.next().is_none().then_some((tag, histogram))
}

/// The intervals of one tag, added up.
struct Sum {
    shape: Shape,
    /// Lowest value of a bucket: highest value, count.
    counts: BTreeMap<u64, (u64, u64)>,
    total: u64,
    first: u64,
    last: u64,
}

impl Sum {
    fn add(&mut self, decoded: hdrhistogram_v2::Decoded, line: u64) -> Result<(), FormatError> {
        let wrong = |problem| FormatError::new(Place::Line(line), problem, REMEDY);
        if decoded.shape != self.shape {
            return Err(wrong(
                "its resolution is not that of the intervals before it",
            ));
        }
        for (low, high, count) in decoded.buckets {
            let total = self.total.checked_add(count);
            self.total = total.ok_or_else(|| wrong("there are more values than can be counted"))?;
            self.counts.entry(low).or_insert((high, 0)).1 += count;
        }
        self.last = line;
        Ok(())
    }

    fn measurement(self, figure: &Figure, unit: &AssumedUnit) -> Measurement {
        let buckets = self.counts.into_iter().map(|(low, (high, count))| Bucket {
            low: low as f64 / unit.values_per_unit,
            high: high as f64 / unit.values_per_unit,
            count,
        });
        let buckets = buckets.collect();
        let locator = Locator::Rows {
            first: self.first,
            last: self.last,
            column: COLUMN.to_owned(),
        };
        figure.of(locator, Data::Histogram(Histogram { buckets }))
    }
}

/// What a value of the log is taken for.
#[derive(Clone, Copy)]
struct AssumedUnit {
    measure: &'static str,
    unit: Unit,
    values_per_unit: f64,
    because: &'static str,
}

impl AssumedUnit {
    const UNKNOWN: Self = Self {
        measure: "latency",
        unit: Unit::One,
        values_per_unit: 1.0,
        because: "none: the log does not say it",
    };

    const fn nanoseconds(because: &'static str) -> Self {
        Self {
            measure: "latency_ms",
            unit: Unit::Milliseconds,
            values_per_unit: 1e6,
            because,
        }
    }

    fn figure(&self) -> Result<Figure, FormatError> {
        Ok(Figure::new(self.measure, self.unit)?.labelled("assumed_unit", self.because))
    }
}

/// The unit that a comment of the log suggests. jHiccup logs nanoseconds. The Rust writer states
/// its divisor of the column `Interval_Max`: 10^6 brings nanoseconds to the milliseconds that
/// HdrHistogram's tools print, 10^9 to seconds. Other divisors are ambiguous.
fn assumed_unit(comment: &str) -> Option<AssumedUnit> {
    if comment.starts_with("[Logged with jHiccup") {
        return Some(AssumedUnit::nanoseconds("ns: logged with jHiccup"));
    }
    let divisor = comment
        .strip_prefix("[MaxValueDivisor: ")?
        .strip_suffix(']')?;
    match divisor.trim_end_matches('0') {
        "1000000." => Some(AssumedUnit::nanoseconds("ns: MaxValueDivisor is 10^6")),
        "1000000000." => Some(AssumedUnit::nanoseconds("ns: MaxValueDivisor is 10^9")),
        _ => None,
    }
}
