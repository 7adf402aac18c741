//! `adjutant schema`.

use std::path::PathBuf;

use adjutant_schema::{ContractFormat, SchemaDirection};
use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Tells what replacing one contract by another breaks, for whom, and why.
    Diff(SchemaDiffArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  adjutant schema diff --baseline old.yaml --candidate openapi.yaml
  adjutant schema diff --baseline v1.schema.json --candidate v2.schema.json --direction response
  adjutant schema diff --baseline old.yaml --candidate new.yaml --format sarif > schema.sarif

Reads OpenAPI 3.0 and 3.1, JSON Schema, protobuf (.proto texts and descriptor sets), Avro, GraphQL SDL,
the columns of Parquet and Arrow IPC files, and the signatures of MLflow models.
Exits with 0 when nothing breaks, 30 when something does, 20 when something could not be compared.")]
pub(crate) struct SchemaDiffArguments {
    /// The contract in use.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: PathBuf,
    /// The contract that asks to replace it.
    #[arg(long, value_name = "FILE")]
    pub(crate) candidate: PathBuf,
    /// Which way the data travels; of an API description, which half is compared.
    #[arg(long, value_enum, default_value_t = ContractDirection::Both)]
    pub(crate) direction: ContractDirection,
    /// The format of both, where it is not to be recognised.
    #[arg(long = "as", value_name = "FORMAT")]
    pub(crate) as_format: Option<ContractFormat>,
    /// How many days lie at least between a deprecation and its x-sunset; 0 demands no sunset.
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    pub(crate) sunset_days: u32,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = SchemaFormat::Human)]
    pub(crate) format: SchemaFormat,
}

/// Which way data travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ContractDirection {
    /// Callers write it, the service reads it.
    Request,
    /// The service writes it, callers read it.
    Response,
    /// Both.
    Both,
}

impl From<ContractDirection> for SchemaDirection {
    fn from(direction: ContractDirection) -> Self {
        match direction {
            ContractDirection::Request => Self::Request,
            ContractDirection::Response => Self::Response,
            ContractDirection::Both => Self::Both,
        }
    }
}

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFormat {
    /// For a person.
    Human,
    /// For a program: schemas/schema-diff.schema.json.
    Json,
    /// For code scanning viewers.
    Sarif,
    /// For test viewers.
    Junit,
    /// As annotations of GitHub Actions.
    Github,
}
