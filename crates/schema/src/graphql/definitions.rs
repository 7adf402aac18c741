//! A schema as its definitions by name, with their extensions merged in.

use std::collections::{BTreeMap, BTreeSet};

use graphql_parser::schema::{
    self, Definition as Parsed, EnumValue, Field, InputValue, Type, TypeDefinition, TypeExtension,
};

use adjutant_document::{self as document, Unreadable};

/// The type of a field or an argument.
pub(super) type Output = Type<'static, String>;

/// How deep brackets may nest, since the parser goes down with them.
const DEPTH_MAX: usize = 64;

/// What a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    Input,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Scalar => "a scalar",
            Self::Object => "an object",
            Self::Interface => "an interface",
            Self::Union => "a union",
            Self::Enum => "an enum",
            Self::Input => "an input",
        }
    }
}

/// An argument, or a field of an input.
pub(super) struct Argument {
    pub(super) of: Output,
    pub(super) default: Option<String>,
}

/// A field that queries can ask for.
pub(super) struct Asked {
    pub(super) of: Output,
    pub(super) arguments: BTreeMap<String, Argument>,
}

/// A type with what it holds.
pub(super) struct Definition {
    pub(super) kind: Kind,
    pub(super) fields: BTreeMap<String, Asked>,
    pub(super) inputs: BTreeMap<String, Argument>,
    /// The interfaces of an object, the members of a union, the values of an enum.
    pub(super) names: BTreeSet<String>,
}

/// A whole schema.
pub(crate) struct Schema {
    pub(super) types: BTreeMap<String, Definition>,
    pub(super) directives: BTreeMap<String, BTreeMap<String, Argument>>,
    /// The root types of queries, mutations and subscriptions.
    pub(super) roots: BTreeMap<&'static str, String>,
}

/// A definition and an extension hold the same, in types that share nothing.
macro_rules! merge {
    ($schema:expr, $parsed:expr, $Sort:ident) => {{
        let (none, nothing) = (BTreeMap::new(), BTreeMap::new());
        let (name, kind, fields, inputs, names) = match $parsed {
            $Sort::Scalar(one) => (one.name, Kind::Scalar, none, nothing, vec![]),
            $Sort::Object(one) => {
                let names = one.implements_interfaces;
                (one.name, Kind::Object, fields(one.fields), nothing, names)
            }
            $Sort::Interface(one) => {
                let names = one.implements_interfaces;
                let fields = fields(one.fields);
                (one.name, Kind::Interface, fields, nothing, names)
            }
            $Sort::Union(one) => (one.name, Kind::Union, none, nothing, one.types),
            $Sort::Enum(one) => (one.name, Kind::Enum, none, nothing, values(one.values)),
            $Sort::InputObject(one) => (one.name, Kind::Input, none, arguments(one.fields), vec![]),
        };
        $schema.add(name, kind, fields, inputs, names);
    }};
}

/// Reads a schema.
pub(crate) fn read(bytes: &[u8]) -> Result<Schema, Unreadable> {
    const MEND: &str = "Mend the schema.";
    let text = document::text(bytes)?;
    check_depth(text)?;
    let parsed = schema::parse_schema::<String>(text)
        .map_err(|error| Unreadable::whole(format!("this is not GraphQL: {error}"), MEND))?
        .into_static();
    let mut schema = Schema {
        types: BTreeMap::new(),
        directives: BTreeMap::new(),
        roots: BTreeMap::new(),
    };
    let mut has_roots = false;
    for definition in parsed.definitions {
        match definition {
            Parsed::SchemaDefinition(roots) => {
                has_roots = true;
                for (operation, name) in [
                    ("query", roots.query),
                    ("mutation", roots.mutation),
                    ("subscription", roots.subscription),
                ] {
                    schema.roots.extend(name.map(|name| (operation, name)));
                }
            }
            Parsed::TypeDefinition(definition) => merge!(schema, definition, TypeDefinition),
            Parsed::TypeExtension(extension) => merge!(schema, extension, TypeExtension),
            Parsed::DirectiveDefinition(directive) => {
                schema
                    .directives
                    .insert(directive.name, arguments(directive.arguments));
            }
        }
    }
    if !has_roots {
        for (operation, name) in [
            ("query", "Query"),
            ("mutation", "Mutation"),
            ("subscription", "Subscription"),
        ] {
            if schema.types.contains_key(name) {
                schema.roots.insert(operation, name.to_owned());
            }
        }
    }
    Ok(schema)
}

fn check_depth(text: &str) -> Result<(), Unreadable> {
    let mut depth = 0_usize;
    for (at, line) in text.lines().enumerate() {
        for c in line.chars() {
            match c {
                '[' | '{' | '(' => depth += 1,
                ']' | '}' | ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > DEPTH_MAX {
                let problem = format!("brackets nest deeper than {DEPTH_MAX}");
                return Err(Unreadable::at_line(at + 1, problem, "Nest less."));
            }
        }
    }
    Ok(())
}

fn arguments(values: Vec<InputValue<'static, String>>) -> BTreeMap<String, Argument> {
    let argument = |value: InputValue<'static, String>| Argument {
        of: value.value_type,
        default: value.default_value.map(|default| default.to_string()),
    };
    let all = values.into_iter();
    all.map(|value| (value.name.clone(), argument(value)))
        .collect()
}

fn fields(fields: Vec<Field<'static, String>>) -> BTreeMap<String, Asked> {
    let all = fields.into_iter();
    all.map(|field| {
        let asked = Asked {
            of: field.field_type,
            arguments: arguments(field.arguments),
        };
        (field.name, asked)
    })
    .collect()
}

fn values(values: Vec<EnumValue<'static, String>>) -> Vec<String> {
    values.into_iter().map(|value| value.name).collect()
}

impl Schema {
    fn add(
        &mut self,
        name: String,
        kind: Kind,
        fields: BTreeMap<String, Asked>,
        inputs: BTreeMap<String, Argument>,
        names: Vec<String>,
    ) {
        let known = self.types.entry(name).or_insert_with(|| Definition {
            kind,
            fields: BTreeMap::new(),
            inputs: BTreeMap::new(),
            names: BTreeSet::new(),
        });
        known.fields.extend(fields);
        known.inputs.extend(inputs);
        known.names.extend(names);
    }
}
