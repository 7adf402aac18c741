//! Reads OpenSLO v1. What is not supported is refused by name, line and key.

mod alerting;

use adjutant_document::{
    Complaint, DocumentField, FieldKeys, FieldRead, Unreadable, YamlPart, yaml_parts,
};
use serde_json::{Map, Value};

use alerting::{condition, policy, policy_use};

use crate::openslo::{
    BudgetingMethod, DataSourceSpec, IndicatorUse, MetricSource, MetricUse, OpenSloDocument,
    OpenSloMetadata, OpenSloSpec, RatioMetric, RatioParts, RawType, ServiceSpec, SliSpec,
    SloDuration, SloObjective, SloSpec, SourceSpec, ThresholdOp, TimeWindow,
};

/// A document and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedDocument {
    /// The file, as the caller calls it.
    pub file: String,
    /// The line on which it starts, counted from 1.
    pub line: u64,
    /// What it says.
    pub document: OpenSloDocument,
}

/// A document that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: line {line}: {key}: {problem}")]
pub struct InvalidOpenSlo {
    /// The file, as the caller calls it.
    pub file: String,
    /// The line, counted from 1.
    pub line: u64,
    /// The key's path, such as `spec.objectives.0.target`.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// Reads the documents of a text, YAML or JSON.
///
/// # Errors
/// When the text cannot be read, or a document asks for something that is not supported.
pub fn read_openslo(file: &str, bytes: &[u8]) -> Result<Vec<PlacedDocument>, InvalidOpenSlo> {
    let unreadable = |error: Unreadable| InvalidOpenSlo {
        file: file.to_owned(),
        line: error.line(),
        key: String::new(),
        problem: format!("{}; {}", error.problem, error.remedy),
    };
    let text = adjutant_document::text(bytes).map_err(unreadable)?;
    let parts = yaml_parts(text).map_err(unreadable)?;
    let mut documents = Vec::with_capacity(parts.len());
    for part in &parts {
        let document = document(part).map_err(|complaint| InvalidOpenSlo {
            file: file.to_owned(),
            line: part.line_of(&complaint.pointer),
            key: complaint.key(),
            problem: complaint.problem,
        })?;
        documents.push(PlacedDocument {
            file: file.to_owned(),
            line: part.line_of(""),
            document,
        });
    }
    Ok(documents)
}

fn document(part: &YamlPart<'_>) -> FieldRead<OpenSloDocument> {
    let root = DocumentField {
        value: &part.value,
        pointer: String::new(),
    };
    let keys = root.keys()?;
    let version = keys.need("apiVersion")?;
    if version.text()? != "openslo/v1" {
        return Err(version.complain("only openslo/v1 is supported"));
    }
    let kind = keys.need("kind")?;
    let metadata = metadata(&keys.need("metadata")?)?;
    let spec = keys.need("spec")?;
    keys.refuse_others()?;
    let spec = match kind.text()? {
        "Service" => OpenSloSpec::Service(service(&spec)?),
        "SLI" => OpenSloSpec::Sli(indicator(&spec)?),
        "SLO" => OpenSloSpec::Slo(Box::new(objective_document(&spec)?)),
        "AlertPolicy" => OpenSloSpec::AlertPolicy(policy(&spec)?),
        "AlertCondition" => OpenSloSpec::AlertCondition(condition(&spec)?),
        "DataSource" => OpenSloSpec::DataSource(data_source(&spec)?),
        other => {
            return Err(kind.complain(format!(
                "kind {other} is not supported; Service, SLI, SLO, AlertPolicy, AlertCondition \
                 and DataSource are"
            )));
        }
    };
    Ok(OpenSloDocument { metadata, spec })
}

fn metadata(field: &DocumentField<'_>) -> FieldRead<OpenSloMetadata> {
    let keys = field.keys()?;
    let metadata = OpenSloMetadata {
        name: keys.need("name")?.parsed()?,
        display_name: optional_text(&keys, "displayName")?,
        labels: texts(&keys, "labels")?,
        annotations: texts(&keys, "annotations")?,
    };
    keys.refuse_others()?;
    Ok(metadata)
}

/// A table of texts, or of lists of texts.
fn texts(keys: &FieldKeys<'_>, key: &str) -> FieldRead<Map<String, Value>> {
    let Some(field) = keys.get(key) else {
        return Ok(Map::new());
    };
    let map = field.value.as_object();
    let map = map.ok_or_else(|| field.complain("a table is needed here"))?;
    let is_text = |value: &Value| match value {
        Value::String(_) => true,
        Value::Array(items) => items.iter().all(Value::is_string),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    };
    match map.iter().find(|(_, value)| !is_text(value)) {
        None => Ok(map.clone()),
        Some((key, _)) => {
            Err(field.complain(format!("{key} must be text in quotes, or a list of them")))
        }
    }
}

fn optional_text(keys: &FieldKeys<'_>, key: &str) -> FieldRead<Option<String>> {
    let field = keys.get(key);
    field
        .map(|field| field.text().map(str::to_owned))
        .transpose()
}

fn service(field: &DocumentField<'_>) -> FieldRead<ServiceSpec> {
    let keys = field.keys()?;
    let description = optional_text(&keys, "description")?;
    keys.refuse_others()?;
    Ok(ServiceSpec { description })
}

fn indicator(field: &DocumentField<'_>) -> FieldRead<SliSpec> {
    let keys = field.keys()?;
    let threshold = keys.get("thresholdMetric");
    let ratio = keys.get("ratioMetric");
    keys.refuse_others()?;
    match (threshold, ratio) {
        (Some(metric), None) => Ok(SliSpec::ThresholdMetric(metric_use(&metric)?)),
        (None, Some(metric)) => Ok(SliSpec::RatioMetric(ratio_metric(&metric)?)),
        (None, None) | (Some(_), Some(_)) => {
            Err(field.complain("exactly one of thresholdMetric and ratioMetric is needed"))
        }
    }
}

fn ratio_metric(field: &DocumentField<'_>) -> FieldRead<RatioMetric> {
    let keys = field.keys()?;
    let counter = keys.get("counter");
    let counter = counter.map_or(Ok(false), |counter| counter.boolean())?;
    let metric = |key: &str| keys.get(key).map(|field| metric_use(&field)).transpose();
    let (good, bad, total) = (metric("good")?, metric("bad")?, metric("total")?);
    let raw = metric("raw")?;
    let raw_type = match keys.get("rawType") {
        None => None,
        Some(kind) => Some(match kind.text()? {
            "success" => RawType::Success,
            "failure" => RawType::Failure,
            _other => return Err(kind.complain("success or failure is needed here")),
        }),
    };
    keys.refuse_others()?;
    let parts = match (good, bad, total, raw_type, raw) {
        (Some(good), None, Some(total), None, None) => RatioParts::Good { good, total },
        (None, Some(bad), Some(total), None, None) => RatioParts::Bad { bad, total },
        (None, None, None, Some(raw_type), Some(raw)) => RatioParts::Raw { raw_type, raw },
        (_, _, _, _, _) => {
            return Err(field.complain(
                "good and total, or bad and total, or rawType and raw are needed, and nothing else",
            ));
        }
    };
    Ok(RatioMetric { counter, parts })
}

fn metric_use(field: &DocumentField<'_>) -> FieldRead<MetricUse> {
    let keys = field.keys()?;
    let source = keys.need("metricSource")?;
    keys.refuse_others()?;
    let keys = source.keys()?;
    let metric_source = MetricSource {
        metric_source_ref: keys
            .get("metricSourceRef")
            .map(|name| name.parsed())
            .transpose()?,
        kind: optional_text(&keys, "type")?,
        spec: source_spec(&keys.need("spec")?)?,
    };
    keys.refuse_others()?;
    Ok(MetricUse { metric_source })
}

fn source_spec(field: &DocumentField<'_>) -> FieldRead<SourceSpec> {
    let keys = field.keys()?;
    let spec = match keys.get("query") {
        Some(query) => SourceSpec::Query {
            query: query.text()?.trim().to_owned(),
        },
        None => SourceSpec::Evidence {
            measure: keys.need("measure")?.parsed()?,
            subject: keys.need("subject")?.parsed()?,
        },
    };
    keys.refuse_others()?;
    Ok(spec)
}

fn objective_document(field: &DocumentField<'_>) -> FieldRead<SloSpec> {
    let keys = field.keys()?;
    let reference = keys.get("indicatorRef");
    let indicator = match (reference, keys.get("indicator")) {
        (Some(name), None) => IndicatorUse::IndicatorRef(name.parsed()?),
        (None, Some(inline)) => {
            let keys = inline.keys()?;
            let found = IndicatorUse::Indicator {
                metadata: metadata(&keys.need("metadata")?)?,
                spec: Box::new(indicator(&keys.need("spec")?)?),
            };
            keys.refuse_others()?;
            found
        }
        (None, None) | (Some(_), Some(_)) => {
            return Err(field.complain("exactly one of indicator and indicatorRef is needed"));
        }
    };
    let method = keys.need("budgetingMethod")?;
    let budgeting_method = match method.text()? {
        "Occurrences" => BudgetingMethod::Occurrences,
        "Timeslices" => BudgetingMethod::Timeslices,
        "RatioTimeslices" => BudgetingMethod::RatioTimeslices,
        other => return Err(method.complain(format!("{other} is not a budgeting method"))),
    };
    let list = keys.need("objectives")?;
    let objectives: Vec<SloObjective> = list
        .items()?
        .iter()
        .map(promise)
        .collect::<FieldRead<_>>()?;
    if objectives.is_empty() {
        return Err(list.complain("at least one objective is needed"));
    }
    let spec = SloSpec {
        description: optional_text(&keys, "description")?,
        service: keys.need("service")?.parsed()?,
        indicator,
        time_window: [time_window(&keys.need("timeWindow")?)?],
        budgeting_method,
        objectives,
        alert_policies: list_of(&keys, "alertPolicies", policy_use)?,
    };
    keys.refuse_others()?;
    Ok(spec)
}

fn list_of<T>(
    keys: &FieldKeys<'_>,
    key: &str,
    read: impl Fn(&DocumentField<'_>) -> FieldRead<T>,
) -> FieldRead<Vec<T>> {
    match keys.get(key) {
        Some(list) => list.items()?.iter().map(read).collect(),
        None => Ok(vec![]),
    }
}

fn time_window(field: &DocumentField<'_>) -> FieldRead<TimeWindow> {
    let items = field.items()?;
    let [item] = items.as_slice() else {
        return Err(field.complain("a list of exactly one window is needed"));
    };
    let keys = item.keys()?;
    if let Some(calendar) = keys.get("calendar") {
        return Err(calendar.complain("calendar windows are not supported: isRolling: true"));
    }
    let rolling = keys.need("isRolling")?;
    if !rolling.boolean()? {
        return Err(rolling.complain("calendar windows are not supported: isRolling: true"));
    }
    let window = TimeWindow {
        duration: duration(&keys.need("duration")?)?,
        is_rolling: true,
    };
    keys.refuse_others()?;
    Ok(window)
}

/// `5m`, `1h`, `28d` or `4w`, at most a year.
fn duration(field: &DocumentField<'_>) -> FieldRead<SloDuration> {
    const MILLIS_MAX: i64 = 366 * 86_400_000;
    let text = field.text()?.trim();
    let minute = 60_000;
    let units = [('m', 1), ('h', 60), ('d', 24 * 60), ('w', 7 * 24 * 60)];
    let millis = units.iter().find_map(|(unit, minutes)| {
        let number: i64 = text.strip_suffix(*unit)?.parse().ok()?;
        number.checked_mul(minutes * minute)
    });
    match millis {
        Some(millis) if (minute..=MILLIS_MAX).contains(&millis) => Ok(SloDuration {
            text: text.to_owned(),
            millis,
        }),
        Some(_) | None => Err(field.complain(
            "a whole number with m, h, d or w is needed, at most a year, such as \"28d\"; months, \
             quarters and years have no fixed length",
        )),
    }
}

fn promise(field: &DocumentField<'_>) -> FieldRead<SloObjective> {
    let keys = field.keys()?;
    let objective = SloObjective {
        display_name: optional_text(&keys, "displayName")?,
        op: keys.get("op").map(|op| threshold_op(&op)).transpose()?,
        value: keys.get("value").map(|value| value.number()).transpose()?,
        target: target(field, &keys)?,
        time_slice_target: keys
            .get("timeSliceTarget")
            .map(|share| slice_share(&share))
            .transpose()?,
        time_slice_window: keys
            .get("timeSliceWindow")
            .map(|window| duration(&window))
            .transpose()?,
    };
    keys.refuse_others()?;
    Ok(objective)
}

fn target(field: &DocumentField<'_>, keys: &FieldKeys<'_>) -> FieldRead<f64> {
    let (place, target) = match (keys.get("target"), keys.get("targetPercent")) {
        (Some(share), None) => (share.clone(), share.number()?),
        (None, Some(percent)) => (percent.clone(), percent.number()? / 100.0),
        (None, None) | (Some(_), Some(_)) => {
            return Err(field.complain("exactly one of target and targetPercent is needed"));
        }
    };
    if target > 0.0 && target < 1.0 {
        Ok(target)
    } else {
        Err(place.complain(
            "a share above 0 and below 1 is needed, such as 0.999: a target of 1 leaves no budget",
        ))
    }
}

/// The share of good events that makes a slice good: all of them may be asked for.
fn slice_share(field: &DocumentField<'_>) -> FieldRead<f64> {
    let share = field.number()?;
    if share > 0.0 && share <= 1.0 {
        Ok(share)
    } else {
        Err(field.complain("a share above 0 and at most 1 is needed"))
    }
}

fn threshold_op(field: &DocumentField<'_>) -> FieldRead<ThresholdOp> {
    match field.text()? {
        "lte" => Ok(ThresholdOp::Lte),
        "gte" => Ok(ThresholdOp::Gte),
        "lt" => Ok(ThresholdOp::Lt),
        "gt" => Ok(ThresholdOp::Gt),
        _other => Err(field.complain("lte, gte, lt or gt is needed here")),
    }
}

fn data_source(field: &DocumentField<'_>) -> FieldRead<DataSourceSpec> {
    let keys = field.keys()?;
    let kind = keys.need("type")?;
    if !is_source_kind(kind.text()?) {
        return Err(kind.complain("only Prometheus and Adjutant (stored evidence) are supported"));
    }
    let connection_details = texts(&keys, "connectionDetails")?;
    if let Some(other) = connection_details.keys().find(|key| *key != "url") {
        return Err(Complaint {
            pointer: format!("{}/connectionDetails/{other}", field.pointer),
            problem: format!("{other} is not supported; here stands url"),
        });
    }
    let spec = DataSourceSpec {
        description: optional_text(&keys, "description")?,
        kind: kind.text()?.to_owned(),
        connection_details,
    };
    keys.refuse_others()?;
    Ok(spec)
}

pub(crate) fn is_source_kind(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("prometheus") || kind.eq_ignore_ascii_case("adjutant")
}
