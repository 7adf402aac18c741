//! A pickle, read opcode by opcode and never run: what it would import and call, and where.
//!
//! The stack is followed as far as it names callables. What cannot be named is a finding, so that
//! nothing is taken for harmless because it was not understood.

mod array;
mod finding;
mod known;
mod machine;
mod naming;
mod opcode;
mod stack;

pub(crate) use finding::Notes;
pub use finding::{GlobalName, PickleFinding, ScanVerdict};
pub(crate) use machine::{PickleEnd, Trust, scan};
