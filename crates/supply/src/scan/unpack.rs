//! Unpacks compressed bytes as a stream, with bounded memory and a bound on what comes out.

use std::cell::Cell;
use std::io::{self, Read};

use bzip2::read::MultiBzDecoder;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use lzma_rust2::{LzmaReader, XzReader};

use super::magic::Compression;
use crate::stream::Stream;

/// What all members of one file may unpack to: a bomb of a kilobyte must not run for days.
const UNPACKED_BYTES_MAX: u64 = 16 << 30;
/// What an xz or lzma file may ask for as its dictionary. `xz -9` asks for 64 MiB.
const DICTIONARY_KIB_MAX: u32 = 256 * 1_024;

/// What may still be unpacked of one file.
#[derive(Debug)]
pub(super) struct Budget(Cell<u64>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Cell::new(UNPACKED_BYTES_MAX))
    }
}

struct Limited<'b, R> {
    reader: R,
    budget: &'b Budget,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let left = self.budget.0.get().checked_sub(read as u64);
        let Some(left) = left else {
            let message = format!("it unpacks to more than {UNPACKED_BYTES_MAX} bytes");
            return Err(io::Error::other(message));
        };
        self.budget.0.set(left);
        Ok(read)
    }
}

/// The unpacked bytes of `packed`.
pub(super) fn unpack<'a>(
    packed: Stream<'a>,
    compression: Compression,
    budget: &'a Budget,
) -> io::Result<Stream<'a>> {
    Ok(match compression {
        Compression::Gzip => limited(MultiGzDecoder::new(packed), budget),
        Compression::Zlib => limited(ZlibDecoder::new(packed), budget),
        Compression::Bzip2 => limited(MultiBzDecoder::new(packed), budget),
        Compression::Xz => {
            let reader = XzReader::new_mem_limit(packed, true, DICTIONARY_KIB_MAX);
            limited(reader, budget)
        }
        Compression::Lzma => {
            let reader = LzmaReader::new_mem_limit(packed, DICTIONARY_KIB_MAX, None)?;
            limited(reader, budget)
        }
    })
}

/// The unpacked bytes of a zip member, whose deflate has no frame of its own.
pub(super) fn inflate<'a>(packed: Stream<'a>, budget: &'a Budget) -> Stream<'a> {
    limited(DeflateDecoder::new(packed), budget)
}

fn limited<'a>(reader: impl Read + 'a, budget: &'a Budget) -> Stream<'a> {
    Stream::of_reader(Limited { reader, budget })
}
