//! Rows of nothing but numbers, gathered before they are checked and stored: checking a column of
//! some hundred values at once costs a fraction of checking each.

/// How many rows are gathered. Ten columns of them fit the first-level cache.
const BLOCK_ROWS: usize = 256;

/// Rows that wait to be stored.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// For each slot, the measure that its values belong to.
    measures: Vec<usize>,
    /// The values, slot after slot, [`BLOCK_ROWS`] each.
    values: Vec<f64>,
    rows: usize,
}

impl Block {
    /// A block without rows, one slot a measure.
    pub(super) fn of(measures: Vec<usize>) -> Self {
        Self {
            values: vec![0.0; measures.len() * BLOCK_ROWS],
            measures,
            rows: 0,
        }
    }

    /// Sets a value of the row that is being read.
    #[inline(always)]
    pub(super) fn set(&mut self, slot: usize, value: f64) {
        self.values[slot * BLOCK_ROWS + self.rows] = value;
    }

    /// Ends the row, all of whose slots have been set; whether there is room for another.
    #[inline(always)]
    pub(super) fn end_row(&mut self) -> bool {
        self.rows += 1;
        self.rows < BLOCK_ROWS
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The measures with their values.
    pub(super) fn columns(&self) -> impl Iterator<Item = (usize, &[f64])> {
        let rows = self.rows;
        let columns = self.values.chunks_exact(BLOCK_ROWS);
        self.measures
            .iter()
            .zip(columns)
            .map(move |(&measure, column)| (measure, &column[..rows]))
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.rows = 0;
    }
}
