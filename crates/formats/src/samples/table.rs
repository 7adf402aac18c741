//! The columns of a file while its rows are read: values, missing rows, keys. It knows neither
//! CSV nor JSON.

use std::sync::Arc;

use adjutant_domain::{Data, Keys, Locator, Measurement, Samples, Timestamp};

use super::block::Block;
use super::keys::{KeyColumn, without_rows};
use super::meaning::{Conversion, Domain, Meaning, Measures, Role, Selection, role_of};
use super::refusal;
use crate::FormatError;

/// The most columns a file may have. A wider table is not a table of requests.
const COLUMNS_MAX: usize = 4_096;

/// No time in seconds reaches this (it is the year 5138), but today's milliseconds do.
const SECONDS_MAX: f64 = 1e11;

/// What the cells of a column feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// Nothing.
    Ignored,
    /// A column of keys, by its place.
    Key(usize),
    /// A measure, by its place.
    Measure(usize),
}

/// The rows read so far.
#[derive(Debug, Clone)]
pub(super) struct Table {
    selection: Selection,
    measures: Vec<MeasureColumn>,
    keys: Vec<NamedKeys>,
    rows: u32,
    rows_max: u32,
}

#[derive(Debug, Clone)]
struct MeasureColumn {
    name: String,
    meaning: Meaning,
    kind: Kind,
    values: Vec<f64>,
    /// The rows without a value, ascending.
    missing: Vec<u32>,
}

/// What a column's first cell that is not blank made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unknown,
    Number,
    Text,
}

#[derive(Debug, Clone)]
struct NamedKeys {
    name: String,
    role: Role,
    column: KeyColumn,
}

/// Two parts of a file that do not fit together as they were read: the file must be read in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unjoinable;

impl Table {
    pub(super) fn new(selection: Selection, rows_max: u32) -> Self {
        Self {
            selection,
            measures: Vec::new(),
            keys: Vec::new(),
            rows: 0,
            rows_max,
        }
    }

    pub(super) fn rows(&self) -> u32 {
        self.rows
    }

    /// How many columns feed something.
    pub(super) fn width(&self) -> usize {
        self.measures.len() + self.keys.len()
    }

    /// Forgets the rows, but not the columns nor what they hold.
    pub(super) fn forget_rows(&mut self) {
        for column in &mut self.measures {
            column.values.clear();
            column.missing.clear();
        }
        for keys in &mut self.keys {
            keys.column.clear();
        }
        self.rows = 0;
    }

    /// Makes room for as many rows more.
    pub(super) fn reserve(&mut self, rows: usize) {
        for column in &mut self.measures {
            if column.kind == Kind::Number {
                column.values.reserve_exact(rows);
            }
        }
    }

    /// The target of the column called `name`, which is added when it is new. Rows before it have
    /// no value in it.
    ///
    /// # Errors
    /// When another column already gives its measure, when there are too many columns, or when it
    /// is a key that earlier rows lack.
    pub(super) fn target_of(&mut self, name: &str, line: u64) -> Result<Target, FormatError> {
        if let Some(known) = self.known_target(name) {
            return Ok(known);
        }
        if self.width() >= COLUMNS_MAX {
            return Err(refusal::too_many_columns(line, COLUMNS_MAX));
        }
        match role_of(name, &self.selection) {
            Role::Ignored => Ok(Target::Ignored),
            role @ (Role::Pair | Role::Cluster) => {
                if self.rows > 0 {
                    return Err(refusal::missing_key(line, name));
                }
                self.keys.push(NamedKeys {
                    name: name.to_owned(),
                    role,
                    column: KeyColumn::default(),
                });
                Ok(Target::Key(self.keys.len() - 1))
            }
            Role::Measure(meaning) => {
                let repeats = |column: &MeasureColumn| {
                    column.meaning.measure == meaning.measure
                        && column.meaning.labels == meaning.labels
                };
                if self.measures.iter().any(repeats) {
                    return Err(refusal::repeated_column(line, name));
                }
                self.measures.push(MeasureColumn {
                    name: name.to_owned(),
                    meaning,
                    kind: Kind::Unknown,
                    values: Vec::new(),
                    missing: (0..self.rows).collect(),
                });
                Ok(Target::Measure(self.measures.len() - 1))
            }
        }
    }

