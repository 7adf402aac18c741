//! SARIF 2.1.0 (OASIS), the findings that static analysis, vulnerability and secret scanners write.
//!
//! Counts findings by tool and severity, zeros included, so that "no secret was found" is a
//! statement of the tool and not silence. A run that failed, or that computed no results, says
//! nothing and is Absent. Where in the code a finding lies is not read.

mod severity;

use std::collections::BTreeMap;

use adjutant_domain::{Absence, Data, Labels, Locator, Measurement, Scalar, Unit};
use serde_json::Value;

use self::severity::{Rules, Severity};
use crate::json::{self, Node};
use crate::{FormatError, measure_name, text};

pub(crate) fn recognises(head: &[u8], file_name: &str) -> bool {
    let Some(head) = text::decode_head(head) else {
        return false;
    };
    head.trim_start().starts_with('{')
        && (file_name.ends_with(".sarif")
            || file_name.ends_with(".sarif.json")
            || (head.contains("\"runs\"") && head.contains("sarif")))
}

/// Reads `findings` for each tool and severity, and `findings.suppressed` for each tool.
///
/// # Errors
/// When the file is not SARIF 2.1.0, or keeps its results in other files.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let document = json::parse(bytes)?;
    let root = Node::root(&document);
    let version = root.need("version")?;
    if version.text()? != "2.1.0" {
        return Err(version.wrong(
            format!("this is SARIF {}, not 2.1.0", version.text()?),
            "Let the tool write SARIF 2.1.0, or convert the file with `sarif-multitool transform`.",
        ));
    }
    let mut tools: BTreeMap<String, Tally> = BTreeMap::new();
    let mut runs = 0;
    for run in root.need("runs")?.items()? {
        runs += 1;
        let name = run.need("tool")?.need("driver")?.need("name")?;
        let tally = tools.entry(name.text()?.to_owned()).or_default();
        count_run(&run, tally)?;
    }
    if runs == 0 {
        return Err(root.need("runs")?.wrong(
            "the file holds no run of any tool",
            "Run the tool again; a file without a run finds nothing and proves nothing.",
        ));
    }
    let mut found = Vec::new();
    for (tool, tally) in tools {
        tool_measurements(&tool, tally, &mut found)?;
    }
    Ok(found)
}

/// What one tool found in all its runs.
#[derive(Default)]
struct Tally {
    /// Where the results stand; one place a run.
    places: Vec<String>,
    found: BTreeMap<Severity, u64>,
    suppressed: u64,
    absence: Option<(Absence, String)>,
}

fn count_run(run: &Node<'_>, tally: &mut Tally) -> Result<(), FormatError> {
    if let Some(outside) = run
        .get("externalPropertyFileReferences")
        .and_then(|files| files.get("results"))
    {
        return Err(outside.wrong(
            "the results are in other files",
            "Let the tool write the results into this file.",
        ));
    }
    if let Some(failed) = failed_invocation(run)? {
        let words = format!("the run of the tool failed ({})", failed.pointer);
        tally.absence = Some((Absence::SourceRefused(words), failed.pointer));
        return Ok(());
    }
    let Some(results) = run.get("results") else {
        // Section 3.14.23: without `results` the run did not look for any.
        tally.absence = Some((Absence::EmptyResult, run.pointer.clone()));
        return Ok(());
    };
    tally.places.push(results.pointer.clone());
    let rules = Rules::of(run)?;
    for result in results.items()? {
        if !is_finding(&result)? {
            continue;
        }
        if is_suppressed(&result)? {
            tally.suppressed += 1;
            continue;
        }
        *tally.found.entry(rules.severity(&result)?).or_insert(0) += 1;
    }
    Ok(())
}

/// The invocation that did not succeed, if one did not.
fn failed_invocation<'a>(run: &Node<'a>) -> Result<Option<Node<'a>>, FormatError> {
    let Some(invocations) = run.get("invocations") else {
        return Ok(None);
    };
    for invocation in invocations.items()? {
        if let Some(success) = invocation.get("executionSuccessful")
            && success.value == &Value::Bool(false)
        {
            return Ok(Some(success));
        }
    }
    Ok(None)
}

/// A result may also say that all is well, or that a finding of old is gone.
fn is_finding(result: &Node<'_>) -> Result<bool, FormatError> {
    if let Some(kind) = result.get("kind")
        && matches!(kind.text()?, "pass" | "notApplicable")
    {
        return Ok(false);
    }
    match result.get("baselineState") {
        Some(state) => Ok(state.text()? != "absent"),
        None => Ok(true),
    }
}

/// Suppressed, unless somebody still reviews the suppression or has rejected it.
fn is_suppressed(result: &Node<'_>) -> Result<bool, FormatError> {
    let Some(suppressions) = result.get("suppressions") else {
        return Ok(false);
    };
    let mut any = false;
    for suppression in suppressions.items()? {
        any = true;
        if let Some(status) = suppression.get("status")
            && status.text()? != "accepted"
        {
            return Ok(false);
        }
    }
    Ok(any)
}

fn tool_measurements(
    tool: &str,
    tally: Tally,
    found: &mut Vec<Measurement>,
) -> Result<(), FormatError> {
    let place = match tally.places.as_slice() {
        [only] => only.clone(),
        _several => "/runs".to_owned(),
    };
    let of_tool = Labels::from([("tool".to_owned(), tool.to_owned())]);
    let mut push = |measure: &str, labels: Labels, count: u64| {
        let (data, pointer) = match &tally.absence {
            Some((absence, pointer)) => (Data::Absent(absence.clone()), pointer.clone()),
            None => (Data::Scalar(counted(count)), place.clone()),
        };
        found.push(Measurement {
            measure: measure_name(measure)?,
            labels,
            unit: Unit::Count,
            locator: Locator::Pointer(pointer),
            data,
        });
        Ok(())
    };
    for severity in Severity::ALL {
        let mut labels = of_tool.clone();
        labels.insert("severity".to_owned(), severity.name().to_owned());
        push(
            "findings",
            labels,
            tally.found.get(&severity).copied().unwrap_or(0),
        )?;
    }
    push("findings.suppressed", of_tool, tally.suppressed)
}

fn counted(count: u64) -> Scalar {
    Scalar {
        statistic: "count".to_owned(),
        value: count as f64,
        interval: None,
        n: None,
    }
}

#[cfg(test)]
mod tests;
