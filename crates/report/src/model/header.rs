//! A model's header, and what changed between two of them.

use adjutant_supply::{
    ChangeWeight, Dimension, ModelChange, ModelHeader, ModelPart, TensorHeader, TokenChange,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::terminal::{Ink, Terminal, clean, columns, left, wrap};

/// Tensors and changes that are shown; JSON has them all.
const SHOWN_MAX: usize = 60;

/// One change as every answer shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownChange {
    /// What changed: `tensor w`, `token "a"`.
    pub what: String,
    /// How it was.
    pub baseline: Option<String>,
    /// How it is.
    pub candidate: Option<String>,
    /// How much it weighs.
    pub weight: ChangeWeight,
    /// Why.
    pub reason: String,
}

impl From<&ModelChange> for ShownChange {
    fn from(change: &ModelChange) -> Self {
        let part = match change.part {
            ModelPart::Format => "file",
            ModelPart::Input => "input",
            ModelPart::Output => "output",
            ModelPart::Tensor => "tensor",
            ModelPart::Fact => "fact",
        };
        Self {
            what: format!("{part} {}", change.name),
            baseline: change.baseline.clone(),
            candidate: change.candidate.clone(),
            weight: change.weight,
            reason: change.reason.to_owned(),
        }
    }
}

impl From<&TokenChange> for ShownChange {
    fn from(change: &TokenChange) -> Self {
        Self {
            what: change.what.clone(),
            baseline: change.baseline.clone(),
            candidate: change.candidate.clone(),
            weight: change.weight,
            reason: change.reason.to_owned(),
        }
    }
}

/// The header for a terminal, with a final newline.
pub fn header_human(header: &ModelHeader, terminal: Terminal) -> String {
    let counted = format!("{}: {} tensors", header.format, header.tensors.len());
    let mut lines = vec![terminal.paint(Ink::Strong, &counted)];
    for (name, value) in header.facts.iter().take(SHOWN_MAX) {
        lines.push(clean(&format!("  {name}  {value}")));
    }
    for (title, tensors) in [
        ("inputs", &header.inputs),
        ("outputs", &header.outputs),
        ("tensors", &header.tensors),
    ] {
        if tensors.is_empty() {
            continue;
        }
        lines.push(title.to_owned());
        let shown = || tensors.iter().take(SHOWN_MAX);
        let width = shown().map(|tensor| columns(&tensor.name)).max();
        for tensor in shown() {
            let name = left(&clean(&tensor.name), width.unwrap_or(0));
            let kind = clean(&tensor.data_type);
            lines.push(format!("  {name}  {kind} {}", clean(&shape(tensor))));
        }
        let more = tensors.len().saturating_sub(SHOWN_MAX);
        if more > 0 {
            lines.push(format!("  and {more} more: see --format json"));
        }
    }
    lines.join("\n") + "\n"
}

fn shape(tensor: &TensorHeader) -> String {
    match &tensor.shape {
        None => "of unknown shape".to_owned(),
        Some(shape) => {
            let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
            format!("[{}]", sizes.join(", "))
        }
    }
}

/// The header as JSON, with a final newline.
pub fn header_json(header: &ModelHeader) -> String {
    let tensors = |list: &[TensorHeader]| -> Vec<Value> { list.iter().map(tensor).collect() };
    let facts: Vec<Value> = header
        .facts
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let document = json!({
        "format": header.format,
        "facts": facts,
        "inputs": tensors(&header.inputs),
        "outputs": tensors(&header.outputs),
        "tensors": tensors(&header.tensors),
    });
    format!("{document:#}\n")
}

fn tensor(tensor: &TensorHeader) -> Value {
    let size = |size: &Dimension| match size {
        Dimension::Size(size) => json!(size),
        Dimension::Named(name) => json!(name),
        Dimension::Any => Value::Null,
    };
    let shape = tensor.shape.as_ref();
    let shape = shape.map(|shape| shape.iter().map(size).collect::<Vec<Value>>());
    json!({ "name": tensor.name, "data_type": tensor.data_type, "shape": shape })
}

/// Changes for a terminal, heaviest first, with a final newline.
pub fn changes_human(changes: &[ShownChange], terminal: Terminal) -> String {
    let mut changes: Vec<&ShownChange> = changes.iter().collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.weight));
    let count = |weight| {
        changes
            .iter()
            .filter(|change| change.weight == weight)
            .count()
    };
    let worst = changes.first().map(|change| change.weight);
    let (ink, word) = match worst {
        Some(ChangeWeight::Breaking) => (Ink::Bad, "BREAKING"),
        Some(ChangeWeight::Risky) => (Ink::Undecided, "RISKY"),
        Some(ChangeWeight::Safe) => (Ink::Good, "SAFE"),
        None => (Ink::Good, "SAME"),
    };
    let [breaking, risky, safe] = [
        ChangeWeight::Breaking,
        ChangeWeight::Risky,
        ChangeWeight::Safe,
    ]
    .map(count);
    let counts = format!("{breaking} breaking, {risky} risky, {safe} safe changes");
    let mut lines = vec![format!("{}  {counts}", terminal.paint(ink, word))];
    for change in changes.iter().take(SHOWN_MAX) {
        lines.extend(change_lines(change, terminal));
    }
    let more = changes.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        lines.push(format!("and {more} more: see --format json"));
    }
    lines.join("\n") + "\n"
}

pub(crate) fn change_lines(change: &ShownChange, terminal: Terminal) -> Vec<String> {
    let ink = match change.weight {
        ChangeWeight::Breaking => Ink::Bad,
        ChangeWeight::Risky => Ink::Undecided,
        ChangeWeight::Safe => Ink::Faint,
    };
    let none = "none";
    let (was, now) = (
        change.baseline.as_deref().unwrap_or(none),
        change.candidate.as_deref().unwrap_or(none),
    );
    let head = clean(&format!(
        "{}  {}: {was} -> {now}",
        change.weight, change.what
    ));
    let mut lines = vec![terminal.paint(ink, &head)];
    for line in wrap(&clean(&change.reason), terminal.width() - 4) {
        lines.push(format!("    {line}"));
    }
    lines
}
