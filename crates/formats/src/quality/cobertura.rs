//! Cobertura XML, which coverage tools of many languages write.
//!
//! Coverage is counted from the lines of the classes and held against the totals that the file
//! declares. Methods repeat the lines of their class and are not read; nor is complexity, which
//! most tools write as 0.

use std::collections::BTreeMap;

use adjutant_domain::{Data, Labels, Locator, Measurement, Unit};

use super::xml::{self, Element, Elements, Step};
use crate::{FormatError, Place, measure_name};

const REMEDY_WHOLE_FILE: &str = "Give the whole file as the tool wrote it.";

/// How far a declared rate may lie from the counted one: some tools write two decimals.
const RATE_TOLERANCE: f64 = 0.0051;

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    xml::root_name(head).is_some_and(|name| name == "coverage")
        && crate::text::decode_head(head).is_some_and(|head| head.contains("line-rate"))
}

/// Reads `line_coverage`, and `branch_coverage` where the file has branches.
///
/// # Errors
/// When the XML is not well formed, a line is malformed, or the declared totals disagree with the
/// lines.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let mut elements = Elements::of(bytes)?;
    let mut report = Report::default();
    while let Some(step) = elements.next()? {
        match step {
            Step::Enter(element) => report.enter(element)?,
            Step::Leave(name) => report.leave(&name),
        }
    }
    report.measurements()
}

/// A line of code.
#[derive(Default, Clone, Copy)]
struct Line {
    hit: bool,
    branches_taken: u64,
    branches: u64,
}

#[derive(Default)]
struct Report {
    root: Option<Element>,
    file: Option<String>,
    in_methods: bool,
    /// Several classes can share a file, and with it lines.
    lines: BTreeMap<(String, u64), Line>,
    /// The same totals with every class on its own.
    by_class: Totals,
    first: Option<u64>,
    last: u64,
}

#[derive(Default, Clone, Copy)]
struct Totals {
    lines_covered: u64,
    lines: u64,
    branches_covered: u64,
    branches: u64,
}

impl Totals {
    fn add(&mut self, line: Line) {
        self.lines_covered += u64::from(line.hit);
        self.lines += 1;
        self.branches_covered = self.branches_covered.saturating_add(line.branches_taken);
        self.branches = self.branches.saturating_add(line.branches);
    }
}

impl Report {
    fn enter(&mut self, element: Element) -> Result<(), FormatError> {
        match element.name.as_str() {
            "class" => self.file = Some(element.need("filename")?.to_owned()),
            "methods" => self.in_methods = true,
            "line" if !self.in_methods => self.take(&element)?,
            _other_element => {}
        }
        if self.root.is_none() {
            self.root = Some(element);
        }
        Ok(())
    }

    fn leave(&mut self, name: &str) {
        match name {
            "class" => self.file = None,
            "methods" => self.in_methods = false,
            _other_element => {}
        }
    }

    fn take(&mut self, element: &Element) -> Result<(), FormatError> {
        let Some(file) = self.file.clone() else {
            return Err(element.wrong(
                "number",
                "a line stands outside every class",
                REMEDY_WHOLE_FILE,
            ));
        };
        element.need("number")?;
        element.need("hits")?;
        let number = element.count("number")?.unwrap_or_default();
        let (branches_taken, branches) = branches_of(element)?;
        let line = Line {
            hit: element.count("hits")?.unwrap_or_default() > 0,
            branches_taken,
            branches,
        };
        self.by_class.add(line);
        let merged = self.lines.entry((file, number)).or_default();
        merged.hit |= line.hit;
        merged.branches_taken = merged.branches_taken.max(line.branches_taken);
        merged.branches = merged.branches.max(line.branches);
        self.first.get_or_insert(element.line);
        self.last = element.line;
        Ok(())
    }

    fn measurements(self) -> Result<Vec<Measurement>, FormatError> {
        let mut totals = Totals::default();
        for line in self.lines.values() {
            totals.add(*line);
        }
        let (Some(root), Some(first)) = (&self.root, self.first) else {
            return Err(FormatError::new(
                Place::Whole,
                "the report holds no line of code",
                "Check the paths that the coverage tool was told to include.",
            ));
        };
        self.check(root, totals)?;
        let mut found = Vec::new();
        for (measure, events, trials, column) in [
            (
                "line_coverage",
                totals.lines_covered,
                totals.lines,
                "line/@hits",
            ),
            (
                "branch_coverage",
                totals.branches_covered,
                totals.branches,
                "line/@condition-coverage",
            ),
        ] {
            if trials == 0 {
                continue;
            }
            found.push(Measurement {
                measure: measure_name(measure)?,
                labels: Labels::new(),
                unit: Unit::Ratio,
                locator: Locator::Rows {
                    first,
                    last: self.last,
                    column: column.to_owned(),
                },
                data: Data::Proportion { events, trials },
            });
        }
        Ok(found)
    }

