//! Signatures of MLflow models: the inputs and parameters are requests, the outputs are responses.
//!
//! MLflow checks inputs against the signature, ignores columns that it does not name, and widens
//! numbers only where nothing is lost (`mlflow.models.signature`, schema enforcement).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::finding::{Context, Effect, Findings, SchemaDirection};
use crate::json_schema::Spot;
use crate::pointer::Pointer;
use adjutant_document::Unreadable;

/// Column types, each of which takes in those after it.
const TAKES_IN: &[(&str, &[&str])] = &[
    ("long", &["integer"]),
    ("float", &[]),
    ("double", &["integer", "float"]),
];
/// How deep types may nest.
const DEPTH_MAX: usize = 64;

/// A signature with its three parts, which MLflow writes as JSON inside of YAML.
pub(crate) struct Signature {
    parts: BTreeMap<&'static str, Value>,
}

const PARTS: [&str; 3] = ["inputs", "outputs", "params"];

/// The signature of an `MLmodel` file.
pub(crate) fn read(model: &Value) -> Result<Signature, Unreadable> {
    let Some(signature) = model.get("signature").and_then(Value::as_object) else {
        let problem = "the model has no signature";
        let remedy = "Log the model with signature=mlflow.models.infer_signature(inputs, outputs).";
        return Err(Unreadable::whole(problem, remedy));
    };
    let mut parts = BTreeMap::new();
    for part in PARTS {
        let value = match signature.get(part) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => serde_json::from_str(text).map_err(|error| {
                let problem = format!("the {part} of the signature are not JSON: {error}");
                Unreadable::whole(problem, "Log the model again.")
            })?,
            Some(value) => value.clone(),
        };
        parts.insert(part, value);
    }
    Ok(Signature { parts })
}

/// Compares two signatures.
pub(crate) fn compare(
    baseline: &Signature,
    candidate: &Signature,
    asked: SchemaDirection,
) -> Findings {
    let mut comparison = SignatureComparison {
        findings: Findings::default(),
    };
    for part in PARTS {
        let direction = match part {
            "outputs" => SchemaDirection::Response,
            _ => SchemaDirection::Request,
        };
        if asked != SchemaDirection::Both && asked != direction {
            continue;
        }
        let context = Context::new(direction, &format!("the model's {part}"));
        let spot = |signature: &'_ Signature| signature.parts.contains_key(part);
        let pointer = Pointer::of_text("/signature").key(part);
        match (baseline.parts.get(part), candidate.parts.get(part)) {
            (Some(old), Some(new)) => {
                let (old, new) = (at(old, &pointer), at(new, &pointer));
                comparison.compare_columns(&old, &new, &context, part == "params");
            }
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => {
                let places = (
                    spot(baseline).then_some(&pointer),
                    spot(candidate).then_some(&pointer),
                );
                let why = format!("not compared: only one of the two declares {part}");
                let effect = Effect::Undecided;
                comparison
                    .findings
                    .report(&context, "not-compared", effect, places, why);
            }
        }
    }
    comparison.findings
}

fn at<'a>(value: &'a Value, pointer: &Pointer) -> Spot<'a> {
    Spot {
        value,
        pointer: pointer.clone(),
    }
}

struct SignatureComparison {
    findings: Findings,
}

impl SignatureComparison {
    fn tell(
        &mut self,
        context: &Context,
        rule: &'static str,
        effect: Effect,
        (old, new): (&Spot<'_>, &Spot<'_>),
        why: String,
    ) {
        let places = (Some(&old.pointer), Some(&new.pointer));
        self.findings.report(context, rule, effect, places, why);
    }

    /// Columns are matched by name; where one has none, all are matched by their order.
    fn compare_columns(
        &mut self,
        old: &Spot<'_>,
        new: &Spot<'_>,
        context: &Context,
        are_params: bool,
    ) {
        let (before, after): (Vec<Spot<'_>>, Vec<Spot<'_>>) =
            (old.items().collect(), new.items().collect());
        let is_named = |column: &Spot<'_>| column.text("name").is_some();
        if !before.iter().all(is_named) || !after.iter().all(is_named) {
            if before.len() != after.len() {
                let why = format!(
                    "there were {} columns and are {}",
                    before.len(),
                    after.len()
                );
                let effect = Effect::Incomparable;
                self.tell(
                    context,
                    "signature-columns-changed",
                    effect,
                    (old, new),
                    why,
                );
            }
            for (one, other) in before.iter().zip(&after) {
                self.compare_column(one, other, context, are_params);
            }
            return;
        }
        let named = |columns: &[Spot<'_>], name: Option<&str>| {
            columns
                .iter()
                .position(|column| column.text("name") == name)
        };
        for column in &before {
            let name = column.text("name").unwrap_or("");
            match named(&after, column.text("name")).and_then(|found| after.get(found)) {
                Some(other) => self.compare_column(column, other, context, are_params),
                None => self.column_removed(column, new, context, name),
            }
        }
        for column in &after {
            if named(&before, column.text("name")).is_none() {
                let name = column.text("name").unwrap_or("");
                self.column_added(old, column, context, name, are_params);
            }
        }
        self.compare_order(&before, &after, (old, new), context);
    }

