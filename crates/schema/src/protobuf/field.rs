//! Fields of messages: numbers, types, labels, names, and which may be set together.

use std::collections::BTreeMap;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto};

use super::ProtobufComparison;
use super::registry::Registry;
use crate::finding::Effect;
use crate::pointer::Pointer;

pub(super) fn compare_all(
    comparison: &mut ProtobufComparison<'_>,
    message: &str,
    old: &DescriptorProto,
    new: &DescriptorProto,
) {
    let place = Pointer::root().key(message);
    let by_number = |message: &DescriptorProto| -> BTreeMap<i32, FieldDescriptorProto> {
        let fields = message.field.iter();
        fields
            .map(|field| (field.number(), field.clone()))
            .collect()
    };
    let (before, after) = (by_number(old), by_number(new));
    for (number, field) in &before {
        let at = place.key(field.name());
        if let Some(other) = after.get(number) {
            compare(comparison, message, (old, field), (new, other));
            continue;
        }
        let moved = new.field.iter().find(|other| other.name() == field.name());
        let is_reserved = new
            .reserved_range
            .iter()
            .any(|range| (range.start()..range.end()).contains(number));
        let (rule, effect, why) = if let Some(other) = moved {
            let why = format!(
                "`{}` was number {number} and is {}",
                field.name(),
                other.number()
            );
            ("proto-field-number-changed", Effect::Incomparable, why)
        } else if is_reserved && field.label() != Label::Required {
            let why = format!(
                "`{}` is gone, and its number {number} reserved",
                field.name()
            );
            ("proto-field-removed", Effect::Risky, why)
        } else {
            let why = format!(
                "`{}` is gone, and nothing reserves its number {number}",
                field.name()
            );
            ("proto-field-removed", Effect::Incomparable, why)
        };
        comparison.tell(message, rule, effect, (&at, &place), why);
    }
    for (number, field) in after
        .iter()
        .filter(|(number, _)| !before.contains_key(*number))
    {
        added(comparison, message, old, field, *number);
    }
    compare_oneofs(comparison, message, (old, &before), (new, &after));
}

fn added(
    comparison: &mut ProtobufComparison<'_>,
    message: &str,
    old: &DescriptorProto,
    field: &FieldDescriptorProto,
    number: i32,
) {
    let place = Pointer::root().key(message);
    let at = place.key(field.name());
    let name = field.name();
    let was_reserved = old
        .reserved_range
        .iter()
        .any(|range| (range.start()..range.end()).contains(&number))
        || old.reserved_name.iter().any(|reserved| reserved == name);
    let (rule, effect, why) = if was_reserved {
        let why = format!("`{name}` = {number} was reserved: old data may be misread");
        ("proto-reserved-reused", Effect::Incomparable, why)
    } else if field.label() == Label::Required {
        let why = format!("`{name}` is new and must be there");
        ("proto-field-added-required", Effect::Narrowed, why)
    } else {
        let why = format!("`{name}` is new; old readers skip it");
        ("proto-field-added", Effect::Harmless, why)
    };
    comparison.tell(message, rule, effect, (&place, &at), why);
}

fn compare(
    comparison: &mut ProtobufComparison<'_>,
    message: &str,
    (_, old): (&DescriptorProto, &FieldDescriptorProto),
    (_, new): (&DescriptorProto, &FieldDescriptorProto),
) {
    let place = Pointer::root().key(message);
    let (at, to) = (place.key(old.name()), place.key(new.name()));
    let places = (&at, &to);
    if old.name() != new.name() {
        let why = format!(
            "number {} was `{}` and is `{}`: JSON and generated code name it otherwise",
            old.number(),
            old.name(),
            new.name()
        );
        comparison.tell(message, "proto-field-renamed", Effect::Risky, places, why);
    } else if json_name(old) != json_name(new) {
        let why = format!(
            "its name in JSON was {} and is {}",
            json_name(old),
            json_name(new)
        );
        comparison.tell(
            message,
            "proto-json-name-changed",
            Effect::Incomparable,
            places,
            why,
        );
    }
    let before = kind(comparison.baseline, message, old);
    let after = kind(comparison.candidate, message, new);
    if before != after {
        let effect = type_effect(&before, &after);
        let why = format!(
            "`{}` was {} and is {}",
            new.name(),
            before.word(),
            after.word()
        );
        comparison.tell(message, "proto-type-changed", effect, places, why);
    }
    compare_labels(comparison, message, old, new, places);
    if old.default_value != new.default_value {
        let why = format!("what a missing `{}` means changed", new.name());
        comparison.tell(message, "default-changed", Effect::Risky, places, why);
    }
}

