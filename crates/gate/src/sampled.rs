//! Readings that come from samples: quantiles, means, error rates. Where a file holds
//! only a summary, its value is read, without an interval.

use adjutant_domain::{Data, Histogram, MeasureName, Scalar, Unit, Validity};
use adjutant_stats::bootstrap::{self, Clusters as _, MeanSums};
use adjutant_stats::clustered_quantile::ClusteredQuantile;
use adjutant_stats::{Proportion, QuantileLaw};

use crate::piece::{Column, Missing, Piece, column, of_measure, one_whole, unit_of, with_samples};
use crate::reading::{Law, MeanClusters, Reading, Settings, enough_clusters};

/// The names a measure goes by.
pub(crate) fn names<'n>(measure: &'n MeasureName, settings: &Settings<'n>) -> Vec<&'n str> {
    std::iter::once(measure)
        .chain(settings.aliases)
        .map(MeasureName::as_str)
        .collect()
}

/// All samples of a measure, checked for keys that the question insists on; `None` when no file
/// holds samples.
pub(crate) fn samples_of<'a>(
    pieces: &[Piece<'a>],
    settings: &Settings<'_>,
) -> Result<Option<Column<'a>>, Missing> {
    let parts = with_samples(pieces);
    if parts.is_empty() {
        return Ok(None);
    }
    one_whole(&parts)?;
    let column = column(&parts);
    if column.values.is_empty() {
        return Err(Missing::data("the file holds no observation"));
    }
    if settings.clustered && column.cluster.is_none() {
        return Err(Missing::interval(
            "clusters were demanded and the evidence has no cluster key: add a column named cluster",
        ));
    }
    Ok(Some(column))
}

/// A quantile of a measure.
pub(crate) fn quantile<'a>(
    measure: &MeasureName,
    p: f64,
    pieces: &[Piece<'a>],
    settings: &Settings<'_>,
) -> Result<Reading<'a>, Missing> {
    let used = existing(measure, pieces, settings)?;
    let unit = unit_of(&used)?;
    if let Some(column) = samples_of(&used, settings)? {
        return quantile_of(&column, p, unit, &used, settings);
    }
    if let Some(law) = histogram_law(&used, p)? {
        let notes =
            vec!["from bucket counts: the width of a bucket widens the interval".to_owned()];
        return Ok(Reading {
            n: law.n(),
            value: law.value(),
            unit,
            law: Law::Quantile(law),
            used,
            notes,
        });
    }
    let name = crate::statistic::quantile_name(p);
    let is_meant =
        |scalar: &Scalar| scalar.statistic == name || (p == 0.5 && scalar.statistic == "median");
    stated(used, unit, is_meant, &name)
}

/// The quantile of a column, by blocks where it has clusters.
pub(crate) fn quantile_of<'a>(
    column: &Column<'_>,
    p: f64,
    unit: Unit,
    used: &[Piece<'a>],
    settings: &Settings<'_>,
) -> Result<Reading<'a>, Missing> {
    let (value, law) = match &column.cluster {
        None => {
            let law = QuantileLaw::of(&column.values, p).ok_or_else(not_finite)?;
            (law.value(), Law::Quantile(law))
        }
        Some(rows) => {
            let law = blocks(&column.values, rows, p, settings.seed)?;
            (law.value(), Law::Blocks(law))
        }
    };
    Ok(Reading {
        n: column.values.len() as u64,
        value,
        unit,
        law,
        used: used.to_vec(),
        notes: column.notes.clone(),
    })
}

/// The law of a clustered quantile; says how many clusters it needs.
pub(crate) fn blocks(
    values: &[f64],
    rows: &[u32],
    p: f64,
    seed: u64,
) -> Result<ClusteredQuantile, Missing> {
    let clusters = rows.iter().max().map_or(0, |&last| last as usize + 1);
    enough_clusters(clusters, values.len() as u64)?;
    ClusteredQuantile::of(values, rows, p, seed).ok_or_else(not_finite)
}

