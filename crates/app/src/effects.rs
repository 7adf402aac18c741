//! Where a test may end this program: before and after each effect that outlasts it.

use std::cell::Cell;

use adjutant_outbound::process;

/// Counts effects.
#[derive(Debug, Default)]
pub struct Effects(Cell<Option<u32>>);

impl Effects {
    /// For tests: after this many effects the program ends as by kill -9.
    pub fn dying_after(count: Option<u32>) -> Self {
        Self(Cell::new(count))
    }

    pub(crate) fn pass(&self) {
        match self.0.get() {
            None => {}
            Some(0) => process::die(),
            Some(left) => self.0.set(Some(left - 1)),
        }
    }
}
