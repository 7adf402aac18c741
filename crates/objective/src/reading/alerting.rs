//! Reads alert policies and alert conditions, in documents of their own or inside others.

use adjutant_document::{DocumentField, FieldRead};
use adjutant_domain::ObjectiveName;

use super::{duration, list_of, metadata, optional_text, threshold_op};
use crate::openslo::{
    AlertConditionSpec, AlertPolicySpec, BurnCondition, ConditionUse, OpenSloMetadata, PolicyUse,
    TargetUse, ThresholdOp,
};

/// The metadata and the spec of a document that stands in another one.
fn inline<T>(
    field: &DocumentField<'_>,
    kind: &str,
    read: impl Fn(&DocumentField<'_>) -> FieldRead<T>,
) -> FieldRead<(OpenSloMetadata, T)> {
    let keys = field.keys()?;
    if let Some(said) = keys.get("kind")
        && said.text()? != kind
    {
        return Err(said.complain(format!("kind {kind} is needed here")));
    }
    keys.get("apiVersion");
    let found = (
        metadata(&keys.need("metadata")?)?,
        read(&keys.need("spec")?)?,
    );
    keys.refuse_others()?;
    Ok(found)
}

/// The name in a table that only refers to something.
fn reference(field: &DocumentField<'_>, key: &str) -> Option<FieldRead<ObjectiveName>> {
    let keys = field.keys().ok()?;
    let name = keys.get(key)?;
    Some(
        keys.refuse_others()
            .and_then(|()| name.parsed::<ObjectiveName>()),
    )
}

pub(super) fn policy_use(field: &DocumentField<'_>) -> FieldRead<PolicyUse> {
    if field.value.is_string() {
        return field.parsed().map(|name| PolicyUse::Named { name });
    }
    match reference(field, "alertPolicyRef") {
        Some(name) => name.map(|name| PolicyUse::Named { name }),
        None => inline(field, "AlertPolicy", policy)
            .map(|(metadata, spec)| PolicyUse::Inline { metadata, spec }),
    }
}

fn condition_use(field: &DocumentField<'_>) -> FieldRead<ConditionUse> {
    match reference(field, "conditionRef") {
        Some(name) => name.map(|name| ConditionUse::Named { name }),
        None => inline(field, "AlertCondition", condition)
            .map(|(metadata, spec)| ConditionUse::Inline { metadata, spec }),
    }
}

fn target_use(field: &DocumentField<'_>) -> FieldRead<TargetUse> {
    reference(field, "targetRef")
        .unwrap_or_else(|| {
            Err(field.complain("name a receiver by targetRef; it is set up in Alertmanager"))
        })
        .map(|target_ref| TargetUse { target_ref })
}

pub(super) fn policy(field: &DocumentField<'_>) -> FieldRead<AlertPolicySpec> {
    let keys = field.keys()?;
    for key in ["alertWhenNoData", "alertWhenResolved", "alertWhenBreaching"] {
        if let Some(flag) = keys.get(key) {
            refuse_flag(key, &flag)?;
        }
    }
    let spec = AlertPolicySpec {
        description: optional_text(&keys, "description")?,
        conditions: list_of(&keys, "conditions", condition_use)?,
        notification_targets: list_of(&keys, "notificationTargets", target_use)?,
    };
    keys.refuse_others()?;
    if spec.conditions.is_empty() {
        return Err(field.complain("at least one condition is needed"));
    }
    Ok(spec)
}

/// What the rules do anyway may be said; the contrary may not.
fn refuse_flag(key: &str, flag: &DocumentField<'_>) -> FieldRead<()> {
    if flag.boolean()? {
        Ok(())
    } else {
        Err(flag.complain(format!(
            "{key}: false is not supported: leave it out; who is told is Alertmanager's to say"
        )))
    }
}

pub(super) fn condition(field: &DocumentField<'_>) -> FieldRead<AlertConditionSpec> {
    let keys = field.keys()?;
    let spec = AlertConditionSpec {
        description: optional_text(&keys, "description")?,
        severity: keys.need("severity")?.text()?.to_owned(),
        condition: burn_condition(&keys.need("condition")?)?,
    };
    keys.refuse_others()?;
    Ok(spec)
}

fn burn_condition(field: &DocumentField<'_>) -> FieldRead<BurnCondition> {
    let keys = field.keys()?;
    let kind = keys.need("kind")?;
    if kind.text()? != "burnrate" {
        return Err(kind.complain("only burnrate is supported"));
    }
    let op = keys.need("op")?;
    if threshold_op(&op)? != ThresholdOp::Gte {
        return Err(op.complain("only gte is supported: a budget that burns fast is what harms"));
    }
    let threshold = keys.need("threshold")?;
    let factor = threshold.number()?;
    if !(factor > 0.0 && factor.is_finite()) {
        return Err(threshold.complain("a number above 0 is needed"));
    }
    let condition = BurnCondition {
        op: ThresholdOp::Gte,
        threshold: factor,
        lookback_window: duration(&keys.need("lookbackWindow")?)?,
        alert_after: match keys.get("alertAfter") {
            // Zero is how the specification says "at once".
            Some(after) if after.value.as_str() == Some("0m") => None,
            Some(after) => Some(duration(&after)?),
            None => None,
        },
    };
    keys.refuse_others()?;
    Ok(condition)
}
