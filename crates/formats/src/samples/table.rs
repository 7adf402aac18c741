//! The columns of a file while its rows are read: values, missing rows, keys. It knows neither
//! CSV nor JSON.

use std::sync::Arc;

use adjutant_domain::Measurement;

use super::block::Block;
use super::keys::KeyColumn;
use super::meaning::{Measures, Role, Selection, role_of};
use super::measure_column::{Kind, MeasureColumn, Unjoinable};
use super::refusal;
use crate::FormatError;

/// The most columns a file may have. A wider table is not a table of requests.
const COLUMNS_MAX: usize = 4_096;

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
struct NamedKeys {
    name: String,
    role: Role,
    column: KeyColumn,
}

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
