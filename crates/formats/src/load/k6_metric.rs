//! What a k6 metric is called and counted in here, and what its summary values mean.
//! Where the values stand in a file is told by the readers of k6's files.

use adjutant_domain::{Measurement, Unit};

use crate::FormatError;
use crate::figure::{Figure, MILLISECONDS};
use crate::json::Node;

pub(super) const REQUEST_DURATION: &str = "http_req_duration";
pub(super) const REQUEST_FAILED: &str = "http_req_failed";
pub(super) const REQUESTS: &str = "http_reqs";
pub(super) const CHECKS: &str = "checks";
const REMEDY: &str = "Give the file as k6 wrote it.";

/// What a metric's values are; k6's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contents {
    /// Milliseconds.
    Time,
    /// Bytes.
    Data,
    /// Anything else.
    Default,
}

/// How a metric gathers its values; k6's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Rate,
    Trend,
}

impl Contents {
    /// From k6's word for it.
    ///
    /// # Errors
    /// When k6 has no such word.
    pub(super) fn of(node: &Node<'_>) -> Result<Self, FormatError> {
        Self::from_word(node.text()?).ok_or_else(|| node.wrong("k6 has no such contents", REMEDY))
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "time" => Some(Contents::Time),
            "data" => Some(Contents::Data),
            "default" => Some(Contents::Default),
            _ => None,
        }
    }

    /// Of one of k6's own metrics, where the file does not say it. A metric of the script's own
    /// is a plain number then, though it may be a time.
    pub(super) fn known(name: &str) -> Self {
        const TIMES: [&str; 12] = [
            "http_req_duration",
            "http_req_blocked",
            "http_req_connecting",
            "http_req_tls_handshaking",
            "http_req_sending",
            "http_req_waiting",
            "http_req_receiving",
            "iteration_duration",
            "group_duration",
            "grpc_req_duration",
            "ws_connecting",
            "ws_session_duration",
        ];
        if TIMES.contains(&base(name)) {
            Contents::Time
        } else if ["data_sent", "data_received"].contains(&base(name)) {
            Contents::Data
        } else {
            Contents::Default
        }
    }

    fn unit(self, otherwise: Unit) -> Unit {
        match self {
            Contents::Time => Unit::Milliseconds,
            Contents::Data => Unit::Bytes,
            Contents::Default => otherwise,
        }
    }
}

impl Kind {
    /// From k6's word for it.
    ///
    /// # Errors
    /// When k6 has no such word.
    pub(super) fn of(node: &Node<'_>) -> Result<Self, FormatError> {
        Self::from_word(node.text()?)
            .ok_or_else(|| node.wrong("k6 has no such metric type", REMEDY))
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "counter" => Some(Kind::Counter),
            "gauge" => Some(Kind::Gauge),
            "rate" => Some(Kind::Rate),
            "trend" => Some(Kind::Trend),
            _ => None,
        }
    }
}

/// The name without the tags of a submetric: `a` of `a{tag:value}`.
fn base(name: &str) -> &str {
    name.split_once('{').map_or(name, |(base, _tags)| base)
}

/// The figure of a metric; the tags of a submetric become its labels.
///
/// # Errors
/// Never for a name that k6 allows.
pub(super) fn figure(name: &str, kind: Kind, contents: Contents) -> Result<Figure, FormatError> {
    let plain = contents.unit(Unit::One);
    let (measure, unit) = match (base(name), kind) {
        (REQUEST_DURATION, Kind::Trend) => ("latency_ms", Unit::Milliseconds),
        (REQUEST_FAILED, Kind::Rate) => ("error_rate", Unit::Ratio),
        (REQUESTS, Kind::Counter) => ("throughput", Unit::PerSecond),
        (other, Kind::Rate) => (other, Unit::Ratio),
        (other, Kind::Counter) => (other, contents.unit(Unit::Count)),
        (other, Kind::Gauge | Kind::Trend) => (other, plain),
    };
    let mut figure = Figure::new(measure, unit)?;
    let tags = name.split_once('{').map_or("", |(_base, tags)| tags);
    for tag in tags.trim_end_matches('}').split(',') {
        if let Some((key, value)) = tag.split_once(':') {
            figure = figure.labelled(key.trim(), value.trim());
        }
    }
    Ok(figure)
}

/// The statistics of a trend, over `n` values where the file says how many.
///
/// # Errors
/// When a value is no number, or a time is negative.
pub(super) fn trend(
    figure: &Figure,
    contents: Contents,
    values: &Node<'_>,
    n: Option<u64>,
) -> Result<Vec<Measurement>, FormatError> {
    let n = values
        .get("count")
        .map(|count| count.count())
        .transpose()?
        .or(n);
    let mut measurements = Vec::new();
    for (key, node) in values.members()? {
        let Some(statistic) = statistic(key) else {
            continue;
        };
        let value = match contents {
            Contents::Time => node.milliseconds(MILLISECONDS)?,
            Contents::Data | Contents::Default => node.number()?,
        };
        measurements.push(figure.scalar(node.locator(), &statistic, value, n));
    }
    Ok(measurements)
}

/// Our word for k6's statistic of a trend; `None` for what is none, such as `count`.
fn statistic(key: &str) -> Option<String> {
    let percentile = key
        .strip_prefix("p(")
        .and_then(|rest| rest.strip_suffix(')'));
    let percentile = percentile.or_else(|| key.strip_prefix('p'));
    let percentile = percentile.filter(|digits| digits.parse::<f64>().is_ok());
    match (key, percentile) {
        ("avg", _) => Some("mean".to_owned()),
        ("med", _) => Some("median".to_owned()),
        ("min" | "max", _) => Some(key.to_owned()),
        (_, Some(percentile)) => Some(format!("p{percentile}")),
        (_, None) => None,
    }
}

/// `events` out of `trials` at `values`, held against the rate that k6 computed.
///
/// # Errors
/// When the rate is not `events / trials`, or there are more events than trials.
pub(super) fn rate(
    figure: &Figure,
    values: &Node<'_>,
    (events, trials): (u64, u64),
    stated: &Node<'_>,
) -> Result<Measurement, FormatError> {
    /// Rounding of one division.
    const TOLERANCE: f64 = 1e-9;
    let counted = if trials == 0 {
        0.0
    } else {
        events as f64 / trials as f64
    };
    if events > trials || (stated.number()? - counted).abs() > TOLERANCE {
        let problem = format!(
            "the rate is {}, but the counts are {events} of {trials}",
            stated.number()?
        );
        return Err(stated.wrong(problem, REMEDY));
    }
    Ok(figure.proportion(values.locator(), events, trials))
}

/// A gauge's last, smallest and largest value.
///
/// # Errors
/// When one of them is no number.
pub(super) fn gauge(figure: &Figure, values: &Node<'_>) -> Result<Vec<Measurement>, FormatError> {
    let mut measurements = Vec::new();
    for statistic in ["value", "min", "max"] {
        if let Some(node) = values.get(statistic) {
            measurements.push(figure.scalar(node.locator(), statistic, node.number()?, None));
        }
    }
    Ok(measurements)
}

/// Whether it counts the requests, all of them or those with some tags.
pub(super) fn counts_requests(name: &str) -> bool {
    base(name) == REQUESTS
}

/// Whether every request has one value of this metric, so that `http_reqs` says how many.
pub(super) fn has_one_value_a_request(name: &str) -> bool {
    name.starts_with("http_req_") && !name.contains('{')
}
