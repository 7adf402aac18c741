//! The schema of an Arrow IPC file or stream: its first message. Only the schema is read, by a
//! reader of our own for the part of FlatBuffers that it uses.

use adjutant_document::Unreadable;

use crate::columns::{Column, Occurs};

/// How deep columns may nest.
const DEPTH_MAX: usize = 64;
/// How many columns one schema may have; a FlatBuffer can name one table many times.
const COLUMNS_MAX: usize = 100_000;
const FILE_MAGIC: &[u8] = b"ARROW1\0\0";
/// What stands before a message's length since format 0.15.
const CONTINUATION: u32 = u32::MAX;
/// The kind of a message that holds a schema.
const SCHEMA: u8 = 1;
const REMEDY: &str = "Write the file again; its schema is damaged.";

pub(crate) fn recognises(bytes: &[u8]) -> bool {
    bytes.starts_with(FILE_MAGIC) || message(bytes).is_some_and(|table| table.kind == Some(SCHEMA))
}

/// The columns of an Arrow file or stream.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Column>, Unreadable> {
    let broken = |problem: &str| Unreadable::whole(problem, REMEDY);
    let stream = bytes.strip_prefix(FILE_MAGIC).unwrap_or(bytes);
    let message = message(stream).ok_or_else(|| broken("no message stands at the start"))?;
    if message.kind != Some(SCHEMA) {
        return Err(broken("the first message is no schema"));
    }
    let schema = message.table.table(2);
    let schema = schema.ok_or_else(|| broken("the message holds no schema"))?;
    if schema.short(0).unwrap_or(0) != 0 {
        let remedy = "Write it on a little-endian machine.";
        return Err(Unreadable::whole("big-endian data is not compared", remedy));
    }
    let mut left = COLUMNS_MAX;
    columns(&schema, 1, &mut left, 0).ok_or_else(|| broken("the fields of the schema are no tree"))
}

struct Message<'a> {
    table: Table<'a>,
    kind: Option<u8>,
}

/// The message at the start of a stream.
fn message(stream: &[u8]) -> Option<Message<'_>> {
    let (first, rest) = stream.split_first_chunk::<4>()?;
    let (length, rest) = match u32::from_le_bytes(*first) {
        CONTINUATION => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            (u32::from_le_bytes(*length), rest)
        }
        length => (length, rest),
    };
    let bytes = rest.get(..length as usize)?;
    let table = Table::at(bytes, follow(bytes, 0)?)?;
    let kind = table.byte(1);
    Some(Message { table, kind })
}

/// The fields in slot `slot` of a table, with all below them.
fn columns(table: &Table<'_>, slot: usize, left: &mut usize, depth: usize) -> Option<Vec<Column>> {
    if depth > DEPTH_MAX {
        return None;
    }
    let fields = match table.vector(slot) {
        Slot::Absent => return Some(vec![]),
        Slot::Found(fields) => fields,
        Slot::Broken => return None,
    };
    let mut columns = Vec::new();
    for field in fields {
        let field = field?;
        *left = left.checked_sub(1)?;
        let kind = field.byte(2).unwrap_or(0);
        let details = field.table(3);
        columns.push(Column {
            name: field.text(0).unwrap_or_default(),
            kind: kind_of(kind, details.as_ref()),
            meaning: meaning(&field)?,
            occurs: if field.byte(1).unwrap_or(0) == 0 {
                Occurs::Once
            } else {
                Occurs::AtMostOnce
            },
            children: self::columns(&field, 5, left, depth + 1)?,
        });
    }
    Some(columns)
}

/// The type in words, with everything that tells two types apart.
fn kind_of(kind: u8, details: Option<&Table<'_>>) -> String {
    let short = |slot, default| {
        details
            .and_then(|table| table.short(slot))
            .unwrap_or(default)
    };
    let int = |slot, default| details.and_then(|table| table.int(slot)).unwrap_or(default);
    let flag = |slot| details.and_then(|table| table.byte(slot)).unwrap_or(0) != 0;
    let unit = |default| match short(0, default) {
        0 => "s",
        1 => "ms",
        2 => "us",
        3 => "ns",
        _ => "unknown unit",
    };
    let name = match kind {
        1 => "null",
        2 => return format!("{}int{}", if flag(1) { "" } else { "u" }, int(0, 0)),
        3 => match short(0, 0) {
            0 => "halffloat",
            1 => "float",
            2 => "double",
            _ => "float of unknown precision",
        },
        4 => "binary",
        5 => "utf8",
        6 => "bool",
        7 => return format!("decimal{}({}, {})", int(2, 128), int(0, 0), int(1, 0)),
        8 if short(0, 1) == 0 => "date32",
        8 => "date64",
        9 => return format!("time{}({})", int(1, 32), unit(1)),
        10 => {
            let zone = details.and_then(|table| table.text(1)).unwrap_or_default();
            return format!("timestamp({}, {zone:?})", unit(0));
        }
        11 => return format!("interval({})", short(0, 0)),
        12 => "list",
        13 => "struct",
        14 => return format!("union(mode {}, {})", short(0, 0), ids(details)),
        15 => return format!("fixed_size_binary({})", int(0, 0)),
        16 => return format!("fixed_size_list({})", int(0, 0)),
        17 if flag(0) => "map with sorted keys",
        17 => "map",
        18 => return format!("duration({})", unit(1)),
        19 => "large_binary",
        20 => "large_utf8",
        21 => "large_list",
        22 => "run_end_encoded",
        23 => "binary_view",
        24 => "utf8_view",
        25 => "list_view",
        26 => "large_list_view",
        other => return format!("type {other}"),
    };
    name.to_owned()
}

