//! Avro schemas: whether data written by one can be read by the other, by the resolution rules of
//! the specification (1.12, "Schema Resolution"). What the candidate cannot read of the baseline's
//! data is narrowed; what the baseline cannot read of the candidate's is widened.

mod names;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::finding::{Context, Effect, Findings, SchemaDirection};
use crate::json_schema::Spot;
use names::{Names, short};

/// Types that are written as one and read as another.
const PROMOTIONS: &[(&str, &[&str])] = &[
    ("int", &["long", "float", "double"]),
    ("long", &["float", "double"]),
    ("float", &["double"]),
    ("string", &["bytes"]),
    ("bytes", &["string"]),
];
const PRIMITIVES: &[&str] = &[
    "null", "boolean", "int", "long", "float", "double", "bytes", "string",
];
/// How many pairs of types are compared; each pair of two places is compared once.
const PAIRS_MAX: usize = 500_000;

/// A type of each side, to be compared.
struct Pair<'a> {
    written: Spot<'a>,
    read: Spot<'a>,
}

/// One way of reading: data of `writer` by `reader`.
struct Reading<'a, 'f> {
    writer: Names<'a>,
    reader: Names<'a>,
    /// Whether the baseline is the writer.
    forth: bool,
    context: Context,
    findings: &'f mut Findings,
    queue: Vec<Pair<'a>>,
    seen: BTreeSet<(usize, usize)>,
}

/// Compares two schemas.
pub(crate) fn compare(baseline: &Value, candidate: &Value, direction: SchemaDirection) -> Findings {
    let mut findings = Findings::default();
    for forth in [true, false] {
        let (writer, reader) = if forth {
            (baseline, candidate)
        } else {
            (candidate, baseline)
        };
        let mut reading = Reading {
            writer: Names::of(writer),
            reader: Names::of(reader),
            forth,
            context: Context::new(direction, ""),
            findings: &mut findings,
            queue: vec![Pair {
                written: Spot::root(writer),
                read: Spot::root(reader),
            }],
            seen: BTreeSet::new(),
        };
        reading.run();
    }
    findings
}