/// The law of bucket counts. Histograms with the same buckets add up; of others the one with the
/// most observations is taken.
fn histogram_law(pieces: &[Piece<'_>], p: f64) -> Result<Option<QuantileLaw>, Missing> {
    let mut joined: Option<Histogram> = None;
    for piece in pieces {
        let Data::Histogram(histogram) = &piece.measurement.data else {
            continue;
        };
        joined = Some(match joined {
            None => histogram.clone(),
            Some(sum) => added(sum, histogram),
        });
    }
    match joined {
        None => Ok(None),
        Some(histogram) if histogram.count() == 0 => {
            Err(Missing::data("the histogram holds no observation"))
        }
        Some(histogram) => QuantileLaw::of_histogram(&histogram, p)
            .map(Some)
            .ok_or_else(|| Missing::interval("the histogram's buckets cannot be read as counts")),
    }
}

fn added(mut sum: Histogram, other: &Histogram) -> Histogram {
    let bounds = |histogram: &Histogram| -> Vec<(f64, f64)> {
        histogram
            .buckets
            .iter()
            .map(|bucket| (bucket.low, bucket.high))
            .collect()
    };
    if bounds(&sum) == bounds(other) {
        for (bucket, more) in sum.buckets.iter_mut().zip(&other.buckets) {
            bucket.count += more.count;
        }
        sum
    } else if other.count() > sum.count() {
        other.clone()
    } else {
        sum
    }
}

/// A number that the tool computed itself.
pub(crate) fn stated<'a>(
    used: Vec<Piece<'a>>,
    unit: Unit,
    is_meant: impl Fn(&Scalar) -> bool,
    name: &str,
) -> Result<Reading<'a>, Missing> {
    let scalars: Vec<(Piece<'a>, &'a Scalar)> = used
        .iter()
        .filter_map(|piece| match &piece.measurement.data {
            Data::Scalar(scalar) => Some((*piece, scalar)),
            Data::Samples(_)
            | Data::Histogram(_)
            | Data::Proportion { .. }
            | Data::Ranking(_)
            | Data::Judgements(_)
            | Data::Absent(_) => None,
        })
        .collect();
    let meant: Vec<_> = scalars
        .iter()
        .filter(|(_, scalar)| is_meant(scalar))
        .collect();
    match meant.as_slice() {
        [] => {
            let held: Vec<&str> = scalars.iter().map(|(_, s)| s.statistic.as_str()).collect();
            Err(Missing::data(format!(
                "the evidence holds no samples and no {name}, only {}",
                if held.is_empty() {
                    "other shapes".to_owned()
                } else {
                    held.join(", ")
                }
            )))
        }
        [(piece, scalar)] => Ok(Reading {
            n: scalar.n.unwrap_or(0),
            value: scalar.value,
            unit,
            law: Law::Stated(scalar.interval),
            used: vec![*piece],
            notes: vec![],
        }),
        several => Err(Missing::interval(format!(
            "{} summaries state it and summaries cannot be pooled: give the raw samples, or choose \
             one by its labels",
            several.len()
        ))),
    }
}

/// The mean of a measure.
pub(crate) fn mean<'a>(
    measure: &MeasureName,
    pieces: &[Piece<'a>],
    settings: &Settings<'_>,
) -> Result<Reading<'a>, Missing> {
    let used = existing(measure, pieces, settings)?;
    let unit = unit_of(&used)?;
    if let Some(column) = samples_of(&used, settings)? {
        return mean_of(column, unit, used);
    }
    if let Some(share) = proportion_of(&used)? {
        return Ok(Reading {
            n: share.trials(),
            value: share.value(),
            unit: Unit::Ratio,
            law: Law::Share(share),
            used,
            notes: vec!["trials taken as independent".to_owned()],
        });
    }
    stated(
        used,
        unit,
        |scalar| matches!(scalar.statistic.as_str(), "mean" | "value" | "rate"),
        "mean",
    )
}

/// The mean of a column, over its clusters where it has them.
pub(crate) fn mean_of<'a>(
    column: Column<'a>,
    unit: Unit,
    used: Vec<Piece<'a>>,
) -> Result<Reading<'a>, Missing> {
    let count = column.values.len() as u64;
    let clusters = match &column.cluster {
        None => MeanClusters::Each(column.values),
        Some(rows) => MeanClusters::Grouped(grouped(&column.values, rows)?),
    };
    let [sum, n] = clusters.total();
    if !sum.is_finite() {
        return Err(not_finite());
    }
    Ok(Reading {
        n: count,
        value: sum / n,
        unit,
        law: Law::Means(clusters),
        used,
        notes: column.notes,
    })
}

fn grouped(values: &[f64], rows: &[u32]) -> Result<Vec<MeanSums>, Missing> {
    bootstrap::grouped(values, rows).ok_or_else(|| {
        Missing::because(
            Validity::SourceError,
            "there is not one cluster key an observation",
        )
    })
}

