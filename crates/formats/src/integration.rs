//! Answers of Adjutant's own checks before a candidate meets traffic, as evidence about it.

pub(crate) mod deps_align;
pub(crate) mod model_diff;
pub(crate) mod model_scan;
pub(crate) mod schema_diff;
pub(crate) mod shadow_compare;

use adjutant_domain::{Locator, Measurement, OwnMeasure, Unit};

use crate::figure::Figure;
use crate::json::Node;
use crate::{FormatError, text};

/// How much a change weighs, the heaviest first.
const WEIGHTS: [&str; 3] = ["breaking", "risky", "safe"];

/// A measure of ours in `unit`, told apart by `labels`.
fn figure(measure: OwnMeasure, unit: Unit, labels: &[(&str, &str)]) -> Result<Figure, FormatError> {
    let figure = Figure::new(measure.as_str(), unit)?;
    let with = |figure: Figure, (key, value): &(&str, &str)| figure.labelled(key, value);
    Ok(labels.iter().fold(figure, with))
}

/// A count that stands at `pointer`, or in the whole file.
fn count(
    measure: OwnMeasure,
    labels: &[(&str, &str)],
    pointer: &str,
    count: u64,
) -> Result<Measurement, FormatError> {
    let place = if pointer.is_empty() {
        Locator::Whole
    } else {
        Locator::Pointer(pointer.to_owned())
    };
    let figure = figure(measure, Unit::Count, labels)?;
    Ok(figure.scalar(place, "count", count as f64, None))
}

/// Which of `known` a text is.
fn position(node: &Node<'_>, known: &[&str], remedy: &str) -> Result<usize, FormatError> {
    let name = node.text()?;
    let found = known.iter().position(|known| *known == name);
    found.ok_or_else(|| {
        let problem = format!("{name:?} is none of {}", known.join(", "));
        node.wrong(problem, remedy)
    })
}

/// Whether a file says in its first bytes that it is an answer of this name.
fn says(head: &[u8], name: &str) -> bool {
    text::decode_head(head).is_some_and(|head| {
        head.trim_start().starts_with('{') && head.contains(&format!("\"{name}\""))
    })
}

/// A file name without its folders.
fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod told {
    use adjutant_domain::{Data, Measurement};

    /// A line a measurement.
    pub(super) fn told(measurements: &[Measurement]) -> Vec<String> {
        let line = |found: &Measurement| {
            let labels = found.labels.iter();
            let labels: String = labels
                .map(|(key, value)| format!(" {key}={value}"))
                .collect();
            let data = match &found.data {
                Data::Scalar(scalar) => {
                    let (value, n) = (scalar.value, scalar.n);
                    let interval = scalar.interval.map_or(String::new(), |(interval, level)| {
                        format!(" [{}, {}] at {level}", interval.low(), interval.high())
                    });
                    let n = n.map_or(String::new(), |n| format!(", n = {n}"));
                    format!("{value}{interval}{n}")
                }
                Data::Samples(_)
                | Data::Histogram(_)
                | Data::Proportion { .. }
                | Data::Ranking(_)
                | Data::Judgements(_)
                | Data::Absent(_) => found.data.shape().to_owned(),
            };
            format!("{}{labels} = {data} @ {}", found.measure, found.locator)
        };
        measurements.iter().map(line).collect()
    }
}
