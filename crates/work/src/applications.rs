//! Reads a table of applications: a CSV file (RFC 4180, UTF-8) with the columns company, role,
//! contact, last touch, next step and status. It counts what a north-star gate asks for.

use crate::calendar::{Day, Week};

/// One application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The line its record begins on, counted from 1.
    pub line: usize,
    /// Where.
    pub company: String,
    /// As what.
    pub role: String,
    /// Whom one talks to; may be empty.
    pub contact: String,
    /// The last day on which anything happened, where anything did.
    pub last_touch: Option<Day>,
    /// What happens next; may be empty.
    pub next_step: String,
    /// Where it stands.
    pub status: String,
}

/// A table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct InvalidApplications {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// Which applications count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApplicationFilter {
    /// Any of these; all when there are none. Upper and lower case are the same.
    pub status: Vec<String>,
    /// Only those that were last touched in this week.
    pub touched_in: Option<Week>,
}

/// The columns, all of them required, in any order. A blank, `_` and `-` are the same.
const COLUMNS: [&str; 6] = [
    "company",
    "role",
    "contact",
    "last touch",
    "next step",
    "status",
];

/// More than these are no list that people keep by hand.
const RECORDS_MAX: usize = 100_000;

/// The longest field: a sentence or two.
const FIELD_BYTES_MAX: usize = 10_000;

impl ApplicationFilter {
    /// Whether an application counts.
    pub fn accepts(&self, application: &Application) -> bool {
        let status = application.status.to_lowercase();
        let has_status = self.status.is_empty()
            || self
                .status
                .iter()
                .any(|wanted| wanted.trim().to_lowercase() == status);
        let is_touched = self.touched_in.is_none_or(|week| {
            application
                .last_touch
                .is_some_and(|day| week.contains_day(day))
        });
        has_status && is_touched
    }
}

/// Reads a table.
///
/// # Errors
/// When it is not UTF-8 or not CSV, a column is missing or named twice, a record has another
/// number of fields than the header, or a field that is required says nothing or is no day.
pub fn read_applications(bytes: &[u8]) -> Result<Vec<Application>, InvalidApplications> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        InvalidApplications {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            problem: "the text is not UTF-8; save it as UTF-8".to_owned(),
        }
    })?;
    let mut records = Records::new(text.trim_start_matches('\u{feff}'));
    let Some(header) = records.next_record()? else {
        return Err(InvalidApplications {
            line: 1,
            problem: format!("the file is empty; begin it with: {}", COLUMNS.join(",")),
        });
    };
    let places = places(&header)?;
    let mut applications = Vec::new();
    while let Some(record) = records.next_record()? {
        if applications.len() >= RECORDS_MAX {
            return Err(record.invalid(format!("there are more than {RECORDS_MAX} applications")));
        }
        applications.push(application(&record, &places, header.fields.len())?);
    }
    Ok(applications)
}

/// Where each of [`COLUMNS`] stands.
fn places(header: &Record) -> Result<[usize; 6], InvalidApplications> {
    let names: Vec<String> = header.fields.iter().map(|name| column_name(name)).collect();
    let mut places = [0; 6];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let mut found = (0..names.len()).filter(|at| names[*at] == column);
        *place = found.next().ok_or_else(|| {
            header.invalid(format!(
                "there is no column {column:?}; the columns are {}",
                COLUMNS.join(", ")
            ))
        })?;
        if found.next().is_some() {
            return Err(header.invalid(format!("there are two columns {column:?}; keep one")));
        }
    }
    Ok(places)
}

fn column_name(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', '-'], " ")
}

