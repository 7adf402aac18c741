//! Reads metrics and the templates of analyses.

use adjutant_document::{DocumentField, FieldKeys, FieldRead};
use adjutant_domain::Unit;
use adjutant_gate::{Bound, Margin, Scale};

use crate::plan::{Metric, MetricDemand, MetricQuantity, RolloutAnalysis};

/// The defaults of a template.
const REQUESTS: u64 = 1_000;
const LOOKS: u32 = 4;
const DEADLINE_MS: i64 = 600_000;

pub(super) fn template(name: &str, field: &DocumentField<'_>) -> FieldRead<RolloutAnalysis> {
    let keys = field.keys()?;
    let looks_max = u64::from(RolloutAnalysis::LOOKS_MAX);
    let analysis = RolloutAnalysis {
        name: name.to_owned(),
        metrics: metrics(&keys)?,
        requests: keys
            .get("requests")
            .map_or(Ok(REQUESTS), |field| field.whole(1, 1_000_000_000))?,
        looks: keys.get("looks").map_or(Ok(LOOKS), |field| {
            field.whole(1, looks_max).map(|looks| looks as u32)
        })?,
        deadline_ms: keys
            .get("deadline")
            .map_or(Ok(DEADLINE_MS), |field| field.duration_ms())?,
    };
    keys.refuse_others()?;
    if analysis.metrics.iter().all(|metric| metric.dry_run) {
        return Err(field.complain("an analysis that decides nothing would let everything pass"));
    }
    Ok(analysis)
}

/// The `metrics` of a table, with its `dryRun`.
pub(super) fn metrics(keys: &FieldKeys<'_>) -> FieldRead<Vec<Metric>> {
    let mut metrics: Vec<Metric> = Vec::new();
    for field in keys.need("metrics")?.items()? {
        let metric = metric(&field)?;
        if metrics.iter().any(|known| known.name == metric.name) {
            return Err(field.complain(format!("two metrics have the name {}", metric.name)));
        }
        metrics.push(metric);
    }
    if let Some(field) = keys.get("dryRun") {
        mark_dry(&field, &mut metrics)?;
    }
    Ok(metrics)
}

/// Marks the metrics that a `dryRun` list names.
pub(super) fn mark_dry(list: &DocumentField<'_>, metrics: &mut [Metric]) -> FieldRead<()> {
    for field in list.items()? {
        let keys = field.keys()?;
        let name = keys.need("metricName")?;
        keys.refuse_others()?;
        let wanted = name.text()?;
        let found = metrics
            .iter_mut()
            .find(|metric| metric.name.as_str() == wanted);
        match found {
            Some(metric) => metric.dry_run = true,
            None => return Err(name.complain(format!("there is no metric {wanted}"))),
        }
    }
    Ok(())
}

fn metric(field: &DocumentField<'_>) -> FieldRead<Metric> {
    let keys = field.keys()?;
    let name = keys.need("name")?.parsed()?;
    let measure = keys.need("measure")?;
    let quantity = match measure.text()? {
        "errors" => MetricQuantity::Errors,
        "disagreements" => MetricQuantity::Disagreements,
        "latency" => {
            let quantile = keys.need("quantile")?;
            let p = quantile.number()?;
            if !(0.01..=0.999).contains(&p) {
                return Err(
                    quantile.complain("a quantile from 0.01 to 0.999 is needed, such as 0.95")
                );
            }
            MetricQuantity::Latency(p)
        }
        other => {
            let known = "errors, latency or disagreements";
            return Err(measure.complain(format!("{other} is not measured; write {known}")));
        }
    };
    let demand = match (keys.get("margin"), keys.get("limit")) {
        (Some(margin), None) => MetricDemand::Margin(checked_margin(&margin, quantity)?),
        (None, Some(limit)) => MetricDemand::Limit(checked_limit(&limit, quantity)?),
        (Some(_), Some(_)) | (None, None) => {
            return Err(field.complain(
                "give either margin (against the baseline) or limit (whatever the baseline does)",
            ));
        }
    };
    let detects = match keys.get("detects") {
        Some(detects) => checked_margin(&detects, quantity)?,
        None => default_detects(quantity),
    };
    let dry_run = keys
        .get("dryRun")
        .map_or(Ok(false), |field| field.boolean())?;
    keys.refuse_others()?;
    Ok(Metric {
        name,
        quantity,
        demand,
        detects,
        dry_run,
    })
}

/// A change that is plain to every user: a fifth of the requests fails, or they take twice as long.
pub(super) fn default_detects(quantity: MetricQuantity) -> Margin {
    match quantity {
        MetricQuantity::Errors | MetricQuantity::Disagreements => Margin {
            value: 20.0,
            scale: Scale::Points,
        },
        MetricQuantity::Latency(_) => Margin {
            value: 100.0,
            scale: Scale::Percent,
        },
    }
}

fn checked_margin(field: &DocumentField<'_>, quantity: MetricQuantity) -> FieldRead<Margin> {
    let margin: Margin = field.parsed()?;
    let fits = match (quantity, margin.scale) {
        (MetricQuantity::Errors | MetricQuantity::Disagreements, scale) => scale == Scale::Points,
        (MetricQuantity::Latency(_), scale) => {
            matches!(scale, Scale::Percent | Scale::Unit(Unit::Milliseconds))
        }
    };
    if fits {
        Ok(margin)
    } else {
        Err(field.complain(match quantity {
            MetricQuantity::Errors | MetricQuantity::Disagreements => {
                "the change of a share is written in points, such as \"1 points\""
            }
            MetricQuantity::Latency(_) => {
                "the change of a latency is written as \"10 %\" or \"5 ms\""
            }
        }))
    }
}

fn checked_limit(field: &DocumentField<'_>, quantity: MetricQuantity) -> FieldRead<Bound> {
    let bound: Bound = field.parsed()?;
    let wanted = match quantity {
        MetricQuantity::Errors | MetricQuantity::Disagreements => Unit::Ratio,
        MetricQuantity::Latency(_) => Unit::Milliseconds,
    };
    if bound.unit == wanted && bound.value >= 0.0 {
        Ok(bound)
    } else {
        Err(field.complain(match quantity {
            MetricQuantity::Errors | MetricQuantity::Disagreements => {
                "the limit of a share is written as \"1 %\""
            }
            MetricQuantity::Latency(_) => "the limit of a latency is written as \"500 ms\"",
        }))
    }
}
