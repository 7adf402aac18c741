//! The formats of contracts: recognised by content, and compared.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::error::{ContractError, ContractSide, Unreadable};
use crate::finding::{SchemaDirection, SchemaFinding, SchemaSeverity};
use crate::{SunsetDay, document, json_schema, lines, openapi};

/// The formats that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContractFormat {
    /// JSON Schema 2020-12 and 2019-09, draft-07 and older.
    JsonSchema,
    /// OpenAPI 3.0 and 3.1, JSON or YAML.
    OpenApi,
}

/// A name that is no format of a contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no format of a contract; there are {names}", names = ContractFormat::names())]
pub struct UnknownContractFormat(String);

impl ContractFormat {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::JsonSchema, Self::OpenApi];

    /// Its name on the command line and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonSchema => "json-schema",
            Self::OpenApi => "openapi",
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for ContractFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ContractFormat {
    type Err = UnknownContractFormat;

    fn from_str(name: &str) -> Result<Self, UnknownContractFormat> {
        let known = Self::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| UnknownContractFormat(name.to_owned()))
    }
}

/// What is asked about two contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaQuestion {
    /// Which way the data travels. For an OpenAPI description, which half of it is compared.
    pub direction: SchemaDirection,
    /// The format, where it is not to be recognised.
    pub format: Option<ContractFormat>,
    /// The day on which it is asked: whether a sunset has passed.
    pub today: SunsetDay,
    /// How many days lie at least between a deprecation and its sunset; 0: no sunset is demanded.
    pub sunset_days: u32,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaDiff {
    /// What both were read as.
    pub format: ContractFormat,
    /// What was asked.
    pub direction: SchemaDirection,
    /// The worst first.
    pub findings: Vec<SchemaFinding>,
}

impl SchemaDiff {
    /// How many findings have this severity.
    pub fn count(&self, severity: SchemaSeverity) -> usize {
        let has = |finding: &&SchemaFinding| finding.severity == severity;
        self.findings.iter().filter(has).count()
    }

    /// Whether the comparison was given up somewhere.
    pub fn is_undecided(&self) -> bool {
        self.findings.iter().any(|finding| finding.undecided)
    }
}

/// A contract that was read, and what it is.
struct Read {
    format: ContractFormat,
    value: Value,
}

/// Compares two contracts.
///
/// # Errors
/// When one of them cannot be read, or they are not of one format.
pub fn diff(
    baseline: &[u8],
    candidate: &[u8],
    question: &SchemaQuestion,
) -> Result<SchemaDiff, ContractError> {
    let on = |side: ContractSide| move |unreadable: Unreadable| unreadable.on(side);
    let old = read(baseline, question.format).map_err(on(ContractSide::Baseline))?;
    let new = read(candidate, question.format).map_err(on(ContractSide::Candidate))?;
    if old.format != new.format {
        let problem = format!("this is {}, and the baseline is {}", new.format, old.format);
        let remedy = "Compare two contracts of one format; --as names it.";
        return Err(Unreadable::whole(problem, remedy).on(ContractSide::Candidate));
    }
    let findings = match old.format {
        ContractFormat::JsonSchema => {
            json_schema::compare(&old.value, &new.value, question.direction, question.today)
        }
        ContractFormat::OpenApi => {
            let before = openapi::dialect(&old.value).map_err(on(ContractSide::Baseline))?;
            let after = openapi::dialect(&new.value).map_err(on(ContractSide::Candidate))?;
            openapi::compare((&old.value, before), (&new.value, after), question)
        }
    };
    let mut findings = findings.finish();
    place_lines(&mut findings, baseline, candidate);
    Ok(SchemaDiff {
        format: old.format,
        direction: question.direction,
        findings,
    })
}

/// Gives each finding the lines of its places.
fn place_lines(findings: &mut [SchemaFinding], baseline: &[u8], candidate: &[u8]) {
    let pointers =
        |side: fn(&SchemaFinding) -> Option<&str>| findings.iter().filter_map(side).collect();
    let old = lines::of(baseline, &pointers(|finding| finding.baseline.as_deref()));
    let new = lines::of(candidate, &pointers(|finding| finding.candidate.as_deref()));
    for finding in findings {
        let line = |lines: &BTreeMap<String, u64>, pointer: &Option<String>| {
            pointer
                .as_ref()
                .and_then(|pointer| lines.get(pointer).copied())
        };
        finding.baseline_line = line(&old, &finding.baseline);
        finding.candidate_line = line(&new, &finding.candidate);
    }
}

fn read(bytes: &[u8], format: Option<ContractFormat>) -> Result<Read, Unreadable> {
    let value = document::read(bytes)?;
    let format = match format {
        Some(format) => format,
        None => recognise(&value)?,
    };
    Ok(Read { format, value })
}

/// What a document is, by the keys at its top.
fn recognise(value: &Value) -> Result<ContractFormat, Unreadable> {
    const OF_SCHEMAS: &[&str] = &[
        "$schema",
        "$ref",
        "type",
        "properties",
        "allOf",
        "anyOf",
        "oneOf",
        "enum",
        "const",
        "items",
        "$defs",
        "definitions",
        "additionalProperties",
        "required",
        "not",
        "if",
        "patternProperties",
        "prefixItems",
        "contains",
        "format",
        "pattern",
    ];
    let has = |key: &str| value.get(key).is_some();
    if has("openapi") {
        return Ok(ContractFormat::OpenApi);
    }
    if has("swagger") {
        let problem = "this is Swagger 2.0, which is not read";
        return Err(Unreadable::whole(problem, "Convert it to OpenAPI 3."));
    }
    let is_schema = value.is_boolean() || OF_SCHEMAS.iter().any(|key| has(key));
    if is_schema || value.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok(ContractFormat::JsonSchema);
    }
    let problem = "nothing shows what contract this is";
    Err(Unreadable::whole(problem, "Name its format with --as."))
}