/// The numbers by which a union tells its children apart.
fn ids(details: Option<&Table<'_>>) -> String {
    let ids = details.and_then(|table| table.ints(1)).unwrap_or_default();
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("ids [{}]", ids.join(", "))
}

/// How a column is encoded, and the extension that its metadata names. `None` when it is damaged.
fn meaning(field: &Table<'_>) -> Option<String> {
    let mut said = Vec::new();
    if let Some(dictionary) = field.table(4) {
        let index = dictionary.table(1);
        let index = index.map_or_else(|| "int32".to_owned(), |index| kind_of(2, Some(&index)));
        let order = match dictionary.byte(2) {
            None | Some(0) => "",
            Some(_) => ", ordered",
        };
        said.push(format!("dictionary of {index}{order}"));
    }
    match field.vector(6) {
        Slot::Absent => {}
        Slot::Broken => return None,
        Slot::Found(metadata) => {
            for entry in metadata {
                let entry = entry?;
                let (key, value) = (entry.text(0).unwrap_or_default(), entry.text(1));
                if key.starts_with("ARROW:extension:") {
                    said.push(format!("{key}={}", value.unwrap_or_default()));
                }
            }
        }
    }
    Some(said.join("; "))
}

/// A table of a FlatBuffer: its slots by number, each checked to lie in the bytes.
#[derive(Clone, Copy)]
struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    slots: usize,
    slots_bytes: usize,
}

/// A slot that may be absent.
enum Slot<T> {
    Absent,
    Found(T),
    Broken,
}

impl<'a> Table<'a> {
    fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let back = i32::from_le_bytes(chunk(bytes, at)?);
        let slots = usize::try_from(i64::try_from(at).ok()? - i64::from(back)).ok()?;
        let slots_bytes = usize::from(u16::from_le_bytes(chunk(bytes, slots)?));
        bytes.get(slots..slots.checked_add(slots_bytes)?)?;
        Some(Self {
            bytes,
            at,
            slots,
            slots_bytes,
        })
    }

    /// Where the value of a slot stands.
    fn place(&self, slot: usize) -> Option<usize> {
        let entry = 4 + 2 * slot;
        if entry + 2 > self.slots_bytes {
            return None;
        }
        let offset = u16::from_le_bytes(chunk(self.bytes, self.slots + entry)?);
        (offset != 0).then(|| self.at + usize::from(offset))
    }

    fn byte(&self, slot: usize) -> Option<u8> {
        self.bytes.get(self.place(slot)?).copied()
    }

    fn short(&self, slot: usize) -> Option<i16> {
        chunk(self.bytes, self.place(slot)?).map(i16::from_le_bytes)
    }

    fn int(&self, slot: usize) -> Option<i32> {
        chunk(self.bytes, self.place(slot)?).map(i32::from_le_bytes)
    }

    fn table(&self, slot: usize) -> Option<Table<'a>> {
        Table::at(self.bytes, follow(self.bytes, self.place(slot)?)?)
    }

    fn text(&self, slot: usize) -> Option<String> {
        let (start, length) = self.run(slot)?;
        let text = self.bytes.get(start..start.checked_add(length)?)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn ints(&self, slot: usize) -> Option<Vec<i32>> {
        let (start, length) = self.run(slot)?;
        let run = self
            .bytes
            .get(start..start.checked_add(length.checked_mul(4)?)?)?;
        Some(
            run.as_chunks::<4>()
                .0
                .iter()
                .map(|int| i32::from_le_bytes(*int))
                .collect(),
        )
    }

    /// The tables of a vector.
    fn vector(&self, slot: usize) -> Slot<impl Iterator<Item = Option<Table<'a>>> + use<'a>> {
        if self.place(slot).is_none() {
            return Slot::Absent;
        }
        let bytes = self.bytes;
        let run = self.run(slot).filter(|(start, length)| {
            let end = length
                .checked_mul(4)
                .and_then(|size| start.checked_add(size));
            end.is_some_and(|end| end <= bytes.len())
        });
        match run {
            None => Slot::Broken,
            Some((start, length)) => Slot::Found(
                (0..length).map(move |index| Table::at(bytes, follow(bytes, start + 4 * index)?)),
            ),
        }
    }

    /// Where a text or a vector starts, and its length.
    fn run(&self, slot: usize) -> Option<(usize, usize)> {
        let at = follow(self.bytes, self.place(slot)?)?;
        let length = u32::from_le_bytes(chunk(self.bytes, at)?);
        Some((at + 4, length as usize))
    }
}

/// Where the offset at `at` leads.
fn follow(bytes: &[u8], at: usize) -> Option<usize> {
    at.checked_add(u32::from_le_bytes(chunk(bytes, at)?) as usize)
}

fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}
