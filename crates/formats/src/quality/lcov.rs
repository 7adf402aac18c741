//! lcov tracefiles, which coverage tools of many languages write.
//!
//! Coverage is counted from the `DA` (line) and `BRDA` (branch) records and held against the
//! totals that each section declares. llvm-cov's totals count a line once for each function that
//! covers it, so they cannot be compared and are left alone. Functions, test names and checksums
//! are not read.

use std::collections::BTreeMap;

use adjutant_domain::{Data, Labels, Locator, Measurement, Unit};

use crate::{FormatError, Place, measure_name, text};

const REMEDY_WHOLE_FILE: &str = "Give the whole tracefile as the tool wrote it.";

pub(crate) fn recognises(head: &[u8], _file_name: &str) -> bool {
    let Some(head) = text::decode_head(head) else {
        return false;
    };
    let mut lines = head
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .next()
        .is_some_and(|line| line.starts_with("TN:") || line.starts_with("SF:"))
        && head.lines().any(|line| line.starts_with("SF:"))
}

/// Reads `line_coverage`, and `branch_coverage` where the file has branches.
///
/// # Errors
/// When a record is malformed or outside its section, the file is cut off, or a section's totals
/// disagree with its lines.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Measurement>, FormatError> {
    let text = text::decode(bytes)?;
    let mut files: BTreeMap<&str, Hits<'_>> = BTreeMap::new();
    let mut open: Option<Section<'_>> = None;
    let mut test_named = false;
    let mut span = None;
    for (number, line) in (1_u64..).zip(text.lines()) {
        let line = line.trim();
        let record = Record {
            line: number,
            text: line,
        };
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (first, _) = span.unwrap_or((number, number));
        span = Some((first, number));
        if let Some(file) = line.strip_prefix("SF:") {
            if open.is_some() {
                return Err(
                    record.wrong("a section starts inside another; `end_of_record` is missing")
                );
            }
            open = Some(Section::of(file, number, test_named));
        } else if line == "end_of_record" {
            let section = open
                .take()
                .ok_or_else(|| record.wrong("no section is open here"))?;
            section.check()?;
            files.entry(section.file).or_default().merge(section.hits);
        } else if let Some(section) = &mut open {
            section.take(&record)?;
        } else if line.starts_with("TN:") {
            test_named = true;
        } else {
            return Err(record.wrong("this record stands outside every section"));
        }
    }
    if let Some(section) = open {
        let problem = format!(
            "the section of {:?} has no end; the file is cut off",
            section.file
        );
        return Err(FormatError::new(
            Place::Line(section.line),
            problem,
            REMEDY_WHOLE_FILE,
        ));
    }
    measurements(&files, span)
}

/// Which lines and branches of a file ran.
#[derive(Default)]
struct Hits<'a> {
    lines: BTreeMap<u64, bool>,
    /// By line, and by the block and branch that the tool names.
    branches: BTreeMap<(u64, &'a str), bool>,
}

impl<'a> Hits<'a> {
    fn merge(&mut self, other: Hits<'a>) {
        for (line, hits) in other.lines {
            *self.lines.entry(line).or_insert(false) |= hits;
        }
        for (branch, taken) in other.branches {
            *self.branches.entry(branch).or_insert(false) |= taken;
        }
    }
}

struct Section<'a> {
    file: &'a str,
    line: u64,
    hits: Hits<'a>,
    /// The totals that the section declares: `LF`, `LH`, `BRF`, `BRH`.
    declared: BTreeMap<&'a str, (u64, u64)>,
    test_named: bool,
    /// llvm-cov alone names no test and counts the functions before the lines.
    by_function: bool,
}

impl<'a> Section<'a> {
    fn of(file: &'a str, line: u64, test_named: bool) -> Self {
        Self {
            file,
            line,
            hits: Hits::default(),
            declared: BTreeMap::new(),
            test_named,
            by_function: false,
        }
    }

