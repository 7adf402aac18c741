//! Reads `[objective]` of `adjutant.toml`: where the documents are, and who is asked.

use adjutant_document::{Complaint, DocumentField, FieldRead, read_toml};

use crate::reading::InvalidOpenSlo;

/// What the settings say about objectives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectiveSettings {
    /// The documents, from the folder of the settings.
    pub files: Vec<String>,
    /// The address of the Prometheus that is asked where no document names one.
    pub prometheus: Option<String>,
}

/// Reads the table of a settings text; nothing is set where there is none.
///
/// # Errors
/// When the text is not TOML, or a key is unknown or wrong.
pub fn read_objective_settings(
    file: &str,
    text: &str,
) -> Result<ObjectiveSettings, InvalidOpenSlo> {
    let at = |line: u64, key: String, problem: String| InvalidOpenSlo {
        file: file.to_owned(),
        line,
        key,
        problem,
    };
    let read = read_toml(text).map_err(|error| {
        let problem = format!("{}; {}", error.problem, error.remedy);
        at(error.line(), String::new(), problem)
    })?;
    let Some(value) = read.value.get("objective") else {
        return Ok(ObjectiveSettings::default());
    };
    let table = DocumentField {
        value,
        pointer: "/objective".to_owned(),
    };
    settings(&table).map_err(|complaint: Complaint| {
        let line = read.line_of(&complaint.pointer) as u64;
        at(line, complaint.key(), complaint.problem)
    })
}

fn settings(table: &DocumentField<'_>) -> FieldRead<ObjectiveSettings> {
    let keys = table.keys()?;
    let mut settings = ObjectiveSettings::default();
    if let Some(files) = keys.get("files") {
        for file in files.items()? {
            settings.files.push(file.text()?.to_owned());
        }
    }
    if let Some(address) = keys.get("prometheus") {
        settings.prometheus = Some(address.text()?.to_owned());
    }
    keys.refuse_others()?;
    Ok(settings)
}
