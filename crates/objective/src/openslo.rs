//! The documents of OpenSLO v1 as they are read and written: Service, SLI, SLO, AlertPolicy,
//! AlertCondition and DataSource. The field names are those of the specification.

use adjutant_document::write_yaml;
use adjutant_domain::{MeasureName, ObjectiveName, Subject};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// One document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpenSloDocument {
    /// What it is called.
    pub metadata: OpenSloMetadata,
    /// What it says.
    #[serde(flatten)]
    pub spec: OpenSloSpec,
}

/// What a document is called.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenSloMetadata {
    /// Its name, by which other documents refer to it.
    pub name: ObjectiveName,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Texts, or lists of texts, for selecting.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String, Value>,
    /// Texts for other programs.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String, Value>,
}

/// What a document says, by its kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "spec")]
pub enum OpenSloSpec {
    /// What answers requests.
    Service(ServiceSpec),
    /// How well it does, as a share of good events.
    #[serde(rename = "SLI")]
    Sli(SliSpec),
    /// How well it shall do.
    #[serde(rename = "SLO")]
    Slo(Box<SloSpec>),
    /// Who is told, and when.
    AlertPolicy(AlertPolicySpec),
    /// When a budget burns too fast.
    AlertCondition(AlertConditionSpec),
    /// Who is asked.
    DataSource(DataSourceSpec),
}

/// A service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceSpec {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// An indicator.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SliSpec {
    /// Values that an objective holds against a bound.
    ThresholdMetric(MetricUse),
    /// Good events out of all.
    RatioMetric(RatioMetric),
}

/// A metric of an indicator.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricUse {
    /// Where its values are.
    pub metric_source: MetricSource,
}

/// Good events out of all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RatioMetric {
    /// Whether the metrics only ever rise.
    pub counter: bool,
    /// Which events are counted.
    #[serde(flatten)]
    pub parts: RatioParts,
}

/// Which events are counted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum RatioParts {
    /// Good ones, and all.
    Good {
        /// Good ones.
        good: MetricUse,
        /// All.
        total: MetricUse,
    },
    /// Bad ones, and all.
    Bad {
        /// Bad ones.
        bad: MetricUse,
        /// All.
        total: MetricUse,
    },
    /// None: the metric is a share already.
    Raw {
        /// Of what.
        #[serde(rename = "rawType")]
        raw_type: RawType,
        /// The share.
        raw: MetricUse,
    },
}

/// What a share is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RawType {
    /// Good events.
    Success,
    /// Bad events.
    Failure,
}

/// Where the values of a metric are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricSource {
    /// The document that says who is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_source_ref: Option<ObjectiveName>,
    /// The kind of source, where no document says it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What is asked.
    pub spec: SourceSpec,
}

/// What a source is asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum SourceSpec {
    /// A PromQL expression.
    Query {
        /// The expression.
        query: String,
    },
    /// Stored evidence.
    Evidence {
        /// What was measured.
        measure: MeasureName,
        /// Of whom.
        subject: Subject,
    },
}

/// An objective's document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SloSpec {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whose promise it is.
    pub service: ObjectiveName,
    /// What is counted.
    #[serde(flatten)]
    pub indicator: IndicatorUse,
    /// Over which time. The specification has a list of one.
    pub time_window: [TimeWindow; 1],
    /// What the budget is counted in.
    pub budgeting_method: BudgetingMethod,
    /// What is promised.
    pub objectives: Vec<SloObjective>,
    /// Who is told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alert_policies: Vec<PolicyUse>,
}

/// An indicator, or the name of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum IndicatorUse {
    /// Its name.
    IndicatorRef(ObjectiveName),
    /// Itself.
    Indicator {
        /// What it is called.
        metadata: OpenSloMetadata,
        /// What is counted.
        spec: Box<SliSpec>,
    },
}

/// The time that a budget is for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeWindow {
    /// How long.
    pub duration: SloDuration,
    /// Always true: it ends now.
    pub is_rolling: bool,
}

