//! The reader that is fed pieces of a file: it finds whole lines, checks that they are UTF-8 and
//! not too long, and counts them. The rows are read by `csv` and `ndjson`.
//!
//! What it answers does not depend on where the pieces are cut.

use adjutant_domain::Measurement;
use memchr::{memchr, memrchr};

use super::csv::CsvRows;
use super::meaning::Selection;
use super::measure_column::Unjoinable;
use super::ndjson::NdjsonRows;
use super::refusal;
use super::row_error::RowError;
use super::table::Table;
use crate::FormatError;

/// The longest row, without its line end. A longer one is a file without line ends or with a
/// quote that is never closed; a row of a request is a thousand times shorter.
pub const ROW_BYTES_MAX: usize = 1 << 20;

/// Room for rows that are a little shorter than the first ones.
const ROWS_MARGIN: f64 = 1.02;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How the rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// Reads a file of samples piece by piece.
///
/// ```
/// use adjutant_formats::samples::{SamplesReader, Selection, Syntax};
///
/// let mut reader = SamplesReader::new(Syntax::Csv, Selection::default());
/// reader.feed(b"latency_ms,sta")?;
/// reader.feed(b"tus\n12.5,200\n")?;
/// assert_eq!(reader.finish()?.len(), 2);
/// # Ok::<(), adjutant_formats::FormatError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SamplesReader {
    syntax: RowSyntax,
    table: Table,
    limits: Limits,
    /// Lines read.
    lines: u64,
    /// Bytes read and done with.
    offset: u64,
    /// The start of a row whose end has not come yet.
    pending: Vec<u8>,
    /// Whether it is known that no byte order mark is coming.
    is_past_mark: bool,
    failure: Option<FormatError>,
}

#[derive(Debug, Clone)]
enum RowSyntax {
    Csv(CsvRows),
    Ndjson(NdjsonRows),
}

/// What a file may hold at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) row_bytes: usize,
    pub(super) rows: u32,
}

impl Limits {
    /// Rows are numbered in a `u32`, which halves the memory of keys.
    pub(super) const STANDARD: Self = Self {
        row_bytes: ROW_BYTES_MAX,
        rows: u32::MAX,
    };
}

impl SamplesReader {
    /// A reader that has been fed nothing yet.
    pub fn new(syntax: Syntax, selection: Selection) -> Self {
        Self::with_limits(syntax, selection, Limits::STANDARD)
    }

    pub(super) fn with_limits(syntax: Syntax, selection: Selection, limits: Limits) -> Self {
        Self {
            syntax: match syntax {
                Syntax::Csv => RowSyntax::Csv(CsvRows::default()),
                Syntax::Ndjson => RowSyntax::Ndjson(NdjsonRows::default()),
            },
            table: Table::new(selection, limits.rows),
            limits,
            lines: 0,
            offset: 0,
            pending: Vec::new(),
            is_past_mark: false,
            failure: None,
        }
    }

    /// Reads the next piece of the file.
    ///
    /// # Errors
    /// When a row is refused. The reader then answers every further call with the same error.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), FormatError> {
        let result = match &self.failure {
            Some(failure) => Err(failure.clone()),
            None if self.is_past_mark => self.read_piece(piece),
            None => self.read_start(piece),
        };
        if let Err(failure) = &result {
            self.failure = Some(failure.clone());
        }
        result
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When the last row is refused or not whole, or when there is nothing to measure.
    pub fn finish(mut self) -> Result<Vec<Measurement>, FormatError> {
        self.end()?;
        let first = match (&self.syntax, self.lines) {
            (_, 0) => return Err(refusal::empty_file()),
            (RowSyntax::Csv(csv), _) if !csv.knows_header() => return Err(refusal::empty_file()),
            (RowSyntax::Csv(_), _) => 2,
            (RowSyntax::Ndjson(_), _) => 1,
        };
        match (&self.syntax, self.table.rows()) {
            (RowSyntax::Csv(_), 0) => Err(refusal::no_rows()),
            (RowSyntax::Ndjson(_), 0) => Err(refusal::empty_file()),
            (RowSyntax::Csv(_) | RowSyntax::Ndjson(_), _some) => {
                self.table.finish(first, self.lines)
            }
        }
    }

    /// Reads the last row when no line end follows it.
    pub(super) fn end(&mut self) -> Result<(), FormatError> {
        if !self.pending.is_empty() {
            self.is_past_mark = true;
            self.feed(b"\n")?;
        } else if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        match self.pending.is_empty() {
            true => Ok(()),
            false => Err(refusal::open_quote(self.lines + 1)),
        }
    }

    /// Makes room for the rows that `bytes` more will hold, if they are like those before. A wrong
    /// guess costs room that is never touched, or a copy.
    pub fn expect(&mut self, bytes: u64) {
        let rows_per_byte = f64::from(self.table.rows()) / self.offset.max(1) as f64;
        let rows = rows_per_byte * bytes as f64 * ROWS_MARGIN;
        self.table.reserve(rows as usize);
    }

