//! GraphQL schemas: fields and types that queries read are responses; arguments and input types
//! are requests.

mod definitions;

use std::collections::BTreeMap;

use graphql_parser::schema::Type;

use crate::finding::{Context, Effect, Findings, SchemaDirection};
use crate::pointer::Pointer;
use definitions::{Argument, Definition, Kind, Output};

pub(crate) use definitions::{Schema, read};

/// Compares two schemas.
pub(crate) fn compare(baseline: &Schema, candidate: &Schema, asked: SchemaDirection) -> Findings {
    let mut comparison = GraphQlComparison {
        findings: Findings::default(),
        asked,
    };
    comparison.compare_roots(baseline, candidate);
    for (name, old) in &baseline.types {
        let place = Pointer::root().key(name);
        match candidate.types.get(name) {
            Some(new) => comparison.compare_type(name, old, new),
            None => {
                let why = format!("the type {name} is gone");
                comparison.broken(name, "graphql-type-removed", &place, &Pointer::root(), why);
            }
        }
    }
    for name in candidate.types.keys() {
        if !baseline.types.contains_key(name) {
            let why = format!("the type {name} is new");
            let places = (&Pointer::root(), &Pointer::root().key(name));
            comparison.tell(name, "graphql-type-added", Effect::Harmless, places, why);
        }
    }
    for (name, old) in &baseline.directives {
        let place = Pointer::root().key(&format!("@{name}"));
        match candidate.directives.get(name) {
            Some(new) => comparison.compare_arguments(name, old, new, &place),
            None => {
                let why = format!("queries that use @{name} are refused");
                let whole = Pointer::root();
                comparison.broken(name, "graphql-directive-removed", &place, &whole, why);
            }
        }
    }
    comparison.findings
}

struct GraphQlComparison {
    findings: Findings,
    asked: SchemaDirection,
}

impl GraphQlComparison {
    fn covers(&self, direction: SchemaDirection) -> bool {
        self.asked == SchemaDirection::Both || self.asked == direction
    }

    fn report(
        &mut self,
        direction: SchemaDirection,
        used_by: &str,
        rule: &'static str,
        effect: Effect,
        (old, new): (&Pointer, &Pointer),
        why: String,
    ) {
        let context = Context::new(direction, used_by);
        self.findings
            .report(&context, rule, effect, (Some(old), Some(new)), why);
    }

    fn tell(
        &mut self,
        used_by: &str,
        rule: &'static str,
        effect: Effect,
        places: (&Pointer, &Pointer),
        why: String,
    ) {
        self.report(SchemaDirection::Both, used_by, rule, effect, places, why);
    }

    fn broken(
        &mut self,
        used_by: &str,
        rule: &'static str,
        old: &Pointer,
        new: &Pointer,
        why: String,
    ) {
        self.tell(used_by, rule, Effect::Incomparable, (old, new), why);
    }

    fn compare_roots(&mut self, old: &Schema, new: &Schema) {
        for (operation, name) in &old.roots {
            let after = new.roots.get(operation);
            if after != Some(name) {
                let after = after.map_or("nothing", String::as_str);
                let why = format!("the root of {operation} was {name} and is {after}");
                let place = Pointer::root().key("schema").key(operation);
                self.broken("schema", "graphql-root-changed", &place, &place, why);
            }
        }
    }

    fn compare_type(&mut self, name: &str, old: &Definition, new: &Definition) {
        let place = Pointer::root().key(name);
        if old.kind != new.kind {
            let why = format!("{name} was {} and is {}", old.kind.word(), new.kind.word());
            return self.broken(name, "graphql-kind-changed", &place, &place, why);
        }
        match old.kind {
            Kind::Object | Kind::Interface => {
                self.compare_fields(name, old, new, &place);
                self.compare_names(
                    name,
                    old,
                    new,
                    &place,
                    ["graphql-interface-removed", "graphql-interface-added"],
                );
            }
            Kind::Union => self.compare_names(
                name,
                old,
                new,
                &place,
                ["graphql-member-removed", "graphql-member-added"],
            ),
            Kind::Enum => self.compare_enum(name, old, new, &place),
            Kind::Input => {
                if self.covers(SchemaDirection::Request) {
                    self.compare_arguments(name, &old.inputs, &new.inputs, &place);
                }
            }
            Kind::Scalar => {}
        }
    }