/// A length of time as it was written: a whole number and `m`, `h`, `d` or `w`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct SloDuration {
    /// As it was written.
    pub text: String,
    /// In milliseconds.
    pub millis: i64,
}

impl From<SloDuration> for String {
    fn from(duration: SloDuration) -> String {
        duration.text
    }
}

/// What a budget is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum BudgetingMethod {
    /// Events.
    Occurrences,
    /// Slices of time that are good or bad.
    Timeslices,
    /// The mean of the shares of slices of time.
    RatioTimeslices,
}

/// One promise.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SloObjective {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// On which side of `value` a good event lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<ThresholdOp>,
    /// The bound of a good event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The share of good events, above 0 and below 1.
    pub target: f64,
    /// The share of good events that makes a slice good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_slice_target: Option<f64>,
    /// How long a slice is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_slice_window: Option<SloDuration>,
}

/// How a value is held against a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ThresholdOp {
    /// Less or equal.
    Lte,
    /// More or equal.
    Gte,
    /// Less.
    Lt,
    /// More.
    Gt,
}

/// An alert policy, or the name of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PolicyUse {
    /// Its name.
    Named {
        /// The name.
        #[serde(rename = "alertPolicyRef")]
        name: ObjectiveName,
    },
    /// Itself.
    Inline {
        /// What it is called.
        metadata: OpenSloMetadata,
        /// When whom.
        spec: AlertPolicySpec,
    },
}

/// Who is told, and when.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertPolicySpec {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When.
    pub conditions: Vec<ConditionUse>,
    /// The names of receivers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notification_targets: Vec<TargetUse>,
}

/// The name of a receiver.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetUse {
    /// The name.
    pub target_ref: ObjectiveName,
}

/// A condition, or the name of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ConditionUse {
    /// Its name.
    Named {
        /// The name.
        #[serde(rename = "conditionRef")]
        name: ObjectiveName,
    },
    /// Itself.
    Inline {
        /// What it is called.
        metadata: OpenSloMetadata,
        /// When.
        spec: AlertConditionSpec,
    },
}

/// When a budget burns too fast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlertConditionSpec {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `page`, or anything else for a ticket.
    pub severity: String,
    /// The burn rate.
    pub condition: BurnCondition,
}

/// A burn rate that is too high.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename = "burnrate", rename_all = "camelCase")]
pub struct BurnCondition {
    /// Always `gte`.
    pub op: ThresholdOp,
    /// How many times faster than the budget allows.
    pub threshold: f64,
    /// Over which time.
    pub lookback_window: SloDuration,
    /// How long it has to last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_after: Option<SloDuration>,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataSourceSpec {
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Prometheus`, or `Adjutant` for stored evidence.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it is reached: the `url` of a Prometheus.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub connection_details: Map<String, Value>,
}

/// Documents as one YAML text that reads back as the same documents.
///
/// # Errors
/// When the JSON writer fails, which no document causes.
pub fn write_openslo(documents: &[OpenSloDocument]) -> Result<String, serde_json::Error> {
    let mut parts = Vec::with_capacity(documents.len());
    for document in documents {
        let mut value = serde_json::to_value(document)?;
        if let Some(map) = value.as_object_mut() {
            map.insert("apiVersion".to_owned(), json!("openslo/v1"));
            mark_inline(map);
        }
        parts.push(write_yaml(&value));
    }
    Ok(parts.join("---\n"))
}

/// Inline documents carry their kind.
fn mark_inline(document: &mut Map<String, Value>) {
    let lists = [
        ("alertPolicies", "AlertPolicy"),
        ("conditions", "AlertCondition"),
    ];
    let Some(spec) = document.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    for (list, kind) in lists {
        let items = spec.get_mut(list).and_then(Value::as_array_mut);
        for item in items.into_iter().flatten() {
            if let Some(map) = item.as_object_mut()
                && map.contains_key("spec")
            {
                map.insert("kind".to_owned(), json!(kind));
                mark_inline(map);
            }
        }
    }
}
