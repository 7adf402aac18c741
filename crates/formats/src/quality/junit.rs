//! JUnit XML, the test report that most test runners write.
//!
//! Every count is made from the test cases themselves and held against the counts that the file
//! declares: a file that contradicts itself is refused. Outputs, properties and the runs that a
//! tool repeated are not read.

use std::collections::HashMap;
use std::sync::Arc;

use adjutant_domain::{Absence, Data, Labels, Locator, Measurement, Samples, Unit};

use super::xml::{self, Element, Elements, Step};
use crate::keys::keys;
use crate::{FormatError, measure_name};

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    xml::root_name(head).is_some_and(|name| matches!(name.as_str(), "testsuites" | "testsuite"))
}

/// Reads, for each suite that holds test cases: `tests.failed`, `tests.skipped`, and `duration_ms`
/// of the tests that passed.
///
/// # Errors
/// When the XML is not well formed, a declared count disagrees with the test cases, or a time is
/// not one.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let mut elements = Elements::of(bytes)?;
    let mut report = Report::default();
    while let Some(step) = elements.next()? {
        match step {
            Step::Enter(element) => report.enter(element)?,
            Step::Leave(name) => report.leave(&name)?,
        }
    }
    measurements(report.closed)
}

/// What the test cases of a suite came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Counts {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }
}

struct Suite {
    element: Element,
    name: String,
    own: Counts,
    nested: Counts,
    /// Tests that failed or erred; one that did both counts once.
    failed: u64,
    skipped: u64,
    has_suites: bool,
    durations: Vec<Duration>,
}

struct Duration {
    test: String,
    line: u64,
    ms: f64,
}

struct Case {
    element: Element,
    failure: bool,
    error: bool,
    skipped: bool,
}

/// The reading so far.
#[derive(Default)]
struct Report {
    open: Vec<Suite>,
    case: Option<Case>,
    /// How deep the walk is inside the open test case.
    inside: usize,
    closed: Vec<Suite>,
}

impl Report {
    fn enter(&mut self, element: Element) -> Result<(), FormatError> {
        if let Some(case) = &mut self.case {
            if self.inside == 0 {
                case.failure |= element.name == "failure";
                case.error |= element.name == "error";
                case.skipped |= element.name == "skipped";
            }
            self.inside += 1;
            return Ok(());
        }
        match element.name.as_str() {
            "testsuites" | "testsuite" => {
                if let Some(outer) = self.open.last_mut() {
                    outer.has_suites = true;
                }
                self.open.push(Suite::of(element));
            }
            "testcase" if self.open.is_empty() => {
                return Err(element.wrong(
                    "name",
                    "a test case stands outside every suite",
                    "Give the whole file as the tool wrote it.",
                ));
            }
            "testcase" => self.case = Some(Case::of(element)),
            _other_element => {}
        }
        Ok(())
    }

    fn leave(&mut self, name: &str) -> Result<(), FormatError> {
        if self.case.is_some() && self.inside > 0 {
            self.inside -= 1;
            return Ok(());
        }
        if let (Some(case), Some(suite)) = (self.case.take(), self.open.last_mut()) {
            return suite.take(&case);
        }
        if !matches!(name, "testsuites" | "testsuite") {
            return Ok(());
        }
        if let Some(suite) = self.open.pop() {
            suite.check()?;
            if let Some(outer) = self.open.last_mut() {
                outer.nested.add(suite.own);
                outer.nested.add(suite.nested);
            }
            self.closed.push(suite);
        }
        Ok(())
    }
}

impl Case {
    fn of(element: Element) -> Self {
        // GoogleTest marks a test that did not run by attributes alone.
        let not_run = matches!(element.get("status"), Some("notrun" | "disabled"))
            || matches!(element.get("result"), Some("suppressed" | "skipped"));
        Self {
            element,
            failure: false,
            error: false,
            skipped: not_run,
        }
    }

