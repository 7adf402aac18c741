//! A comparison for a terminal: the answer first, then the numbers, both shapes, and how it was
//! found out.

use adjutant_domain::{Interval, Outcome, Unit, Validity};
use adjutant_gate::{Arm, Comparison, Direction, Estimate};

use super::Distribution;
use crate::number;
use crate::standing::NO_DATA_AVAILABLE;
use crate::terminal::{Ink, Terminal, clean, columns, left, right, wrap};

/// The widest plot: more columns show no more of a shape.
const PLOT_COLUMNS_MAX: usize = 72;
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// An arm as it is shown.
#[derive(Debug, Clone, Copy)]
pub struct ShownArm<'a> {
    /// The name: a file, or a subject.
    pub name: &'a str,
    /// The shape of its samples, where it has any.
    pub distribution: Option<&'a Distribution>,
}

/// The comparison for a terminal, with a final newline.
pub fn human(
    comparison: &Comparison,
    baseline: ShownArm<'_>,
    candidate: ShownArm<'_>,
    terminal: Terminal,
) -> String {
    let mut lines = verdict(comparison, terminal);
    lines.push(String::new());
    lines.extend(numbers(comparison, baseline.name, candidate.name, terminal));
    let plot = plot(comparison, baseline, candidate, terminal);
    if !plot.is_empty() {
        lines.push(String::new());
        lines.extend(plot);
    }
    lines.push(String::new());
    lines.extend(indented("method", &comparison.method, terminal));
    if let Some(needed) = comparison.needed {
        let more = format!("about {} more samples an arm", number::count(needed));
        lines.extend(indented("needed", &more, terminal));
    }
    lines.join("\n") + "\n"
}

fn verdict(comparison: &Comparison, terminal: Terminal) -> Vec<String> {
    let (title, ink) = match (comparison.validity, comparison.outcome) {
        (Validity::Valid, Outcome::Pass) => ("PASS".to_owned(), Ink::Good),
        (Validity::Valid, Outcome::Fail) => ("FAIL".to_owned(), Ink::Bad),
        (Validity::Valid, Outcome::Inconclusive) => ("INCONCLUSIVE".to_owned(), Ink::Undecided),
        (
            validity @ (Validity::NoData
            | Validity::Insufficient
            | Validity::Stale
            | Validity::SourceError
            | Validity::NotFinite),
            _,
        ) => (format!("INCONCLUSIVE ({validity})"), Ink::Undecided),
    };
    let direction = match comparison.better {
        Direction::Lower => "lower is better",
        Direction::Higher => "higher is better",
    };
    let mut lines = vec![format!(
        "{}  {} {}",
        terminal.paint(ink, &title),
        terminal.paint(Ink::Strong, &clean(&comparison.measure)),
        terminal.paint(Ink::Faint, &format!("({direction})")),
    )];
    lines.extend(wrap(&clean(&comparison.reason), terminal.width()));
    lines
}

/// One line of the table of numbers.
struct Row {
    name: String,
    n: String,
    value: String,
    interval: String,
}

fn numbers(
    comparison: &Comparison,
    baseline: &str,
    candidate: &str,
    terminal: Terminal,
) -> Vec<String> {
    let rows = [
        arm_row(baseline, &comparison.baseline, comparison.unit),
        arm_row(candidate, &comparison.candidate, comparison.unit),
        estimate_row("difference", comparison.difference, comparison.unit),
        estimate_row("relative", comparison.relative, Unit::Ratio),
    ];
    let heading = Row {
        name: String::new(),
        n: "N".to_owned(),
        value: clean(&comparison.measure).to_uppercase(),
        interval: number::interval_name(comparison.confidence),
    };
    let widest = |text: fn(&Row) -> &str| {
        let all = rows.iter().chain([&heading]);
        all.map(|row| columns(text(row))).max().unwrap_or(0)
    };
    let (name, n, value) = (widest(|r| &r.name), widest(|r| &r.n), widest(|r| &r.value));
    let line = |row: &Row| {
        format!(
            "  {}  {}  {}  {}",
            left(&row.name, name),
            right(&row.n, n),
            right(&row.value, value),
            row.interval
        )
    };
    let mut lines = vec![terminal.paint(Ink::Faint, &line(&heading))];
    lines.extend(rows.iter().map(line));
    if let Some(margin) = comparison.margin {
        lines.push(line(&Row {
            name: "margin".to_owned(),
            n: String::new(),
            value: margin.to_string(),
            interval: "how much worse is tolerated".to_owned(),
        }));
    }
    lines
}

fn arm_row(name: &str, arm: &Arm, unit: Unit) -> Row {
    Row {
        name: clean(name),
        n: number::count(arm.n),
        value: arm.value.map_or_else(
            || NO_DATA_AVAILABLE.to_owned(),
            |value| number::value(value, arm.interval, unit),
        ),
        interval: ends(arm.interval, unit),
    }
}

