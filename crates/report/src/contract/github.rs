//! As workflow commands of GitHub Actions: an error for each change that breaks, a warning for
//! each that may.

use adjutant_schema::SchemaSeverity;

use super::{ShownContracts, told};

/// One annotation a line, with a final newline; empty when there is nothing to tell.
pub fn github(shown: ShownContracts<'_>) -> String {
    let mut text = String::new();
    for finding in &shown.diff.findings {
        let level = match finding.severity {
            SchemaSeverity::Breaking => "error",
            SchemaSeverity::Risky => "warning",
            SchemaSeverity::Safe => continue,
        };
        // What is gone from the candidate is shown where it was.
        let (file, line) = match (&finding.candidate, finding.candidate_line) {
            (Some(_), line) => (shown.candidate, line),
            (None, _) => (shown.baseline, finding.baseline_line),
        };
        let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
        text.push_str(&format!(
            "::{level} file={}{line},title={}::{}\n",
            property(file),
            property(finding.rule),
            data(&told(finding))
        ));
    }
    text
}

/// A text after the second pair of colons.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A text between the first and the second pair of colons.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