    fn compare_fields(&mut self, name: &str, old: &Definition, new: &Definition, place: &Pointer) {
        for (field, before) in &old.fields {
            let at = place.key(field);
            let used_by = format!("{name}.{field}");
            let Some(after) = new.fields.get(field) else {
                let why = format!("queries that ask for {used_by} are refused");
                self.broken(&used_by, "graphql-field-removed", &at, place, why);
                continue;
            };
            if self.covers(SchemaDirection::Response) {
                self.compare_types(
                    &used_by,
                    SchemaDirection::Response,
                    (&before.of, &after.of),
                    &at,
                );
            }
            if self.covers(SchemaDirection::Request) {
                self.compare_arguments(&used_by, &before.arguments, &after.arguments, &at);
            }
        }
        for field in new
            .fields
            .keys()
            .filter(|field| !old.fields.contains_key(*field))
        {
            let used_by = format!("{name}.{field}");
            let why = format!("{used_by} is new; nobody asks for it yet");
            let places = (place, &place.key(field));
            self.tell(
                &used_by,
                "graphql-field-added",
                Effect::Harmless,
                places,
                why,
            );
        }
    }

    /// Interfaces of a type, members of a union: queries name them in fragments.
    fn compare_names(
        &mut self,
        name: &str,
        old: &Definition,
        new: &Definition,
        place: &Pointer,
        [removed, added]: [&'static str; 2],
    ) {
        for gone in old.names.difference(&new.names) {
            let why = format!("fragments on {gone} no longer fit {name}");
            self.broken(name, removed, &place.key(gone), place, why);
        }
        for come in new.names.difference(&old.names) {
            let why = format!("{name} may be {come} too, which queries do not expect");
            self.tell(name, added, Effect::Risky, (place, &place.key(come)), why);
        }
    }

    fn compare_enum(&mut self, name: &str, old: &Definition, new: &Definition, place: &Pointer) {
        for gone in old.names.difference(&new.names) {
            let why = format!("{gone} is no longer a value of {name}");
            let places = (&place.key(gone), place);
            self.tell(name, "enum-value-removed", Effect::Narrowed, places, why);
        }
        for come in new.names.difference(&old.names) {
            let why = format!("{come} is a value of {name} that readers do not know");
            let places = (place, &place.key(come));
            self.tell(name, "enum-value-added", Effect::WidenedSoftly, places, why);
        }
    }

    fn compare_arguments(
        &mut self,
        used_by: &str,
        old: &BTreeMap<String, Argument>,
        new: &BTreeMap<String, Argument>,
        place: &Pointer,
    ) {
        const REQUEST: SchemaDirection = SchemaDirection::Request;
        for (name, before) in old {
            let at = place.key(name);
            let used_by = format!("{used_by}({name})");
            let Some(after) = new.get(name) else {
                let why = format!("what names `{name}` is refused");
                self.broken(&used_by, "graphql-argument-removed", &at, place, why);
                continue;
            };
            let types = (&before.of, &after.of);
            // What has a default may be left out, whatever its type says.
            self.compare_types(&used_by, REQUEST, types, &at);
            if before.default != after.default {
                let why = format!("what leaves `{name}` out means something else now");
                let effect = if after.default.is_none() && is_required(after) {
                    Effect::Narrowed
                } else {
                    Effect::Risky
                };
                self.report(
                    REQUEST,
                    &used_by,
                    "default-changed",
                    effect,
                    (&at, &at),
                    why,
                );
            }
        }
        for (name, after) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
            let used_by = format!("{used_by}({name})");
            let places = (place, &place.key(name));
            if is_required(after) {
                let why = format!("`{name}` is new and must be given");
                let rule = "graphql-argument-added-required";
                self.report(REQUEST, &used_by, rule, Effect::Narrowed, places, why);
            } else {
                let why = format!("`{name}` is new and may be left out");
                let rule = "graphql-argument-added";
                self.report(REQUEST, &used_by, rule, Effect::Harmless, places, why);
            }
        }
    }

    fn compare_types(
        &mut self,
        used_by: &str,
        direction: SchemaDirection,
        (old, new): (&Output, &Output),
        at: &Pointer,
    ) {
        let effect = match (lost_null(old, new), lost_null(new, old)) {
            (Some(false), _) => return,
            (Some(true), _) => Effect::Narrowed,
            (None, Some(true)) => Effect::Widened,
            (None, Some(false) | None) => Effect::Incomparable,
        };
        let why = format!("the type was {old} and is {new}");
        self.report(
            direction,
            used_by,
            "graphql-type-changed",
            effect,
            (at, at),
            why,
        );
    }
}

/// Whether the second type is the first with less null in it: `Some(false)` when they are equal,
/// `None` when the second is something else.
fn lost_null(old: &Output, new: &Output) -> Option<bool> {
    match (old, new) {
        (Type::NamedType(one), Type::NamedType(other)) => (one == other).then_some(false),
        (Type::ListType(one), Type::ListType(other))
        | (Type::NonNullType(one), Type::NonNullType(other)) => lost_null(one, other),
        (one, Type::NonNullType(other)) => lost_null(one, other).map(|_less| true),
        (Type::NamedType(_) | Type::ListType(_) | Type::NonNullType(_), _) => None,
    }
}

fn is_required(argument: &Argument) -> bool {
    matches!(argument.of, Type::NonNullType(_)) && argument.default.is_none()
}