    /// Holds the declared totals against the lines. Tools count a line that two classes share once
    /// or twice.
    fn check(&self, root: &Element, by_file: Totals) -> Result<(), FormatError> {
        let by_class = self.by_class;
        for (attribute, once, twice) in [
            ("lines-valid", by_file.lines, by_class.lines),
            (
                "lines-covered",
                by_file.lines_covered,
                by_class.lines_covered,
            ),
            ("branches-valid", by_file.branches, by_class.branches),
            (
                "branches-covered",
                by_file.branches_covered,
                by_class.branches_covered,
            ),
        ] {
            if let Some(declared) = root.count(attribute)?
                && declared != once
                && declared != twice
            {
                return Err(contradiction(
                    root,
                    attribute,
                    &declared.to_string(),
                    &once.to_string(),
                ));
            }
        }
        let Some(text) = root.get("line-rate") else {
            return Ok(());
        };
        let declared: f64 = text.trim().parse().map_err(|_not_a_number| {
            root.wrong(
                "line-rate",
                format!("{text:?} is not a number"),
                REMEDY_WHOLE_FILE,
            )
        })?;
        let agrees = [by_file, by_class].iter().any(|totals| {
            let counted = totals.lines_covered as f64 / totals.lines as f64;
            (counted - declared).abs() <= RATE_TOLERANCE
        });
        if agrees {
            return Ok(());
        }
        let counted = by_file.lines_covered as f64 / by_file.lines as f64;
        Err(contradiction(root, "line-rate", text, &counted.to_string()))
    }
}

fn contradiction(root: &Element, attribute: &str, declared: &str, counted: &str) -> FormatError {
    root.wrong(
        attribute,
        format!("the report declares {attribute} {declared}, but its lines come to {counted}"),
        "The report is incomplete or was edited: collect the coverage again.",
    )
}

/// Taken and all branches of a line, from `condition-coverage="50% (1/2)"`.
fn branches_of(element: &Element) -> Result<(u64, u64), FormatError> {
    let Some(text) = element.get("condition-coverage") else {
        return Ok((0, 0));
    };
    let counts = text
        .rsplit_once('(')
        .and_then(|(_, rest)| rest.trim_end().strip_suffix(')'))
        .and_then(|counts| counts.split_once('/'))
        .and_then(|(taken, all)| Some((taken.trim().parse().ok()?, all.trim().parse().ok()?)));
    match counts {
        Some((taken, all)) if taken <= all => Ok((taken, all)),
        Some(_) | None => Err(element.wrong(
            "condition-coverage",
            format!("{text:?} does not say how many branches ran"),
            "Write it as \"50% (1/2)\".",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outline::outline;

    #[test]
    fn coverage_py_agrees_with_its_lcov_file() {
        let fixture = include_bytes!("../../tests/fixtures/cobertura/coverage-py.xml");
        insta::assert_snapshot!(outline(&read(fixture).unwrap()), @"
        line_coverage{} Ratio 16 of 33 @#L18-55:line/@hits
        branch_coverage{} Ratio 6 of 6 @#L18-55:line/@condition-coverage
        ");
    }

    #[test]
    fn gcovr_is_counted() {
        let fixture = include_bytes!("../../tests/fixtures/cobertura/gcovr.xml");
        insta::assert_snapshot!(outline(&read(fixture).unwrap()), @"
        line_coverage{} Ratio 13 of 18 @#L13-46:line/@hits
        branch_coverage{} Ratio 5 of 8 @#L13-46:line/@condition-coverage
        ");
    }

    #[test]
    fn a_line_that_two_classes_share_counts_once_and_methods_repeat_nothing() {
        let text = r#"<coverage line-rate="0.67" lines-valid="3" lines-covered="2"><class filename="A.java">
<methods><method><lines><line number="1" hits="0"/></lines></method></methods>
<lines><line number="1" hits="0"/><line number="2" hits="1"/></lines></class>
<class filename="A.java"><lines><line number="1" hits="4"/></lines></class></coverage>"#;
        let found = read(text.as_bytes()).unwrap();
        assert_eq!(
            found[0].data,
            Data::Proportion {
                events: 2,
                trials: 2
            }
        );
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_report_that_cannot_be_trusted_is_refused_with_its_place() {
        let whole = include_str!("../../tests/fixtures/cobertura/gcovr.xml");
        let covered = whole.replace("lines-covered=\"13\"", "lines-covered=\"18\"");
        let rate = whole.replacen("line-rate=\"0.7222222222222222\"", "line-rate=\"0.9\"", 1);
        let nan = whole.replacen("line-rate=\"0.7222222222222222\"", "line-rate=\"NaN\"", 1);
        let hits = whole.replace("hits=\"2\"", "hits=\"two\"");
        let branches = whole.replace("(2/2)", "(3/2)");
        for (text, words) in [
            (&whole[..1_500], "cut off"),
            (
                &covered,
                "coverage/@lines-covered: the report declares lines-covered 18, but its lines come to 13",
            ),
            (
                &rate,
                "coverage/@line-rate: the report declares line-rate 0.9, but its lines come to 0.7222222222222222",
            ),
            (
                &nan,
                "coverage/@line-rate: the report declares line-rate NaN",
            ),
            (
                &hits,
                "line/@hits: \"two\" is not a whole number of 0 or more",
            ),
            (
                &branches,
                "line/@condition-coverage: \"100% (3/2)\" does not say how many branches ran",
            ),
            (
                "<coverage line-rate='1'/>",
                "the file: the report holds no line of code",
            ),
            (
                "<coverage><line number='1' hits='1'/></coverage>",
                "line/@number: a line stands outside every class",
            ),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