    /// Whether no row has been begun.
    pub(super) fn is_between_rows(&self) -> bool {
        self.pending.is_empty()
    }

    /// A reader for lines that stand further down in the same file. `None` before the header has
    /// been read.
    pub(super) fn for_later_rows(&self) -> Option<Self> {
        let is_ready = match &self.syntax {
            RowSyntax::Csv(csv) => csv.knows_header(),
            RowSyntax::Ndjson(_) => true,
        };
        let mut reader = is_ready.then(|| Self {
            syntax: self.syntax.clone(),
            table: self.table.clone(),
            limits: self.limits,
            lines: 0,
            offset: 0,
            pending: Vec::new(),
            is_past_mark: true,
            failure: None,
        });
        if let Some(reader) = &mut reader {
            reader.forget_rows();
        }
        reader
    }

    /// Forgets the rows, but not the columns.
    pub(super) fn forget_rows(&mut self) {
        self.table.forget_rows();
        self.lines = 0;
    }

    /// Puts the rows of `later` after these.
    ///
    /// # Errors
    /// When reading both as one could have gone another way.
    pub(super) fn join(&mut self, later: &Self) -> Result<(), Unjoinable> {
        if !self.pending.is_empty() || !later.pending.is_empty() {
            return Err(Unjoinable);
        }
        self.lines += later.lines;
        self.table.append(&later.table)
    }

    /// Reads the start of the file, where a byte order mark may stand.
    fn read_start(&mut self, piece: &[u8]) -> Result<(), FormatError> {
        let mut start = std::mem::take(&mut self.pending);
        let piece = if start.is_empty() {
            piece
        } else {
            start.extend_from_slice(piece);
            &start
        };
        if piece.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(piece) {
            self.pending = piece.to_vec();
            return Ok(());
        }
        self.is_past_mark = true;
        match piece.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => {
                self.offset = BYTE_ORDER_MARK.len() as u64;
                self.read_piece(rest)
            }
            None => self.read_piece(piece),
        }
    }

    fn read_piece(&mut self, mut piece: &[u8]) -> Result<(), FormatError> {
        if !self.pending.is_empty() {
            // Most often the pending row ends with the first line end of the piece.
            let head = memchr(b'\n', piece).map_or(piece.len(), |at| at + 1);
            self.pending.extend_from_slice(&piece[..head]);
            piece = &piece[head..];
            self.read_pending()?;
            if !self.pending.is_empty() && !piece.is_empty() {
                // It holds line ends in quotes.
                self.pending.extend_from_slice(piece);
                piece = &[];
                self.read_pending()?;
            }
        }
        let consumed = self.read_lines(piece)?;
        self.pending.extend_from_slice(&piece[consumed..]);
        Ok(())
    }

    fn read_pending(&mut self) -> Result<(), FormatError> {
        let mut pending = std::mem::take(&mut self.pending);
        let consumed = self.read_lines(&pending)?;
        pending.drain(..consumed);
        self.pending = pending;
        Ok(())
    }

    /// Reads the whole rows that `bytes` starts with; how many bytes they are.
    fn read_lines(&mut self, bytes: &[u8]) -> Result<usize, FormatError> {
        let whole_lines = memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        let (text, bad) = match simdutf8::compat::from_utf8(&bytes[..whole_lines]) {
            Ok(text) => (text, None),
            Err(error) => {
                let good = &bytes[..error.valid_up_to()];
                let good_lines = memrchr(b'\n', good).map_or(0, |at| at + 1);
                let text = std::str::from_utf8(&good[..good_lines]).unwrap_or_default();
                (text, Some(error.valid_up_to()))
            }
        };
        let row_bytes_max = self.limits.row_bytes;
        let read = match &mut self.syntax {
            RowSyntax::Csv(rows) => {
                rows.read(text, &mut self.table, &mut self.lines, row_bytes_max)
            }
            RowSyntax::Ndjson(rows) => {
                rows.read(text, &mut self.table, &mut self.lines, row_bytes_max)
            }
        };
        let consumed = match read {
            Ok(consumed) => consumed,
            Err(refused) => return Err(self.refuse(*refused, bytes)),
        };
        if let Some(bad) = bad {
            let error = refusal::not_utf8(self.offset + bad as u64);
            let refused = RowError {
                start: consumed,
                at: bad,
                error,
            };
            return Err(self.refuse(refused, bytes));
        }
        if bytes.len() - consumed > row_bytes_max {
            return Err(refusal::line_too_long(self.lines + 1, row_bytes_max));
        }
        self.offset += consumed as u64;
        Ok(consumed)
    }

    /// The error for a row. That it is too long comes before what else is wrong with it, because
    /// a reader that is fed small pieces sees that first.
    fn refuse(&self, refused: RowError, bytes: &[u8]) -> FormatError {
        let rest = &bytes[refused.at..];
        let line_end = refused.at + memchr(b'\n', rest).unwrap_or(rest.len());
        if line_end - refused.start > self.limits.row_bytes {
            refusal::line_too_long(self.lines + 1, self.limits.row_bytes)
        } else {
            refused.error
        }
    }
}