    fn known_target(&self, name: &str) -> Option<Target> {
        let measure = self.measures.iter().position(|column| column.name == name);
        let key = || self.keys.iter().position(|keys| keys.name == name);
        measure
            .map(Target::Measure)
            .or_else(|| key().map(Target::Key))
    }

    /// Gives this row a value, when that needs no closer look; otherwise nothing happens.
    #[inline]
    pub(super) fn accept(&mut self, measure: usize, value: f64) -> bool {
        self.measures[measure].accept(value)
    }

    /// Whether the measure's first cell was a number.
    pub(super) fn is_number(&self, measure: usize) -> bool {
        self.measures[measure].kind == Kind::Number
    }

    /// Whether the measure's first cell was text.
    pub(super) fn is_text(&self, measure: usize) -> bool {
        self.measures[measure].kind == Kind::Text
    }

    /// Adds the first `rows` rows of a block, which has a slot for every column that is not text,
    /// if nothing in them needs a closer look; otherwise nothing happens. The block's keys stand
    /// in `text`.
    pub(super) fn accept_block(&mut self, block: &Block, rows: usize, text: &str) -> bool {
        let sum = u32::try_from(rows)
            .ok()
            .and_then(|rows| self.rows.checked_add(rows));
        let Some(sum) = sum.filter(|&sum| sum <= self.rows_max) else {
            return false;
        };
        let mut columns = block.columns(rows);
        if !columns.all(|(measure, values)| self.measures[measure].makes_sense_of(values)) {
            return false;
        }
        for (measure, values) in block.columns(rows) {
            self.measures[measure].extend(values);
        }
        for (key, places) in block.key_columns(rows) {
            let column = &mut self.keys[key].column;
            for place in places {
                column.push(&text[place.clone()]);
            }
        }
        self.rows = sum;
        true
    }

    /// Gives this row the value, or the key, that a text stands for.
    pub(super) fn push_text(
        &mut self,
        target: Target,
        text: &str,
        line: u64,
    ) -> Result<(), FormatError> {
        let row = self.rows;
        match target {
            Target::Ignored => Ok(()),
            Target::Key(key) => self.push_key(key, text, line),
            Target::Measure(measure) => self.measures[measure].push_text(text.trim(), row, line),
        }
    }

    /// Gives this row a text that is no number even if it looks like one (a JSON string, an
    /// object).
    pub(super) fn push_word(
        &mut self,
        target: Target,
        text: &str,
        line: u64,
    ) -> Result<(), FormatError> {
        match target {
            Target::Ignored => Ok(()),
            Target::Key(key) => self.push_key(key, text, line),
            Target::Measure(measure) => self.measures[measure].push_word(text, line),
        }
    }

    #[inline]
    fn push_key(&mut self, key: usize, text: &str, line: u64) -> Result<(), FormatError> {
        let keys = &mut self.keys[key];
        if text.trim_ascii().is_empty() {
            return Err(refusal::missing_key(line, &keys.name));
        }
        keys.column.push(text);
        Ok(())
    }

    /// Says that this row has no value.
    ///
    /// # Errors
    /// When the target is a key.
    pub(super) fn push_missing(&mut self, target: Target, line: u64) -> Result<(), FormatError> {
        match target {
            Target::Ignored => Ok(()),
            Target::Key(key) => Err(refusal::missing_key(line, &self.keys[key].name)),
            Target::Measure(measure) => {
                self.measures[measure].push_missing(self.rows);
                Ok(())
            }
        }
    }

    /// Ends the row on `line`. When it is not `full`, columns that got nothing have no value in it.
    ///
    /// # Errors
    /// When there are too many rows, or a key is missing.
    #[inline]
    pub(super) fn end_row(&mut self, is_full: bool, line: u64) -> Result<(), FormatError> {
        if !is_full {
            self.fill_row(line)?;
        }
        if self.rows == self.rows_max {
            return Err(refusal::too_many_rows(line, self.rows_max));
        }
        self.rows += 1;
        Ok(())
    }

