//! The formats of contracts: recognised by content, and compared.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use adjutant_document::{self as document, Unreadable, lines};
use serde_json::Value;

use crate::columns::{self, Column};
use crate::error::{ContractError, ContractSide};
use crate::finding::{Findings, SchemaDirection, SchemaFinding, SchemaSeverity};
use crate::graphql::{self, Schema};
use crate::json_schema::{self, Dialect};
use crate::protobuf::{self, Registry};
use crate::signature::{self, Signature};
use crate::{SunsetDay, arrow, avro, openapi, parquet};

/// The formats that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContractFormat {
    /// JSON Schema 2020-12 and 2019-09, draft-07 and older.
    JsonSchema,
    /// OpenAPI 3.0 and 3.1, JSON or YAML.
    OpenApi,
    /// Protocol buffers as `.proto` texts.
    Protobuf,
    /// Protocol buffers as descriptor sets.
    ProtobufDescriptors,
    /// Avro schemas.
    Avro,
    /// GraphQL schemas.
    GraphQl,
    /// The columns of Parquet files.
    Parquet,
    /// The columns of Arrow IPC files and streams.
    Arrow,
    /// The signatures of MLflow models.
    MlflowSignature,
}

/// A name that is no format of a contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no format of a contract; there are {names}", names = ContractFormat::names())]
pub struct UnknownContractFormat(String);

impl ContractFormat {
    /// Every format.
    pub const ALL: [Self; 9] = [
        Self::JsonSchema,
        Self::OpenApi,
        Self::Protobuf,
        Self::ProtobufDescriptors,
        Self::Avro,
        Self::GraphQl,
        Self::Parquet,
        Self::MlflowSignature,
        Self::Arrow,
    ];

