//! The published JSON Schemas (2020-12), generated from the wire types. The files in `schemas/`
//! are these texts; a test keeps them equal.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};

use crate::wire::{
    AnnouncementMessage, ComparisonAnswer, ContractAnswer, DeploymentReport, DirectivesFile,
    GateAnswer, PolicyFile, ProgressAnswer, RecordedExchange, RiskAnswer, ShadowAnswer,
};

/// A published schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// What `adjutant gate --format json` writes.
    Gate,
    /// What `adjutant compare --format json` writes.
    Comparison,
    /// What `adjutant report deployment` writes as JSON.
    Report,
    /// What `adjutant schema diff --format json` writes.
    SchemaDiff,
    /// What `adjutant risk --format json` writes.
    Risk,
    /// What `adjutant shadow compare --format json` writes.
    Shadow,
    /// A line of a recording that `adjutant shadow compare` reads.
    Exchange,
    /// The file that `adjutant run` carries out.
    Directives,
    /// What `adjutant run --format json` writes.
    Progress,
    /// What receivers of the format `plain` are told.
    Announcement,
    /// The tables of `adjutant.toml` that define gates.
    Policy,
}

impl Published {
    /// Every published schema.
    pub const ALL: [Self; 11] = [
        Self::Gate,
        Self::Comparison,
        Self::Report,
        Self::SchemaDiff,
        Self::Risk,
        Self::Shadow,
        Self::Exchange,
        Self::Directives,
        Self::Progress,
        Self::Announcement,
        Self::Policy,
    ];

    /// Its file's name in `schemas/`.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Gate => "gate.schema.json",
            Self::Comparison => "comparison.schema.json",
            Self::Report => "report.schema.json",
            Self::SchemaDiff => "schema-diff.schema.json",
            Self::Risk => "risk.schema.json",
            Self::Shadow => "shadow.schema.json",
            Self::Exchange => "exchange.schema.json",
            Self::Directives => "directives.schema.json",
            Self::Progress => "progress.schema.json",
            Self::Announcement => "announcement.schema.json",
            Self::Policy => "policy.schema.json",
        }
    }

    /// Its text, which ends with a newline.
    pub fn text(self) -> String {
        match self {
            Self::Gate => text_of::<GateAnswer>(),
            Self::Comparison => text_of::<ComparisonAnswer>(),
            Self::Report => text_of::<DeploymentReport>(),
            Self::SchemaDiff => text_of::<ContractAnswer>(),
            Self::Risk => text_of::<RiskAnswer>(),
            Self::Shadow => text_of::<ShadowAnswer>(),
            Self::Exchange => text_of::<RecordedExchange>(),
            Self::Directives => text_of::<DirectivesFile>(),
            Self::Progress => text_of::<ProgressAnswer>(),
            Self::Announcement => text_of::<AnnouncementMessage>(),
            Self::Policy => text_of_read::<PolicyFile>(),
        }
    }
}

/// The schema of what is written: every field is there.
fn text_of<T: JsonSchema>() -> String {
    generated::<T>(SchemaSettings::draft2020_12().for_serialize())
}

/// The schema of what is read: what may be left out is not required.
fn text_of_read<T: JsonSchema>() -> String {
    generated::<T>(SchemaSettings::draft2020_12().for_deserialize())
}

fn generated<T: JsonSchema>(settings: SchemaSettings) -> String {
    let schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    // Whether a map keeps its order depends on a feature that any crate may turn on.
    let mut schema = schema.to_value();
    schema.sort_all_objects();
    format!("{schema:#}\n")
}
