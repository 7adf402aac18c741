//! Every reason for which samples are refused, with its remedy.

use adjutant_domain::InvalidName;

use crate::{FormatError, Place};

const AS_WRITTEN: &str = "Write the file again and check that the tool ended without an error.";

fn cell(line: u64, column: &str, problem: impl Into<String>, remedy: &str) -> FormatError {
    let column = column.to_owned();
    FormatError::new(Place::Cell { line, column }, problem, remedy)
}

fn line(line: u64, problem: impl Into<String>, remedy: &str) -> FormatError {
    FormatError::new(Place::Line(line), problem, remedy)
}

/// The cell as an error may show it: short.
fn shown(text: &str) -> String {
    const CHARS_SHOWN: usize = 40;
    match text.char_indices().nth(CHARS_SHOWN) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

pub(super) fn empty_file() -> FormatError {
    FormatError::new(Place::Whole, "the file is empty", AS_WRITTEN)
}

pub(super) fn no_rows() -> FormatError {
    FormatError::new(
        Place::Whole,
        "the file has a header but no rows",
        AS_WRITTEN,
    )
}

pub(super) fn no_numbers() -> FormatError {
    FormatError::new(
        Place::Whole,
        "no column holds numbers",
        "Name a column latency_ms and write one number a row; cells are separated by commas.",
    )
}

pub(super) fn not_utf8(byte: u64) -> FormatError {
    FormatError::new(
        Place::Byte(byte),
        "the bytes are not UTF-8 text",
        "Convert the file to UTF-8, for example with `iconv -t UTF-8`.",
    )
}

pub(super) fn not_text(number: u64) -> FormatError {
    line(
        number,
        "the line holds NUL bytes, so the file is not UTF-8 text",
        "Convert the file to UTF-8, for example with `iconv -f UTF-16 -t UTF-8`.",
    )
}

pub(super) fn line_too_long(number: u64, bytes_max: usize) -> FormatError {
    line(
        number,
        format!("the line is longer than {bytes_max} bytes"),
        "Write one request a line; look for a missing line end or a quote that is never closed.",
    )
}

pub(super) fn too_many_rows(number: u64, rows_max: u32) -> FormatError {
    line(
        number,
        format!("the file has more than {rows_max} rows"),
        "Split it into several files, or measure for a shorter time.",
    )
}

pub(super) fn too_many_columns(number: u64, columns_max: usize) -> FormatError {
    line(
        number,
        format!("there are more than {columns_max} columns"),
        "Keep the columns that are measured, one row a request.",
    )
}

pub(super) fn repeated_column(number: u64, name: &str) -> FormatError {
    cell(
        number,
        name,
        "another column before this one gives the same measure",
        "Keep one of the two.",
    )
}

pub(super) fn too_few_cells(number: u64, found: usize, wanted: usize) -> FormatError {
    line(
        number,
        format!("the row has {found} of the header's {wanted} cells"),
        "If it is the last row, the file was cut off: write it again.",
    )
}

pub(super) fn too_many_cells(number: u64, wanted: usize) -> FormatError {
    line(
        number,
        format!("the row has more cells than the header's {wanted}"),
        "Quote cells that hold a comma.",
    )
}

pub(super) fn text_after_quote(number: u64, column: &str) -> FormatError {
    cell(
        number,
        column,
        "text follows the closing quote",
        "Write a quote inside a quoted cell twice (RFC 4180).",
    )
}

pub(super) fn open_quote(number: u64) -> FormatError {
    line(
        number,
        "a quote is opened in this row and never closed",
        "Close it; if the file was cut off, write it again.",
    )
}

pub(super) fn not_a_number(number: u64, column: &str, text: &str) -> FormatError {
    let remedy = if column == "status" {
        "Write the response code; write 0 for a request that got no response."
    } else {
        "Write a plain number such as 12.5; leave the cell blank (in JSON: null) when there is no \
         value."
    };
    cell(
        number,
        column,
        format!("{} is not a number", shown(text)),
        remedy,
    )
}

pub(super) fn not_finite(number: u64, column: &str, text: &str) -> FormatError {
    cell(
        number,
        column,
        format!("{} is not a finite number", shown(text)),
        "Leave the cell blank (in JSON: null) when there is no value, and find out why there is \
         none.",
    )
}

pub(super) fn negative_span(number: u64, column: &str, text: &str) -> FormatError {
    cell(
        number,
        column,
        format!("{} is negative, and a latency cannot be", shown(text)),
        "Measure with a clock that never goes back (a monotonic clock).",
    )
}

pub(super) fn not_a_code(number: u64, column: &str, text: &str) -> FormatError {
    cell(
        number,
        column,
        format!("{} is not a response code", shown(text)),
        "Write the response code as a whole number; write 0 for a request that got no response.",
    )
}

pub(super) fn not_in_seconds(number: u64, column: &str, text: &str) -> FormatError {
    cell(
        number,
        column,
        format!("{} cannot be a time in seconds", shown(text)),
        "Name the column timestamp_ms, timestamp_us or timestamp_ns.",
    )
}

pub(super) fn not_a_time(number: u64, column: &str, text: &str) -> FormatError {
    cell(
        number,
        column,
        format!("{} is not a time", shown(text)),
        "Write seconds since 1970, or 2026-01-31T12:00:00Z.",
    )
}

pub(super) fn missing_key(number: u64, column: &str) -> FormatError {
    cell(
        number,
        column,
        "the row has no key, but other rows have one",
        "Give every row its key, or leave the column out.",
    )
}

pub(super) fn not_an_object(number: u64, why: &str) -> FormatError {
    line(
        number,
        format!("the line is not a JSON object: {why}"),
        "Write one whole object a line, such as {\"latency_ms\": 12.5, \"status\": 200}.",
    )
}

pub(super) fn repeated_key(number: u64, name: &str) -> FormatError {
    cell(
        number,
        name,
        "the object has this key twice",
        "Write each key once.",
    )
}

pub(super) fn unnameable(number: u64, column: &str, error: &InvalidName) -> FormatError {
    cell(number, column, error.to_string(), "Rename the column.")
}