    fn fill_row(&mut self, line: u64) -> Result<(), FormatError> {
        for column in &mut self.measures {
            if column.rows() == self.rows as usize {
                column.push_missing(self.rows);
            }
        }
        match self
            .keys
            .iter()
            .find(|keys| keys.column.len() == self.rows as usize)
        {
            Some(keys) => Err(refusal::missing_key(line, &keys.name)),
            None => Ok(()),
        }
    }

    /// Forgets what the unfinished row was given.
    pub(super) fn take_row_back(&mut self) {
        for column in &mut self.measures {
            if column.rows() > self.rows as usize {
                if column.missing.last() == Some(&self.rows) {
                    column.missing.pop();
                } else {
                    column.values.pop();
                }
            }
        }
        for keys in &mut self.keys {
            if keys.column.len() > self.rows as usize {
                keys.column.pop();
            }
        }
    }

    /// Puts the rows of `next` after these.
    ///
    /// # Errors
    /// When reading both as one could have gone another way.
    pub(super) fn append(&mut self, next: &Table) -> Result<(), Unjoinable> {
        let rows = self
            .rows
            .checked_add(next.rows)
            .filter(|&rows| rows <= self.rows_max);
        let rows = rows.ok_or(Unjoinable)?;
        for keys in &next.keys {
            match self.target_of(&keys.name, 0) {
                Ok(Target::Key(at)) => self.keys[at].column.append(&keys.column),
                Ok(Target::Ignored | Target::Measure(_)) | Err(_) => return Err(Unjoinable),
            }
        }
        for column in &next.measures {
            match self.target_of(&column.name, 0) {
                Ok(Target::Measure(at)) => self.measures[at].append(column, self.rows)?,
                Ok(Target::Ignored | Target::Key(_)) | Err(_) => return Err(Unjoinable),
            }
        }
        for column in &mut self.measures {
            if column.kind != Kind::Text && column.rows() == self.rows as usize {
                column.missing.extend(self.rows..rows);
            }
        }
        self.rows = rows;
        match self
            .keys
            .iter()
            .any(|keys| keys.column.len() != rows as usize)
        {
            true => Err(Unjoinable),
            false => Ok(()),
        }
    }

    /// The measurements of all rows, which stand on lines `first` to `last`.
    ///
    /// # Errors
    /// When everything was wanted and no column holds numbers.
    pub(super) fn finish(self, first: u64, last: u64) -> Result<Vec<Measurement>, FormatError> {
        let mut pair = None;
        let mut cluster = None;
        for keys in self.keys {
            let column = Arc::new(keys.column.finish());
            if keys.role == Role::Pair {
                pair = Some(column);
            } else {
                cluster = Some(column);
            }
        }
        let measured = self
            .measures
            .into_iter()
            .filter(|column| !column.values.is_empty());
        let measurements: Vec<Measurement> = measured
            .map(|column| column.finish(pair.as_ref(), cluster.as_ref(), first, last))
            .collect::<Result<_, _>>()?;
        if measurements.is_empty() && self.selection.measures == Measures::All {
            return Err(refusal::no_numbers());
        }
        Ok(measurements)
    }
}

impl MeasureColumn {
    /// How many rows are accounted for. Columns of text account for none.
    #[inline]
    fn rows(&self) -> usize {
        self.values.len() + self.missing.len()
    }

    #[inline]
    fn accept(&mut self, value: f64) -> bool {
        let is_accepted = self.kind == Kind::Number && self.makes_sense_of(&[value]);
        if is_accepted {
            self.values.push(self.meaning.conversion.apply(value));
        }
        is_accepted
    }

    /// Whether each of these (finite) values can be one of the measure's. All are looked at, even
    /// after one that cannot: without a way out the loop looks at several at once.
    #[inline]
    fn makes_sense_of(&self, values: &[f64]) -> bool {
        let each = |makes_sense: fn(f64) -> bool| {
            values
                .iter()
                .fold(true, |all, &value| all & makes_sense(value))
        };
        let in_domain = match self.meaning.domain {
            Domain::Span => each(|value| value >= 0.0),
            Domain::Code => each(|value| f64::from(value as i32) == value && value >= 0.0),
            Domain::TimeInSeconds => each(|value| value.abs() < SECONDS_MAX),
            Domain::Time | Domain::Any => true,
        };
        let stays_finite = match self.meaning.conversion {
            Conversion::None => true,
            conversion @ (Conversion::Times(_) | Conversion::Over(_)) => {
                values.iter().fold(true, |all, &value| {
                    all & conversion.apply(value).is_finite()
                })
            }
        };
        in_domain & stays_finite
    }

