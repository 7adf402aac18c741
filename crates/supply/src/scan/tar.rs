//! A tar archive, member by member (POSIX ustar with the extensions of GNU and pax).

use super::look::Scanner;
use crate::stream::{Stream, StreamError};

const BLOCK_BYTES: usize = 512;
const MEMBERS_MAX: u64 = 1_000_000;

pub(super) fn scan(scanner: &mut Scanner, stream: &mut Stream<'_>) {
    for _member in 0..MEMBERS_MAX {
        let offset = stream.position();
        match read_member(scanner, stream) {
            Ok(true) => {}
            Ok(false) => return,
            Err(StreamError::Ended) => {
                scanner.unseen(offset, "the tar archive is cut off here");
                return;
            }
            Err(StreamError::Broken(error)) => {
                scanner.unseen(offset, format!("the tar archive cannot be read: {error}"));
                return;
            }
        }
    }
    scanner.unseen(
        stream.position(),
        format!("it has more than {MEMBERS_MAX} members"),
    );
}

/// One member; `false` after the last.
fn read_member(scanner: &mut Scanner, stream: &mut Stream<'_>) -> Result<bool, StreamError> {
    let offset = stream.position();
    let at_hand = stream.peek(BLOCK_BYTES)?.len();
    if at_hand == 0 {
        return Ok(false);
    }
    let block: [u8; BLOCK_BYTES] = stream.array()?;
    if block.iter().all(|&byte| byte == 0) {
        return end(scanner, stream).map(|()| false);
    }
    let Some(size) = size(&block).filter(|_size| is_header(&block)) else {
        scanner.unseen(offset, "this is no header of a tar member");
        return Ok(false);
    };
    let padding = size.wrapping_neg() % BLOCK_BYTES as u64;
    let is_file = matches!(block[156], b'0' | b'\0' | b'7');
    if is_file {
        let name: Vec<u8> = block[..100]
            .iter()
            .copied()
            .take_while(|&b| b != 0)
            .collect();
        let start = stream.position();
        let mut part = Stream::of_part(stream, size);
        scanner.look_at_member(&String::from_utf8_lossy(&name), &mut part);
        drop(part);
        let read = stream.position() - start;
        stream.skip(size.saturating_sub(read))?;
    } else {
        stream.skip(size)?;
    }
    stream.skip(padding)?;
    Ok(true)
}

/// After the last member there are zeros only.
fn end(scanner: &mut Scanner, stream: &mut Stream<'_>) -> Result<(), StreamError> {
    loop {
        let offset = stream.position();
        let bytes = stream.peek(1)?;
        if bytes.is_empty() {
            return Ok(());
        }
        if bytes.iter().any(|&byte| byte != 0) {
            scanner.unseen(offset, "there are bytes after the end of the tar archive");
            return Ok(());
        }
        let count = bytes.len() as u64;
        stream.skip(count)?;
    }
}

/// A header's checksum counts its own field as blanks.
pub(super) fn is_header(head: &[u8]) -> bool {
    let Some(block) = head.get(..BLOCK_BYTES) else {
        return false;
    };
    let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
    let field: u64 = block[148..156].iter().map(|&byte| u64::from(byte)).sum();
    let expected = sum - field + 8 * u64::from(b' ');
    block[0] != 0 && octal(&block[148..156]) == Some(expected)
}

fn size(block: &[u8; BLOCK_BYTES]) -> Option<u64> {
    let field = &block[124..136];
    if field[0] & 0x80 == 0 {
        return octal(field);
    }
    // GNU's notation for large members: big-endian, the first bit set.
    let (high, low) = field.split_at(4);
    let low: [u8; 8] = low.try_into().ok()?;
    (high == [0x80, 0, 0, 0]).then(|| u64::from_be_bytes(low))
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    let digits = text.trim_matches(|c| matches!(c, ' ' | '\0'));
    u64::from_str_radix(digits, 8).ok()
}
