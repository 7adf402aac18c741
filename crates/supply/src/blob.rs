//! Bytes that lie somewhere and can be read at any place: a file, or memory. Who opens a file
//! implements [`Blob`] for it; nothing here opens anything.

use std::io;

/// Bytes with a known length that can be read at any place.
pub trait Blob {
    /// How many bytes there are.
    fn length(&self) -> u64;

    /// Fills the buffer from `offset`; fewer bytes only at the end.
    ///
    /// # Errors
    /// When the bytes cannot be read.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

impl Blob for &[u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.get(start..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}

/// A part of a blob.
#[derive(Clone, Copy)]
pub(crate) struct Window<'a> {
    blob: &'a dyn Blob,
    start: u64,
    length: u64,
}

impl<'a> Window<'a> {
    pub(crate) fn whole(blob: &'a dyn Blob) -> Self {
        Self {
            blob,
            start: 0,
            length: blob.length(),
        }
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The part from `start`, at most `length` long; shorter where the window ends.
    pub(crate) fn part(&self, start: u64, length: u64) -> Self {
        let start = start.min(self.length);
        Self {
            blob: self.blob,
            start: self.start + start,
            length: length.min(self.length - start),
        }
    }

    pub(crate) fn from(&self, start: u64) -> Self {
        self.part(start, u64::MAX)
    }

    /// Fills the buffer from `offset`; fewer bytes only at the window's end.
    pub(crate) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(offset);
        let wanted = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let mut filled = 0;
        while filled < wanted {
            let at = self.start + offset + filled as u64;
            match self.blob.read_at(at, &mut buffer[filled..wanted])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// At most `length` bytes from `offset`, in memory.
    pub(crate) fn bytes(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let left = self.length.saturating_sub(offset);
        let length = usize::try_from(left).map_or(length, |left| left.min(length));
        let mut bytes = vec![0; length];
        let read = self.read_at(offset, &mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }
}
