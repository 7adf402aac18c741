//! Decides what bytes are and looks into them; remembers what was found.

use std::rc::Rc;

use super::magic::{Compression, HEAD_BYTES, Magic, is_onnx_name, is_pickle_name, magic};
use super::unpack::{self, Budget};
use super::{numpy, tar, zip};
use crate::blob::Window;
use crate::header::inspect_window;
use crate::pickle::{self, Notes, PickleEnd, Trust};
use crate::stream::Stream;

/// Archives inside of archives that are opened.
const DEPTH_MAX: usize = 8;
/// An archive inside of a compressed one is unpacked into memory up to this size.
const INNER_ARCHIVE_BYTES_MAX: u64 = 64 << 20;
/// Pickles one after the other in one member.
const PICKLES_MAX: u64 = 1_000_000;
/// How many pickles a legacy PyTorch file begins with; raw tensors follow.
const LEGACY_TORCH_PICKLES: u64 = 5;

pub(super) struct Scanner {
    pub(super) notes: Notes,
    pub(super) members: u64,
    pub(super) pickles: u64,
    pub(super) budget: Rc<Budget>,
}

impl Scanner {
    pub(super) fn new() -> Self {
        Self {
            notes: Notes::default(),
            members: 0,
            pickles: 0,
            budget: Rc::new(Budget::new()),
        }
    }

    pub(super) fn unseen(&mut self, offset: u64, reason: impl Into<String>) {
        self.notes.unseen(offset, reason);
    }

