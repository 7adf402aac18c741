//! GGUF versions 2 and 3 (<https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>): metadata
//! by key, then the tensors' names, sizes and types.

use super::kind::failed;
use super::{HeaderError, ModelHeader, NAME_BYTES_MAX, TENSORS_MAX, TensorHeader, items, sized};
use crate::stream::{Stream, StreamError};

/// Keys that one file may have.
const KEYS_MAX: u64 = 1_000_000;
/// The format's own limit.
const DIMENSIONS_MAX: u32 = 4;
/// Arrays inside of arrays.
const DEPTH_MAX: usize = 4;
/// Metadata that is shown; a longer text is only counted.
const TEXT_BYTES_MAX: usize = 512;

pub(super) fn read(stream: &mut Stream<'_>, length: u64) -> Result<ModelHeader, HeaderError> {
    let mut header = ModelHeader {
        format: "GGUF",
        ..ModelHeader::default()
    };
    let mut reader = Reader { stream, length };
    let version = reader.preamble()?;
    header
        .facts
        .push(("version".to_owned(), version.to_string()));
    let tensors = reader.count("tensors", TENSORS_MAX as u64, 24)?;
    let keys = reader.count("keys", KEYS_MAX, 13)?;
    for _key in 0..keys {
        let name = reader.name()?;
        let kind = reader.u32()?;
        let value = reader.value(kind, 0)?;
        header.facts.push((name, value));
    }
    for _tensor in 0..tensors {
        let tensor = reader.tensor()?;
        header.tensors.push(tensor);
    }
    Ok(header)
}

struct Reader<'r, 's> {
    stream: &'r mut Stream<'s>,
    length: u64,
}

impl Reader<'_, '_> {
    fn preamble(&mut self) -> Result<u32, HeaderError> {
        self.skip(4)?;
        let version = self.u32()?;
        match version {
            2 | 3 => Ok(version),
            0x0200_0000 | 0x0300_0000 => {
                Err(HeaderError::at(4, "big-endian GGUF files are not read"))
            }
            _ => Err(HeaderError::at(
                4,
                format!("GGUF version {version} is not read"),
            )),
        }
    }

    /// A count of things that take at least `bytes_min` each, so that the file limits it.
    fn count(&mut self, what: &str, most: u64, bytes_min: u64) -> Result<u64, HeaderError> {
        let offset = self.stream.position();
        let count = self.u64()?;
        let room = self.length.saturating_sub(offset) / bytes_min;
        if count > most.min(room) {
            let problem = format!("it says it has {count} {what}, more than fit into the file");
            return Err(HeaderError::at(offset, problem));
        }
        Ok(count)
    }

    fn tensor(&mut self) -> Result<TensorHeader, HeaderError> {
        let name = self.name()?;
        let offset = self.stream.position();
        let dimensions = self.u32()?;
        if dimensions > DIMENSIONS_MAX {
            let problem =
                format!("tensor {name} has {dimensions} sizes, more than {DIMENSIONS_MAX}");
            return Err(HeaderError::at(offset, problem));
        }
        let mut sizes = Vec::new();
        for _dimension in 0..dimensions {
            sizes.push(self.u64()?);
        }
        if items(&sizes).is_none() {
            let problem = format!("the size of tensor {name} cannot be counted");
            return Err(HeaderError::at(offset, problem));
        }
        let kind = self.u32()?;
        self.u64()?;
        Ok(TensorHeader {
            name,
            data_type: type_name(kind),
            shape: sized(&sizes),
        })
    }

    fn value(&mut self, kind: u32, depth: usize) -> Result<String, HeaderError> {
        let offset = self.stream.position();
        Ok(match kind {
            0 => u8::from_le_bytes(self.array()?).to_string(),
            1 => i8::from_le_bytes(self.array()?).to_string(),
            2 => u16::from_le_bytes(self.array()?).to_string(),
            3 => i16::from_le_bytes(self.array()?).to_string(),
            4 => u32::from_le_bytes(self.array()?).to_string(),
            5 => i32::from_le_bytes(self.array()?).to_string(),
            6 => f32::from_le_bytes(self.array()?).to_string(),
            7 => (self.array::<1>()? != [0]).to_string(),
            8 => self.text()?,
            9 => self.array_value(depth)?,
            10 => self.u64()?.to_string(),
            11 => i64::from_le_bytes(self.array()?).to_string(),
            12 => f64::from_le_bytes(self.array()?).to_string(),
            _ => {
                let problem = format!("there is no type {kind} of metadata");
                return Err(HeaderError::at(offset, problem));
            }
        })
    }

    fn array_value(&mut self, depth: usize) -> Result<String, HeaderError> {
        let offset = self.stream.position();
        if depth >= DEPTH_MAX {
            return Err(HeaderError::at(
                offset,
                "arrays are nested deeper than is read",
            ));
        }
        let kind = self.u32()?;
        let count = self.count("items", u64::MAX, 1)?;
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            _ => 0,
        };
        if size > 0 {
            self.skip(count.saturating_mul(size))?;
        } else {
            for _item in 0..count {
                self.value(kind, depth + 1)?;
            }
        }
        Ok(format!("{count} items"))
    }

    fn name(&mut self) -> Result<String, HeaderError> {
        let offset = self.stream.position();
        let length = self.u64()?;
        if length > NAME_BYTES_MAX {
            let problem = format!("a name of {length} bytes is longer than is read");
            return Err(HeaderError::at(offset, problem));
        }
        let text = self.stream.text(length, NAME_BYTES_MAX as usize);
        let text = match text {
            Ok(text) => text.and_then(|text| std::str::from_utf8(text).ok()),
            Err(error) => return Err(failed(self.stream, error)),
        };
        text.map(str::to_owned)
            .ok_or_else(|| HeaderError::at(offset, "a name is no UTF-8 text"))
    }

    fn text(&mut self) -> Result<String, HeaderError> {
        let length = self.u64()?;
        match self.stream.text(length, TEXT_BYTES_MAX) {
            Ok(Some(text)) => Ok(String::from_utf8_lossy(text).into_owned()),
            Ok(None) => Ok(format!("{length} bytes of text")),
            Err(error) => Err(failed(self.stream, error)),
        }
    }

    fn skip(&mut self, count: u64) -> Result<(), HeaderError> {
        let done = self.stream.skip(count);
        done.map_err(|error| failed(self.stream, error))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], HeaderError> {
        let array: Result<[u8; N], StreamError> = self.stream.array();
        array.map_err(|error| failed(self.stream, error))
    }

    fn u32(&mut self) -> Result<u32, HeaderError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, HeaderError> {
        Ok(u64::from_le_bytes(self.array()?))
    }
}

/// The name of a type of `ggml.h`.
fn type_name(kind: u32) -> String {
    let name = match kind {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        6 => "Q5_0",
        7 => "Q5_1",
        8 => "Q8_0",
        9 => "Q8_1",
        10 => "Q2_K",
        11 => "Q3_K",
        12 => "Q4_K",
        13 => "Q5_K",
        14 => "Q6_K",
        15 => "Q8_K",
        24 => "I8",
        25 => "I16",
        26 => "I32",
        27 => "I64",
        28 => "F64",
        30 => "BF16",
        other => return format!("type {other}"),
    };
    name.to_owned()
}