    fn take(&mut self, record: &Record<'a>) -> Result<(), FormatError> {
        let Some((kind, rest)) = record.text.split_once(':') else {
            return Err(record.wrong("this is not a record of a tracefile"));
        };
        match kind {
            "DA" => {
                let mut fields = rest.split(',');
                let line = record.number(fields.next())?;
                let hits = record.number(fields.next())?;
                *self.hits.lines.entry(line).or_insert(false) |= hits > 0;
            }
            "BRDA" => {
                let (line, rest) = rest.split_once(',').unwrap_or((rest, ""));
                let line = record.number(Some(line))?;
                let Some((branch, taken)) = rest.rsplit_once(',') else {
                    return Err(
                        record.wrong("a branch needs a line, a block, a branch and a count")
                    );
                };
                let taken = match taken {
                    "-" => 0,
                    count => record.number(Some(count))?,
                };
                *self.hits.branches.entry((line, branch)).or_insert(false) |= taken > 0;
            }
            "LF" | "LH" | "BRF" | "BRH" => {
                let total = record.number(Some(rest))?;
                self.declared.insert(kind, (total, record.line));
            }
            "FNF" => self.by_function = !self.test_named && self.hits.lines.is_empty(),
            _other if kind.bytes().all(|byte| byte.is_ascii_uppercase()) => {}
            _unknown => return Err(record.wrong("this is not a record of a tracefile")),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), FormatError> {
        if self.by_function {
            return Ok(());
        }
        let lines = &self.hits.lines;
        let branches = &self.hits.branches;
        for (kind, counted, records) in [
            ("LF", lines.len(), "DA"),
            ("LH", lines.values().filter(|hit| **hit).count(), "DA"),
            ("BRF", branches.len(), "BRDA"),
            (
                "BRH",
                branches.values().filter(|taken| **taken).count(),
                "BRDA",
            ),
        ] {
            if let Some((total, line)) = self.declared.get(kind)
                && *total != counted as u64
            {
                return Err(FormatError::new(
                    Place::Line(*line),
                    format!(
                        "{kind} declares {total}, but the {records} records of {:?} come to {counted}",
                        self.file
                    ),
                    "The tracefile is incomplete or was edited: collect the coverage again.",
                ));
            }
        }
        Ok(())
    }
}

struct Record<'a> {
    line: u64,
    text: &'a str,
}

impl Record<'_> {
    fn number(&self, field: Option<&str>) -> Result<u64, FormatError> {
        let number = field.and_then(|field| field.trim().parse().ok());
        number.ok_or_else(|| self.wrong("a whole number of 0 or more is needed here"))
    }

    fn wrong(&self, problem: &str) -> FormatError {
        let shown: String = self.text.chars().take(80).collect();
        let problem = format!("{problem}: {shown:?}");
        FormatError::new(Place::Line(self.line), problem, REMEDY_WHOLE_FILE)
    }
}

