//! Protocol buffers: messages on the wire are matched by field number, in JSON and in code by
//! name. Both are compared, on `.proto` texts and on descriptor sets.

mod field;
mod registry;

use std::collections::BTreeMap;

use prost_types::{DescriptorProto, EnumDescriptorProto, MethodDescriptorProto};

use crate::finding::{Context, Effect, Findings, SchemaDirection};
use crate::pointer::Pointer;

pub(crate) use registry::{Registry, read_set, read_text};

/// Compares two sets of definitions.
pub(crate) fn compare(
    baseline: &Registry,
    candidate: &Registry,
    direction: SchemaDirection,
) -> Findings {
    let mut comparison = ProtobufComparison {
        findings: Findings::default(),
        direction,
        baseline,
        candidate,
    };
    comparison.compare_files();
    comparison.compare_messages();
    comparison.compare_enums();
    comparison.compare_services();
    comparison.findings
}

struct ProtobufComparison<'a> {
    findings: Findings,
    direction: SchemaDirection,
    baseline: &'a Registry,
    candidate: &'a Registry,
}

impl ProtobufComparison<'_> {
    fn tell(
        &mut self,
        used_by: &str,
        rule: &'static str,
        effect: Effect,
        (old, new): (&Pointer, &Pointer),
        why: String,
    ) {
        let context = Context::new(self.direction, used_by);
        self.findings
            .report(&context, rule, effect, (Some(old), Some(new)), why);
    }

    fn broken(&mut self, name: &str, rule: &'static str, why: String) {
        let places = (&Pointer::root().key(name), &Pointer::root());
        self.tell(name, rule, Effect::Incomparable, places, why);
    }

    /// What the files say as wholes, and what they leave unsaid.
    fn compare_files(&mut self) {
        let whole = Pointer::root();
        if self.baseline.packages != self.candidate.packages {
            let list = |registry: &Registry| {
                let names: Vec<&str> = registry.packages.iter().map(String::as_str).collect();
                names.join(", ")
            };
            let (old, new) = (list(self.baseline), list(self.candidate));
            let why = format!("the package was {old} and is {new}: every full name changes");
            let effect = Effect::Incomparable;
            self.tell("", "proto-package-changed", effect, (&whole, &whole), why);
        }
        if self.baseline.syntaxes != self.candidate.syntaxes {
            let why = "the syntax changed: presence and defaults mean something else".to_owned();
            self.tell(
                "",
                "proto-syntax-changed",
                Effect::Risky,
                (&whole, &whole),
                why,
            );
        }
        if self.baseline.extensions != self.candidate.extensions {
            let why = "not compared: extensions changed".to_owned();
            self.tell("", "not-compared", Effect::Undecided, (&whole, &whole), why);
        }
        let outside: Vec<String> = self
            .baseline
            .outside
            .union(&self.candidate.outside)
            .cloned()
            .collect();
        for name in outside {
            let why = format!("not compared: {name} is defined in a file that was not given");
            let place = Pointer::root().key(&name);
            self.tell(
                &name,
                "not-compared",
                Effect::Undecided,
                (&place, &place),
                why,
            );
        }
    }

    fn compare_messages(&mut self) {
        for (name, old) in &self.baseline.messages {
            match self.candidate.messages.get(name) {
                Some(new) => self.compare_message(name, old, new),
                None => {
                    let why = format!("the message {name} is gone");
                    self.broken(name, "proto-message-removed", why);
                }
            }
        }
        for name in self.candidate.messages.keys() {
            if !self.baseline.messages.contains_key(name) {
                let why = format!("the message {name} is new");
                let places = (&Pointer::root(), &Pointer::root().key(name));
                self.tell(name, "proto-message-added", Effect::Harmless, places, why);
            }
        }
    }

    fn compare_message(&mut self, name: &str, old: &DescriptorProto, new: &DescriptorProto) {
        let place = Pointer::root().key(name);
        field::compare_all(self, name, old, new);
        let is_reserved = |message: &DescriptorProto, number: i32| {
            let mut ranges = message.reserved_range.iter();
            ranges.any(|range| (range.start()..range.end()).contains(&number))
        };
        let freed = old
            .reserved_range
            .iter()
            .find(|range| !is_reserved(new, range.start()) || !is_reserved(new, range.end() - 1));
        let freed_name = old
            .reserved_name
            .iter()
            .find(|name| !new.reserved_name.contains(name));
        if freed.is_some() || freed_name.is_some() {
            let why =
                "a number or name that was reserved is free: old data may be misread".to_owned();
            self.tell(
                name,
                "proto-reservation-removed",
                Effect::Risky,
                (&place, &place),
                why,
            );
        }
        if old.extension_range != new.extension_range {
            let why = "the numbers left to extensions changed".to_owned();
            self.tell(
                name,
                "proto-extension-range-changed",
                Effect::Risky,
                (&place, &place),
                why,
            );
        }
    }

    fn compare_enums(&mut self) {
        for (name, old) in &self.baseline.enums {
            match self.candidate.enums.get(name) {
                Some(new) => self.compare_enum(name, old, new),
                None => {
                    let why = format!("the enum {name} is gone");
                    self.broken(name, "proto-enum-removed", why);
                }
            }
        }
    }

    fn compare_enum(&mut self, name: &str, old: &EnumDescriptorProto, new: &EnumDescriptorProto) {
        let place = Pointer::root().key(name);
        let numbers = |one: &EnumDescriptorProto| -> BTreeMap<i32, Vec<String>> {
            let mut all: BTreeMap<i32, Vec<String>> = BTreeMap::new();
            for value in &one.value {
                all.entry(value.number())
                    .or_default()
                    .push(value.name().to_owned());
            }
            all
        };
        let (before, after) = (numbers(old), numbers(new));
        for (number, names) in &before {
            let label = names.join(", ");
            match after.get(number) {
                None => {
                    let reserved = new
                        .reserved_range
                        .iter()
                        .any(|range| (range.start()..=range.end()).contains(number));
                    let moved = after.values().flatten().any(|other| names.contains(other));
                    let (rule, effect, why) = if moved {
                        let why = format!("{label} has another number than {number}");
                        ("proto-enum-number-changed", Effect::Incomparable, why)
                    } else if reserved {
                        let why = format!("{label} is gone, and its number {number} reserved");
                        ("enum-value-removed", Effect::Risky, why)
                    } else {
                        let why = format!("{label} is gone, and its number {number} is free");
                        ("enum-value-removed", Effect::Narrowed, why)
                    };
                    self.tell(name, rule, effect, (&place.key(&label), &place), why);
                }
                Some(others) if names.iter().any(|name| !others.contains(name)) => {
                    let why = format!("{number} was {label} and is {}", others.join(", "));
                    let at = place.key(&label);
                    self.tell(
                        name,
                        "proto-enum-value-renamed",
                        Effect::Risky,
                        (&at, &place),
                        why,
                    );
                }
                Some(_) => {}
            }
        }
        for (number, names) in after
            .iter()
            .filter(|(number, _)| !before.contains_key(*number))
        {
            let label = names.join(", ");
            let why = format!("{label} = {number} is a value that readers do not know");
            let at = place.key(&label);
            self.tell(
                name,
                "enum-value-added",
                Effect::WidenedSoftly,
                (&place, &at),
                why,
            );
        }
    }

    fn compare_services(&mut self) {
        for (name, old) in &self.baseline.services {
            let Some(new) = self.candidate.services.get(name) else {
                let why = format!("the service {name} is gone");
                self.broken(name, "proto-service-removed", why);
                continue;
            };
            let methods: BTreeMap<&str, &MethodDescriptorProto> = new
                .method
                .iter()
                .map(|method| (method.name(), method))
                .collect();
            for method in &old.method {
                let used_by = format!("{name}.{}", method.name());
                match methods.get(method.name()) {
                    Some(other) => self.compare_method(&used_by, method, other),
                    None => {
                        let why = format!("the call {used_by} is gone");
                        self.broken(&used_by, "proto-rpc-removed", why);
                    }
                }
            }
        }
    }

    fn compare_method(
        &mut self,
        name: &str,
        old: &MethodDescriptorProto,
        new: &MethodDescriptorProto,
    ) {
        let place = Pointer::root().key(name);
        let (baseline, candidate) = (self.baseline, self.candidate);
        let mut changed = |rule: &'static str, what: &str, before: String, after: String| {
            if before != after {
                let why = format!("{what} was {before} and is {after}");
                let effect = Effect::Incomparable;
                self.tell(name, rule, effect, (&place, &place), why);
            }
        };
        let input = (
            baseline.full(old.input_type()),
            candidate.full(new.input_type()),
        );
        changed("proto-rpc-request-changed", "the request", input.0, input.1);
        let output = (
            baseline.full(old.output_type()),
            candidate.full(new.output_type()),
        );
        changed(
            "proto-rpc-response-changed",
            "the response",
            output.0,
            output.1,
        );
        let streaming = |method: &MethodDescriptorProto| {
            let word = |streams| if streams { "a stream" } else { "one message" };
            let (asks, answers) = (method.client_streaming(), method.server_streaming());
            format!("{} for {}", word(answers), word(asks))
        };
        changed(
            "proto-rpc-streaming-changed",
            "the call",
            streaming(old),
            streaming(new),
        );
    }
}