impl<'a> Reading<'a, '_> {
    fn run(&mut self) {
        while let Some(pair) = self.queue.pop() {
            let address = |spot: &Spot<'_>| std::ptr::from_ref(spot.value).addr();
            if !self
                .seen
                .insert((address(&pair.written), address(&pair.read)))
            {
                continue;
            }
            if self.seen.len() > PAIRS_MAX {
                let why = "not compared: the schemas hold more pairs of types than are compared";
                self.tell(
                    "not-compared",
                    Effect::Undecided,
                    &pair.written,
                    &pair.read,
                    why,
                );
                return;
            }
            self.resolve(&pair.written, &pair.read);
        }
    }

    /// Reports that data cannot be read.
    fn refuse(&mut self, rule: &'static str, written: &Spot<'a>, read: &Spot<'a>, why: &str) {
        let effect = if self.forth {
            Effect::Narrowed
        } else {
            Effect::Widened
        };
        let who = if self.forth {
            "the candidate cannot read what the baseline wrote"
        } else {
            "the baseline cannot read what the candidate writes"
        };
        self.tell(rule, effect, written, read, &format!("{who}: {why}"));
    }

    fn tell(
        &mut self,
        rule: &'static str,
        effect: Effect,
        written: &Spot<'a>,
        read: &Spot<'a>,
        why: &str,
    ) {
        let (old, new) = if self.forth {
            (written, read)
        } else {
            (read, written)
        };
        let places = (Some(&old.pointer), Some(&new.pointer));
        self.findings
            .report(&self.context, rule, effect, places, why);
    }

    fn resolve(&mut self, written: &Spot<'a>, read: &Spot<'a>) {
        let (Some(from), Some(to)) = (self.writer.follow(written), self.reader.follow(read)) else {
            let why = "not compared: a type is named that the schema does not define";
            self.tell("not-compared", Effect::Undecided, written, read, why);
            return;
        };
        if from.value.is_array() {
            for branch in from.items() {
                self.queue.push(Pair {
                    written: branch,
                    read: to.clone(),
                });
            }
        } else if to.value.is_array() {
            match self.branch_for(&from, &to) {
                Some(branch) => self.queue.push(Pair {
                    written: from,
                    read: branch,
                }),
                None => {
                    let why = format!("no branch of the union takes {}", kind(&from));
                    self.refuse("avro-union-branch-missing", &from, &to, &why);
                }
            }
        } else {
            self.resolve_single(&from, &to);
        }
    }

    /// The branch that a value is read as: the same kind and name, else one it is promoted to.
    fn branch_for(&self, from: &Spot<'a>, union: &Spot<'a>) -> Option<Spot<'a>> {
        let branches: Vec<Spot<'a>> = union
            .items()
            .filter_map(|branch| self.reader.follow(&branch))
            .collect();
        let same = branches
            .iter()
            .find(|branch| kind(branch) == kind(from) && names_match(from, branch));
        let promoted = || {
            branches
                .iter()
                .find(|branch| promotes(kind(from), kind(branch)))
        };
        same.or_else(promoted).cloned()
    }

    fn resolve_single(&mut self, from: &Spot<'a>, to: &Spot<'a>) {
        let (written, read) = (kind(from), kind(to));
        let is_known = |kind: &str| {
            PRIMITIVES.contains(&kind)
                || matches!(
                    kind,
                    "record" | "error" | "enum" | "fixed" | "array" | "map"
                )
        };
        if !is_known(written) || !is_known(read) {
            let why = format!("not compared: {written} or {read} is no type of Avro");
            self.tell("not-compared", Effect::Undecided, from, to, &why);
            return;
        }
        self.compare_logical(from, to);
        if promotes(written, read) {
            return;
        }
        if written != read {
            let why = format!("{written} is not read as {read}");
            self.refuse("avro-type-changed", from, to, &why);
            return;
        }
        if !names_match(from, to) {
            let name = |spot: &Spot<'a>| spot.text("name").unwrap_or("").to_owned();
            let why = format!(
                "{} is called {} there, without an alias",
                name(from),
                name(to)
            );
            self.refuse("avro-name-changed", from, to, &why);
        }
        match written {
            "record" | "error" => self.resolve_record(from, to),
            "enum" => self.resolve_enum(from, to),
            "fixed" if from.value.get("size") != to.value.get("size") => {
                self.refuse(
                    "avro-size-changed",
                    from,
                    to,
                    "the size of the fixed type differs",
                );
            }
            "array" => self.resolve_inner(from, to, "items"),
            "map" => self.resolve_inner(from, to, "values"),
            _ => {}
        }
    }

    fn resolve_inner(&mut self, from: &Spot<'a>, to: &Spot<'a>, key: &str) {
        match (from.get(key), to.get(key)) {
            (Some(written), Some(read)) => self.queue.push(Pair { written, read }),
            (Some(_) | None, Some(_) | None) => {
                let why = format!("not compared: {key} is missing");
                self.tell("not-compared", Effect::Undecided, from, to, &why);
            }
        }
    }

    fn resolve_record(&mut self, from: &Spot<'a>, to: &Spot<'a>) {
        let fields = |spot: &Spot<'a>| -> Vec<Spot<'a>> {
            spot.get("fields").iter().flat_map(Spot::items).collect()
        };
        let written = fields(from);
        for field in fields(to) {
            let name = field.text("name").unwrap_or("");
            let aliases: Vec<&str> = aliases(&field);
            let source = written.iter().find(|source| {
                let source = source.text("name").unwrap_or("");
                source == name || aliases.contains(&source)
            });
            match source {
                Some(source) => {
                    if self.forth && source.value.get("default") != field.value.get("default") {
                        let why = format!("what a reader takes for a missing `{name}` changed");
                        self.tell("default-changed", Effect::Risky, source, &field, &why);
                    }
                    if let (Some(written), Some(read)) = (source.get("type"), field.get("type")) {
                        self.queue.push(Pair { written, read });
                    }
                }
                None if field.value.get("default").is_none() => {
                    let why = format!("`{name}` is not there, and has no default");
                    self.refuse("avro-field-without-default", from, &field, &why);
                }
                None => {
                    let why = format!("`{name}` is not there, and is read as its default");
                    self.tell("avro-field-defaulted", Effect::Harmless, from, &field, &why);
                }
            }
        }
    }

    fn resolve_enum(&mut self, from: &Spot<'a>, to: &Spot<'a>) {
        let symbols = |spot: &Spot<'a>| -> Vec<&'a str> {
            let list = spot.value.get("symbols").and_then(Value::as_array);
            list.into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect()
        };
        let known = symbols(to);
        let missing: Vec<&str> = symbols(from)
            .into_iter()
            .filter(|symbol| !known.contains(symbol))
            .collect();
        if missing.is_empty() {
            return;
        }
        let list = missing.join(", ");
        if to.value.get("default").is_some() {
            let why = format!("{list} is read as the default symbol");
            self.tell("avro-symbol-defaulted", Effect::Risky, from, to, &why);
        } else {
            let why = format!("{list} is not among the symbols");
            self.refuse("avro-symbol-missing", from, to, &why);
        }
    }

    fn compare_logical(&mut self, from: &Spot<'a>, to: &Spot<'a>) {
        let (written, read) = (from.text("logicalType"), to.text("logicalType"));
        let differs = |key: &str| from.value.get(key) != to.value.get(key);
        if written == Some("decimal") && read == Some("decimal") {
            if differs("precision") || differs("scale") {
                let why = "precision or scale of the decimal differs";
                self.refuse("avro-decimal-changed", from, to, why);
            }
        } else if written != read && self.forth {
            let name = |logical: Option<&str>| logical.unwrap_or("none").to_owned();
            let why = format!(
                "the logical type was {} and is {}",
                name(written),
                name(read)
            );
            self.tell(
                "avro-logical-type-changed",
                Effect::Incomparable,
                from,
                to,
                &why,
            );
        }
    }
}

/// What kind of type this is.
fn kind<'a>(spot: &Spot<'a>) -> &'a str {
    match spot.value {
        Value::String(name) => name,
        Value::Object(_) => spot.text("type").unwrap_or("nothing"),
        Value::Array(_) => "union",
        Value::Null | Value::Bool(_) | Value::Number(_) => "nothing",
    }
}

fn promotes(written: &str, read: &str) -> bool {
    PROMOTIONS
        .iter()
        .any(|(from, to)| *from == written && to.contains(&read))
}

fn aliases<'a>(spot: &Spot<'a>) -> Vec<&'a str> {
    let list = spot.value.get("aliases").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Whether a named type is read under the name it was written with, or an alias of the reader's.
fn names_match(from: &Spot<'_>, to: &Spot<'_>) -> bool {
    match (from.text("name"), to.text("name")) {
        (Some(written), Some(read)) => {
            let written = short(written);
            short(read) == written || aliases(to).iter().any(|alias| short(alias) == written)
        }
        (Some(_) | None, Some(_) | None) => true,
    }
}