    /// What tells the test apart within its suite, such as `tests.test_search::test_empty_query`.
    fn test(&self) -> String {
        let name = self.element.get("name").unwrap_or_default();
        match self.element.get("classname") {
            Some(class) if !class.is_empty() => format!("{class}::{name}"),
            Some(_) | None => name.to_owned(),
        }
    }

    fn duration_ms(&self) -> Result<Option<f64>, FormatError> {
        let Some(text) = self.element.get("time") else {
            return Ok(None);
        };
        // Surefire groups thousands: `1,234.5`.
        let seconds = text.trim().replace(',', "").parse::<f64>().ok();
        seconds
            .filter(|seconds| seconds.is_finite() && *seconds >= 0.0)
            .map(|seconds| Some(seconds * 1_000.0))
            .ok_or_else(|| {
                self.element.wrong(
                    "time",
                    format!("{text:?} is not a duration in seconds"),
                    "Write a finite number of seconds, 0 or more, or leave `time` out.",
                )
            })
    }
}

impl Suite {
    fn of(element: Element) -> Self {
        Self {
            name: element.get("name").unwrap_or_default().to_owned(),
            element,
            own: Counts::default(),
            nested: Counts::default(),
            failed: 0,
            skipped: 0,
            has_suites: false,
            durations: Vec::new(),
        }
    }

    fn take(&mut self, case: &Case) -> Result<(), FormatError> {
        let failed = case.failure || case.error;
        self.own.add(Counts {
            tests: 1,
            failures: u64::from(case.failure),
            errors: u64::from(case.error),
            skipped: u64::from(case.skipped),
        });
        self.failed += u64::from(failed);
        self.skipped += u64::from(case.skipped && !failed);
        let duration = case.duration_ms()?;
        if let (Some(ms), false, false) = (duration, failed, case.skipped) {
            self.durations.push(Duration {
                test: case.test(),
                line: case.element.line,
                ms,
            });
        }
        Ok(())
    }

    /// Holds the declared counts against the test cases. Tools count a suite's own cases, or those
    /// of nested suites as well.
    fn check(&self) -> Result<(), FormatError> {
        let mut all = self.own;
        all.add(self.nested);
        let skipped = match (
            self.element.count("skipped")?,
            self.element.count("disabled")?,
        ) {
            (None, disabled) => disabled,
            (Some(skipped), disabled) => Some(skipped.saturating_add(disabled.unwrap_or(0))),
        };
        for (attribute, declared, own, all) in [
            (
                "tests",
                self.element.count("tests")?,
                self.own.tests,
                all.tests,
            ),
            (
                "failures",
                self.element.count("failures")?,
                self.own.failures,
                all.failures,
            ),
            (
                "errors",
                self.element.count("errors")?,
                self.own.errors,
                all.errors,
            ),
            ("skipped", skipped, self.own.skipped, all.skipped),
        ] {
            let Some(declared) = declared else { continue };
            let own_counts = self.own.tests > 0 && declared == own;
            if !own_counts && declared != all {
                return Err(self.element.wrong(
                    attribute,
                    format!(
                        "suite {:?} declares {declared} {attribute}, but its test cases come to {all}",
                        self.name
                    ),
                    "The report is incomplete or was edited: run the tests again.",
                ));
            }
        }
        Ok(())
    }
}

/// Suites of one name are one: a report that was merged from several runs repeats them.
fn measurements(mut closed: Vec<Suite>) -> Result<Vec<Measurement>, FormatError> {
    closed.sort_by_key(|suite| suite.element.line);
    let mut merged: Vec<Suite> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for suite in closed {
        if suite.own.tests == 0 && suite.has_suites {
            continue;
        }
        match places.get(&suite.name).and_then(|at| merged.get_mut(*at)) {
            Some(first) => {
                first.own.add(suite.own);
                first.failed += suite.failed;
                first.skipped += suite.skipped;
                first.durations.extend(suite.durations);
            }
            None => {
                places.insert(suite.name.clone(), merged.len());
                merged.push(suite);
            }
        }
    }
    let mut found = Vec::new();
    for suite in merged {
        suite_measurements(suite, &mut found)?;
    }
    Ok(found)
}

