//! The schema in the footer of a Parquet file. Only the schema is read, by a reader of our own for
//! the part of Thrift's compact protocol that it uses: the `parquet` crate is heavier than all
//! other formats here together.

use crate::columns::{Column, Occurs};
use adjutant_document::{DocumentPlace, Unreadable};

/// How deep columns, and the structures of the footer, may nest.
const DEPTH_MAX: usize = 64;
const MAGIC: &[u8] = b"PAR1";
const REMEDY: &str = "Write the file again; its footer is damaged.";

/// The columns of a Parquet file.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Column>, Unreadable> {
    let broken = |problem: &str| Unreadable::whole(problem, REMEDY);
    let without_magic = bytes
        .strip_suffix(MAGIC)
        .ok_or_else(|| broken("the file does not end as a Parquet file does"))?;
    let (rest, length) = without_magic
        .split_last_chunk::<4>()
        .ok_or_else(|| broken("the file has no footer"))?;
    let length = u32::from_le_bytes(*length) as usize;
    let start = rest
        .len()
        .checked_sub(length)
        .ok_or_else(|| broken("the footer is longer than the file"))?;
    let mut reader = Thrift {
        bytes: rest,
        at: start,
    };
    let elements = reader.elements().map_err(|problem| Unreadable {
        place: DocumentPlace::Byte(reader.at as u64),
        problem: format!("the footer cannot be read: {problem}"),
        remedy: REMEDY,
    })?;
    tree(&elements).ok_or_else(|| broken("the columns of the footer are no tree"))
}

/// One element of the flattened tree of columns.
#[derive(Default)]
struct Element {
    name: String,
    physical: Option<i64>,
    length: i64,
    repetition: i64,
    children: usize,
    converted: Option<i64>,
    scale: i64,
    precision: i64,
    logical: Vec<u8>,
}

/// The tree below the root, which comes first and stands for the whole.
fn tree(elements: &[Element]) -> Option<Vec<Column>> {
    let (root, rest) = elements.split_first()?;
    let mut left = rest.iter();
    let columns = (0..root.children)
        .map(|_| column(&mut left, 0))
        .collect::<Option<Vec<Column>>>()?;
    left.next().is_none().then_some(columns)
}

fn column(left: &mut std::slice::Iter<'_, Element>, depth: usize) -> Option<Column> {
    if depth > DEPTH_MAX {
        return None;
    }
    let element = left.next()?;
    let children = (0..element.children)
        .map(|_| column(left, depth + 1))
        .collect::<Option<Vec<Column>>>()?;
    Some(Column {
        name: element.name.clone(),
        kind: kind(element),
        meaning: meaning(element),
        occurs: match element.repetition {
            0 => Occurs::Once,
            1 => Occurs::AtMostOnce,
            _ => Occurs::Many,
        },
        children,
    })
}

fn kind(element: &Element) -> String {
    let name = match element.physical {
        None => "group",
        Some(0) => "boolean",
        Some(1) => "int32",
        Some(2) => "int64",
        Some(3) => "int96",
        Some(4) => "float",
        Some(5) => "double",
        Some(6) => "byte_array",
        Some(7) => return format!("fixed_len_byte_array({})", element.length),
        Some(other) => return format!("type {other}"),
    };
    name.to_owned()
}

/// The converted type, by its number in the format, and the logical type, by its bytes: whether
/// they are the same is all that is asked of them.
fn meaning(element: &Element) -> String {
    const CONVERTED: &[&str] = &[
        "UTF8",
        "MAP",
        "MAP_KEY_VALUE",
        "LIST",
        "ENUM",
        "DECIMAL",
        "DATE",
        "TIME_MILLIS",
        "TIME_MICROS",
        "TIMESTAMP_MILLIS",
        "TIMESTAMP_MICROS",
        "UINT_8",
        "UINT_16",
        "UINT_32",
        "UINT_64",
        "INT_8",
        "INT_16",
        "INT_32",
        "INT_64",
        "JSON",
        "BSON",
        "INTERVAL",
    ];
    let mut words = Vec::new();
    if let Some(number) = element.converted {
        let known = usize::try_from(number)
            .ok()
            .and_then(|at| CONVERTED.get(at));
        words.push(known.map_or_else(|| format!("CONVERTED({number})"), |name| (*name).to_owned()));
    }
    if element.precision != 0 || element.scale != 0 {
        words.push(format!("({}, {})", element.precision, element.scale));
    }
    if !element.logical.is_empty() {
        let digits: String = element
            .logical
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        words.push(format!("logical type {digits}"));
    }
    words.join(" ")
}

