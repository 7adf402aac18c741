//! Measurements as short lines, for tests that show all of what a fixture yields.

use adjutant_domain::{Data, Keys, Measurement};

/// One line for each measurement.
pub(crate) fn outline(measurements: &[Measurement]) -> String {
    let lines: Vec<String> = measurements.iter().map(line).collect();
    lines.join("\n")
}

fn line(measurement: &Measurement) -> String {
    let labels: Vec<String> = measurement
        .labels
        .iter()
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    format!(
        "{}{{{}}} {:?} {} @{}",
        measurement.measure,
        labels.join(", "),
        measurement.unit,
        data(&measurement.data),
        measurement.locator,
    )
}

fn data(data: &Data) -> String {
    match data {
        Data::Samples(samples) => {
            let of = |keys: &Keys| {
                let rows = 0..keys.rows.len();
                rows.map(|row| keys.of_row(row).to_owned())
                    .collect::<Vec<_>>()
            };
            format!(
                "{:?} pair {:?} cluster {:?}",
                samples.values,
                samples.pair.as_deref().map(of),
                samples.cluster.as_deref().map(of)
            )
        }
        Data::Histogram(histogram) => {
            let buckets: Vec<String> = histogram
                .buckets
                .iter()
                .map(|bucket| format!("{}..{}: {}", bucket.low, bucket.high, bucket.count))
                .collect();
            format!("histogram n {} [{}]", histogram.count(), buckets.join(", "))
        }
        Data::Proportion { events, trials } => format!("{events} of {trials}"),
        Data::Scalar(scalar) => {
            let n = scalar.n.map(|n| format!(" n {n}")).unwrap_or_default();
            format!("{} {}{n}", scalar.statistic, scalar.value)
        }
        Data::Ranking(lines) => {
            let shown: Vec<String> = lines
                .iter()
                .map(|line| format!("{}/{}={}", line.query, line.document, line.score))
                .collect();
            shown.join(" ")
        }
        Data::Judgements(lines) => {
            let shown: Vec<String> = lines
                .iter()
                .map(|line| format!("{}/{}={}", line.query, line.document, line.grade))
                .collect();
            shown.join(" ")
        }
        Data::Absent(absence) => format!("ABSENT {absence}"),
    }
}
