//! Pickles in the bytes of a pickle, and the arrays that joblib writes between its opcodes.

use super::{Halt, Machine, NESTED_MAX, PickleEnd, Scanned, Trust, scan};
use crate::pickle::array::Following;
use crate::pickle::stack::Item;
use crate::stream::Stream;

impl Machine {
    /// Bytes that look like a pickle of their own.
    pub(super) fn nested(&mut self, stream: &mut Stream<'_>, length: u64) -> Result<(), Halt> {
        let start = stream.position();
        if self.depth >= NESTED_MAX {
            return Err(Halt::TooDeep);
        }
        let inner = {
            let mut part = Stream::of_part(stream, length);
            scan(&mut part, Trust::Guessed, self.depth + 1)
        };
        self.adopt(inner, format!("pickle in the bytes at {start}"));
        let read = stream.position() - start;
        Ok(stream.skip(length.saturating_sub(read))?)
    }

    /// Takes over what a guess found, if it was a pickle.
    pub(super) fn adopt(&mut self, inner: Scanned, member: String) {
        if inner.end == PickleEnd::Stopped || inner.called {
            self.imports.hidden |= inner.imported;
            self.notes.enter(member);
            self.notes.append(inner.notes);
            self.notes.leave();
        }
    }

    /// What joblib wrote behind the object that was just built. Python's own unpickler would take
    /// the same bytes for opcodes, so they are looked at both ways.
    pub(super) fn read_wrapped(&mut self, stream: &mut Stream<'_>) -> Result<(), Halt> {
        let is_wrapper = match (self.stack.top(), self.imports.wrapper) {
            (Ok(Item::Made(number)), Some(wrapper)) => *number == wrapper,
            _ => false,
        };
        if !is_wrapper {
            return Ok(());
        }
        let wrapped = std::mem::take(&mut self.wrapped);
        let start = stream.position();
        match wrapped.following(self.objects) {
            Following::Bytes { count, aligned } => {
                let padding = match aligned {
                    true => u64::from(stream.byte()?.ok_or(Halt::Ended)?),
                    false => 0,
                };
                let length = count.saturating_add(padding);
                let from = stream.position();
                let inner = {
                    let mut part = Stream::of_part(stream, length);
                    scan(&mut part, Trust::Guessed, self.depth + 1)
                };
                if inner.imported {
                    self.adopt(inner, format!("array at {start}, read as opcodes"));
                }
                let read = stream.position() - from;
                stream.skip(length.saturating_sub(read))?;
            }
            Following::Pickle if self.depth < NESTED_MAX => {
                let inner = scan(stream, Trust::Named, self.depth + 1);
                self.notes.append(inner.notes);
                if let PickleEnd::Broken {
                    problem, offset, ..
                } = inner.end
                {
                    self.notes.unseen(offset, problem);
                    return Err(Halt::Ended);
                }
            }
            Following::Pickle => return Err(Halt::TooDeep),
            Following::Untold => {
                let reason = "the size of the array that follows cannot be told";
                self.notes.unseen(start, reason);
            }
        }
        let replaced = self.stack.pop().map(|_wrapper| ());
        replaced
            .and_then(|()| self.stack.push(Item::Value))
            .map_err(|_problem| Halt::TooDeep)
    }
}
