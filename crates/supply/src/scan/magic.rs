//! What a file's first bytes say it is.

use super::tar;

/// How many bytes are enough to tell.
pub(super) const HEAD_BYTES: usize = 512;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zlib,
    Bzip2,
    Xz,
    Lzma,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Magic {
    Zip,
    Tar,
    Compressed(Compression),
    Numpy,
    Safetensors,
    Gguf,
    Onnx,
    Pickle,
    /// A kind that is known, and not opened here.
    Closed(&'static str),
    /// Nothing that is known.
    Unknown,
}

impl Magic {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip archive",
            Self::Tar => "tar archive",
            Self::Compressed(Compression::Gzip) => "gzip file",
            Self::Compressed(Compression::Zlib) => "zlib file",
            Self::Compressed(Compression::Bzip2) => "bzip2 file",
            Self::Compressed(Compression::Xz) => "xz file",
            Self::Compressed(Compression::Lzma) => "lzma file",
            Self::Numpy => "NumPy array",
            Self::Safetensors => "safetensors file",
            Self::Gguf => "GGUF file",
            Self::Onnx => "ONNX model",
            Self::Pickle => "pickle",
            Self::Closed(name) => name,
            Self::Unknown => "unknown file",
        }
    }
}

const KINDS: &[(&[u8], Magic)] = &[
    (b"PK\x03\x04", Magic::Zip),
    (b"PK\x05\x06", Magic::Zip),
    (b"\x1f\x8b\x08", Magic::Compressed(Compression::Gzip)),
    (b"\x78\x01", Magic::Compressed(Compression::Zlib)),
    (b"\x78\x5e", Magic::Compressed(Compression::Zlib)),
    (b"\x78\x9c", Magic::Compressed(Compression::Zlib)),
    (b"\x78\xda", Magic::Compressed(Compression::Zlib)),
    (b"BZh", Magic::Compressed(Compression::Bzip2)),
    (b"\xfd7zXZ\0", Magic::Compressed(Compression::Xz)),
    (b"\x5d\0\0", Magic::Compressed(Compression::Lzma)),
    (b"\x93NUMPY", Magic::Numpy),
    (b"GGUF", Magic::Gguf),
    (b"\x80\x00", Magic::Pickle),
    (b"\x80\x01", Magic::Pickle),
    (b"\x80\x02", Magic::Pickle),
    (b"\x80\x03", Magic::Pickle),
    (b"\x80\x04", Magic::Pickle),
    (b"\x80\x05", Magic::Pickle),
    (b"7z\xbc\xaf\x27\x1c", Magic::Closed("7z archive")),
    (b"Rar!\x1a\x07", Magic::Closed("rar archive")),
    (b"\x28\xb5\x2f\xfd", Magic::Closed("zstd file")),
    (b"\x04\x22\x4d\x18", Magic::Closed("lz4 file")),
    (b"\x89HDF\r\n\x1a\n", Magic::Closed("HDF5 file")),
];

/// The kind of a file of `length` bytes that begins with `head`.
pub(super) fn magic(head: &[u8], length: Option<u64>) -> Magic {
    let known = KINDS.iter().find(|(magic, _)| head.starts_with(magic));
    if let Some(&(_, magic)) = known {
        return magic;
    }
    if tar::is_header(head) {
        return Magic::Tar;
    }
    if let Some((size, [b'{', ..])) = head.split_first_chunk()
        && length.is_some_and(|length| u64::from_le_bytes(*size) <= length.saturating_sub(8))
    {
        return Magic::Safetensors;
    }
    Magic::Unknown
}

/// Whether a file of this name is meant to be a pickle.
pub(super) fn is_pickle_name(name: &str) -> bool {
    const ENDINGS: [&str; 9] = [
        "pkl",
        "pickle",
        "p",
        "pck",
        "pcl",
        "joblib",
        "sav",
        "dill",
        "cloudpickle",
    ];
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| {
        ENDINGS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}

/// Whether a file of this name is meant to be an ONNX model, which has no first bytes of its own.
pub(super) fn is_onnx_name(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("onnx"))
}