    fn extend(&mut self, values: &[f64]) {
        match self.meaning.conversion {
            Conversion::None => self.values.extend_from_slice(values),
            conversion @ (Conversion::Times(_) | Conversion::Over(_)) => {
                let converted = values.iter().map(|&value| conversion.apply(value));
                self.values.extend(converted);
            }
        }
    }

    fn push_text(&mut self, text: &str, row: u32, line: u64) -> Result<(), FormatError> {
        if text.is_empty() {
            self.push_missing(row);
            return Ok(());
        }
        let Ok(value) = text.parse::<f64>() else {
            return self.push_word(text, line);
        };
        if self.kind == Kind::Text {
            return Ok(());
        }
        let name = &self.name;
        if !value.is_finite() {
            return Err(refusal::not_finite(line, name, text));
        }
        self.kind = Kind::Number;
        if self.accept(value) {
            return Ok(());
        }
        let name = &self.name;
        Err(match self.meaning.domain {
            Domain::Span if value < 0.0 => refusal::negative_span(line, name, text),
            Domain::Code => refusal::not_a_code(line, name, text),
            Domain::TimeInSeconds => refusal::not_in_seconds(line, name, text),
            Domain::Span | Domain::Time | Domain::Any => refusal::not_finite(line, name, text),
        })
    }

    fn push_word(&mut self, text: &str, line: u64) -> Result<(), FormatError> {
        match self.meaning.domain {
            Domain::Any if self.kind != Kind::Number => {
                self.kind = Kind::Text;
                self.missing = Vec::new();
                Ok(())
            }
            Domain::Any | Domain::Span | Domain::Code => {
                Err(refusal::not_a_number(line, &self.name, text))
            }
            Domain::Time | Domain::TimeInSeconds => match text.trim().parse::<Timestamp>() {
                Ok(time) => {
                    self.kind = Kind::Number;
                    self.values.push(time.unix_millis() as f64);
                    Ok(())
                }
                Err(_unreadable) => Err(refusal::not_a_time(line, &self.name, text)),
            },
        }
    }

    fn push_missing(&mut self, row: u32) {
        if self.kind != Kind::Text {
            self.missing.push(row);
        }
    }

    /// Appends the rows of `next`, the first of which is row `first`.
    fn append(&mut self, next: &MeasureColumn, first: u32) -> Result<(), Unjoinable> {
        let (kind, values, missing): (_, &[f64], &[u32]) = match (self.kind, next.kind) {
            (Kind::Number, Kind::Text) => return Err(Unjoinable),
            (Kind::Text, Kind::Unknown | Kind::Number | Kind::Text)
            | (Kind::Unknown, Kind::Text) => {
                self.missing = Vec::new();
                (Kind::Text, &[], &[])
            }
            (Kind::Unknown | Kind::Number, Kind::Number) => {
                (Kind::Number, &next.values, &next.missing)
            }
            (known, Kind::Unknown) => (known, &[], &next.missing),
        };
        self.kind = kind;
        self.values.extend_from_slice(values);
        self.missing.extend(missing.iter().map(|row| row + first));
        Ok(())
    }

    fn finish(
        self,
        pair: Option<&Arc<Keys>>,
        cluster: Option<&Arc<Keys>>,
        first: u64,
        last: u64,
    ) -> Result<Measurement, FormatError> {
        let keys_of = |keys: &Arc<Keys>| match self.missing.as_slice() {
            [] => Arc::clone(keys),
            missing => Arc::new(without_rows(keys, missing)),
        };
        let measure = self
            .meaning
            .measure
            .parse()
            .map_err(|error| refusal::unnameable(first, &self.name, &error))?;
        Ok(Measurement {
            measure,
            labels: self.meaning.labels,
            unit: self.meaning.unit,
            locator: Locator::Rows {
                first,
                last,
                column: self.name,
            },
            data: Data::Samples(Samples {
                values: self.values,
                pair: pair.map(keys_of),
                cluster: cluster.map(keys_of),
            }),
        })
    }
}
