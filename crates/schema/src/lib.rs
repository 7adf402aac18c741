//! Contracts, and what a change of one breaks: two texts of one contract come in, findings go out.
//!
//! Every format comes down to one question: does the candidate accept *less* than the baseline
//! (narrowed), *more* (widened), or neither of the two? Which of them breaks follows from the
//! direction the data takes, in one place ([`finding`]): data that callers write must not be
//! narrowed, data that callers read must not be widened.
//!
//! **Invariant.** What cannot be compared is a finding of its own, never silence.
//! **Invariant.** Bytes in, findings out: no file, no clock, no environment. The day comes in.

mod arrow;
mod avro;
mod columns;
mod contract;
mod error;
mod finding;
mod graphql;
mod json_schema;
mod openapi;
mod parquet;
mod pointer;
mod protobuf;
mod signature;
mod sunset_day;

pub use adjutant_document::DocumentPlace as ContractPlace;
pub use contract::{ContractFormat, SchemaDiff, SchemaQuestion, UnknownContractFormat, diff};
pub use error::{ContractError, ContractSide};
pub use finding::{Breaks, SchemaDirection, SchemaFinding, SchemaSeverity};
pub use sunset_day::SunsetDay;

pub use adjutant_document::DOCUMENT_BYTES_MAX as CONTRACT_BYTES_MAX;