fn estimate_row(name: &str, estimate: Option<Estimate>, unit: Unit) -> Row {
    Row {
        name: name.to_owned(),
        n: String::new(),
        value: estimate.map_or_else(
            || NO_DATA_AVAILABLE.to_owned(),
            |estimate| number::change(estimate.value, estimate.interval, unit),
        ),
        interval: ends(estimate.and_then(|estimate| estimate.interval), unit),
    }
}

fn ends(interval: Option<Interval>, unit: Unit) -> String {
    interval.map_or_else(
        || "no interval".to_owned(),
        |interval| number::interval(interval, unit),
    )
}

fn indented(label: &str, text: &str, terminal: Terminal) -> Vec<String> {
    let label = format!("  {label}  ");
    let indent = " ".repeat(columns(&label));
    wrap(
        &clean(text),
        terminal.width().saturating_sub(columns(&label)),
    )
    .into_iter()
    .enumerate()
    .map(|(at, line)| match at {
        0 => format!("{}{line}", terminal.paint(Ink::Faint, &label)),
        _ => format!("{indent}{line}"),
    })
    .collect()
}

/// Both shapes over one axis and one height, the compared statistic marked in each.
fn plot(
    comparison: &Comparison,
    baseline: ShownArm<'_>,
    candidate: ShownArm<'_>,
    terminal: Terminal,
) -> Vec<String> {
    let (Some(of_baseline), Some(of_candidate)) = (baseline.distribution, candidate.distribution)
    else {
        return Vec::new();
    };
    let names = [clean(baseline.name), clean(candidate.name)];
    let name_width = names.iter().map(|name| columns(name)).max().unwrap_or(0);
    let width = terminal
        .width()
        .saturating_sub(name_width + 4)
        .min(PLOT_COLUMNS_MAX);
    let (a, b) = (of_baseline.range(), of_candidate.range());
    let axis = (a.0.min(b.0), a.1.max(b.1));
    let shapes = [of_baseline, of_candidate].map(|distribution| shares(distribution, axis, width));
    let highest = shapes.iter().flatten().copied().fold(0.0, f64::max);
    let values = [comparison.baseline.value, comparison.candidate.value];
    let mut lines = Vec::new();
    for ((name, shape), value) in names.iter().zip(&shapes).zip(values) {
        let mark = value.and_then(|value| column_of(value, axis, width));
        let [upper, lower] = bars(shape, highest, mark);
        lines.push(
            format!("  {}  {upper}", " ".repeat(name_width))
                .trim_end()
                .to_owned(),
        );
        lines.push(
            format!("  {}  {lower}", left(name, name_width))
                .trim_end()
                .to_owned(),
        );
    }
    let ends = [axis.0, axis.1].map(|end| axis_label(end, axis, comparison.unit));
    let gap = width.saturating_sub(columns(&ends[0]) + columns(&ends[1]));
    let axis_line = format!("{}{}{}", ends[0], " ".repeat(gap), ends[1]);
    let legend = format!(
        "│ {} · the middle 99 % of the samples, both to one scale",
        clean(&comparison.measure)
    );
    for text in [axis_line, legend] {
        let line = format!("  {}  {text}", " ".repeat(name_width));
        lines.push(terminal.paint(Ink::Faint, &line));
    }
    lines
}

/// An end of the axis, with as many digits as the axis is long.
fn axis_label(end: f64, axis: (f64, f64), unit: Unit) -> String {
    let whole_axis = Interval::new(axis.0, axis.1).ok();
    number::value(end, whole_axis, unit)
}

fn shares(distribution: &Distribution, axis: (f64, f64), width: usize) -> Vec<f64> {
    let step = (axis.1 - axis.0) / width as f64;
    (0..width)
        .map(|column| {
            let from = axis.0 + column as f64 * step;
            distribution.share(from, from + step)
        })
        .collect()
}

fn column_of(value: f64, axis: (f64, f64), width: usize) -> Option<usize> {
    let at = (value - axis.0) / (axis.1 - axis.0) * width as f64;
    (at >= 0.0 && at < width as f64).then_some(at as usize)
}

/// The upper and the lower line of a shape of sixteen levels.
fn bars(shape: &[f64], highest: f64, mark: Option<usize>) -> [String; 2] {
    let levels = 2.0 * (BARS.len() - 1) as f64;
    let line = |below: usize| {
        shape
            .iter()
            .enumerate()
            .map(|(column, share)| {
                if mark == Some(column) {
                    return '│';
                }
                let level = if *share > 0.0 {
                    ((share / highest * levels).round() as usize).max(1)
                } else {
                    0
                };
                BARS[level.saturating_sub(below).min(BARS.len() - 1)]
            })
            .collect()
    };
    [line(BARS.len() - 1), line(0)]
}
