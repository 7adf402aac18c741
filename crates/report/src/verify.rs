//! The pure part of `adjutant verify`: compares a report with the same report rendered anew from
//! the recomputed decision, and names every difference. It opens no artifact; the caller does.

mod citation;
mod difference;
mod token;

pub use difference::{Discrepancy, check};

use adjutant_domain::Digest;

use crate::deployment::INNOVATION_TITLE;

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// Markdown.
    Markdown,
    /// An HTML page.
    Html,
    /// JSON.
    Json,
    /// The innovation report, in Markdown.
    Innovation,
}

/// The format a report is written in, seen from how it begins. What is neither JSON nor HTML is
/// Markdown.
pub fn format_of(report: &str) -> ReportFormat {
    let start = report.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with('{') {
        ReportFormat::Json
    } else if start.starts_with('<') {
        ReportFormat::Html
    } else if start.starts_with(INNOVATION_TITLE) {
        ReportFormat::Innovation
    } else {
        ReportFormat::Markdown
    }
}

/// A digest further behind the words than these characters belongs to something else.
const RECORD_CHARS_MAX: usize = 120;

/// The decision record that a report says it shows: the 64 hexadecimal digits right behind the
/// last place that says "decision record". `None` when it names none.
pub fn record_of(report: &str) -> Option<Digest> {
    const WORDS: [&str; 2] = ["Decision record:", "\"decision_record\":"];
    let after = WORDS
        .iter()
        .filter_map(|words| report.rfind(words).map(|at| at + words.len()))
        .max()?;
    let near: String = report[after..].chars().take(RECORD_CHARS_MAX).collect();
    near.split(|c: char| !c.is_ascii_hexdigit())
        .find(|run| run.len() == 64)?
        .parse()
        .ok()
}