fn compare_labels(
    comparison: &mut ProtobufComparison<'_>,
    message: &str,
    old: &FieldDescriptorProto,
    new: &FieldDescriptorProto,
    places: (&Pointer, &Pointer),
) {
    let name = new.name();
    let (rule, effect, why) = match (old.label(), new.label()) {
        (Label::Optional, Label::Optional) if old.proto3_optional() != new.proto3_optional() => (
            "proto-presence-changed",
            Effect::Risky,
            format!("whether `{name}` was set can be told on one side only"),
        ),
        (Label::Optional, Label::Optional)
        | (Label::Required, Label::Required)
        | (Label::Repeated, Label::Repeated) => return,
        (Label::Repeated, _) | (_, Label::Repeated) => (
            "proto-label-changed",
            Effect::Incomparable,
            format!("`{name}` was one value or many, and is the other"),
        ),
        (Label::Required, Label::Optional) => (
            "proto-became-optional",
            Effect::Widened,
            format!("`{name}` had to be there and may be missing"),
        ),
        (Label::Optional, Label::Required) => (
            "proto-became-required",
            Effect::Narrowed,
            format!("`{name}` could be missing and must be there"),
        ),
    };
    comparison.tell(message, rule, effect, places, why);
}

/// What a field holds. Texts name types without saying whether they are messages or enums.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FieldKind {
    Scalar(Type),
    Message(String),
    Enum(String),
    Unknown(String),
}

impl FieldKind {
    fn word(&self) -> String {
        match self {
            Self::Scalar(scalar) => scalar
                .as_str_name()
                .trim_start_matches("TYPE_")
                .to_ascii_lowercase(),
            Self::Message(name) | Self::Enum(name) | Self::Unknown(name) => name.clone(),
        }
    }
}

fn kind(registry: &Registry, scope: &str, field: &FieldDescriptorProto) -> FieldKind {
    match &field.type_name {
        Some(name) => {
            let full = registry.resolved(scope, name);
            if registry.messages.contains_key(&full) {
                FieldKind::Message(full)
            } else if registry.enums.contains_key(&full) {
                FieldKind::Enum(full)
            } else {
                FieldKind::Unknown(full)
            }
        }
        None => FieldKind::Scalar(field.r#type()),
    }
}

/// What the wire makes of another type: how values are written decides what can be read at all.
fn type_effect(old: &FieldKind, new: &FieldKind) -> Effect {
    use FieldKind::Scalar;
    match (old, new) {
        (Scalar(old), Scalar(new)) => match (old, new) {
            (Type::Int32, Type::Int64)
            | (Type::Uint32, Type::Uint64)
            | (Type::Sint32, Type::Sint64)
            | (Type::String, Type::Bytes) => Effect::Widened,
            (Type::Int64, Type::Int32)
            | (Type::Uint64, Type::Uint32)
            | (Type::Sint64, Type::Sint32)
            | (Type::Bytes, Type::String) => Effect::Narrowed,
            (_, _) => Effect::Incomparable,
        },
        (_, _) => Effect::Incomparable,
    }
}

fn json_name(field: &FieldDescriptorProto) -> String {
    if let Some(name) = &field.json_name {
        return name.clone();
    }
    let mut json = String::new();
    let mut starts_word = false;
    for c in field.name().chars() {
        if c == '_' {
            starts_word = true;
        } else if std::mem::take(&mut starts_word) {
            json.extend(c.to_uppercase());
        } else {
            json.push(c);
        }
    }
    json
}

/// Which fields exclude each other.
fn compare_oneofs(
    comparison: &mut ProtobufComparison<'_>,
    message: &str,
    (old, before): (&DescriptorProto, &BTreeMap<i32, FieldDescriptorProto>),
    (new, after): (&DescriptorProto, &BTreeMap<i32, FieldDescriptorProto>),
) {
    let place = Pointer::root().key(message);
    let members = |message: &DescriptorProto, name: &str| -> Vec<i32> {
        let inside = message
            .field
            .iter()
            .filter(|field| group(message, field).as_deref() == Some(name));
        inside.map(FieldDescriptorProto::number).collect()
    };
    for (number, field) in before {
        let Some(other) = after.get(number) else {
            continue;
        };
        let (was, is) = (group(old, field), group(new, other));
        let (effect, why) = match (&was, &is) {
            (None, None) => continue,
            (Some(was), Some(is)) if was == is => continue,
            (None, Some(is)) => {
                let others = members(new, is);
                let is_alone = others
                    .iter()
                    .all(|one| one == number || !before.contains_key(one));
                let why = format!("`{}` excludes the other fields of {is} now", other.name());
                (
                    if is_alone {
                        Effect::Risky
                    } else {
                        Effect::Incomparable
                    },
                    why,
                )
            }
            (Some(was), None) => {
                let why = format!(
                    "`{}` no longer excludes the other fields of {was}",
                    other.name()
                );
                (Effect::Incomparable, why)
            }
            (Some(was), Some(is)) => {
                let renamed = members(old, was) == members(new, is);
                let why = format!("`{}` was in {was} and is in {is}", other.name());
                (
                    if renamed {
                        Effect::Risky
                    } else {
                        Effect::Incomparable
                    },
                    why,
                )
            }
        };
        let places = (&place.key(field.name()), &place.key(other.name()));
        comparison.tell(message, "proto-oneof-changed", effect, places, why);
    }
}

/// The oneof that a field was written in.
fn group(message: &DescriptorProto, field: &FieldDescriptorProto) -> Option<String> {
    // `optional` of proto3 is a oneof of one that nobody wrote.
    if field.proto3_optional() {
        return None;
    }
    let at = usize::try_from(field.oneof_index?).ok()?;
    let oneof = message.oneof_decl.get(at)?;
    Some(oneof.name().to_owned())
}
