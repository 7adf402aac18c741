//! Samples read from their source, by one thread or by two.

use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use adjutant_domain::Measurement;
use memchr::memrchr;

use super::meaning::Selection;
use super::reader::{ROW_BYTES_MAX, SamplesReader, Syntax};
use crate::FormatError;

/// Below this a second thread costs more than it saves.
pub const PARTS_BYTES_MIN: usize = 1 << 20;

/// A piece that fits the second-level cache with room for what is made of it.
pub const PIECE_BYTES: usize = 1 << 18;

/// Where a source is read to: the kernel copies pages three times as slowly to a place a few bytes
/// after the start of a page (`rep movsb` on AMD), where the rest of a line before would push it.
const SOURCE_ALIGNMENT: usize = 64;

/// Reads all samples of a file that lies in memory.
///
/// # Errors
/// When a row is refused, or there is nothing to measure.
pub fn read(
    syntax: Syntax,
    selection: &Selection,
    bytes: &[u8],
) -> Result<Vec<Measurement>, FormatError> {
    let mut reader = SamplesReader::new(syntax, selection.clone());
    let (head, rest) = bytes.split_at(PIECE_BYTES.min(bytes.len()));
    reader.feed(head)?;
    reader.expect(rest.len() as u64);
    rest.chunks(PIECE_BYTES)
        .try_for_each(|piece| reader.feed(piece))?;
    reader.finish()
}

/// Reads all samples of a file that lies in memory with a second thread. The answer is that of
/// [`read`].
///
/// # Errors
/// When a row is refused, or there is nothing to measure.
pub fn read_in_two(
    syntax: Syntax,
    selection: &Selection,
    bytes: &[u8],
) -> Result<Vec<Measurement>, FormatError> {
    if bytes.len() < PARTS_BYTES_MIN {
        return read(syntax, selection, bytes);
    }
    let reader = SamplesReader::new(syntax, selection.clone());
    match read_by_two(reader, bytes.len() as u64, PIECE_BYTES, slice_source(bytes)) {
        Ok(Some(reader)) => reader.finish(),
        Ok(None) => read(syntax, selection, bytes),
        Err(impossible) => match impossible {},
    }
}

/// A source that cannot fail.
pub(super) fn slice_source(
    mut left: &[u8],
) -> impl FnMut(&mut [u8]) -> Result<usize, std::convert::Infallible> {
    move |piece| {
        let (now, later) = left.split_at(piece.len().min(left.len()));
        piece[..now.len()].copy_from_slice(now);
        left = later;
        Ok(now.len())
    }
}

/// Feeds `reader` what `read` gives (as [`std::io::Read::read`] does: as many bytes as it says, 0
/// at the end), some `bytes` in all. Two threads take pieces of whole lines in turns, read them on
/// their own, and add them in order.
///
/// `None` when the pieces turn out to depend on each other, such as when a quoted cell holds a
/// line end at the wrong place, or when a row is refused: then the source must be read in one, and
/// only then the first error is surely the one reported.
///
/// # Errors
/// When `read` fails.
pub fn read_by_two<E: Send>(
    mut reader: SamplesReader,
    bytes: u64,
    piece_bytes: usize,
    read: impl FnMut(&mut [u8]) -> Result<usize, E> + Send,
) -> Result<Option<SamplesReader>, E> {
    let mut lines = WholeLines::new(read, piece_bytes);
    let mut head = Piece::default();
    if lines.fill(&mut head)? {
        let is_read = reader.feed(head.lines()).is_ok() && reader.is_between_rows();
        if !is_read {
            return Ok(None);
        }
    }
    reader.expect(bytes.saturating_sub(head.lines().len() as u64));
    let Some(later) = reader.for_later_rows() else {
        return Ok(None);
    };
    let source = Mutex::new((lines, 0));
    let target = Target {
        progress: Mutex::new(Progress {
            reader,
            next: 0,
            is_broken: false,
        }),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| take_turns(&source, &target, later.clone()));
        let ours = take_turns(&source, &target, later.clone());
        match other.join() {
            Ok(theirs) => ours.and(theirs),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    let progress = target.progress.into_inner();
    let progress = progress.unwrap_or_else(PoisonError::into_inner);
    Ok((!progress.is_broken).then_some(progress.reader))
}

/// Where the pieces are put together.
struct Target {
    progress: Mutex<Progress>,
    changed: Condvar,
}

struct Progress {
    reader: SamplesReader,
    /// The piece whose turn it is.
    next: u64,
    is_broken: bool,
}

impl Target {
    /// Adds the piece of this number once those before it are there; `None` stands for a piece
    /// that could not be read. Whether to go on.
    fn add(&self, number: u64, piece: Option<&SamplesReader>) -> bool {
        let mut progress = hold(&self.progress);
        while progress.next != number && !progress.is_broken {
            let waited = self.changed.wait(progress);
            progress = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if !progress.is_broken {
            let is_joined = piece.is_some_and(|piece| progress.reader.join(piece).is_ok());
            progress.is_broken = !is_joined;
            progress.next += 1;
        }
        self.changed.notify_all();
        !progress.is_broken
    }
}

/// Takes piece after piece until there is none.
fn take_turns<E, F: FnMut(&mut [u8]) -> Result<usize, E>>(
    source: &Mutex<(WholeLines<F>, u64)>,
    target: &Target,
    mut reader: SamplesReader,
) -> Result<(), E> {
    let _guard = BreakOnPanic(target);
    let mut piece = Piece::default();
    loop {
        let (number, filled) = {
            let (lines, count) = &mut *hold(source);
            let number = *count;
            *count += 1;
            (number, lines.fill(&mut piece))
        };
        let is_filled = match filled {
            Ok(is_filled) => is_filled,
            Err(error) => {
                target.add(number, None);
                return Err(error);
            }
        };
        if !is_filled {
            return Ok(());
        }
        reader.forget_rows();
        let is_read = reader
            .feed(piece.lines())
            .and_then(|()| reader.end())
            .is_ok();
        if !target.add(number, is_read.then_some(&reader)) {
            return Ok(());
        }
    }
}

/// Keeps a thread from waiting for the piece of one that panicked.
struct BreakOnPanic<'a>(&'a Target);

impl Drop for BreakOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            hold(&self.0.progress).is_broken = true;
            self.0.changed.notify_all();
        }
    }
}

