//! Samples that lie in memory whole, read by one thread or by two.

use adjutant_domain::Measurement;
use memchr::memchr;

use super::meaning::Selection;
use super::reader::{SamplesReader, Syntax};
use crate::FormatError;

/// Below this a second thread costs more than it saves.
pub const PARTS_BYTES_MIN: usize = 1 << 20;

/// A piece that fits the second-level cache with room for what is made of it.
pub const PIECE_BYTES: usize = 1 << 18;

/// Reads all samples of a file.
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
    feed_all(&mut reader, rest)?;
    reader.finish()
}

/// Reads all samples of a file, its second half by a second thread. The answer is that of
/// [`read`]: when the halves turn out to depend on each other, or a row is refused, the file is
/// read again as one.
///
/// # Errors
/// When a row is refused, or there is nothing to measure.
pub fn read_in_two(
    syntax: Syntax,
    selection: &Selection,
    bytes: &[u8],
) -> Result<Vec<Measurement>, FormatError> {
    let joined = match bytes.len() < PARTS_BYTES_MIN {
        true => None,
        false => join_halves(syntax, selection, bytes),
    };
    match joined {
        Some(reader) => reader.finish(),
        None => read(syntax, selection, bytes),
    }
}

fn join_halves(syntax: Syntax, selection: &Selection, bytes: &[u8]) -> Option<SamplesReader> {
    let reader = SamplesReader::new(syntax, selection.clone());
    join_halves_at(reader, bytes, PIECE_BYTES)
}

/// Reads the first `head` bytes, then the two halves of the rest at the same time. `None` when
/// the bytes must be read in one.
pub(super) fn join_halves_at(
    mut reader: SamplesReader,
    bytes: &[u8],
    head: usize,
) -> Option<SamplesReader> {
    let (head, body) = bytes.split_at_checked(head)?;
    reader.feed(head).ok()?;
    let middle = body.len() / 2;
    let split = middle + memchr(b'\n', &body[middle..])? + 1;
    reader.expect(body.len() as u64);
    let mut later = reader.for_later_rows((body.len() - split) as u64)?;
    let (first, second) = body.split_at(split);
    let is_read = std::thread::scope(|scope| {
        let second = scope.spawn(|| feed_all(&mut later, second).and_then(|()| later.end()));
        let is_first_read = feed_all(&mut reader, first).is_ok();
        matches!(second.join(), Ok(Ok(()))) && is_first_read
    });
    if is_read { reader.join(&later) } else { None }
}

fn feed_all(reader: &mut SamplesReader, bytes: &[u8]) -> Result<(), FormatError> {
    bytes
        .chunks(PIECE_BYTES)
        .try_for_each(|piece| reader.feed(piece))
}