fn measurements(
    files: &BTreeMap<&str, Hits<'_>>,
    span: Option<(u64, u64)>,
) -> Result<Vec<Measurement>, FormatError> {
    let count = |totals: (u64, u64), hit: &bool| (totals.0 + u64::from(*hit), totals.1 + 1);
    let lines = files
        .values()
        .flat_map(|hits| hits.lines.values())
        .fold((0, 0), count);
    let branches = files
        .values()
        .flat_map(|hits| hits.branches.values())
        .fold((0, 0), count);
    if lines.1 == 0 {
        return Err(FormatError::new(
            Place::Whole,
            "the tracefile holds no line of code",
            "Check the paths that the coverage tool was told to include.",
        ));
    }
    let (first, last) = span.unwrap_or((1, 1));
    let mut found = Vec::new();
    for (measure, (events, trials), column) in [
        ("line_coverage", lines, "DA"),
        ("branch_coverage", branches, "BRDA"),
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
                last,
                column: column.to_owned(),
            },
            data: Data::Proportion { events, trials },
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outline::outline;

    #[test]
    fn coverage_py_lines_and_branches_are_counted() {
        let fixture = include_bytes!("../../tests/fixtures/lcov/coverage-py.info");
        insta::assert_snapshot!(outline(&read(fixture).unwrap()), @"
        line_coverage{} Ratio 16 of 33 @#L1-73:DA
        branch_coverage{} Ratio 6 of 6 @#L1-73:BRDA
        ");
    }

    #[test]
    fn lcov_captures_of_gcov_are_counted() {
        let capture = include_bytes!("../../tests/fixtures/lcov/lcov-capture.info");
        insta::assert_snapshot!(outline(&read(capture).unwrap()), @"
        line_coverage{} Ratio 13 of 19 @#L1-38:DA
        branch_coverage{} Ratio 5 of 8 @#L1-38:BRDA
        ");
        let added = include_bytes!("../../tests/fixtures/lcov/lcov-add.info");
        insta::assert_snapshot!(outline(&read(added).unwrap()), @"
        line_coverage{} Ratio 13 of 19 @#L1-44:DA
        branch_coverage{} Ratio 5 of 8 @#L1-44:BRDA
        ");
    }

    #[test]
    fn llvm_cov_counts_lines_by_function_so_its_totals_are_not_compared() {
        let fixture = include_bytes!("../../tests/fixtures/lcov/llvm-cov.info");
        insta::assert_snapshot!(outline(&read(fixture).unwrap()), @"
        line_coverage{} Ratio 16 of 22 @#L1-52:DA
        branch_coverage{} Ratio 5 of 12 @#L1-52:BRDA
        ");
    }

    #[test]
    fn the_sections_of_one_file_are_one() {
        let text = "TN:a\nSF:x.c\nDA:1,0\nDA:2,1\nend_of_record\nTN:b\nSF:x.c\nDA:1,3\nDA:3,0\nend_of_record\n";
        let found = read(text.as_bytes()).unwrap();
        assert_eq!(
            found[0].data,
            Data::Proportion {
                events: 2,
                trials: 3
            }
        );
        assert_eq!(
            found.len(),
            1,
            "a file without branches has no branch coverage"
        );
    }

    #[test]
    fn a_tracefile_that_cannot_be_trusted_is_refused_with_its_line() {
        for (text, words) in [
            (
                "SF:a\nDA:1,1\n",
                "line 1: the section of \"a\" has no end; the file is cut off",
            ),
            (
                "SF:a\nDA:1,1\nLF:2\nend_of_record\n",
                "line 3: LF declares 2, but the DA records of \"a\" come to 1",
            ),
            (
                "SF:a\nDA:1,1\nLH:0\nend_of_record\n",
                "line 3: LH declares 0, but the DA records of \"a\" come to 1",
            ),
            (
                "SF:a\nBRDA:1,0,0,-\nBRH:1\nend_of_record\n",
                "line 3: BRH declares 1, but the BRDA records of \"a\" come to 0",
            ),
            (
                "SF:a\nDA:1,NaN\nend_of_record\n",
                "line 2: a whole number of 0 or more is needed here: \"DA:1,NaN\"",
            ),
            (
                "SF:a\nDA:1,-1\nend_of_record\n",
                "line 2: a whole number of 0 or more is needed here: \"DA:1,-1\"",
            ),
            (
                "SF:a\nDA:1\nend_of_record\n",
                "line 2: a whole number of 0 or more is needed here: \"DA:1\"",
            ),
            (
                "SF:a\nBRDA:1,2\nend_of_record\n",
                "line 2: a branch needs a line, a block, a branch and a count: \"BRDA:1,2\"",
            ),
            (
                "SF:a\nSF:b\n",
                "line 2: a section starts inside another; `end_of_record` is missing: \"SF:b\"",
            ),
            (
                "TN:\nDA:1,1\n",
                "line 2: this record stands outside every section: \"DA:1,1\"",
            ),
            (
                "SF:a\nnonsense\n",
                "line 2: this is not a record of a tracefile: \"nonsense\"",
            ),
            ("TN:\n", "the file: the tracefile holds no line of code"),
            (
                "end_of_record\n",
                "line 1: no section is open here: \"end_of_record\"",
            ),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err().to_string(), words);
        }
    }
}
