//! oha's JSON (`oha --output-format json`): times in seconds, counts per status.
//!
//! oha leaves requests without an answer out of its times; they count as failed in `error_rate`.
//! Requests that oha itself cut off when its time was up ("aborted due to deadline") count
//! nowhere: they say nothing about the server.

use adjutant_domain::{Absence, Bucket, Data, Histogram, Measurement, Unit};

use crate::figure::{Figure, SECONDS, times_ten_to};
use crate::json::{self, Node};
use crate::{FormatError, text};

/// oha's name for a request that was still open when the run ended.
const CUT_OFF: &str = "aborted due to deadline";
/// Statuses from here on are failures.
const STATUS_FAILED_MIN: u64 = 400;
/// How far oha's own success rate may lie from the counts: rounding of one division.
const SUCCESS_RATE_TOLERANCE: f64 = 1e-9;
const REMEDY: &str = "Give the file as `oha --output-format json` wrote it.";

/// Whether a file that begins with `head` is oha's JSON.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.trim_start().starts_with('{')
            && head.contains("\"requestsPerSec\"")
            && head.contains("\"responseTimeHistogram\"")
    })
}

/// The measurements of oha's JSON.
///
/// # Errors
/// When the bytes are not such a document, or its counts contradict each other.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let counts = Counts::of(&root)?;
    let mut measurements = latencies(&root, &counts)?;
    measurements.extend(histogram(&root, &counts)?);
    measurements.push(throughput(&root, &counts)?);
    let statuses = root.need("statusCodeDistribution")?;
    measurements.push(Figure::new("error_rate", Unit::Ratio)?.proportion(
        statuses.locator(),
        counts.failed_answers() + counts.unanswered,
        counts.answered + counts.unanswered,
    ));
    let buckets = counts.statuses();
    measurements.push(
        Figure::new("status", Unit::One)?
            .of(statuses.locator(), Data::Histogram(Histogram { buckets })),
    );
    Ok(measurements)
}

/// How many requests ended how. The sum of all counts fits a `u64`.
struct Counts {
    /// Status code and number of answers, ascending.
    by_status: Vec<(u64, u64)>,
    answered: u64,
    unanswered: u64,
    cut_off: u64,
}

impl Counts {
    fn of(root: &Node<'_>) -> Result<Self, FormatError> {
        let mut counts = Self {
            by_status: Vec::new(),
            answered: 0,
            unanswered: 0,
            cut_off: 0,
        };
        let mut total = 0_u64;
        let mut add = |node: &Node<'_>| -> Result<u64, FormatError> {
            let count = node.count()?;
            let sum = total.checked_add(count);
            total = sum.ok_or_else(|| node.wrong("this is no number of requests", REMEDY))?;
            Ok(count)
        };
        for (code, node) in root.need("statusCodeDistribution")?.members()? {
            let status = code.parse().ok().filter(|code| (100..1_000).contains(code));
            let status = status.ok_or_else(|| node.wrong("this is no HTTP status", REMEDY))?;
            let count = add(&node)?;
            counts.by_status.push((status, count));
            counts.answered += count;
        }
        for (error, node) in root.need("errorDistribution")?.members()? {
            if error == CUT_OFF {
                counts.cut_off += add(&node)?;
            } else {
                counts.unanswered += add(&node)?;
            }
        }
        counts.by_status.sort_unstable();
        counts.agree_with(&root.need("summary")?)?;
        Ok(counts)
    }

    fn agree_with(&self, summary: &Node<'_>) -> Result<(), FormatError> {
        let Some(stated) = summary.get("successRate") else {
            return Ok(());
        };
        let counted = self.answered as f64 / (self.answered + self.unanswered) as f64;
        if (stated.number()? - counted).abs() <= SUCCESS_RATE_TOLERANCE {
            return Ok(());
        }
        let problem = format!(
            "`successRate` is {}, but the statuses and errors give {counted}",
            stated.number()?
        );
        Err(stated.wrong(problem, REMEDY))
    }

    fn failed_answers(&self) -> u64 {
        let failed = self.by_status.iter();
        let failed = failed.filter(|(status, _count)| *status >= STATUS_FAILED_MIN);
        failed.map(|(_status, count)| count).sum()
    }

    /// One bucket a status; 0 is no answer.
    fn statuses(&self) -> Vec<Bucket> {
        std::iter::once(&(0, self.unanswered))
            .chain(&self.by_status)
            .filter(|(_status, count)| *count > 0)
            .map(|(status, count)| Bucket {
                low: *status as f64,
                high: *status as f64,
                count: *count,
            })
            .collect()
    }
}

