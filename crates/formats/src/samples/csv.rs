//! Rows of comma-separated values (RFC 4180). It does not know what the columns mean.

use memchr::{memchr, memchr2};

use super::plain::PlainRows;
use super::row_error::RowError;
use super::table::{Table, Target};
use super::{number, refusal};

/// What is known of a CSV file besides its rows.
#[derive(Debug, Clone, Default)]
pub(super) struct CsvRows {
    /// The columns in the file's order; `None` before the header has been read.
    header: Option<Vec<HeaderCell>>,
    /// The fast way, once the columns are known to have one.
    plain: Option<Box<PlainRows>>,
    /// The text of a quoted cell that holds quotes.
    unquoted: String,
}

#[derive(Debug, Clone)]
struct HeaderCell {
    name: String,
    target: Target,
}

/// Where a row ends, and how many line ends its quoted cells hold.
struct RowEnd {
    next: usize,
    inner_lines: u64,
}

/// A cell that needed a closer look.
struct Cell<'a> {
    text: &'a str,
    /// The place of the comma or line end after it.
    end: usize,
    /// The place after that.
    next: usize,
    ends_row: bool,
    inner_lines: u64,
}

/// Why there is no cell.
enum NoCell {
    /// A quote is not closed before the text ends.
    Open,
    /// Text follows the closing quote; where.
    TextAfterQuote(usize),
}

impl CsvRows {
    /// Whether the header has been read.
    pub(super) fn knows_header(&self) -> bool {
        self.header.is_some()
    }

    /// Reads whole rows into `table` and counts the lines they take in `lines`. Every line of
    /// `text` is whole. The place of the first row that is not whole yet.
    pub(super) fn read(
        &mut self,
        text: &str,
        table: &mut Table,
        lines: &mut u64,
        row_bytes_max: usize,
    ) -> Result<usize, Box<RowError>> {
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut is_first = true;
        if let Some(plain) = &mut self.plain {
            plain.restart();
        }
        while at < bytes.len() {
            if let Some(plain) = &mut self.plain {
                at = plain.read(text, at, table, lines, row_bytes_max);
                if at == bytes.len() {
                    break;
                }
            }
            let line = *lines + 1;
            let blank = blank_line(bytes, at);
            if blank > 0 {
                at += blank;
                *lines = line;
                continue;
            }
            let end = if self.header.is_some() {
                self.read_row(text, at, table, line)?
            } else {
                self.read_header(text, at, table, line)?
            };
            let Some(end) = end else {
                table.take_row_back();
                break;
            };
            // The line end itself is not counted.
            if end.next - at - 1 > row_bytes_max {
                let error = refusal::line_too_long(line, row_bytes_max);
                return Err(RowError::boxed(at, at, error));
            }
            at = end.next;
            *lines = line + end.inner_lines;
            if self.plain.is_none() && table.rows() > 0 && std::mem::take(&mut is_first) {
                let header = self.header.as_deref().unwrap_or_default();
                let targets = header.iter().map(|cell| cell.target);
                self.plain = PlainRows::of(targets, table).map(Box::new);
            }
        }
        Ok(at)
    }

    fn read_header(
        &mut self,
        text: &str,
        start: usize,
        table: &mut Table,
        line: u64,
    ) -> Result<Option<RowEnd>, Box<RowError>> {
        let mut header = Vec::new();
        let mut at = start;
        let mut inner_lines = 0;
        loop {
            let cell = match cell_at(text, at, &mut self.unquoted) {
                Ok(cell) => cell,
                Err(NoCell::Open) => return Ok(None),
                Err(NoCell::TextAfterQuote(place)) => {
                    let error = refusal::text_after_quote(line, "the header");
                    return Err(RowError::boxed(start, place, error));
                }
            };
            inner_lines += cell.inner_lines;
            let name = cell.text.trim();
            let refused = |error| RowError::boxed(start, cell.end, error);
            if name.contains('\0') {
                return Err(refused(refusal::not_text(line)));
            }
            let target = table.target_of(name, line).map_err(refused)?;
            let is_repeated = target != Target::Ignored
                && header.iter().any(|before: &HeaderCell| before.name == name);
            if is_repeated {
                return Err(refused(refusal::repeated_column(line, name)));
            }
            let name = name.to_owned();
            header.push(HeaderCell { name, target });
            at = cell.next;
            if cell.ends_row {
                break;
            }
        }
        self.header = Some(header);
        Ok(Some(RowEnd {
            next: at,
            inner_lines,
        }))
    }

