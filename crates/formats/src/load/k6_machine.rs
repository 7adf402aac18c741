//! k6's machine-readable summary (`--new-machine-readable-summary --summary-export FILE`), schema
//! version 1. Times are in milliseconds, the run's duration in seconds.
//!
//! It holds no rate of `http_reqs`: `throughput` is their count divided by the run's duration.
//! Of the checks only `checks_succeeded` is read; the other two follow from it.

use adjutant_domain::{Absence, Data, Measurement};

use crate::figure::Figure;
use crate::json::{self, Node};
use crate::load::k6_metric::{self, Contents, Kind};
use crate::{FormatError, text};

/// The schema's major version that this reader knows.
const VERSION: &str = "1.";
const REMEDY: &str = "Give the file as k6 wrote it with `--new-machine-readable-summary`.";

/// Whether a file that begins with `head` is k6's machine-readable summary. Its script, which can
/// be long, stands before the results.
pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.trim_start().starts_with('{')
            && head.contains("\"config\"")
            && head.contains("\"execution\"")
            && head.contains("\"script\"")
    })
}

/// The measurements of k6's machine-readable summary.
///
/// # Errors
/// When the bytes are not such a document, its schema is not version 1, or a rate contradicts its
/// counts.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let version = root.need("version")?;
    if !version.text()?.starts_with(VERSION) {
        let problem = format!("the schema's version is {}, not 1", version.text()?);
        return Err(version.wrong(problem, "Update Adjutant, or write k6's older summary."));
    }
    let duration = root.need("config")?.need("duration")?;
    let seconds = duration.not_negative()?;
    let results = root.need("results")?;
    let metrics = results.need("metrics")?;
    let mut requests = None;
    for metric in metrics.items()? {
        if metric.need("name")?.text()? == k6_metric::REQUESTS {
            requests = Some(metric.need("values")?.need("count")?.count()?);
        }
    }
    let mut measurements = Vec::new();
    for metric in metrics.items()? {
        measurements.extend(read_metric(&metric, requests, seconds)?);
    }
    if let Some(checks) = results
        .get("checks")
        .and_then(|checks| checks.get("metrics"))
    {
        for metric in checks.items()? {
            if metric.need("name")?.text()? == "checks_succeeded" {
                let figure = k6_metric::figure(k6_metric::CHECKS, Kind::Rate, Contents::Default)?;
                measurements.push(rate(&figure, &metric.need("values")?)?);
            }
        }
    }
    if measurements.is_empty() {
        return Err(metrics.wrong("the summary holds no metric", REMEDY));
    }
    Ok(measurements)
}

fn read_metric(
    metric: &Node<'_>,
    requests: Option<u64>,
    seconds: f64,
) -> Result<Vec<Measurement>, FormatError> {
    let name = metric.need("name")?.text()?;
    let kind = Kind::of(&metric.need("type")?)?;
    let contents = Contents::of(&metric.need("contains")?)?;
    let values = metric.need("values")?;
    let figure = k6_metric::figure(name, kind, contents)?;
    match kind {
        Kind::Trend => {
            let n = requests.filter(|_n| k6_metric::has_one_value_a_request(name));
            k6_metric::trend(&figure, contents, &values, n)
        }
        Kind::Rate => Ok(vec![rate(&figure, &values)?]),
        Kind::Gauge => k6_metric::gauge(&figure, &values),
        Kind::Counter => {
            let count = values.need("count")?;
            if !k6_metric::counts_requests(name) {
                return Ok(vec![figure.scalar(
                    count.locator(),
                    "sum",
                    count.number()?,
                    None,
                )]);
            }
            Ok(vec![throughput(&figure, &count, seconds)?])
        }
    }
}

fn rate(figure: &Figure, values: &Node<'_>) -> Result<Measurement, FormatError> {
    let events = values.need("matches")?.count()?;
    let trials = values.need("total")?.count()?;
    k6_metric::rate(figure, values, (events, trials), &values.need("rate")?)
}

fn throughput(figure: &Figure, count: &Node<'_>, seconds: f64) -> Result<Measurement, FormatError> {
    let n = count.count()?;
    let rate = n as f64 / seconds;
    if rate.is_finite() {
        return Ok(figure.scalar(count.locator(), "rate", rate, Some(n)));
    }
    Ok(figure.of(count.locator(), Data::Absent(Absence::Infinite)))
}
