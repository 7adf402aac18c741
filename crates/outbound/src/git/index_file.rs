//! The index of a work tree, as git writes it: which files are tracked, and how they looked when
//! git last compared them. Versions 2, 3 and 4. What is spread over several files (a split index)
//! or leaves out folders (a sparse index) is not read: git itself answers then.

use adjutant_domain::sha256;

/// The index of a work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    /// The tracked files, in the order of their paths.
    pub(super) entries: Vec<IndexEntry>,
    /// The tree that the index as a whole stands for, where git remembers it.
    pub(super) tree: Option<String>,
}

/// A tracked file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexEntry {
    pub(super) path: Vec<u8>,
    pub(super) seen: Seen,
    pub(super) mode: u32,
    /// 0, or one of the three sides of a conflict.
    pub(super) stage: u8,
    /// The user told git to take the file as unchanged.
    pub(super) assumed_unchanged: bool,
    /// The file is left out of this work tree.
    pub(super) skipped: bool,
    /// The file was announced, but its content was not added yet.
    pub(super) announced: bool,
}

/// How a file looked when git last compared it. Seconds, nanoseconds and sizes as git cuts them:
/// to 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) changed: (u32, u32),
    pub(super) modified: (u32, u32),
    pub(super) inode: u32,
    pub(super) user: u32,
    pub(super) group: u32,
    pub(super) size: u32,
}

/// The mode of a submodule.
pub(super) const SUBMODULE: u32 = 0o160_000;

/// The mode of a symbolic link.
pub(super) const LINK: u32 = 0o120_000;

/// What tells an index from any other: the checksum that git wrote at its end, or our own where git
/// was told to leave it out.
pub(super) fn checksum(bytes: &[u8], hash_bytes: usize) -> String {
    let end = bytes.len().saturating_sub(hash_bytes);
    let written = &bytes[end..];
    if written.iter().all(|byte| *byte == 0) {
        sha256::digest_of(bytes).to_string()
    } else {
        hexadecimal(written)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads an index whose object names have `hash_bytes` bytes. `None` when it is of a kind that is
/// not read, or broken: git is asked then.
pub(super) fn parse(bytes: &[u8], hash_bytes: usize) -> Option<Index> {
    let mut reader = Reader { bytes, at: 0 };
    if reader.take(4)? != b"DIRC" {
        return None;
    }
    let version = reader.u32()?;
    if !(2..=4).contains(&version) {
        return None;
    }
    let count = reader.u32()? as usize;
    // An entry has at least 62 bytes; a count that promises more is broken.
    let mut entries: Vec<IndexEntry> = Vec::with_capacity(count.min(bytes.len() / 62));
    for _ in 0..count {
        let previous = entries.last().map_or(&[][..], |entry| &entry.path);
        let entry = entry(&mut reader, version, hash_bytes, previous)?;
        entries.push(entry);
    }
    let end = bytes.len().checked_sub(hash_bytes)?;
    let mut tree = None;
    while reader.at < end {
        let name = reader.take(4)?;
        let size = reader.u32()? as usize;
        let content = reader.take(size)?;
        match name {
            b"TREE" => tree = root_of(content, hash_bytes),
            // An extension in capital letters may be passed over, any other not.
            [b'A'..=b'Z', ..] => {}
            _ => return None,
        }
    }
    Some(Index { entries, tree })
}

fn entry(
    reader: &mut Reader<'_>,
    version: u32,
    hash_bytes: usize,
    previous: &[u8],
) -> Option<IndexEntry> {
    let start = reader.at;
    let changed = (reader.u32()?, reader.u32()?);
    let modified = (reader.u32()?, reader.u32()?);
    let _device = reader.u32()?;
    let inode = reader.u32()?;
    let mode = reader.u32()?;
    let (user, group, size) = (reader.u32()?, reader.u32()?, reader.u32()?);
    reader.take(hash_bytes)?;
    let flags = reader.u16()?;
    let extended = if flags & 0x4000 != 0 && version >= 3 {
        reader.u16()?
    } else {
        0
    };
    let path = if version == 4 {
        let kept = previous.len().checked_sub(reader.offset()?)?;
        [&previous[..kept], reader.until_nul()?].concat()
    } else {
        let path = reader.until_nul()?.to_vec();
        // Filled up with NULs to a multiple of eight; the one that ends the path counts.
        let used = reader.at - start - 1;
        reader.take(7 - used % 8)?;
        path
    };
    Some(IndexEntry {
        path,
        seen: Seen {
            changed,
            modified,
            inode,
            user,
            group,
            size,
        },
        mode,
        stage: u8::try_from(flags >> 12 & 3).ok()?,
        assumed_unchanged: flags & 0x8000 != 0,
        skipped: extended & 0x4000 != 0,
        announced: extended & 0x2000 != 0,
    })
}

/// The first record of the `TREE` extension: an empty path, the number of its entries (negative
/// when git has to work the tree out again), the number of its folders, the tree.
fn root_of(content: &[u8], hash_bytes: usize) -> Option<String> {
    let rest = content.strip_prefix(&[0])?;
    let line_end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&rest[..line_end]).ok()?;
    let (entries, _folders) = line.split_once(' ')?;
    if entries.starts_with('-') {
        return None;
    }
    let id = rest.get(line_end + 1..)?.get(..hash_bytes)?;
    Some(hexadecimal(id))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    }

    fn u16(&mut self) -> Option<u16> {
        let bytes = self.take(2)?.try_into().ok()?;
        Some(u16::from_be_bytes(bytes))
    }

    fn until_nul(&mut self) -> Option<&'a [u8]> {
        let length = self
            .bytes
            .get(self.at..)?
            .iter()
            .position(|byte| *byte == 0)?;
        let taken = self.take(length)?;
        self.take(1)?;
        Some(taken)
    }

    /// A number as pack files write offsets: seven bits a byte, each further byte adding one.
    fn offset(&mut self) -> Option<usize> {
        let mut byte = *self.take(1)?.first()?;
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = *self.take(1)?.first()?;
            value = value
                .checked_add(1)?
                .checked_mul(128)?
                .checked_add(usize::from(byte & 0x7f))?;
        }
        Some(value)
    }
}