    fn column_removed(&mut self, column: &Spot<'_>, new: &Spot<'_>, context: &Context, name: &str) {
        let (effect, why) = match context.direction {
            SchemaDirection::Response if is_required(column) => {
                (Effect::Incomparable, format!("`{name}` is no longer given"))
            }
            SchemaDirection::Response | SchemaDirection::Request | SchemaDirection::Both => {
                (Effect::Risky, format!("`{name}` is no longer declared"))
            }
        };
        self.tell(
            context,
            "signature-column-removed",
            effect,
            (column, new),
            why,
        );
    }

    fn column_added(
        &mut self,
        old: &Spot<'_>,
        column: &Spot<'_>,
        context: &Context,
        name: &str,
        are_params: bool,
    ) {
        // A parameter has a default, so that no call must name it.
        let (rule, effect, why) = if is_required(column) && !are_params {
            let why = format!("`{name}` is new and must be given");
            ("signature-column-added-required", Effect::Narrowed, why)
        } else {
            let why = format!("`{name}` is new and may be left out");
            ("signature-column-added", Effect::Harmless, why)
        };
        self.tell(context, rule, effect, (old, column), why);
    }

    /// Columns are given by name, but an array without names is read in the order of the columns.
    fn compare_order(
        &mut self,
        before: &[Spot<'_>],
        after: &[Spot<'_>],
        places: (&Spot<'_>, &Spot<'_>),
        context: &Context,
    ) {
        let names = |columns: &[Spot<'_>]| -> Vec<String> {
            let names = columns.iter().filter_map(|column| column.text("name"));
            names.map(str::to_owned).collect()
        };
        let (old, new) = (names(before), names(after));
        let kept: Vec<&String> = old.iter().filter(|name| new.contains(name)).collect();
        let still: Vec<&String> = new.iter().filter(|name| old.contains(name)).collect();
        if kept != still {
            let why = "the columns stand in another order".to_owned();
            self.tell(
                context,
                "signature-order-changed",
                Effect::Risky,
                places,
                why,
            );
        }
    }

    fn compare_column(
        &mut self,
        old: &Spot<'_>,
        new: &Spot<'_>,
        context: &Context,
        are_params: bool,
    ) {
        match (is_required(old), is_required(new)) {
            (false, true) => {
                let why = "it could be left out and no longer can".to_owned();
                let rule = "signature-column-became-required";
                self.tell(context, rule, Effect::Narrowed, (old, new), why);
            }
            (true, false) => {
                let why = "it can be left out now".to_owned();
                let rule = "signature-column-became-optional";
                self.tell(context, rule, Effect::Widened, (old, new), why);
            }
            (true, true) | (false, false) => {}
        }
        if are_params && old.value.get("default") != new.value.get("default") {
            let why = "a call without the parameter means something else now".to_owned();
            self.tell(
                context,
                "default-changed",
                Effect::Incomparable,
                (old, new),
                why,
            );
        }
        self.compare_type(old, new, context, 0);
    }

    fn compare_type(&mut self, old: &Spot<'_>, new: &Spot<'_>, context: &Context, depth: usize) {
        let (before, after) = (
            old.text("type").unwrap_or(""),
            new.text("type").unwrap_or(""),
        );
        if depth > DEPTH_MAX {
            let why = "not compared: the type nests deeper than is compared".to_owned();
            self.tell(context, "not-compared", Effect::Undecided, (old, new), why);
            return;
        }
        if before != after {
            let takes_in = |wide: &str, narrow: &str| {
                TAKES_IN
                    .iter()
                    .any(|(one, others)| *one == wide && others.contains(&narrow))
            };
            // A column of any type is not checked.
            let effect = if after == "any" || takes_in(after, before) {
                Effect::Widened
            } else if before == "any" || takes_in(before, after) {
                Effect::Narrowed
            } else {
                Effect::Incomparable
            };
            let why = format!("the type was {before} and is {after}");
            self.tell(context, "signature-type-changed", effect, (old, new), why);
            return;
        }
        match before {
            "tensor" => self.compare_tensor(old, new, context),
            "array" => self.compare_inner(old, new, context, "items", depth),
            "map" => self.compare_inner(old, new, context, "values", depth),
            "object" => self.compare_properties(old, new, context, depth),
            _ => {}
        }
        if old.value.get("shape") != new.value.get("shape") {
            let why = "the shape changed".to_owned();
            self.tell(
                context,
                "signature-shape-changed",
                Effect::Incomparable,
                (old, new),
                why,
            );
        }
    }

    fn compare_inner(
        &mut self,
        old: &Spot<'_>,
        new: &Spot<'_>,
        context: &Context,
        key: &str,
        depth: usize,
    ) {
        match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) => self.compare_type(&old, &new, context, depth + 1),
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => {
                let why = format!("{key} came or went");
                let effect = Effect::Incomparable;
                self.tell(context, "signature-type-changed", effect, (old, new), why);
            }
        }
    }

