//! What a model file says about itself in its header: the tensors, their types and shapes, and
//! for a graph what goes in and out. The weights themselves are never read.

mod difference;
mod gguf;
mod kind;
mod numpy;
mod onnx;
mod protobuf;
mod safetensors;

pub use difference::{ModelChange, ModelPart, diff_models};
pub use kind::inspect_model;
pub(crate) use kind::inspect_window;

use std::fmt;

/// Tensors that one file may have; the largest models have some thousands.
const TENSORS_MAX: usize = 1_000_000;
/// A longer name is no name.
const NAME_BYTES_MAX: u64 = 64 * 1_024;
/// Sizes of one tensor.
const DIMENSIONS_MAX: usize = 64;

/// A size of a tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// A number.
    Size(u64),
    /// A size with a name, chosen when the model runs.
    Named(String),
    /// Any size.
    Any,
}

impl fmt::Display for Dimension {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(size) => size.fmt(formatter),
            Self::Named(name) => formatter.write_str(name),
            Self::Any => formatter.write_str("?"),
        }
    }
}

/// What is known of one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorHeader {
    /// Its name, unique in its file.
    pub name: String,
    /// The type of its numbers, as the format calls it.
    pub data_type: String,
    /// Its sizes; `None` when the file does not tell them.
    pub shape: Option<Vec<Dimension>>,
}

/// What a model file says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelHeader {
    /// The format.
    pub format: &'static str,
    /// Short facts by name: versions, metadata.
    pub facts: Vec<(String, String)>,
    /// What goes into a graph.
    pub inputs: Vec<TensorHeader>,
    /// What comes out of it.
    pub outputs: Vec<TensorHeader>,
    /// The weights.
    pub tensors: Vec<TensorHeader>,
}

/// A header that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {problem}")]
pub struct HeaderError {
    /// Where.
    pub offset: u64,
    /// What is wrong there.
    pub problem: String,
}

impl HeaderError {
    fn at(offset: u64, problem: impl Into<String>) -> Self {
        Self {
            offset,
            problem: problem.into(),
        }
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> &'static str {
        "Get the file again from where it was made; adjutant model scan says what it is."
    }
}

/// How many items a shape has; `None` when that is more than can be counted.
fn items(sizes: &[u64]) -> Option<u64> {
    sizes
        .iter()
        .try_fold(1_u64, |count, &size| count.checked_mul(size))
}

fn sized(sizes: &[u64]) -> Option<Vec<Dimension>> {
    Some(sizes.iter().copied().map(Dimension::Size).collect())
}
