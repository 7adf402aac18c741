//! k6's older summary: `--summary-export FILE`, and the `data` that a script's `handleSummary`
//! writes. Times are in milliseconds.
//!
//! In a rate, `passes` counts the values that were true: of `http_req_failed` these are the
//! *failed* requests. A trend has no count unless the script asks for it with `summaryTrendStats`;
//! the number of requests is known from `http_reqs`.

use adjutant_domain::Measurement;

use crate::figure::Figure;
use crate::json::{self, Node};
use crate::load::k6_metric::{self, Contents, Kind};
use crate::{FormatError, text};

const REMEDY: &str = "Give the file as `k6 run --summary-export` wrote it.";

/// Whether a file that begins with `head` is k6's older summary.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.trim_start().starts_with('{')
            && head.contains("\"metrics\"")
            && (head.contains("\"root_group\"") || head.contains("\"testRunDurationMs\""))
    })
}

/// The measurements of k6's older summary.
///
/// # Errors
/// When the bytes are not such a document, or a rate contradicts its counts.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let metrics = Node::root(&document).need("metrics")?;
    let requests = match metrics.get(k6_metric::REQUESTS) {
        Some(metric) => Some(values(&metric).need("count")?.count()?),
        None => None,
    };
    let mut measurements = Vec::new();
    for (name, metric) in metrics.members()? {
        measurements.extend(read_metric(name, &metric, requests)?);
    }
    if measurements.is_empty() {
        return Err(metrics.wrong("the summary holds no metric", REMEDY));
    }
    Ok(measurements)
}

/// `handleSummary` holds a metric's values one level deeper than `--summary-export`.
fn values<'a>(metric: &Node<'a>) -> Node<'a> {
    metric.get("values").unwrap_or_else(|| metric.clone())
}

fn read_metric(
    name: &str,
    metric: &Node<'_>,
    requests: Option<u64>,
) -> Result<Vec<Measurement>, FormatError> {
    let values = values(metric);
    let kind = match metric.get("type") {
        Some(word) => Kind::of(&word)?,
        None => kind_by_values(&values)?,
    };
    let contents = match metric.get("contains") {
        Some(word) => Contents::of(&word)?,
        None => Contents::known(name),
    };
    let figure = k6_metric::figure(name, kind, contents)?;
    match kind {
        Kind::Trend => {
            let n = requests.filter(|_n| k6_metric::has_one_value_a_request(name));
            k6_metric::trend(&figure, contents, &values, n)
        }
        Kind::Rate => {
            let passes = values.need("passes")?.count()?;
            let all = passes.saturating_add(values.need("fails")?.count()?);
            let stated = values
                .get("rate")
                .map_or_else(|| values.need("value"), Ok)?;
            Ok(vec![k6_metric::rate(
                &figure,
                &values,
                (passes, all),
                &stated,
            )?])
        }
        Kind::Gauge => k6_metric::gauge(&figure, &values),
        Kind::Counter => Ok(vec![counter(name, &figure, &values)?]),
    }
}

fn counter(name: &str, figure: &Figure, values: &Node<'_>) -> Result<Measurement, FormatError> {
    let count = values.need("count")?;
    if k6_metric::counts_requests(name) {
        let rate = values.need("rate")?;
        let n = Some(count.count()?);
        return Ok(figure.scalar(rate.locator(), "rate", rate.not_negative()?, n));
    }
    Ok(figure.scalar(count.locator(), "sum", count.number()?, None))
}

/// `--summary-export` does not say a metric's type, but each type has its own values.
fn kind_by_values(values: &Node<'_>) -> Result<Kind, FormatError> {
    let has = |key| values.get(key).is_some();
    if has("passes") && has("fails") {
        Ok(Kind::Rate)
    } else if has("count") && has("rate") {
        Ok(Kind::Counter)
    } else if has("value") {
        Ok(Kind::Gauge)
    } else if values.members()?.next().is_some() {
        Ok(Kind::Trend)
    } else {
        Err(values.wrong("the metric has no values", REMEDY))
    }
}
