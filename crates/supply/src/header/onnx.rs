//! ONNX (`onnx.proto`): versions, operator sets, and the graph's inputs, outputs and initializers.
//! Nodes and weights are stepped over.

use super::protobuf::{Field, Value, field, finish, text, varint};
use super::{DIMENSIONS_MAX, Dimension, HeaderError, ModelHeader, TENSORS_MAX, TensorHeader};
use crate::stream::Stream;

const TEXT_BYTES_MAX: usize = 4 * 1_024;
/// Operator sets and metadata of one file.
const FACTS_MAX: usize = 10_000;

pub(super) fn read(stream: &mut Stream<'_>, length: u64) -> Result<ModelHeader, HeaderError> {
    let mut header = ModelHeader {
        format: "ONNX",
        ..ModelHeader::default()
    };
    let mut has_graph = false;
    while let Some(Field { number, value }) = field(stream, length)? {
        match (number, value) {
            (1, Value::Number(version)) => fact(&mut header, "ir_version", version.to_string())?,
            (2..=4, Value::Bytes { .. }) => {
                let name = ["producer", "producer_version", "domain"][number as usize - 2];
                let text = text(stream, value, TEXT_BYTES_MAX)?;
                fact(&mut header, name, text)?;
            }
            (5, Value::Number(version)) => fact(&mut header, "model_version", version.to_string())?,
            (7, Value::Bytes { end }) => {
                has_graph = true;
                graph(stream, end, &mut header)?;
            }
            (8, Value::Bytes { end }) => {
                let (domain, version) = pair(stream, end)?;
                let domain = if domain.is_empty() {
                    "ai.onnx"
                } else {
                    &domain
                };
                fact(&mut header, &format!("opset {domain}"), version)?;
            }
            (14, Value::Bytes { end }) => {
                let (key, text) = pair(stream, end)?;
                fact(&mut header, &key, text)?;
            }
            _ => {}
        }
        finish(stream, value)?;
    }
    if !has_graph {
        return Err(HeaderError::at(
            0,
            "there is no graph, so this is no ONNX model",
        ));
    }
    Ok(header)
}

fn fact(header: &mut ModelHeader, name: &str, value: String) -> Result<(), HeaderError> {
    if header.facts.len() >= FACTS_MAX {
        return Err(HeaderError::at(0, "more metadata than is read"));
    }
    header.facts.push((name.to_owned(), value));
    Ok(())
}

/// A message of a text and a text or number, its fields 1 and 2.
fn pair(stream: &mut Stream<'_>, end: u64) -> Result<(String, String), HeaderError> {
    let mut pair = [String::new(), String::new()];
    while let Some(Field { number, value }) = field(stream, end)? {
        if let 1 | 2 = number {
            pair[number as usize - 1] = match value {
                Value::Number(number) => number.to_string(),
                Value::Bytes { .. } => text(stream, value, TEXT_BYTES_MAX)?,
            };
        }
        finish(stream, value)?;
    }
    let [key, value] = pair;
    Ok((key, value))
}

fn graph(stream: &mut Stream<'_>, end: u64, header: &mut ModelHeader) -> Result<(), HeaderError> {
    while let Some(Field { number, value }) = field(stream, end)? {
        if let (5 | 11 | 12 | 15, Value::Bytes { end }) = (number, value) {
            let tensor = match number {
                5 => initializer(stream, end)?,
                15 => sparse(stream, end)?,
                _ => value_info(stream, end)?,
            };
            let list = match number {
                11 => &mut header.inputs,
                12 => &mut header.outputs,
                _ => &mut header.tensors,
            };
            if list.len() >= TENSORS_MAX {
                let problem = "more tensors than are read";
                return Err(HeaderError::at(stream.position(), problem));
            }
            list.push(tensor);
        }
        finish(stream, value)?;
    }
    Ok(())
}

/// A `TensorProto`.
fn initializer(stream: &mut Stream<'_>, end: u64) -> Result<TensorHeader, HeaderError> {
    let mut tensor = TensorHeader {
        name: String::new(),
        data_type: type_name(0),
        shape: Some(vec![]),
    };
    while let Some(Field { number, value }) = field(stream, end)? {
        match (number, value) {
            (1, Value::Number(size)) => push(&mut tensor, Dimension::Size(size), stream)?,
            (1, Value::Bytes { end }) => {
                while stream.position() < end {
                    let size = varint(stream)?;
                    push(&mut tensor, Dimension::Size(size), stream)?;
                }
            }
            (2, Value::Number(kind)) => tensor.data_type = type_name(kind),
            (8, Value::Bytes { .. }) => tensor.name = text(stream, value, TEXT_BYTES_MAX)?,
            _ => {}
        }
        finish(stream, value)?;
    }
    Ok(tensor)
}

