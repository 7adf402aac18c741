//! Texts that people write, JSON, YAML and TOML, as trees of values, and the line of each place.
//!
//! **Invariant.** A key that stands twice is refused: one of the two would count and the other not.
//! **Invariant.** Depth, size and aliases have bounds, so that no text can exhaust memory or stack.

mod field;
pub mod lines;
mod place;
mod reading;
mod toml_text;
mod utf8;
mod yaml;
mod yaml_text;

pub use field::{Complaint, DocumentField, FieldKeys, FieldRead};
pub use place::{DocumentPlace, Unreadable};
pub use reading::read;
pub use toml_text::{TomlText, read_toml};
pub use utf8::text;
pub use yaml::{YamlPart, yaml_parts};
pub use yaml_text::write_yaml;

/// The largest text that is read, 64 MiB: it is held in memory as values.
pub const DOCUMENT_BYTES_MAX: usize = 64 << 20;