fn latencies(root: &Node<'_>, counts: &Counts) -> Result<Vec<Measurement>, FormatError> {
    let figure = Figure::new("latency_ms", Unit::Milliseconds)?;
    let summary = root.need("summary")?;
    if counts.answered == 0 {
        let absent = Data::Absent(Absence::NotANumber);
        return Ok(vec![figure.of(summary.locator(), absent)]);
    }
    let n = Some(counts.answered);
    let mut measurements = Vec::new();
    for (key, statistic) in [("average", "mean"), ("fastest", "min"), ("slowest", "max")] {
        let node = summary.need(key)?;
        let value = node.milliseconds(SECONDS)?;
        measurements.push(figure.scalar(node.locator(), statistic, value, n));
    }
    for (percentile, node) in root.need("latencyPercentiles")?.members()? {
        let value = node.milliseconds(SECONDS)?;
        measurements.push(figure.scalar(node.locator(), percentile, value, n));
    }
    Ok(measurements)
}

/// oha's histogram: each key is the upper end of its bucket, the first one is the minimum.
fn histogram(root: &Node<'_>, counts: &Counts) -> Result<Option<Measurement>, FormatError> {
    let node = root.need("responseTimeHistogram")?;
    let mut ends = Vec::new();
    for (key, count) in node.members()? {
        ends.push((bucket_end(key, &count)?, count.count()?));
    }
    // When all times are equal, oha writes one bucket and loses its count.
    if counts.answered == 0 || ends.len() < 2 {
        return Ok(None);
    }
    ends.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let counted = ends
        .iter()
        .try_fold(0_u64, |sum, end| sum.checked_add(end.1));
    if counted != Some(counts.answered) {
        let problem = format!(
            "the buckets do not add up to the {} answers of `statusCodeDistribution`",
            counts.answered
        );
        return Err(node.wrong(problem, REMEDY));
    }
    let mut buckets = Vec::new();
    let mut low = ends.first().map_or(0.0, |end| end.0);
    for (high, count) in ends {
        if count > 0 {
            buckets.push(Bucket { low, high, count });
        }
        low = high.next_up();
    }
    let figure = Figure::new("latency_ms", Unit::Milliseconds)?;
    let data = Data::Histogram(Histogram { buckets });
    Ok(Some(figure.of(node.locator(), data)))
}

/// The upper end of a bucket in milliseconds. Without any answer oha writes `NaN`.
fn bucket_end(key: &str, count: &Node<'_>) -> Result<f64, FormatError> {
    let seconds: f64 = key
        .parse()
        .map_err(|_not_a_number| count.wrong("this bucket's end is no time", REMEDY))?;
    let end = times_ten_to(seconds, SECONDS);
    if (end.is_finite() && end >= 0.0) || count.count()? == 0 {
        Ok(end)
    } else {
        Err(count.wrong("this bucket's end is no time", REMEDY))
    }
}

/// Requests a second over the whole run, those without an answer included.
fn throughput(root: &Node<'_>, counts: &Counts) -> Result<Measurement, FormatError> {
    let figure = Figure::new("throughput", Unit::PerSecond)?;
    let summary = root.need("summary")?;
    let Some(node) = summary.get("requestsPerSec") else {
        return Ok(figure.of(summary.locator(), Data::Absent(Absence::NotANumber)));
    };
    let rate = node.not_negative()?;
    let requests = counts.answered + counts.unanswered + counts.cut_off;
    Ok(figure.scalar(node.locator(), "rate", rate, Some(requests)))
}