fn suite_measurements(suite: Suite, found: &mut Vec<Measurement>) -> Result<(), FormatError> {
    let labels = Labels::from([("suite".to_owned(), suite.name)]);
    let locator = Locator::Line(suite.element.line);
    let ran = suite.own.tests - suite.skipped;
    for (measure, events, trials) in [
        ("tests.failed", suite.failed, ran),
        ("tests.skipped", suite.skipped, suite.own.tests),
    ] {
        let data = match trials {
            0 => Data::Absent(Absence::EmptyResult),
            _ => Data::Proportion { events, trials },
        };
        found.push(Measurement {
            measure: measure_name(measure)?,
            labels: labels.clone(),
            unit: Unit::Ratio,
            locator: locator.clone(),
            data,
        });
    }
    if let (Some(first), Some(last)) = (suite.durations.first(), suite.durations.last()) {
        let locator = Locator::Rows {
            first: first.line.min(last.line),
            last: last.line.max(first.line),
            column: "testcase/@time".to_owned(),
        };
        found.push(Measurement {
            measure: measure_name("duration_ms")?,
            labels,
            unit: Unit::Milliseconds,
            locator,
            data: Data::Samples(durations(&suite.durations)),
        });
    }
    Ok(())
}

fn durations(durations: &[Duration]) -> Samples {
    let tests = durations.iter().map(|duration| duration.test.clone());
    Samples {
        values: durations.iter().map(|duration| duration.ms).collect(),
        pair: Some(Arc::new(keys(tests))),
        cluster: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outline::outline;

    #[test]
    fn nextest_counts_a_flaky_test_as_passed_and_a_repeated_failure_once() {
        let fixture = include_bytes!("../../tests/fixtures/junit/nextest.xml");
        insta::assert_snapshot!(outline(&read(fixture).unwrap()), @r#"
        tests.failed{suite="search"} Ratio 1 of 5 @#L3
        tests.skipped{suite="search"} Ratio 0 of 5 @#L3
        duration_ms{suite="search"} Milliseconds [6.0, 52.0, 5.0, 5.0] pair Some(["search::tests::a_flaky_test", "search::tests::a_slow_test", "search::tests::every_word_found_scores_one", "search::tests::half_of_the_words_found_scores_a_half"]) cluster None @#L4-80:testcase/@time
        tests.failed{suite="search::guardrail"} Ratio 0 of 2 @#L82
        tests.skipped{suite="search::guardrail"} Ratio 0 of 2 @#L82
        duration_ms{suite="search::guardrail"} Milliseconds [4.0, 4.0] pair Some(["search::guardrail::pii_is_masked", "search::guardrail::prompt_injection_is_refused"]) cluster None @#L83-84:testcase/@time
        "#);
    }

    #[test]
    fn pytest_reports_failures_errors_and_skips() {
        let fixture = include_bytes!("../../tests/fixtures/junit/pytest.xml");
        insta::assert_snapshot!(outline(&read(fixture).unwrap()), @r#"
        tests.failed{suite="pytest"} Ratio 5 of 11 @#L1
        tests.skipped{suite="pytest"} Ratio 2 of 13 @#L1
        duration_ms{suite="pytest"} Milliseconds [0.0, 0.0, 1.0, 0.0, 1.0, 51.0] pair Some(["tests.test_rank::test_words_are_lower_case", "tests.test_rank::test_no_text_is_refused", "tests.test_rank::test_score[red-1.0]", "tests.test_rank::test_score[red dog-0.5]", "tests.test_rank::test_score[-0.0]", "tests.test_rank::test_slow_path_is_slow"]) cluster None @#L24-24:testcase/@time
        "#);
    }

    #[test]
    fn a_suite_in_which_nothing_ran_has_no_failure_rate() {
        let skipped = include_bytes!("../../tests/fixtures/junit/pytest-all-skipped.xml");
        insta::assert_snapshot!(outline(&read(skipped).unwrap()), @r#"
        tests.failed{suite="guardrail"} Ratio ABSENT the query matched no series @#L1
        tests.skipped{suite="guardrail"} Ratio 1 of 1 @#L1
        "#);
        let empty = include_bytes!("../../tests/fixtures/junit/pytest-no-tests.xml");
        insta::assert_snapshot!(outline(&read(empty).unwrap()), @r#"
        tests.failed{suite="guardrail"} Ratio ABSENT the query matched no series @#L1
        tests.skipped{suite="guardrail"} Ratio ABSENT the query matched no series @#L1
        "#);
    }

    #[test]
    fn nested_suites_keep_their_own_cases_and_may_declare_all() {
        let text = r#"<testsuites tests="4" failures="1">
 <testsuite name="outer" tests="3" failures="1">
  <testcase name="a" time="1,000.5"/>
  <testsuite name="inner" tests="2" failures="1" skipped="1">
   <testcase name="b"><failure/><failure/></testcase>
   <testcase name="c" status="notrun"><system-out/></testcase>
  </testsuite>
 </testsuite>
 <testsuite name="inner" tests="1"><testcase name="b" time="0.25"/></testsuite>
</testsuites>"#;
        insta::assert_snapshot!(outline(&read(text.as_bytes()).unwrap()), @r#"
        tests.failed{suite="outer"} Ratio 0 of 1 @#L2
        tests.skipped{suite="outer"} Ratio 0 of 1 @#L2
        duration_ms{suite="outer"} Milliseconds [1000500.0] pair Some(["a"]) cluster None @#L3-3:testcase/@time
        tests.failed{suite="inner"} Ratio 1 of 2 @#L4
        tests.skipped{suite="inner"} Ratio 1 of 3 @#L4
        duration_ms{suite="inner"} Milliseconds [250.0] pair Some(["b"]) cluster None @#L9-9:testcase/@time
        "#);
    }

    #[test]
    fn a_report_that_cannot_be_trusted_is_refused_with_its_place() {
        let whole = include_str!("../../tests/fixtures/junit/pytest.xml");
        let cut = &whole[..whole.len() / 2];
        let more = whole.replace("failures=\"2\"", "failures=\"0\"");
        for (text, words) in [
            (cut, "line 21: the XML ends too early; the file is cut off"),
            (
                more.as_str(),
                "line 1, testsuite/@failures: suite \"pytest\" declares 0 failures, but its test cases come to 2",
            ),
            (
                "<testsuite tests='many'/>",
                "line 1, testsuite/@tests: \"many\" is not a whole number of 0 or more",
            ),
            (
                "<testsuite><testcase time='NaN'/></testsuite>",
                "line 1, testcase/@time: \"NaN\" is not a duration in seconds",
            ),
            (
                "<testsuite><testcase time='-1'/></testsuite>",
                "line 1, testcase/@time: \"-1\" is not a duration in seconds",
            ),
            (
                "<x><testcase/></x>",
                "line 1, testcase/@name: a test case stands outside every suite",
            ),
            ("", "the file: the file is empty"),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn only_a_test_report_is_recognised() {
        for (head, expected) in [
            (
                "<?xml version='1.0'?>\n<!-- x -->\n<testsuite name='a'><testca",
                true,
            ),
            ("<testsuites>", true),
            ("<coverage line-rate='1'>", false),
            ("testsuite", false),
        ] {
            assert_eq!(
                recognises(head.as_bytes(), "report.xml"),
                expected,
                "{head}"
            );
        }
    }
}
