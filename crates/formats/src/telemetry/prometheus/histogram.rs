//! A native histogram as the HTTP API writes it: `[rule, "low", "high", "count"]` a bucket.

use adjutant_domain::{Absence, Bucket, Data, Histogram};

use super::{REMEDY_ASK_AGAIN, series};
use crate::FormatError;
use crate::json::Node;

/// Above this, an f64 no longer holds every whole number.
const COUNT_MAX: f64 = 9_007_199_254_740_992.0;

/// The buckets, their bounds times `factor`.
///
/// # Errors
/// When a count is not whole, a bound is no number, or the buckets do not come to the count.
pub(super) fn read(histogram: &Node<'_>, factor: f64) -> Result<Data, FormatError> {
    let count = histogram.need("count")?;
    let total = observations(&count)?;
    let mut buckets = Vec::new();
    if let Some(listed) = histogram.get("buckets") {
        for node in listed.items()? {
            match bucket(&node, factor)? {
                Ok(bucket) if bucket.count > 0 => buckets.push(bucket),
                Ok(_empty) => {}
                Err(absence) => return Ok(Data::Absent(absence)),
            }
        }
    }
    buckets.sort_by(|a, b| a.low.total_cmp(&b.low));
    let counted = buckets
        .iter()
        .fold(0_u64, |sum, bucket| sum.saturating_add(bucket.count));
    if counted != total {
        return Err(count.wrong(
            format!("the histogram counts {total} observations, but its buckets {counted}"),
            "Observations that are NaN are in no bucket: mend the exporter, or ask again.",
        ));
    }
    Ok(if total == 0 {
        Data::Absent(Absence::EmptyResult)
    } else {
        Data::Histogram(Histogram { buckets })
    })
}

/// The lower and upper bounds may belong to the bucket or not (the rule); the bucket is given as
/// closed, which contains both.
fn bucket(node: &Node<'_>, factor: f64) -> Result<Result<Bucket, Absence>, FormatError> {
    let fields: Vec<_> = node.items()?.collect();
    let [_rule, low, high, count] = fields.as_slice() else {
        return Err(node.wrong(
            "a bucket is a rule, two bounds and a count",
            REMEDY_ASK_AGAIN,
        ));
    };
    let bucket = Bucket {
        low: series::number(low)? * factor,
        high: series::number(high)? * factor,
        count: observations(count)?,
    };
    if bucket.low.is_nan() || bucket.high.is_nan() || bucket.low > bucket.high {
        return Err(node.wrong(
            "the bounds of the bucket are not in order",
            REMEDY_ASK_AGAIN,
        ));
    }
    if bucket.low.is_infinite() || bucket.high.is_infinite() {
        return Ok(Err(Absence::Infinite));
    }
    Ok(Ok(bucket))
}

fn observations(node: &Node<'_>) -> Result<u64, FormatError> {
    let number = series::number(node)?;
    if (0.0..=COUNT_MAX).contains(&number) && number.fract() == 0.0 {
        return Ok(number as u64);
    }
    Err(node.wrong(
        format!("{number} is not a count of observations"),
        "`rate` and `increase` make fractions: ask for the histogram itself, or for the difference \
         `x - x offset 5m`.",
    ))
}
