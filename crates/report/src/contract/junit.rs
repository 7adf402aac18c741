//! As JUnit XML: one test case a finding, and one for the whole, so that two contracts without any
//! change do not look like no test at all.

use adjutant_schema::{SchemaFinding, SchemaSeverity};

use super::{ShownContracts, headline, told};
use crate::markup::xml;

/// The answer as JUnit XML, with a final newline.
pub fn junit(shown: ShownContracts<'_>) -> String {
    let diff = shown.diff;
    let breaking = diff.count(SchemaSeverity::Breaking);
    let errors = diff
        .findings
        .iter()
        .filter(|finding| is_error(finding))
        .count();
    let whole = if breaking > 0 {
        failure("BREAKING", &headline(diff))
    } else if errors > 0 {
        error("UNDECIDED", &headline(diff))
    } else {
        format!("      <system-out>{}</system-out>\n", xml(&headline(diff)))
    };
    let failures = breaking + usize::from(breaking > 0);
    let errors = errors + usize::from(breaking == 0 && errors > 0);
    let counts = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\"",
        diff.findings.len() + 1
    );
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"adjutant\" {counts}>\n  \
         <testsuite name=\"schema {}\" {counts}>\n    \
         <properties>\n      \
         <property name=\"baseline\" value=\"{}\"/>\n      \
         <property name=\"candidate\" value=\"{}\"/>\n    \
         </properties>\n",
        diff.format,
        xml(shown.baseline),
        xml(shown.candidate)
    );
    text.push_str(&case("the whole contract", &whole));
    for finding in &diff.findings {
        let at = finding.candidate.as_deref().or(finding.baseline.as_deref());
        let name = format!("{} {}", finding.rule, at.unwrap_or_default());
        text.push_str(&case(name.trim_end(), &body(finding)));
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn is_error(finding: &SchemaFinding) -> bool {
    finding.undecided && finding.severity != SchemaSeverity::Breaking
}

fn body(finding: &SchemaFinding) -> String {
    let told = told(finding);
    match finding.severity {
        SchemaSeverity::Breaking => failure("BREAKING", &told),
        SchemaSeverity::Risky | SchemaSeverity::Safe if is_error(finding) => {
            error("UNDECIDED", &told)
        }
        SchemaSeverity::Risky | SchemaSeverity::Safe => {
            format!("      <system-out>{}</system-out>\n", xml(&told))
        }
    }
}

fn failure(kind: &str, message: &str) -> String {
    format!(
        "      <failure type=\"{kind}\" message=\"{}\"/>\n",
        xml(message)
    )
}

fn error(kind: &str, message: &str) -> String {
    format!(
        "      <error type=\"{kind}\" message=\"{}\"/>\n",
        xml(message)
    )
}

fn case(name: &str, body: &str) -> String {
    format!(
        "    <testcase classname=\"adjutant.schema\" name=\"{}\">\n{body}    </testcase>\n",
        xml(name)
    )
}