/// A `SparseTensorProto`: its values carry the name and the type, it has its own sizes.
fn sparse(stream: &mut Stream<'_>, end: u64) -> Result<TensorHeader, HeaderError> {
    let mut tensor = TensorHeader {
        name: String::new(),
        data_type: type_name(0),
        shape: None,
    };
    while let Some(Field { number, value }) = field(stream, end)? {
        if let (1, Value::Bytes { end }) = (number, value) {
            let values = initializer(stream, end)?;
            tensor.name = values.name;
            tensor.data_type = format!("sparse {}", values.data_type);
        }
        finish(stream, value)?;
    }
    Ok(tensor)
}

fn push(
    tensor: &mut TensorHeader,
    size: Dimension,
    stream: &Stream<'_>,
) -> Result<(), HeaderError> {
    let shape = tensor.shape.get_or_insert_default();
    if shape.len() >= DIMENSIONS_MAX {
        let problem = "a tensor has more sizes than are read";
        return Err(HeaderError::at(stream.position(), problem));
    }
    shape.push(size);
    Ok(())
}

/// A `ValueInfoProto`: a name and a type.
fn value_info(stream: &mut Stream<'_>, end: u64) -> Result<TensorHeader, HeaderError> {
    let mut tensor = TensorHeader {
        name: String::new(),
        data_type: "untyped".to_owned(),
        shape: None,
    };
    while let Some(Field { number, value }) = field(stream, end)? {
        match (number, value) {
            (1, Value::Bytes { .. }) => tensor.name = text(stream, value, TEXT_BYTES_MAX)?,
            (2, Value::Bytes { end }) => kind_of_value(stream, end, &mut tensor)?,
            _ => {}
        }
        finish(stream, value)?;
    }
    Ok(tensor)
}

/// A `TypeProto`: a tensor, or something that has no shape.
fn kind_of_value(
    stream: &mut Stream<'_>,
    end: u64,
    tensor: &mut TensorHeader,
) -> Result<(), HeaderError> {
    while let Some(Field { number, value }) = field(stream, end)? {
        let prefix = match number {
            1 => Some(""),
            4 => Some("sequence"),
            5 => Some("map"),
            8 => Some("sparse "),
            9 => Some("optional"),
            _ => None,
        };
        if let (Some(prefix), Value::Bytes { end }) = (prefix, value) {
            tensor.data_type = prefix.trim().to_owned();
            if let 1 | 8 = number {
                tensor_type(stream, end, prefix, tensor)?;
            }
        }
        finish(stream, value)?;
    }
    Ok(())
}

fn tensor_type(
    stream: &mut Stream<'_>,
    end: u64,
    prefix: &str,
    tensor: &mut TensorHeader,
) -> Result<(), HeaderError> {
    while let Some(Field { number, value }) = field(stream, end)? {
        match (number, value) {
            (1, Value::Number(kind)) => {
                tensor.data_type = format!("{prefix}{}", type_name(kind));
            }
            (2, Value::Bytes { end }) => {
                tensor.shape.get_or_insert_default();
                shape(stream, end, tensor)?;
            }
            _ => {}
        }
        finish(stream, value)?;
    }
    Ok(())
}

fn shape(stream: &mut Stream<'_>, end: u64, tensor: &mut TensorHeader) -> Result<(), HeaderError> {
    while let Some(Field { number, value }) = field(stream, end)? {
        if let (1, Value::Bytes { end }) = (number, value) {
            let mut size = Dimension::Any;
            while let Some(Field { number, value }) = field(stream, end)? {
                match (number, value) {
                    (1, Value::Number(number)) => size = Dimension::Size(number),
                    (2, Value::Bytes { .. }) => {
                        size = Dimension::Named(text(stream, value, TEXT_BYTES_MAX)?);
                    }
                    _ => {}
                }
                finish(stream, value)?;
            }
            push(tensor, size, stream)?;
        }
        finish(stream, value)?;
    }
    Ok(())
}

/// The name of a `TensorProto.DataType`.
fn type_name(kind: u64) -> String {
    const NAMES: [&str; 24] = [
        "UNDEFINED",
        "FLOAT",
        "UINT8",
        "INT8",
        "UINT16",
        "INT16",
        "INT32",
        "INT64",
        "STRING",
        "BOOL",
        "FLOAT16",
        "DOUBLE",
        "UINT32",
        "UINT64",
        "COMPLEX64",
        "COMPLEX128",
        "BFLOAT16",
        "FLOAT8E4M3FN",
        "FLOAT8E4M3FNUZ",
        "FLOAT8E5M2",
        "FLOAT8E5M2FNUZ",
        "UINT4",
        "INT4",
        "FLOAT4E2M1",
    ];
    let name = usize::try_from(kind).ok().and_then(|kind| NAMES.get(kind));
    name.map_or_else(|| format!("type {kind}"), |name| (*name).to_owned())
}
