//! The intake template: one Markdown file a task.

/// The template, to be filled in. Comments are left out when it is read.
pub const BLANK: &str = include_str!("template/blank.md");