    /// The whole file.
    pub(super) fn look_at_file(&mut self, name: &str, window: Window<'_>) -> &'static str {
        let head = match window.bytes(0, HEAD_BYTES) {
            Ok(head) => head,
            Err(error) => {
                self.unseen(0, format!("the file cannot be read: {error}"));
                return Magic::Unknown.name();
            }
        };
        let mut kind = magic(&head, Some(window.length()));
        if kind == Magic::Unknown && is_onnx_name(name) {
            kind = Magic::Onnx;
        }
        if head.is_empty() {
            self.unseen(0, "the file is empty");
            return "empty file";
        }
        match kind {
            Magic::Safetensors | Magic::Gguf | Magic::Onnx => {
                if let Err(error) = inspect_window(name, window) {
                    self.unseen(
                        error.offset,
                        format!("its header is broken: {}", error.problem),
                    );
                }
            }
            Magic::Zip
            | Magic::Tar
            | Magic::Compressed(_)
            | Magic::Numpy
            | Magic::Pickle
            | Magic::Closed(_)
            | Magic::Unknown => self.look_at_window(name, window),
        }
        if !matches!(kind, Magic::Zip | Magic::Tar) {
            zip::scan_behind(self, window);
        }
        if kind == Magic::Unknown && self.pickles > 0 {
            return Magic::Pickle.name();
        }
        kind.name()
    }

    /// A part of the file as it lies there.
    pub(super) fn look_at_window(&mut self, name: &str, window: Window<'_>) {
        let head = match window.bytes(0, HEAD_BYTES) {
            Ok(head) => head,
            Err(error) => return self.unseen(0, format!("it cannot be read: {error}")),
        };
        let kind = magic(&head, Some(window.length()));
        if kind == Magic::Zip {
            return zip::scan(self, window);
        }
        let is_data = kind == Magic::Unknown
            && self.notes.depth() > 0
            && !is_pickle_name(name)
            && cannot_be_pickle(&head);
        if !is_data {
            self.look_at_kind(name, kind, Stream::of_window(window));
        }
    }

    /// A member of an archive that comes as a stream.
    pub(super) fn look_at_member(&mut self, name: &str, stream: &mut Stream<'_>) {
        self.members += 1;
        if self.notes.depth() >= DEPTH_MAX {
            return self.unseen(0, format!("{name} is nested deeper than is looked into"));
        }
        self.notes.enter(name.to_owned());
        self.look_at_stream(name, stream);
        self.notes.leave();
    }

    fn look_at_stream(&mut self, name: &str, stream: &mut Stream<'_>) {
        let kind = match stream.peek(HEAD_BYTES) {
            Ok(head) => magic(head, None),
            Err(error) => return self.unseen(0, format!("it cannot be unpacked: {error}")),
        };
        if kind != Magic::Zip {
            return self.look_at_kind(name, kind, Stream::of_part(stream, u64::MAX));
        }
        let mut bytes = Vec::new();
        let mut part = std::io::Read::take(stream, INNER_ARCHIVE_BYTES_MAX + 1);
        if let Err(error) = std::io::Read::read_to_end(&mut part, &mut bytes) {
            return self.unseen(0, format!("it cannot be unpacked: {error}"));
        }
        if bytes.len() as u64 > INNER_ARCHIVE_BYTES_MAX {
            let reason = format!("an inner archive of more than {INNER_ARCHIVE_BYTES_MAX} bytes");
            return self.unseen(0, format!("{reason} is not looked into"));
        }
        zip::scan(self, Window::whole(&bytes.as_slice()));
    }

    fn look_at_kind(&mut self, name: &str, kind: Magic, mut stream: Stream<'_>) {
        match kind {
            Magic::Tar => tar::scan(self, &mut stream),
            Magic::Compressed(compression) => self.unpack(name, compression, stream),
            Magic::Numpy => numpy::scan(self, &mut stream),
            // None of them holds anything but numbers and texts; the file itself is read below.
            Magic::Safetensors | Magic::Gguf | Magic::Onnx => {}
            Magic::Pickle => self.pickles(&mut stream, Trust::Named),
            Magic::Closed(what) => self.unseen(0, format!("a {what} is not looked into")),
            Magic::Zip | Magic::Unknown if is_pickle_name(name) => {
                self.pickles(&mut stream, Trust::Named);
            }
            Magic::Zip | Magic::Unknown => self.pickles(&mut stream, Trust::Guessed),
        }
    }

    fn unpack(&mut self, name: &str, compression: Compression, packed: Stream<'_>) {
        let budget = Rc::clone(&self.budget);
        let unpacked = unpack::unpack(packed, compression, &budget);
        let mut stream = match unpacked {
            Ok(stream) => stream,
            Err(error) => return self.unseen(0, format!("it cannot be unpacked: {error}")),
        };
        let inner = name.rsplit_once('.').map_or(name, |(inner, _ending)| inner);
        let is_pickle = is_pickle_name(name) || is_pickle_name(inner);
        let inner = if is_pickle {
            "unpacked.pkl"
        } else {
            "unpacked"
        };
        self.look_at_member(inner, &mut stream);
    }

    /// Pickles, one after the other, as far as there are any.
    pub(super) fn pickles(&mut self, stream: &mut Stream<'_>, trust: Trust) {
        let mut trust = trust;
        let mut legacy_torch = false;
        for number in 0..PICKLES_MAX {
            let start = stream.position();
            let scanned = pickle::scan(stream, trust, 0);
            legacy_torch |= scanned.torch_magic;
            let stopped = scanned.end == PickleEnd::Stopped;
            let found = trust == Trust::Named || (stopped && scanned.imported) || scanned.called;
            if found {
                self.pickles += 1;
                self.notes.append(scanned.notes);
            }
            if let PickleEnd::Broken {
                offset, problem, ..
            } = scanned.end
            {
                let raw_tensors = legacy_torch && number >= LEGACY_TORCH_PICKLES;
                let inner_data = number == 0 && self.notes.depth() > 0;
                if found {
                    self.unseen(offset, format!("the pickle breaks here: {problem}"));
                } else if number > 0 && !raw_tensors {
                    self.unseen(start, "the bytes after the last pickle are none");
                } else if number == 0 && !inner_data {
                    self.unseen(0, "this is no kind of model file that the scan knows");
                }
                return;
            }
            if !found && number == 0 {
                if self.notes.depth() == 0 {
                    self.unseen(0, "this is no kind of model file that the scan knows");
                }
                return;
            }
            trust = match stream.peek(2) {
                Ok([]) => return,
                Ok([0x80, 0..=5, ..]) if !legacy_torch || number + 1 < LEGACY_TORCH_PICKLES => {
                    Trust::Named
                }
                Ok(_) => Trust::Guessed,
                Err(error) => {
                    return self.unseen(start, format!("it cannot be read on: {error}"));
                }
            };
        }
        self.unseen(
            stream.position(),
            format!("it has more than {PICKLES_MAX} pickles"),
        );
    }
}

/// Whether these first bytes already break off as a pickle.
fn cannot_be_pickle(head: &[u8]) -> bool {
    let mut stream = Stream::of_bytes(head);
    let scanned = pickle::scan(&mut stream, Trust::Guessed, 0);
    match scanned.end {
        PickleEnd::Stopped => false,
        PickleEnd::Broken { cut_off, .. } => !scanned.called && !cut_off,
    }
}
