//! A row that a reader of samples refuses.

use crate::FormatError;

/// A row that is refused.
#[derive(Debug)]
pub(super) struct RowError {
    /// Where the row starts.
    pub(super) start: usize,
    /// Where the reader stood when it knew.
    pub(super) at: usize,
    pub(super) error: FormatError,
}

impl RowError {
    pub(super) fn boxed(start: usize, at: usize, error: FormatError) -> Box<Self> {
        Box::new(Self { start, at, error })
    }
}
