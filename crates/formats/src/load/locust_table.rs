//! A CSV table with a header, as Locust writes it: quoted where needed, every line ended.
//! What the columns mean is told elsewhere.

use std::collections::HashMap;

use adjutant_domain::Locator;

use crate::{FormatError, Place, text};

/// A table whose rows all have as many cells as its header.
pub(super) struct Table {
    header: Vec<String>,
    positions: HashMap<String, usize>,
    rows: Vec<(u64, csv::StringRecord)>,
    remedy: &'static str,
}

/// One row, and the line it begins on.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    line: u64,
    cells: &'a csv::StringRecord,
}

impl Table {
    /// Reads all of it.
    ///
    /// # Errors
    /// When it is not text, has no rows, has a short or a long row, or ends inside one.
    pub(super) fn parse(bytes: &[u8], remedy: &'static str) -> Result<Self, FormatError> {
        let text = text::decode(bytes)?;
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(text.as_bytes());
        let refuse = |error: csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            let problem = format!("the row cannot be read: {error}");
            FormatError::new(Place::Line(line), problem, remedy)
        };
        let header: Vec<String> = reader
            .headers()
            .map_err(refuse)?
            .iter()
            .map(str::to_owned)
            .collect();
        let mut rows = Vec::new();
        let mut lines = Lines::of(text);
        for record in reader.records() {
            let record = record.map_err(refuse)?;
            let begin = record.position().map_or(0, csv::Position::byte);
            let line = lines.at(begin as usize);
            if record.len() != header.len() {
                let problem = format!("{} cells are not {}", record.len(), header.len());
                return Err(FormatError::new(Place::Line(line), problem, remedy));
            }
            rows.push((line, record));
        }
        let Some((last, _record)) = rows.last() else {
            let problem = "there is no row below the header";
            return Err(FormatError::new(Place::Line(1), problem, remedy));
        };
        if !text.ends_with('\n') {
            let problem = "the file ends inside this row; it is cut off";
            return Err(FormatError::new(Place::Line(*last), problem, remedy));
        }
        let positions = header.iter().cloned().zip(0..).collect();
        Ok(Self {
            header,
            positions,
            rows,
            remedy,
        })
    }

    /// The header's cells.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.header.iter().map(String::as_str)
    }

    /// The rows below the header; there is at least one.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, cells)| Row {
            table: self,
            line: *line,
            cells,
        })
    }
}

/// Counts lines up to rising byte offsets.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    /// The line of the first cell at or after `offset`: csv's own positions may lie before the
    /// line break that ends the row above.
    fn at(&mut self, offset: usize) -> u64 {
        let rest = self.text.get(offset..).unwrap_or_default();
        let begin = offset + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        let passed = self.text.get(self.at..begin).unwrap_or_default();
        self.line += passed.matches('\n').count() as u64;
        self.at = begin;
        self.line
    }
}

impl<'a> Row<'a> {
    /// The line it begins on.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Where a cell stands.
    pub(super) fn locator(&self, column: &str) -> Locator {
        Locator::Rows {
            first: self.line,
            last: self.line,
            column: column.to_owned(),
        }
    }

    /// A cell as it stands.
    ///
    /// # Errors
    /// When the table has no such column.
    pub(super) fn text(&self, column: &str) -> Result<&'a str, FormatError> {
        let cell = self.table.positions.get(column);
        cell.and_then(|position| self.cells.get(*position))
            .ok_or_else(|| {
                let problem = format!("the column `{column}` is missing");
                FormatError::new(Place::Line(1), problem, self.table.remedy)
            })
    }

    /// A whole number.
    ///
    /// # Errors
    /// When the cell is not one.
    pub(super) fn count(&self, column: &str) -> Result<u64, FormatError> {
        let cell = self.text(column)?;
        cell.parse().map_err(|_not_a_count| {
            self.wrong(
                column,
                format!("{cell:?} is not a whole number of 0 or more"),
            )
        })
    }

    /// A number of 0 or more.
    ///
    /// # Errors
    /// When the cell is not one.
    pub(super) fn decimal(&self, column: &str) -> Result<f64, FormatError> {
        let cell = self.text(column)?;
        let value = cell.parse().ok().filter(|value: &f64| value.is_finite());
        value
            .filter(|value| *value >= 0.0)
            .ok_or_else(|| self.wrong(column, format!("{cell:?} is not a number of 0 or more")))
    }

    /// An error about a cell.
    pub(super) fn wrong(&self, column: &str, problem: impl Into<String>) -> FormatError {
        let place = Place::Cell {
            line: self.line,
            column: column.to_owned(),
        };
        FormatError::new(place, problem, self.table.remedy)
    }
}
