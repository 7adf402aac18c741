//! Writes a task in the template's format.

use std::fmt::Write;

use super::{Section, write_checks};
use crate::{Intake, Link, LinkKind};

/// The file of a task. An empty section keeps its heading, so that it can be filled in.
pub fn render(intake: &Intake, links: &[Link]) -> String {
    // A title of several lines came from elsewhere than from a file: it is written in one.
    let title = intake.title.replace(['\n', '\r'], " ");
    let mut text = format!("# {title}\n\n| Field | Value |\n| --- | --- |\n");
    let word = |word: Option<&'static str>| word.unwrap_or_default().to_owned();
    let role = intake.role.as_ref().map(|role| role.as_str().to_owned());
    for (name, value) in [
        ("Kind", word(intake.kind.map(|kind| kind.name()))),
        ("Priority", word(intake.priority.map(|it| it.name()))),
        ("Timebox", word(intake.timebox.map(|it| it.name()))),
        ("Role", role.unwrap_or_default()),
    ] {
        text.push_str(format!("| {name} | {value}").trim_end());
        text.push_str(" |\n");
    }
    for section in Section::ALL {
        let body = body(section, intake, links);
        // Writing to a string cannot fail.
        write!(text, "\n## {}\n", section.heading()).unwrap_or_default();
        if !body.is_empty() {
            text.push('\n');
            text.push_str(&body);
            text.push('\n');
        }
    }
    text
}

/// What stands under a heading, without a line break at its end.
fn body(section: Section, intake: &Intake, links: &[Link]) -> String {
    match section {
        Section::Goal => prose(&intake.goal),
        Section::Context => prose(&intake.context),
        Section::SuccessCriteria => points(&intake.success_criteria),
        Section::Deliverables => points(&intake.deliverables),
        Section::NonGoals => points(&intake.non_goals),
        Section::Risks => {
            let risks = intake.risks.iter();
            let lines = risks.map(|one| {
                let risk = format!("{} => {}", one.risk, one.mitigation);
                risk.trim_end().to_owned()
            });
            points(&lines.collect::<Vec<_>>())
        }
        Section::TestHooks => points(&intake.test_hooks),
        Section::Paths => points(&intake.paths),
        Section::Links => {
            let links = links.iter();
            let lines = links.map(|link| format!("{} {}", link_word(link.kind), link.target));
            points(&lines.collect::<Vec<_>>())
        }
        Section::Checks if intake.checks.is_empty() => String::new(),
        Section::Checks => format!("```toml\n{}```", write_checks(&intake.checks)),
    }
}

/// Lines that would be read as a heading or a comment are shielded by a backslash.
fn prose(text: &str) -> String {
    // A fence that is never closed would swallow the sections below it.
    let fences = text.lines().filter(|line| line.starts_with("```")).count();
    let is_open = fences % 2 == 1;
    let lines = text.lines().map(|line| {
        let is_fence = is_open && line.starts_with("```");
        if is_structure(line) || is_fence || line.starts_with('\\') {
            format!("\\{line}")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a line of prose would be read as something else.
pub(super) fn is_structure(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("<!--")
}

fn points<T: std::fmt::Display>(items: &[T]) -> String {
    let lines = items.iter().map(|item| {
        let text = item.to_string();
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let rest: String = lines.map(|line| format!("\n  {line}")).collect();
        format!("- {first}{rest}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The word of a link in a file.
pub(super) fn link_word(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::BlockedBy => "blocked-by",
        LinkKind::Parent => "parent",
        LinkKind::DiscoveredFrom => "discovered-from",
        LinkKind::HandoffOf => "handoff-of",
    }
}