    /// Its name on the command line and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonSchema => "json-schema",
            Self::OpenApi => "openapi",
            Self::Protobuf => "protobuf",
            Self::ProtobufDescriptors => "protobuf-descriptors",
            Self::Avro => "avro",
            Self::GraphQl => "graphql",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::MlflowSignature => "mlflow-signature",
        }
    }

    /// Whether its places are JSON pointers into a text of JSON or YAML, which have lines.
    fn has_lines(self) -> bool {
        match self {
            Self::JsonSchema | Self::OpenApi | Self::Avro => true,
            Self::Protobuf
            | Self::ProtobufDescriptors
            | Self::GraphQl
            | Self::Parquet
            | Self::Arrow
            | Self::MlflowSignature => false,
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

/// Compares two contracts.
///
/// # Errors
/// When one of them cannot be read, or they are not of one format.
pub fn diff(
    baseline: &[u8],
    candidate: &[u8],
    question: &SchemaQuestion,
) -> Result<SchemaDiff, ContractError> {
    let on = |side: ContractSide| move |unreadable: Unreadable| ContractError::on(side, unreadable);
    let old = Contract::read(baseline, question.format).map_err(on(ContractSide::Baseline))?;
    let new = Contract::read(candidate, question.format).map_err(on(ContractSide::Candidate))?;
    let (format, other) = (old.format(), new.format());
    if format != other {
        let problem = format!("this is {other}, and the baseline is {format}");
        let remedy = "Compare two contracts of one format; --as names it.";
        return Err(ContractError::on(
            ContractSide::Candidate,
            Unreadable::whole(problem, remedy),
        ));
    }
    let mut findings = compare(&old, &new, question).finish();
    if format.has_lines() {
        place_lines(&mut findings, baseline, candidate);
    }
    Ok(SchemaDiff {
        format,
        direction: question.direction,
        findings,
    })
}

/// Both are of one format.
fn compare(old: &Contract, new: &Contract, question: &SchemaQuestion) -> Findings {
    let direction = question.direction;
    match (old, new) {
        (Contract::JsonSchema(old), Contract::JsonSchema(new)) => {
            json_schema::compare(old, new, direction, question.today)
        }
        (Contract::OpenApi(old, one), Contract::OpenApi(new, other)) => {
            openapi::compare((old, *one), (new, *other), question)
        }
        (Contract::Protobuf(_, old), Contract::Protobuf(_, new)) => {
            protobuf::compare(old, new, direction)
        }
        (Contract::Avro(old), Contract::Avro(new)) => avro::compare(old, new, direction),
        (Contract::GraphQl(old), Contract::GraphQl(new)) => graphql::compare(old, new, direction),
        (Contract::Columns(_, old), Contract::Columns(_, new)) => {
            columns::compare(old, new, direction)
        }
        (Contract::Mlflow(old), Contract::Mlflow(new)) => signature::compare(old, new, direction),
        (
            Contract::JsonSchema(_)
            | Contract::OpenApi(..)
            | Contract::Protobuf(..)
            | Contract::Avro(_)
            | Contract::GraphQl(_)
            | Contract::Columns(..)
            | Contract::Mlflow(_),
            _,
        ) => Findings::default(),
    }
}

/// Gives each finding the lines of its places.
fn place_lines(findings: &mut [SchemaFinding], baseline: &[u8], candidate: &[u8]) {
    let pointers =
        |side: fn(&SchemaFinding) -> Option<&str>| findings.iter().filter_map(side).collect();
    let old = lines::of(baseline, &pointers(|finding| finding.baseline.as_deref()));
    let new = lines::of(candidate, &pointers(|finding| finding.candidate.as_deref()));
    for finding in findings {
        let line = |lines: &BTreeMap<String, u64>, pointer: &Option<String>| {
            let pointer = pointer.as_ref()?;
            lines.get(pointer).copied()
        };
        finding.baseline_line = line(&old, &finding.baseline);
        finding.candidate_line = line(&new, &finding.candidate);
    }
}

/// A contract that was read.
enum Contract {
    JsonSchema(Value),
    OpenApi(Value, Dialect),
    Protobuf(ContractFormat, Registry),
    Avro(Value),
    GraphQl(Schema),
    Columns(ContractFormat, Vec<Column>),
    Mlflow(Signature),
}

impl Contract {
    fn read(bytes: &[u8], format: Option<ContractFormat>) -> Result<Self, Unreadable> {
        let format = match format {
            Some(format) => format,
            None => recognise(bytes)?,
        };
        Ok(match format {
            ContractFormat::JsonSchema => Self::JsonSchema(document::read(bytes)?),
            ContractFormat::OpenApi => {
                let value = document::read(bytes)?;
                let dialect = openapi::dialect(&value)?;
                Self::OpenApi(value, dialect)
            }
            ContractFormat::Protobuf => Self::Protobuf(format, protobuf::read_text(bytes)?),
            ContractFormat::ProtobufDescriptors => {
                Self::Protobuf(format, protobuf::read_set(bytes)?)
            }
            ContractFormat::Avro => Self::Avro(document::read(bytes)?),
            ContractFormat::GraphQl => Self::GraphQl(graphql::read(bytes)?),
            ContractFormat::Parquet => Self::Columns(format, parquet::read(bytes)?),
            ContractFormat::Arrow => Self::Columns(format, arrow::read(bytes)?),
            ContractFormat::MlflowSignature => {
                Self::Mlflow(signature::read(&document::read(bytes)?)?)
            }
        })
    }

    fn format(&self) -> ContractFormat {
        match self {
            Self::JsonSchema(_) => ContractFormat::JsonSchema,
            Self::OpenApi(..) => ContractFormat::OpenApi,
            Self::Protobuf(format, _) => *format,
            Self::Avro(_) => ContractFormat::Avro,
            Self::GraphQl(_) => ContractFormat::GraphQl,
            Self::Columns(format, _) => *format,
            Self::Mlflow(_) => ContractFormat::MlflowSignature,
        }
    }
}

/// What a contract is, by its first and last bytes, its words, or the keys at its top.
fn recognise(bytes: &[u8]) -> Result<ContractFormat, Unreadable> {
    if bytes.starts_with(b"PAR1") || bytes.starts_with(b"PARE") {
        return Ok(ContractFormat::Parquet);
    }
    if arrow::recognises(bytes) {
        return Ok(ContractFormat::Arrow);
    }
    if let Some(format) = std::str::from_utf8(bytes).ok().and_then(recognise_words) {
        return Ok(format);
    }
    // A descriptor set starts with the field of its first file.
    if bytes.starts_with(b"\x0a") && protobuf::read_set(bytes).is_ok() {
        return Ok(ContractFormat::ProtobufDescriptors);
    }
    recognise_keys(&document::read(bytes)?)
}

/// What a text is, by how its first lines start.
fn recognise_words(text: &str) -> Option<ContractFormat> {
    const LINES_MAX: usize = 1_000;
    const OF_PROTOBUF: &[&str] = &[
        "syntax=",
        "syntax =",
        "edition =",
        "package ",
        "message ",
        "import \"",
    ];
    const OF_GRAPHQL: &[&str] = &[
        "type ",
        "schema ",
        "schema{",
        "interface ",
        "union ",
        "input ",
        "scalar ",
        "directive @",
        "extend ",
    ];
    let starts = |line: &str, words: &[&str]| words.iter().any(|word| line.starts_with(word));
    for line in text.lines().take(LINES_MAX) {
        // Both know enums; only one of them ends its values with semicolons.
        let is_enum = line.starts_with("enum ");
        if starts(line, OF_PROTOBUF) || (is_enum && text.contains(';')) {
            return Some(ContractFormat::Protobuf);
        }
        if starts(line, OF_GRAPHQL) || is_enum {
            return Some(ContractFormat::GraphQl);
        }
        let says_nothing = line.trim().is_empty() || line.starts_with(['#', '/', '*', ' ', '"']);
        if !says_nothing {
            return None;
        }
    }
    None
}

fn recognise_keys(value: &Value) -> Result<ContractFormat, Unreadable> {
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
    let is_type = |name: &str| value.get("type").and_then(Value::as_str) == Some(name);
    if has("openapi") {
        return Ok(ContractFormat::OpenApi);
    }
    if has("swagger") {
        let problem = "this is Swagger 2.0, which is not read";
        return Err(Unreadable::whole(problem, "Convert it to OpenAPI 3."));
    }
    if has("signature") || (has("flavors") && has("model_uuid")) {
        return Ok(ContractFormat::MlflowSignature);
    }
    let is_named = has("name")
        && ["record", "error", "enum", "fixed"]
            .iter()
            .any(|t| is_type(t));
    let is_avro = is_named
        || value.is_array()
        || value.is_string()
        || (is_type("map") && has("values"))
        || (is_type("array") && value.get("items").is_some_and(Value::is_string));
    if is_avro {
        return Ok(ContractFormat::Avro);
    }
    let is_schema = value.is_boolean() || OF_SCHEMAS.iter().any(|key| has(key));
    if is_schema || value.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok(ContractFormat::JsonSchema);
    }
    let problem = "nothing shows what contract this is";
    Err(Unreadable::whole(problem, "Name its format with --as."))
}
