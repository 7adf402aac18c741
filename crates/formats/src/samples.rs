//! Samples: one row a request, as CSV with a header or as one JSON object a line. The fast road
//! for the largest files; it reads pieces of any size and holds nothing but the columns wanted.
//!
//! It does not open files (`outbound::sample_file` does) and does not judge values beyond what
//! makes sense for their measure.

mod block;
mod cells;
mod csv;
mod decimal;
#[cfg(test)]
mod equivalence;
mod keys;
mod literal;
mod meaning;
mod measure_column;
mod ndjson;
mod number;
mod parts;
mod plain;
mod reader;
mod recognition;
mod refusal;
mod repeated;
mod rounding;
mod row_error;
mod shape;
mod table;
mod window;
mod word;

pub use meaning::{Measures, Selection};
pub use parts::{PARTS_BYTES_MIN, PIECE_BYTES, read, read_by_two, read_in_two};
pub use reader::{ROW_BYTES_MAX, SamplesReader, Syntax};
pub(crate) use recognition::{recognises_csv, recognises_ndjson};