fn application(
    record: &Record,
    places: &[usize; 6],
    width: usize,
) -> Result<Application, InvalidApplications> {
    if record.fields.len() != width {
        return Err(record.invalid(format!(
            "the record has {} fields, the header {width}; put text with commas in quotes",
            record.fields.len()
        )));
    }
    let field = |column: usize| record.fields[places[column]].trim();
    let required = |column: usize| match field(column) {
        "" => Err(record.invalid(format!("{} says nothing", COLUMNS[column]))),
        text => Ok(text.to_owned()),
    };
    let last_touch = match field(3) {
        "" => None,
        text => Some(
            text.parse::<Day>()
                .map_err(|cause| record.invalid(format!("{}: {cause}", COLUMNS[3])))?,
        ),
    };
    Ok(Application {
        line: record.line,
        company: required(0)?,
        role: required(1)?,
        contact: field(2).to_owned(),
        last_touch,
        next_step: field(4).to_owned(),
        status: required(5)?,
    })
}

/// One record with the line it begins on.
struct Record {
    line: usize,
    fields: Vec<String>,
}

impl Record {
    fn invalid(&self, problem: impl Into<String>) -> InvalidApplications {
        InvalidApplications {
            line: self.line,
            problem: problem.into(),
        }
    }
}

/// Cuts a text into records. Lines that hold nothing are no records.
struct Records<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Records<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            line: 1,
        }
    }

    fn next_record(&mut self) -> Result<Option<Record>, InvalidApplications> {
        while let Some(rest) = self.without_empty_line() {
            self.rest = rest;
            self.line += 1;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut record = Record {
            line: self.line,
            fields: vec![],
        };
        loop {
            let field = if self.rest.starts_with('"') {
                self.quoted(&record)?
            } else {
                self.plain(&record)?
            };
            if field.len() > FIELD_BYTES_MAX {
                return Err(record.invalid(format!(
                    "a field has more than {FIELD_BYTES_MAX} bytes; is a quote not closed?"
                )));
            }
            record.fields.push(field);
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
            } else {
                self.end_line();
                return Ok(Some(record));
            }
        }
    }

    fn without_empty_line(&self) -> Option<&'a str> {
        self.rest
            .strip_prefix("\r\n")
            .or_else(|| self.rest.strip_prefix('\n'))
    }

    fn end_line(&mut self) {
        if let Some(rest) = self.without_empty_line() {
            self.rest = rest;
            self.line += 1;
        }
    }

    fn plain(&mut self, record: &Record) -> Result<String, InvalidApplications> {
        let end = self.rest.find([',', '\n', '"']).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        if rest.starts_with('"') {
            return Err(record.invalid("a quote stands inside a field; quote the whole field"));
        }
        // The carriage return of a line's end is not part of its last field.
        let (field, rest) = match field.strip_suffix('\r') {
            Some(field) if rest.starts_with('\n') || rest.is_empty() => (field, rest),
            Some(_) | None => (field, rest),
        };
        self.rest = rest;
        Ok(field.to_owned())
    }

    fn quoted(&mut self, record: &Record) -> Result<String, InvalidApplications> {
        let mut field = String::new();
        let mut rest = &self.rest[1..];
        loop {
            let Some((text, after)) = rest.split_once('"') else {
                return Err(record.invalid("a quote is not closed"));
            };
            field.push_str(text);
            self.line += text.matches('\n').count();
            match after.strip_prefix('"') {
                Some(more) => {
                    field.push('"');
                    rest = more;
                }
                None => {
                    rest = after;
                    break;
                }
            }
        }
        let ends = rest.is_empty() || rest.starts_with([',', '\n']) || rest.starts_with("\r\n");
        if !ends {
            return Err(record.invalid("text follows a closing quote; double a quote inside one"));
        }
        self.rest = rest;
        Ok(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
Company,Role,Contact,Last Touch,Next_Step,Status,Notes\r
Acme,SRE,Ann,2026-11-20,call back,Interview,\r
\"Be, Inc\",\"Staff \"\"X\"\"\",,2026-11-02,\"write
again\",applied,warm\r
\r
Cee,ML,Cy,,,applied,
";

    #[test]
    fn applications_are_read_and_counted() {
        let read = read_applications(TABLE.as_bytes()).unwrap();
        let lines: Vec<_> = read.iter().map(|one| one.line).collect();
        assert_eq!(lines, [2, 3, 6]);
        assert_eq!(read[1].company, "Be, Inc");
        assert_eq!(read[1].role, "Staff \"X\"");
        assert_eq!(read[1].next_step, "write\nagain");
        assert_eq!(read[2].last_touch, None);
        let week = Some("2026-W47".parse().unwrap());
        for (status, touched_in, count) in [
            (vec![], None, 3),
            (vec!["APPLIED"], None, 2),
            (vec!["interview", "offer"], week, 1),
            (vec!["applied"], week, 0),
        ] {
            let filter = ApplicationFilter {
                status: status.into_iter().map(str::to_owned).collect(),
                touched_in,
            };
            let counted = read.iter().filter(|one| filter.accepts(one)).count();
            assert_eq!(counted, count, "{filter:?}");
        }
    }

    #[test]
    fn a_header_alone_is_a_table_without_applications() {
        let read = read_applications(b"company,role,contact,last touch,next step,status");
        assert_eq!(read, Ok(vec![]));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        const HEAD: &str = "company,role,contact,last touch,next step,status\n";
        for (table, told) in [
            (
                String::new(),
                "line 1: the file is empty; begin it with: company,role,contact,last touch,next step,status",
            ),
            (
                "company,role,contact,last touch,status\n".to_owned(),
                "line 1: there is no column \"next step\"; the columns are company, role, contact, last touch, next step, status",
            ),
            (
                HEAD.replace("status", "status,Status"),
                "line 1: there are two columns \"status\"; keep one",
            ),
            (
                format!("{HEAD}a,b,c,2026-11-20,d,e\na,b\n"),
                "line 3: the record has 2 fields, the header 6; put text with commas in quotes",
            ),
            (
                format!("{HEAD}a,b,c,20.11.2026,d,e\n"),
                "line 2: last touch: \"20.11.2026\" is not a day: write it as 2026-11-21",
            ),
            (format!("{HEAD}a, ,c,,d,e\n"), "line 2: role says nothing"),
            (
                format!("{HEAD}a,\"b,c,,d,e\n"),
                "line 2: a quote is not closed",
            ),
            (
                format!("{HEAD}a,\"b\"x,c,,d,e\n"),
                "line 2: text follows a closing quote; double a quote inside one",
            ),
            (
                format!("{HEAD}a,b\"x\",c,,d,e\n"),
                "line 2: a quote stands inside a field; quote the whole field",
            ),
        ] {
            let error = read_applications(table.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), told);
        }
        let error = read_applications(b"company\n\xff").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2: the text is not UTF-8; save it as UTF-8"
        );
    }

    fn quoted(field: &str) -> String {
        format!("\"{}\"", field.replace('"', "\"\""))
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
            if let Err(error) = read_applications(&bytes) {
                proptest::prop_assert!(error.line <= lines + 1, "{error}");
            }
        }

        #[test]
        fn what_is_written_in_quotes_is_read_back(
            rows in proptest::collection::vec(("[^\r\u{feff} ].{0,9}x", "[a-z\",\n]{0,8}"), 0..8)
        ) {
            let mut table = "company,role,contact,last touch,next step,status\n".to_owned();
            for (company, step) in &rows {
                table.push_str(&format!("{},r,,,{},s\n", quoted(company), quoted(step)));
            }
            let read = read_applications(table.as_bytes()).unwrap();
            let told: Vec<_> = read
                .into_iter()
                .map(|one| (one.company, one.next_step))
                .collect();
            let meant: Vec<_> = rows
                .into_iter()
                .map(|(company, step)| (company.trim().to_owned(), step.trim().to_owned()))
                .collect();
            proptest::prop_assert_eq!(told, meant);
        }
    }
}
