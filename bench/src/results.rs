//! The page of results: a table of the demands, then what each stands on.

use std::fmt::Write;

use crate::machine::Machine;

/// One comparison.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// How it was measured, in sentences.
    pub(crate) method: String,
    /// Contenders and what they took.
    pub(crate) figures: Vec<(String, String)>,
    pub(crate) demands: Vec<Demand>,
}

/// What is asked of a figure, and what it is.
pub(crate) struct Demand {
    pub(crate) what: String,
    pub(crate) demand: String,
    pub(crate) measured: String,
    pub(crate) is_met: bool,
}

impl Demand {
    /// A ratio that is to be at least `least`.
    pub(crate) fn at_least(what: impl Into<String>, least: f64, measured: f64) -> Self {
        Self {
            what: what.into(),
            demand: format!("≥ {}×", number(least)),
            measured: format!("{}×", number(measured)),
            is_met: measured >= least,
        }
    }
}

/// The whole page of one part, as Markdown. `command` is what writes it.
pub(crate) fn page(title: &str, command: &str, machine: &Machine, sections: &[Section]) -> String {
    let how = "Medians of contenders that took turns on the same data.";
    page_told(title, command, how, machine, sections)
}

/// The same, where `how` says how it was measured.
pub(crate) fn page_told(
    title: &str,
    command: &str,
    how: &str,
    machine: &Machine,
    sections: &[Section],
) -> String {
    let mut page = format!(
        "# {title}\n\nWritten by `{command}` on {}. {how}\n\n* Machine: {}\n* Versions: {}\n* Load average at the start: {}\n\n\
         | | Demand | Measured | |\n|---|---|---|---|\n",
        machine.date, machine.hardware, machine.versions, machine.load
    );
    for demand in sections.iter().flat_map(|section| &section.demands) {
        let met = if demand.is_met { "met" } else { "**not met**" };
        push(
            &mut page,
            &format!(
                "| {} | {} | {} | {met} |",
                demand.what, demand.demand, demand.measured
            ),
        );
    }
    for section in sections {
        push(
            &mut page,
            &format!(
                "\n## {}\n\n{}\n\n| | |\n|---|---|",
                section.title, section.method
            ),
        );
        for (name, figure) in &section.figures {
            push(&mut page, &format!("| {name} | {figure} |"));
        }
    }
    page
}

fn push(page: &mut String, line: &str) {
    // Writing to a String cannot fail.
    if writeln!(page, "{line}").is_err() {
        page.push('\n');
    }
}

/// Seconds as a person reads them.
pub(crate) fn time(seconds: f64) -> String {
    match seconds {
        seconds if seconds >= 120.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds => format!("{} ms", number(seconds * 1e3)),
    }
}

/// Bytes as a person reads them.
pub(crate) fn size(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

/// Three significant digits, as far as a median of a few runs carries.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middling if middling >= 10.0 => format!("{value:.1}"),
        _small => format!("{value:.2}"),
    }
}
