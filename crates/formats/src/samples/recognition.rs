//! Whether a file holds samples: told by its header or first object, else by its name.

use super::meaning::is_telling;
use crate::text::decode_head;

/// Whether `head` starts with a CSV header that names a latency, a status or a time, or the file
/// is called `.csv`.
pub(crate) fn recognises_csv(head: &[u8], file_name: &str) -> bool {
    let names_a_measure = first_line(head).is_some_and(|line| {
        !line.starts_with(['{', '[', '<'])
            && line
                .split(',')
                .any(|name| is_telling(name.trim().trim_matches('"')))
    });
    names_a_measure || has_extension(file_name, &["csv"])
}

/// Whether `head` starts with a JSON object on one line that names a latency, a status or a time,
/// or the file is called `.ndjson` or `.jsonl`.
pub(crate) fn recognises_ndjson(head: &[u8], file_name: &str) -> bool {
    let names_a_measure = first_line(head).is_some_and(|line| {
        line.starts_with('{')
            && line.ends_with('}')
            && line.split('"').skip(1).step_by(2).any(is_telling)
    });
    names_a_measure || has_extension(file_name, &["ndjson", "jsonl"])
}

fn first_line(head: &[u8]) -> Option<&str> {
    decode_head(head)?
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
}

fn has_extension(file_name: &str, extensions: &[&str]) -> bool {
    file_name.rsplit_once('.').is_some_and(|(_, extension)| {
        extensions
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}
