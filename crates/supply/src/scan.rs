//! A model file of any kind, looked into without loading it: archives and compressed files are
//! opened, pickles are read opcode by opcode, and whatever cannot be looked at is a finding.

mod look;
mod magic;
mod numpy;
mod tar;
mod unpack;
mod zip;
mod zip_directory;

pub(crate) use numpy::read_header as numpy_header;
pub(crate) use zip::for_each_member;

use crate::blob::{Blob, Window};
use crate::pickle::{Notes, PickleFinding, ScanVerdict};
use look::Scanner;

/// What a scan of one file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanReport {
    /// The worst finding; plain when there is none.
    pub verdict: ScanVerdict,
    /// What stands against loading the file, worst first.
    pub findings: Vec<PickleFinding>,
    /// What the file is.
    pub kind: &'static str,
    /// How many members of archives were looked at.
    pub members: u64,
    /// How many pickles were read.
    pub pickles: u64,
}

/// Looks into a file. Its name only helps to say what was meant to be a pickle.
pub fn scan_model(name: &str, blob: &dyn Blob) -> ScanReport {
    let mut scanner = Scanner::new();
    let kind = scanner.look_at_file(name, Window::whole(blob));
    let Scanner {
        notes,
        members,
        pickles,
        ..
    } = scanner;
    let (verdict, findings) = Notes::finish(notes);
    ScanReport {
        verdict,
        findings,
        kind,
        members,
        pickles,
    }
}
