//! Where a zip archive says its members are (PKWARE APPNOTE 6.3: the central directory, its end,
//! and the same in 64 bits).

use std::io;

use crate::blob::Window;

/// The end record and the longest comment after it.
const TAIL_BYTES: u64 = 22 + 65_535;

/// What the archive's end says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directory {
    /// Where the directory begins, in the window.
    pub(super) start: u64,
    /// Where it ends, and the end record begins.
    pub(super) end: u64,
    /// How many bytes stand before the archive that its offsets do not count.
    pub(super) shift: u64,
    /// Where the archive ends, comment and all.
    pub(super) archive_end: u64,
}

/// What a header says about a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) packed: u64,
    pub(super) unpacked: u64,
    /// Where its local header is, by the archive's count.
    pub(super) offset: u64,
    /// The length of the header itself, name and all.
    pub(super) length: u64,
}

/// The directory, if the window ends with a zip archive.
pub(super) fn find(window: Window<'_>) -> io::Result<Option<Directory>> {
    let tail_start = window.length().saturating_sub(TAIL_BYTES);
    let tail = window.bytes(tail_start, TAIL_BYTES as usize)?;
    let places = tail.windows(4).enumerate().rev();
    let mut ends = places.filter(|(_, four)| *four == b"PK\x05\x06");
    let Some(at) = ends.find_map(|(at, _)| tail.get(at..at + 22).map(|_whole| at)) else {
        return Ok(None);
    };
    let end_record = tail_start + at as u64;
    let mut size = u64::from(u32_at(&tail, at + 12));
    let mut offset = u64::from(u32_at(&tail, at + 16));
    let comment = u64::from(u16_at(&tail, at + 20));
    let mut end = end_record;
    let locator_start = end_record.saturating_sub(20);
    let locator = window.bytes(locator_start, 20)?;
    if locator.starts_with(b"PK\x06\x07") && locator.len() == 20 {
        const RECORD_BYTES: u64 = 56;
        let said = u64_at(&locator, 8);
        for start in [said, locator_start.saturating_sub(RECORD_BYTES)] {
            let record = window.bytes(start, RECORD_BYTES as usize)?;
            if record.starts_with(b"PK\x06\x06") && record.len() == RECORD_BYTES as usize {
                size = u64_at(&record, 40);
                offset = u64_at(&record, 48);
                end = start;
                break;
            }
        }
    }
    let start = end.saturating_sub(size);
    Ok(Some(Directory {
        start,
        end,
        shift: start.saturating_sub(offset),
        archive_end: end_record + 22 + comment,
    }))
}

/// The entry of the directory at `at`.
pub(super) fn entry(window: Window<'_>, at: u64) -> io::Result<Option<Member>> {
    const HEADER_BYTES: usize = 46;
    let header = window.bytes(at, HEADER_BYTES)?;
    if header.len() < HEADER_BYTES || !header.starts_with(b"PK\x01\x02") {
        return Ok(None);
    }
    let lengths = [28, 30, 32].map(|place| usize::from(u16_at(&header, place)));
    let [name, extra, comment] = lengths;
    let rest = window.bytes(at + HEADER_BYTES as u64, name + extra)?;
    let mut member = Member {
        name: rest.get(..name).unwrap_or_default().to_vec(),
        flags: u16_at(&header, 8),
        method: u16_at(&header, 10),
        packed: u64::from(u32_at(&header, 20)),
        unpacked: u64::from(u32_at(&header, 24)),
        offset: u64::from(u32_at(&header, 42)),
        length: (HEADER_BYTES + name + extra + comment) as u64,
    };
    widen(&mut member, rest.get(name..).unwrap_or_default());
    Ok(Some(member))
}

/// The local header at `at`.
pub(super) fn local(window: Window<'_>, at: u64) -> io::Result<Option<Member>> {
    const HEADER_BYTES: usize = 30;
    let header = window.bytes(at, HEADER_BYTES)?;
    if header.len() < HEADER_BYTES || !header.starts_with(b"PK\x03\x04") {
        return Ok(None);
    }
    let [name, extra] = [26, 28].map(|place| usize::from(u16_at(&header, place)));
    let rest = window.bytes(at + HEADER_BYTES as u64, name + extra)?;
    let mut member = Member {
        name: rest.get(..name).unwrap_or_default().to_vec(),
        flags: u16_at(&header, 6),
        method: u16_at(&header, 8),
        packed: u64::from(u32_at(&header, 18)),
        unpacked: u64::from(u32_at(&header, 22)),
        offset: at,
        length: (HEADER_BYTES + name + extra) as u64,
    };
    widen(&mut member, rest.get(name..).unwrap_or_default());
    Ok(Some(member))
}

/// Takes sizes that do not fit into 32 bits from the extra field.
fn widen(member: &mut Member, extra: &[u8]) {
    let mut rest = extra;
    while let [a, b, c, d, after @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*c, *d])).min(after.len());
        let (field, next) = after.split_at(length);
        rest = next;
        if u16::from_le_bytes([*a, *b]) != 1 {
            continue;
        }
        let mut numbers = field.chunks_exact(8).map(|bytes| u64_at(bytes, 0));
        for narrow in [&mut member.unpacked, &mut member.packed, &mut member.offset] {
            if *narrow == u64::from(u32::MAX)
                && let Some(wide) = numbers.next()
            {
                *narrow = wide;
            }
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let two = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    two.copied().map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    four.copied().map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let eight = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    eight.copied().map_or(0, u64::from_le_bytes)
}