/// Thrift's compact protocol, as far as a schema needs it.
struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The types of the compact protocol.
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

impl Thrift<'_> {
    fn byte(&mut self) -> Result<u8, &'static str> {
        let byte = *self.bytes.get(self.at).ok_or("it ends too early")?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, &'static str> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number is too long")
    }

    fn zigzag(&mut self) -> Result<i64, &'static str> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn length(&mut self) -> Result<usize, &'static str> {
        let length =
            usize::try_from(self.varint()?).map_err(|_too_large| "a length is too large")?;
        let left = self.bytes.len() - self.at;
        if length > left {
            return Err("a length goes past the end");
        }
        Ok(length)
    }

    /// The next field's number and type; `None` at the end of the structure.
    fn field(&mut self, last: &mut i64) -> Result<Option<(i64, u8)>, &'static str> {
        let byte = self.byte()?;
        if byte == 0 {
            return Ok(None);
        }
        let delta = i64::from(byte >> 4);
        *last = if delta == 0 {
            self.zigzag()?
        } else {
            last.saturating_add(delta)
        };
        Ok(Some((*last, byte & 0x0f)))
    }

    fn list(&mut self) -> Result<(usize, u8), &'static str> {
        let byte = self.byte()?;
        let count = match byte >> 4 {
            15 => self.length()?,
            count => usize::from(count),
        };
        Ok((count, byte & 0x0f))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Result<(), &'static str> {
        if depth > DEPTH_MAX {
            return Err("it nests too deep");
        }
        match kind {
            1 | 2 => {}
            3 => {
                self.byte()?;
            }
            4..=6 => {
                self.varint()?;
            }
            7 => {
                for _ in 0..8 {
                    self.byte()?;
                }
            }
            BINARY => {
                let length = self.length()?;
                self.at += length;
            }
            LIST | 10 => {
                let (count, kind) = self.list()?;
                for _ in 0..count {
                    // In lists, a boolean takes a byte of its own.
                    match kind {
                        1 | 2 => {
                            self.byte()?;
                        }
                        _ => self.skip(kind, depth + 1)?,
                    }
                }
            }
            STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.skip(kind, depth + 1)?;
                }
            }
            _ => return Err("a field has an unknown type"),
        }
        Ok(())
    }

    /// The schema of `FileMetaData`, which is its second field.
    fn elements(&mut self) -> Result<Vec<Element>, &'static str> {
        let mut last = 0;
        while let Some((number, kind)) = self.field(&mut last)? {
            if (number, kind) != (2, LIST) {
                self.skip(kind, 0)?;
                continue;
            }
            let (count, kind) = self.list()?;
            if kind != STRUCT {
                return Err("the schema is no list of structures");
            }
            // Each element takes a byte at least, so a count past the end fails soon.
            return (0..count).map(|_| self.element()).collect();
        }
        Err("it holds no schema")
    }

    fn element(&mut self) -> Result<Element, &'static str> {
        let mut element = Element::default();
        let mut last = 0;
        while let Some((number, kind)) = self.field(&mut last)? {
            match (number, kind) {
                (4, BINARY) => {
                    let length = self.length()?;
                    let name = &self.bytes[self.at..self.at + length];
                    element.name = String::from_utf8_lossy(name).into_owned();
                    self.at += length;
                }
                (10, STRUCT) => {
                    let start = self.at;
                    self.skip(kind, 0)?;
                    element.logical = self.bytes[start..self.at].to_vec();
                }
                (1..=3 | 5..=8, 4..=6) => {
                    let value = self.zigzag()?;
                    match number {
                        1 => element.physical = Some(value),
                        2 => element.length = value,
                        3 => element.repetition = value,
                        5 => {
                            element.children = usize::try_from(value)
                                .map_err(|_negative| "a group has less than no columns")?;
                        }
                        6 => element.converted = Some(value),
                        7 => element.scale = value,
                        _ => element.precision = value,
                    }
                }
                _ => self.skip(kind, 0)?,
            }
        }
        Ok(element)
    }
}
