//! Measurements as short lines, for tests that show all of what a fixture yields.

use adjutant_domain::{Data, Keys, Measurement, Scalar};

/// One line for each measurement.
pub(crate) fn outline(measurements: &[Measurement]) -> String {
    let lines: Vec<String> = measurements.iter().map(line).collect();
    lines.join("\n")
}

/// The same, with long samples told by their first, their last, their sum and their number.
pub(crate) fn abridged(measurements: &[Measurement]) -> String {
    let mut measurements = measurements.to_vec();
    measurements.iter_mut().for_each(abridge);
    outline(&measurements)
}

fn abridge(measurement: &mut Measurement) {
    let Data::Samples(samples) = &measurement.data else {
        return;
    };
    if let ([first, _second, _third, .., last], None, None) =
        (samples.values.as_slice(), &samples.pair, &samples.cluster)
    {
        measurement.data = Data::Scalar(Scalar {
            statistic: format!("samples {first} … {last}, sum"),
            value: samples.values.iter().sum(),
            interval: None,
            n: Some(samples.values.len() as u64),
        });
    }
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
            let interval = scalar.interval.map_or(String::new(), |(interval, level)| {
                format!(" [{}, {}] at {level}", interval.low(), interval.high())
            });
            format!("{} {}{interval}{n}", scalar.statistic, scalar.value)
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