    #[inline]
    fn read_row(
        &mut self,
        text: &str,
        start: usize,
        table: &mut Table,
        line: u64,
    ) -> Result<Option<RowEnd>, Box<RowError>> {
        let bytes = text.as_bytes();
        let header = self.header.as_deref().unwrap_or_default();
        let mut at = start;
        let mut inner_lines = 0;
        for (index, column) in header.iter().enumerate() {
            let is_last = index + 1 == header.len();
            if let Target::Measure(measure) = column.target
                && let Some(scanned) = number::scan(bytes, at)
                && let Some(next) = expected_end(bytes, scanned.end, is_last)
                && table.accept(measure, scanned.value)
            {
                at = next;
                continue;
            }
            let refused = |at, error| RowError::boxed(start, at, error);
            let cell = match cell_at(text, at, &mut self.unquoted) {
                Ok(cell) => cell,
                Err(NoCell::Open) => return Ok(None),
                Err(NoCell::TextAfterQuote(place)) => {
                    return Err(refused(
                        place,
                        refusal::text_after_quote(line, &column.name),
                    ));
                }
            };
            table
                .push_text(column.target, cell.text, line)
                .map_err(|error| refused(cell.end, error))?;
            if cell.ends_row != is_last {
                let width = header.len();
                let error = if is_last {
                    refusal::too_many_cells(line, width)
                } else {
                    refusal::too_few_cells(line, index + 1, width)
                };
                return Err(refused(cell.end, error));
            }
            inner_lines += cell.inner_lines;
            at = cell.next;
        }
        table
            .end_row(true, line)
            .map_err(|error| RowError::boxed(start, at - 1, error))?;
        Ok(Some(RowEnd {
            next: at,
            inner_lines,
        }))
    }
}

/// The length of a line without anything in it, 0 if something is in it.
#[inline]
fn blank_line(bytes: &[u8], at: usize) -> usize {
    match bytes[at] {
        b'\n' => 1,
        b'\r' if bytes.get(at + 1) == Some(&b'\n') => 2,
        _something => 0,
    }
}

/// The place after the comma or line end at `end`, if the one that is due is there.
#[inline]
fn expected_end(bytes: &[u8], end: usize, is_last: bool) -> Option<usize> {
    match (*bytes.get(end)?, is_last) {
        (b',', false) | (b'\n', true) => Some(end + 1),
        (b'\r', true) if bytes.get(end + 1) == Some(&b'\n') => Some(end + 2),
        _other => None,
    }
}

/// The cell that starts at `start`; `text` ends with a line end.
fn cell_at<'a>(text: &'a str, start: usize, unquoted: &'a mut String) -> Result<Cell<'a>, NoCell> {
    let bytes = text.as_bytes();
    if bytes.get(start) == Some(&b'"') {
        return quoted_cell_at(text, start, unquoted);
    }
    let rest = &bytes[start..];
    let end = start + memchr2(b',', b'\n', rest).unwrap_or(rest.len());
    let ends_row = bytes.get(end) != Some(&b',');
    let text_end = if ends_row && end > start && bytes[end - 1] == b'\r' {
        end - 1
    } else {
        end
    };
    Ok(Cell {
        text: &text[start..text_end],
        end,
        next: end + 1,
        ends_row,
        inner_lines: 0,
    })
}

fn quoted_cell_at<'a>(
    text: &'a str,
    start: usize,
    unquoted: &'a mut String,
) -> Result<Cell<'a>, NoCell> {
    let bytes = text.as_bytes();
    unquoted.clear();
    let mut from = start + 1;
    let close = loop {
        let Some(length) = memchr(b'"', &bytes[from..]) else {
            return Err(NoCell::Open);
        };
        let quote = from + length;
        if bytes.get(quote + 1) != Some(&b'"') {
            break quote;
        }
        unquoted.push_str(&text[from..=quote]);
        from = quote + 2;
    };
    let end = close + 1;
    let ends_row = bytes.get(end) != Some(&b',');
    let next = expected_end(bytes, end, ends_row).ok_or(NoCell::TextAfterQuote(close + 1))?;
    let inner_lines = memchr::memchr_iter(b'\n', &bytes[start..close]).count() as u64;
    let content = if unquoted.is_empty() {
        &text[start + 1..close]
    } else {
        unquoted.push_str(&text[from..close]);
        unquoted.as_str()
    };
    Ok(Cell {
        text: content,
        end,
        next,
        ends_row,
        inner_lines,
    })
}
