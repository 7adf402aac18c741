//! Where tools do their work. There are two such places: the threads of a process that one agent
//! started, and the desks of `adjutant serve`.

use std::pin::Pin;

use adjutant_store::Store;

use crate::answer::Answer;

/// An answer that is worked on beside a store, which stays on its thread.
pub(crate) type Working<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// Work that is done with a store.
pub type Work = Box<dyn for<'a> FnOnce(&'a Store) -> Working<'a> + Send>;

/// What a piece of work asks of the place where it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It only looks.
    Reads,
    /// It writes, in milliseconds.
    Writes,
    /// It may run programs for minutes.
    Acts,
}

/// A place where work is done.
pub trait Workroom: Send + Sync + 'static {
    /// Does a piece of work to its end.
    fn carry_out(
        &self,
        pace: Pace,
        work: Work,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>>;
}
