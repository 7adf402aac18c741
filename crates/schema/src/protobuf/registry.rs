//! Every definition by its full name, from a text or a descriptor set.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto,
};

use adjutant_document::{self as document, DocumentPlace, Unreadable};

/// How deep braces may nest, since the parser goes down with them.
const DEPTH_MAX: usize = 64;
/// Files that every protobuf library brings along.
const WELL_KNOWN: &str = "google.protobuf.";

/// Definitions by their full names without a leading dot.
#[derive(Default)]
pub(crate) struct Registry {
    pub(super) packages: BTreeSet<String>,
    pub(super) syntaxes: BTreeSet<String>,
    pub(super) messages: BTreeMap<String, DescriptorProto>,
    pub(super) enums: BTreeMap<String, EnumDescriptorProto>,
    pub(super) services: BTreeMap<String, ServiceDescriptorProto>,
    /// Extensions as they are printed; they are not compared.
    pub(super) extensions: BTreeSet<String>,
    /// Types that fields name and no file defines.
    pub(super) outside: BTreeSet<String>,
}

/// Reads a `.proto` text.
pub(crate) fn read_text(bytes: &[u8]) -> Result<Registry, Unreadable> {
    let text = document::text(bytes)?;
    check_depth(text)?;
    let file = protox_parse::parse("contract.proto", text).map_err(|error| {
        let problem = format!("this is not protobuf: {error}");
        Unreadable::whole(problem, "Mend the .proto; protoc shows such errors.")
    })?;
    Ok(Registry::of(&[file]))
}

/// Reads a descriptor set, as `protoc --descriptor_set_out` writes it.
pub(crate) fn read_set(bytes: &[u8]) -> Result<Registry, Unreadable> {
    const REMEDY: &str = "Write it with protoc --include_imports --descriptor_set_out.";
    let set = FileDescriptorSet::decode(bytes).map_err(|error| Unreadable {
        place: DocumentPlace::Whole,
        problem: format!("this is no descriptor set: {error}"),
        remedy: REMEDY,
    })?;
    if set.file.is_empty() {
        return Err(Unreadable::whole(
            "the descriptor set holds no file",
            REMEDY,
        ));
    }
    Ok(Registry::of(&set.file))
}

fn check_depth(text: &str) -> Result<(), Unreadable> {
    let mut depth = 0_usize;
    for (at, line) in text.lines().enumerate() {
        for c in line.chars() {
            match c {
                '{' | '[' | '(' | '<' => depth += 1,
                '}' | ']' | ')' | '>' => depth = depth.saturating_sub(1),
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

impl Registry {
    fn of(files: &[FileDescriptorProto]) -> Self {
        let mut registry = Self::default();
        for file in files {
            let package = file.package();
            if format!("{package}.").starts_with(WELL_KNOWN) {
                continue;
            }
            registry.packages.insert(package.to_owned());
            registry.syntaxes.insert(file.syntax().to_owned());
            for message in &file.message_type {
                registry.add_message(package, message);
            }
            for one in &file.enum_type {
                registry
                    .enums
                    .insert(joined(package, one.name()), one.clone());
            }
            for service in &file.service {
                registry
                    .services
                    .insert(joined(package, service.name()), service.clone());
            }
            for extension in &file.extension {
                registry.extensions.insert(format!("{extension:?}"));
            }
        }
        registry.outside = registry.undefined();
        registry
    }

    fn add_message(&mut self, scope: &str, message: &DescriptorProto) {
        let name = joined(scope, message.name());
        for nested in &message.nested_type {
            self.add_message(&name, nested);
        }
        for one in &message.enum_type {
            self.enums.insert(joined(&name, one.name()), one.clone());
        }
        for extension in &message.extension {
            self.extensions.insert(format!("{extension:?}"));
        }
        self.messages.insert(name, message.clone());
    }

    fn undefined(&self) -> BTreeSet<String> {
        let named = self.messages.iter().flat_map(|(scope, message)| {
            let types = message
                .field
                .iter()
                .filter_map(|field| field.type_name.as_deref());
            types.map(move |name| self.resolved(scope, name))
        });
        named
            .filter(|name| {
                let is_known = self.messages.contains_key(name) || self.enums.contains_key(name);
                !is_known && !name.starts_with(WELL_KNOWN)
            })
            .collect()
    }

    /// The full name of a type that is named inside `scope`: the innermost that is defined.
    pub(super) fn resolved(&self, scope: &str, name: &str) -> String {
        if let Some(full) = name.strip_prefix('.') {
            return full.to_owned();
        }
        let mut scope = scope;
        loop {
            let full = joined(scope, name);
            if self.messages.contains_key(&full) || self.enums.contains_key(&full) {
                return full;
            }
            match scope.rsplit_once('.') {
                Some((outer, _)) => scope = outer,
                None if scope.is_empty() => return name.to_owned(),
                None => scope = "",
            }
        }
    }

    /// The full name of a type that a service names.
    pub(super) fn full(&self, name: &str) -> String {
        let package = self.packages.first().map_or("", String::as_str);
        self.resolved(package, name)
    }
}

fn joined(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}.{name}")
    }
}
