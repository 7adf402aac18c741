//! What changed between two versions of a model, tensor by tensor.

use std::collections::BTreeMap;

use super::{Dimension, ModelHeader, TensorHeader};
use crate::change::ChangeWeight;

/// Which part of a model changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ModelPart {
    /// The format of the file.
    Format,
    /// What goes into the graph.
    Input,
    /// What comes out of it.
    Output,
    /// A weight.
    Tensor,
    /// A version or other metadata.
    Fact,
}

/// One difference between two versions of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChange {
    /// Which part changed.
    pub part: ModelPart,
    /// Its name.
    pub name: String,
    /// How it was; `None` when it was not there.
    pub baseline: Option<String>,
    /// How it is; `None` when it is gone.
    pub candidate: Option<String>,
    /// What this does to who loads the model.
    pub weight: ChangeWeight,
    /// Why.
    pub reason: &'static str,
}

/// Every difference, by part and name.
pub fn diff_models(baseline: &ModelHeader, candidate: &ModelHeader) -> Vec<ModelChange> {
    let mut changes = Vec::new();
    if baseline.format != candidate.format {
        changes.push(ModelChange {
            part: ModelPart::Format,
            name: "format".to_owned(),
            baseline: Some(baseline.format.to_owned()),
            candidate: Some(candidate.format.to_owned()),
            weight: ChangeWeight::Breaking,
            reason: "what reads the one format does not read the other",
        });
    }
    for (part, old, new) in [
        (ModelPart::Input, &baseline.inputs, &candidate.inputs),
        (ModelPart::Output, &baseline.outputs, &candidate.outputs),
        (ModelPart::Tensor, &baseline.tensors, &candidate.tensors),
    ] {
        diff_tensors(part, old, new, &mut changes);
    }
    diff_facts(&baseline.facts, &candidate.facts, &mut changes);
    changes
}

fn diff_tensors(
    part: ModelPart,
    baseline: &[TensorHeader],
    candidate: &[TensorHeader],
    changes: &mut Vec<ModelChange>,
) {
    let by_name = |list: &'_ [TensorHeader]| -> BTreeMap<String, TensorHeader> {
        list.iter()
            .map(|tensor| (tensor.name.clone(), tensor.clone()))
            .collect()
    };
    let (old, new) = (by_name(baseline), by_name(candidate));
    let mut change = |name: &str, baseline, candidate, weight, reason| {
        changes.push(ModelChange {
            part,
            name: name.to_owned(),
            baseline,
            candidate,
            weight,
            reason,
        });
    };
    for (name, tensor) in &old {
        let was = Some(described(tensor));
        match new.get(name) {
            None => change(name, was, None, ChangeWeight::Breaking, removed(part)),
            Some(now) => {
                if let Some((weight, reason)) = compare(tensor, now) {
                    change(name, was, Some(described(now)), weight, reason);
                }
            }
        }
    }
    for (name, tensor) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        let (weight, reason) = added(part);
        change(name, None, Some(described(tensor)), weight, reason);
    }
}

fn removed(part: ModelPart) -> &'static str {
    match part {
        ModelPart::Input => "who sends it gets an error",
        ModelPart::Output => "who reads it finds nothing",
        ModelPart::Tensor | ModelPart::Fact | ModelPart::Format => {
            "code that loads the baseline finds it missing"
        }
    }
}

fn added(part: ModelPart) -> (ChangeWeight, &'static str) {
    match part {
        ModelPart::Input => (
            ChangeWeight::Breaking,
            "who calls the baseline does not send it",
        ),
        ModelPart::Output => (ChangeWeight::Safe, "nobody reads it yet"),
        ModelPart::Tensor | ModelPart::Fact | ModelPart::Format => (
            ChangeWeight::Breaking,
            "code that loads the baseline does not expect it",
        ),
    }
}

fn compare(old: &TensorHeader, new: &TensorHeader) -> Option<(ChangeWeight, &'static str)> {
    let shape = match (&old.shape, &new.shape) {
        (old, new) if old == new => None,
        (Some(old), Some(new)) if widened(old, new) => {
            Some((ChangeWeight::Safe, "it takes every size it took before"))
        }
        (Some(_), None) => Some((ChangeWeight::Risky, "its shape is no longer told")),
        (None, Some(_)) => Some((ChangeWeight::Risky, "its shape was not told before")),
        (_, _) => Some((ChangeWeight::Breaking, "its shape is another")),
    };
    let data_type =
        (old.data_type != new.data_type).then_some((ChangeWeight::Breaking, "its type is another"));
    [shape, data_type]
        .into_iter()
        .flatten()
        .max_by_key(|(weight, _reason)| *weight)
}

/// Whether a fixed size became a free one, and nothing else changed.
fn widened(old: &[Dimension], new: &[Dimension]) -> bool {
    old.len() == new.len()
        && old.iter().zip(new).all(|(old, new)| match new {
            Dimension::Size(_) => old == new,
            Dimension::Named(_) | Dimension::Any => true,
        })
}

fn described(tensor: &TensorHeader) -> String {
    let shape = tensor.shape.as_ref().map(|shape| {
        let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
        format!("[{}]", sizes.join(", "))
    });
    format!(
        "{} {}",
        tensor.data_type,
        shape.as_deref().unwrap_or("of unknown shape")
    )
}

fn diff_facts(
    baseline: &[(String, String)],
    candidate: &[(String, String)],
    changes: &mut Vec<ModelChange>,
) {
    let old: BTreeMap<&String, &String> = baseline.iter().map(|(k, v)| (k, v)).collect();
    let new: BTreeMap<&String, &String> = candidate.iter().map(|(k, v)| (k, v)).collect();
    let names: std::collections::BTreeSet<&&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (was, now) = (old.get(*name), new.get(*name));
        if was == now {
            continue;
        }
        let (weight, reason) = if name.starts_with("opset ") {
            (
                ChangeWeight::Risky,
                "the runtime must know this operator set",
            )
        } else {
            (ChangeWeight::Safe, "metadata; no tensor depends on it")
        };
        changes.push(ModelChange {
            part: ModelPart::Fact,
            name: (*name).clone(),
            baseline: was.map(|value| (*value).clone()),
            candidate: now.map(|value| (*value).clone()),
            weight,
            reason,
        });
    }
}
