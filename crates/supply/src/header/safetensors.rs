//! safetensors: eight bytes of length, JSON, then the tensors without gaps
//! (<https://github.com/huggingface/safetensors#format>).

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::kind::failed;
use super::{DIMENSIONS_MAX, HeaderError, ModelHeader, TENSORS_MAX, TensorHeader, items, sized};
use crate::stream::Stream;

/// The format's own limit.
const HEADER_BYTES_MAX: u64 = 100_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

#[derive(Default)]
struct Header {
    metadata: Vec<(String, String)>,
    tensors: Vec<(String, Entry)>,
}

pub(super) fn read(stream: &mut Stream<'_>, length: u64) -> Result<ModelHeader, HeaderError> {
    let size = match stream.array() {
        Ok(size) => u64::from_le_bytes(size),
        Err(error) => return Err(failed(stream, error)),
    };
    if size > HEADER_BYTES_MAX || size > length.saturating_sub(8) {
        let problem = format!("the header says it has {size} bytes, which the file has not");
        return Err(HeaderError::at(0, problem));
    }
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(stream, size), &mut text)
        .map_err(|error| HeaderError::at(8, format!("the file cannot be read: {error}")))?;
    let header: Header = serde_json::from_slice(&text)
        .map_err(|error| HeaderError::at(8, format!("the header is not as it must be: {error}")))?;
    check(&header, length - 8 - size)?;
    let tensors = header
        .tensors
        .into_iter()
        .map(|(name, entry)| TensorHeader {
            name,
            shape: sized(&entry.shape),
            data_type: entry.dtype,
        });
    Ok(ModelHeader {
        format: "safetensors",
        facts: header.metadata,
        tensors: tensors.collect(),
        ..ModelHeader::default()
    })
}

/// The tensors fill the rest of the file, one after the other.
fn check(header: &Header, data: u64) -> Result<(), HeaderError> {
    let mut spans: Vec<(u64, u64)> = Vec::with_capacity(header.tensors.len());
    for (name, entry) in &header.tensors {
        let [start, end] = entry.data_offsets;
        let problem = |what: &str| Err(HeaderError::at(8, format!("tensor {name}: {what}")));
        let Some(bits) = bits(&entry.dtype) else {
            return problem(&format!("there is no type {}", entry.dtype));
        };
        let size = items(&entry.shape).and_then(|count| count.checked_mul(bits));
        let Some(size) = size.filter(|bits| bits % 8 == 0).map(|bits| bits / 8) else {
            return problem("its size cannot be counted");
        };
        if start > end || end > data || end - start != size {
            return problem(&format!(
                "its bytes {start} to {end} are not the {size} of its shape"
            ));
        }
        spans.push((start, end));
    }
    spans.sort_unstable();
    let mut at = 0;
    for (start, end) in spans {
        if start != at {
            let problem = format!("the tensors overlap or leave a gap at byte {start} of the data");
            return Err(HeaderError::at(8, problem));
        }
        at = end;
    }
    if at != data {
        let problem = format!("{} bytes after the last tensor belong to none", data - at);
        return Err(HeaderError::at(8, problem));
    }
    Ok(())
}

fn bits(data_type: &str) -> Option<u64> {
    Some(match data_type {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ"
        | "F8_E5M2FNUZ" => 8,
        "U16" | "I16" | "F16" | "BF16" => 16,
        "U32" | "I32" | "F32" => 32,
        "U64" | "I64" | "F64" | "C64" => 64,
        _ => return None,
    })
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with an entry a tensor")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut header = Header::default();
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("tensor {name} is there twice")));
            }
            if name == "__metadata__" {
                let metadata: std::collections::BTreeMap<String, String> = map.next_value()?;
                header.metadata.extend(metadata);
                continue;
            }
            let entry: Entry = map.next_value()?;
            if header.tensors.len() >= TENSORS_MAX || entry.shape.len() > DIMENSIONS_MAX {
                return Err(A::Error::custom("more tensors or sizes than are read"));
            }
            header.tensors.push((name, entry));
        }
        Ok(header)
    }
}