    fn compare_properties(
        &mut self,
        old: &Spot<'_>,
        new: &Spot<'_>,
        context: &Context,
        depth: usize,
    ) {
        let (Some(before), Some(after)) = (old.get("properties"), new.get("properties")) else {
            return;
        };
        for (name, property) in before.entries() {
            match after.get(name) {
                Some(other) => {
                    match (is_required(&property), is_required(&other)) {
                        (false, true) => {
                            let why = format!("`{name}` could be left out and no longer can");
                            let rule = "signature-column-became-required";
                            self.tell(context, rule, Effect::Narrowed, (&property, &other), why);
                        }
                        (true, false) => {
                            let why = format!("`{name}` can be left out now");
                            let rule = "signature-column-became-optional";
                            self.tell(context, rule, Effect::Widened, (&property, &other), why);
                        }
                        (true, true) | (false, false) => {}
                    }
                    self.compare_type(&property, &other, context, depth + 1);
                }
                None => self.column_removed(&property, new, context, name),
            }
        }
        for (name, property) in after.entries() {
            if before.get(name).is_none() {
                self.column_added(old, &property, context, name, false);
            }
        }
    }

    fn compare_tensor(&mut self, old: &Spot<'_>, new: &Spot<'_>, context: &Context) {
        let spec = |spot: &Spot<'_>, key: &str| -> Option<Value> {
            spot.value.get("tensor-spec")?.get(key).cloned()
        };
        let (before, after) = (spec(old, "dtype"), spec(new, "dtype"));
        if before != after {
            let name = |dtype: Option<Value>| dtype.map(|d| d.to_string()).unwrap_or_default();
            let why = format!("the dtype was {} and is {}", name(before), name(after));
            let effect = Effect::Incomparable;
            self.tell(context, "signature-dtype-changed", effect, (old, new), why);
        }
        let shape = |spot: &Spot<'_>| -> Vec<i64> {
            let shape = spec(spot, "shape");
            let list = shape.as_ref().and_then(Value::as_array);
            list.into_iter()
                .flatten()
                .filter_map(Value::as_i64)
                .collect()
        };
        let (before, after) = (shape(old), shape(new));
        if before == after {
            return;
        }
        // -1 stands for any length.
        let fits = |wide: &[i64], narrow: &[i64]| {
            wide.len() == narrow.len()
                && wide
                    .iter()
                    .zip(narrow)
                    .all(|(wide, narrow)| *wide == -1 || wide == narrow)
        };
        let effect = if fits(&after, &before) {
            Effect::Widened
        } else if fits(&before, &after) {
            Effect::Narrowed
        } else {
            Effect::Incomparable
        };
        let why = format!("the shape was {before:?} and is {after:?}");
        self.tell(context, "signature-shape-changed", effect, (old, new), why);
    }
}

/// MLflow's columns are required unless they say otherwise; older versions wrote `optional`.
fn is_required(column: &Spot<'_>) -> bool {
    match (column.value.get("required"), column.value.get("optional")) {
        (Some(Value::Bool(required)), _) => *required,
        (_, Some(Value::Bool(optional))) => !optional,
        (_, _) => true,
    }
}
