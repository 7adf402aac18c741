//! What goes wrong between Adjutant and an engine.

use std::path::PathBuf;

use adjutant_outbound::process::ProcessError;

/// An engine that does not do as told. Asking again is safe.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nobody answers there.
    #[error("{engine} does not answer at {at}")]
    Unreachable {
        /// Which engine.
        engine: &'static str,
        /// Where.
        at: String,
        /// Why.
        source: std::io::Error,
    },
    /// It takes too long.
    #[error("{engine} does not answer at {at} within {seconds} s")]
    TimedOut {
        /// Which engine.
        engine: &'static str,
        /// Where.
        at: String,
        /// How long it had.
        seconds: u64,
    },
    /// It answered something that cannot be read.
    #[error("what {engine} answers cannot be read: {problem}")]
    Unreadable {
        /// Which engine.
        engine: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// It is not set up for the service.
    #[error("{engine} is not set up for this: {lack}")]
    NotSetUp {
        /// Which engine.
        engine: &'static str,
        /// What is missing.
        lack: String,
    },
    /// It asks to be left alone for a while.
    #[error("{engine} is busy and asks for {seconds} s: {words}")]
    Busy {
        /// Which engine.
        engine: &'static str,
        /// In its own words.
        words: String,
        /// For how long.
        seconds: u64,
    },
    /// It did not do as told.
    #[error("{engine} does not obey: {words}")]
    Disobeyed {
        /// Which engine.
        engine: &'static str,
        /// In its own words.
        words: String,
    },
    /// A file of it could not be read or written.
    #[error("{}: this file cannot be {action}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A program of it could not be run.
    #[error(transparent)]
    Program(#[from] ProcessError),
}

/// No engine is left alone for longer than this: a rollback goes before politeness.
const BUSY_SECONDS_MAX: u64 = 10;

impl EngineError {
    /// For how long it wants to be left alone, in milliseconds.
    pub fn rest_ms(&self) -> i64 {
        match self {
            Self::Busy { seconds, .. } => {
                i64::try_from((*seconds).min(BUSY_SECONDS_MAX) * 1_000).unwrap_or(0)
            }
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Unreadable { .. }
            | Self::NotSetUp { .. }
            | Self::Disobeyed { .. }
            | Self::File { .. }
            | Self::Program(_) => 0,
        }
    }
}