/// A thread that panicked while it held the lock ends the whole reading, so what it left behind
/// is not used.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A source cut into whole lines.
struct WholeLines<F> {
    read: F,
    piece_bytes: usize,
    /// The start of the next piece's first line.
    rest: Vec<u8>,
}

/// Some lines of a source.
#[derive(Default)]
struct Piece {
    bytes: Vec<u8>,
    lines: Range<usize>,
}

impl Piece {
    fn lines(&self) -> &[u8] {
        &self.bytes[self.lines.clone()]
    }

    /// Starts with `rest`, and has room for `more` bytes after it; where they go.
    fn start(&mut self, rest: &[u8], more: usize) -> usize {
        grow(&mut self.bytes, rest.len() + SOURCE_ALIGNMENT + more);
        let start = aligned_start(&self.bytes[rest.len()..]);
        let end = start + rest.len();
        self.bytes[start..end].copy_from_slice(rest);
        self.lines = start..end;
        end
    }
}

impl<E, F: FnMut(&mut [u8]) -> Result<usize, E>> WholeLines<F> {
    fn new(read: F, piece_bytes: usize) -> Self {
        Self {
            read,
            piece_bytes,
            rest: Vec::new(),
        }
    }

    /// Puts the next lines into `piece`; `false` when there are none. Only the last line of the
    /// source may lack its line end.
    fn fill(&mut self, piece: &mut Piece) -> Result<bool, E> {
        let mut filled = piece.start(&self.rest, self.piece_bytes);
        self.rest.clear();
        loop {
            let end = filled + self.piece_bytes;
            grow(&mut piece.bytes, end);
            let length = (self.read)(&mut piece.bytes[filled..end])?;
            let read = &piece.bytes[filled..filled + length];
            let line_end = memrchr(b'\n', read).map(|at| filled + at + 1);
            filled += length;
            if let Some(line_end) = line_end {
                self.rest.extend_from_slice(&piece.bytes[line_end..filled]);
                piece.lines.end = line_end;
                return Ok(true);
            }
            piece.lines.end = filled;
            // A line this long is refused by whoever reads it.
            if length == 0 || piece.lines().len() > ROW_BYTES_MAX {
                return Ok(!piece.lines().is_empty());
            }
        }
    }
}

/// The first place in `room` that has [`SOURCE_ALIGNMENT`].
fn aligned_start(room: &[u8]) -> usize {
    let address = room.as_ptr().addr();
    address.next_multiple_of(SOURCE_ALIGNMENT) - address
}

fn grow(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_left_of_a_line_the_source_is_read_to_an_aligned_place_after_it() {
        let mut piece = Piece::default();
        for left in 0..200 {
            let rest = vec![b'7'; left];
            let end = piece.start(&rest, 100);
            assert_eq!(piece.bytes[end..].as_ptr().addr() % SOURCE_ALIGNMENT, 0);
            assert!(piece.bytes.len() >= end + 100, "{left}");
            assert_eq!(piece.lines(), rest);
        }
    }
}