/// All events out of all trials; `None` when no piece is a proportion.
pub(crate) fn proportion_of(pieces: &[Piece<'_>]) -> Result<Option<Proportion>, Missing> {
    let shares: Vec<(u64, u64)> = pieces
        .iter()
        .filter_map(|piece| match &piece.measurement.data {
            Data::Proportion { events, trials } => Some((*events, *trials)),
            Data::Samples(_)
            | Data::Histogram(_)
            | Data::Scalar(_)
            | Data::Ranking(_)
            | Data::Judgements(_)
            | Data::Absent(_) => None,
        })
        .collect();
    if shares.is_empty() {
        return Ok(None);
    }
    let (events, trials) = shares.iter().fold((0u64, 0u64), |(e, t), (more, m)| {
        (e.saturating_add(*more), t.saturating_add(*m))
    });
    if trials == 0 {
        return Err(Missing::data("there was not a single trial"));
    }
    Proportion::new(events, trials).map(Some).ok_or_else(|| {
        Missing::because(
            Validity::SourceError,
            "the file counts more events than trials",
        )
    })
}

/// Failed requests out of all. A status outside the success range, or no response, is a failure.
pub(crate) fn error_rate<'a>(
    pieces: &[Piece<'a>],
    settings: &Settings<'_>,
) -> Result<Reading<'a>, Missing> {
    let statuses = of_measure(pieces, &["status"])?;
    if statuses.iter().any(|piece| leaves_out_unanswered(piece)) {
        return Err(Missing::interval(
            "the file has no row for a request without an answer, so its error rate can only look too low: use samples with status 0 for no response",
        ));
    }
    if let Some(column) = samples_of(&statuses, settings)? {
        return failures(&column, statuses, settings);
    }
    let used = of_measure(pieces, &["error_rate"])?;
    if used.is_empty() {
        return Err(Missing::data(
            "no status code and no error_rate was measured",
        ));
    }
    match proportion_of(&used)? {
        Some(share) => Ok(Reading {
            n: share.trials(),
            value: share.value(),
            unit: Unit::Ratio,
            law: Law::Share(share),
            used,
            notes: vec!["requests taken as independent".to_owned()],
        }),
        None => stated(
            used,
            Unit::Ratio,
            |s| matches!(s.statistic.as_str(), "value" | "rate" | "mean"),
            "rate",
        ),
    }
}

/// Whether the tool writes no row for a request that got no answer (hey).
fn leaves_out_unanswered(piece: &Piece<'_>) -> bool {
    let labels = &piece.measurement.labels;
    labels
        .get("requests")
        .is_some_and(|requests| requests == "answered")
}

/// The share of failures. Where requests come in clusters, the counts shrink by the design effect
/// before the exact interval is made (Korn and Graubard 1998).
fn failures<'a>(
    column: &Column<'_>,
    used: Vec<Piece<'a>>,
    settings: &Settings<'_>,
) -> Result<Reading<'a>, Missing> {
    if column.values.iter().any(|status| !status.is_finite()) {
        return Err(not_finite());
    }
    let failed = |status: &f64| f64::from(u8::from(!settings.success.contains(*status)));
    let flags: Vec<f64> = column.values.iter().map(failed).collect();
    let (events, trials) = (flags.iter().sum::<f64>(), flags.len() as f64);
    let value = events / trials;
    let mut notes = column.notes.clone();
    let mut effect = 1.0;
    if let Some(rows) = &column.cluster {
        let clusters = grouped(&flags, rows)?;
        enough_clusters(clusters.len(), column.values.len() as u64)?;
        effect = design_effect(&clusters, value);
        notes.push(if events == 0.0 || events == trials {
            "all requests ended alike, so clusters cannot be told from independent requests"
                .to_owned()
        } else {
            format!(
                "design effect {effect:.2} over {} clusters (Korn-Graubard)",
                clusters.len()
            )
        });
    } else {
        notes.push("requests taken as independent".to_owned());
    }
    let (events, trials) = ((events / effect).round(), (trials / effect).floor());
    let share =
        Proportion::new(events as u64, trials as u64).ok_or_else(crate::reading::no_interval)?;
    Ok(Reading {
        n: column.values.len() as u64,
        value,
        unit: Unit::Ratio,
        law: Law::Share(share),
        used,
        notes,
    })
}

/// By how much clustering inflates the variance of a share, at least 1.
fn design_effect(clusters: &[MeanSums], share: f64) -> f64 {
    let groups = clusters.len() as f64;
    let n: f64 = clusters.iter().map(|[_, n]| n).sum();
    let between: f64 = clusters
        .iter()
        .map(|[sum, count]| (sum - share * count).powi(2))
        .sum();
    let independent = n * share * (1.0 - share);
    if independent > 0.0 {
        (groups / (groups - 1.0) * between / independent).max(1.0)
    } else {
        1.0
    }
}

fn existing<'a>(
    measure: &MeasureName,
    pieces: &[Piece<'a>],
    settings: &Settings<'_>,
) -> Result<Vec<Piece<'a>>, Missing> {
    let names = names(measure, settings);
    let used = of_measure(pieces, &names)?;
    if used.is_empty() {
        return Err(Missing::data(format!(
            "no {} was measured",
            names.join(" or ")
        )));
    }
    Ok(used)
}

pub(crate) fn not_finite() -> Missing {
    Missing::because(Validity::NotFinite, "an observation is NaN or infinite")
}
