//! Which format a file is in, and its reader.

use super::{HeaderError, ModelHeader, gguf, numpy, onnx, safetensors};
use crate::blob::{Blob, Window};
use crate::stream::{Stream, StreamError};

/// Reads the header of a safetensors, ONNX, GGUF or NumPy file.
///
/// # Errors
/// When it is none of these, or its header does not hold together.
pub fn inspect_model(name: &str, blob: &dyn Blob) -> Result<ModelHeader, HeaderError> {
    inspect_window(name, Window::whole(blob))
}

pub(crate) fn inspect_window(name: &str, window: Window<'_>) -> Result<ModelHeader, HeaderError> {
    let head = window
        .bytes(0, 16)
        .map_err(|error| HeaderError::at(0, format!("the file cannot be read: {error}")))?;
    let stream = || Stream::of_window(window);
    if head.starts_with(b"GGUF") {
        gguf::read(&mut stream(), window.length())
    } else if head.starts_with(b"\x93NUMPY") {
        numpy::read(&mut stream())
    } else if head.starts_with(b"PK\x03\x04") {
        numpy::read_archive(window)
    } else if head.get(8) == Some(&b'{') {
        safetensors::read(&mut stream(), window.length())
    } else if name.to_ascii_lowercase().ends_with(".onnx") || head.first() == Some(&0x08) {
        onnx::read(&mut stream(), window.length())
    } else {
        Err(HeaderError::at(
            0,
            "this is no safetensors, ONNX, GGUF or NumPy file",
        ))
    }
}

/// What went wrong while a header was read, with the place.
pub(super) fn failed(stream: &Stream<'_>, error: StreamError) -> HeaderError {
    let problem = match error {
        StreamError::Ended => "the file ends inside of its header".to_owned(),
        StreamError::Broken(error) => format!("the file cannot be read: {error}"),
    };
    HeaderError::at(stream.position(), problem)
}
