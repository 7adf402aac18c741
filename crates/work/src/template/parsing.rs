//! Reads a task in the template's format.

use std::str::FromStr;

use super::rendering::{is_structure, link_word};
use super::{BYTES_MAX, Filled, InvalidIntake, Section, read_checks};
use crate::{Intake, Link, LinkKind, Risk};

/// What a file asks for. What it leaves out is left out: [`Intake::missing`] says what that is.
///
/// # Errors
/// At the first line that cannot be understood; nothing is guessed.
pub fn parse(text: &str) -> Result<Filled, InvalidIntake> {
    if text.len() > BYTES_MAX {
        let problem = format!("the file has more than {BYTES_MAX} bytes");
        return Err(InvalidIntake { line: 1, problem });
    }
    let lines = without_comments(text)?;
    let (head, sections) = split(&lines)?;
    let mut filled = Filled::default();
    read_head(&mut filled.intake, head)?;
    for (section, body) in sections {
        read_section(&mut filled, section, body)?;
    }
    Ok(filled)
}

/// A line and its number.
type Line<'t> = (usize, &'t str);

fn invalid(line: usize, problem: impl std::fmt::Display) -> InvalidIntake {
    InvalidIntake {
        line,
        problem: problem.to_string(),
    }
}

/// The lines outside of comments. A comment begins a line and ends one; within a fence, and
/// after a backslash, there are none.
fn without_comments(text: &str) -> Result<Vec<Line<'_>>, InvalidIntake> {
    let mut kept = Vec::new();
    let mut opened: Option<usize> = None;
    let mut fence: Option<usize> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if opened.is_none() && fence.is_none() && line.starts_with("<!--") {
            opened = Some(number);
        }
        if opened.is_some() {
            if let Some((_, rest)) = line.split_once("-->") {
                if !rest.trim().is_empty() {
                    return Err(invalid(number, "text after a comment: begin a new line"));
                }
                opened = None;
            }
            continue;
        }
        if line.starts_with("```") {
            fence = fence.is_none().then_some(number);
        }
        kept.push((number, line));
    }
    match (opened, fence) {
        (Some(line), _) => Err(invalid(line, "the comment has no end")),
        (None, Some(line)) => Err(invalid(line, "the ``` has no end")),
        (None, None) => Ok(kept),
    }
}

type Split<'l, 't> = (&'l [Line<'t>], Vec<(Section, &'l [Line<'t>])>);

/// What stands before the first section, and the sections with what stands in them.
fn split<'l, 't>(lines: &'l [Line<'t>]) -> Result<Split<'l, 't>, InvalidIntake> {
    let mut starts: Vec<(Section, usize)> = Vec::new();
    let mut is_fenced = false;
    for (at, (number, line)) in lines.iter().enumerate() {
        if line.starts_with("```") {
            is_fenced = !is_fenced;
        }
        if is_fenced || !line.starts_with('#') {
            continue;
        }
        let Some(heading) = line.strip_prefix("## ") else {
            if starts.is_empty() {
                continue;
            }
            let problem = "a heading of its own: write \\# for a line that begins with #";
            return Err(invalid(*number, problem));
        };
        let section = Section::of(heading).ok_or_else(|| {
            let known = Section::ALL.map(Section::heading).join(", ");
            invalid(
                *number,
                format!("{} is no section; known are {known}", heading.trim()),
            )
        })?;
        if starts.iter().any(|(known, _)| *known == section) {
            let problem = format!("{} stands here a second time", section.heading());
            return Err(invalid(*number, problem));
        }
        starts.push((section, at));
    }
    let ends = starts.iter().skip(1).map(|(_, at)| *at);
    let ends = ends.chain([lines.len()]);
    let sections = starts.iter().zip(ends);
    let sections = sections.map(|((section, start), end)| (*section, &lines[start + 1..end]));
    let head = starts.first().map_or(lines.len(), |(_, at)| *at);
    Ok((&lines[..head], sections.collect()))
}

fn read_head(intake: &mut Intake, lines: &[Line<'_>]) -> Result<(), InvalidIntake> {
    let mut has_title = false;
    for &(number, line) in lines {
        let is_rule = |cell: &str| cell.trim().trim_matches(['-', ':']).is_empty();
        if line.trim().is_empty() {
            continue;
        } else if let Some(title) = line.strip_prefix('#').filter(|_| !has_title) {
            has_title = true;
            title.trim().clone_into(&mut intake.title);
        } else if let Some(row) = line.trim().strip_prefix('|') {
            let row = row.strip_suffix('|').unwrap_or(row);
            let Some((name, value)) = row.split_once('|') else {
                return Err(invalid(number, "a row has a field and a value"));
            };
            if !is_rule(name) {
                read_field(intake, name.trim(), value.trim())
                    .map_err(|problem| invalid(number, problem))?;
            }
        } else {
            let problem = "before the first section stand the title and the table of fields";
            return Err(invalid(number, problem));
        }
    }
    Ok(())
}

fn read_field(intake: &mut Intake, name: &str, value: &str) -> Result<(), String> {
    match name.to_ascii_lowercase().as_str() {
        "field" => {}
        "kind" => intake.kind = word(value)?,
        "priority" => intake.priority = word(value)?,
        "timebox" => intake.timebox = word(value)?,
        "role" => intake.role = word(value)?,
        _ => {
            return Err(format!(
                "{name} is no field; known are Kind, Priority, Timebox, Role"
            ));
        }
    }
    Ok(())
}

/// A value that may be left out.
pub(crate) fn word<T: FromStr<Err: std::fmt::Display>>(value: &str) -> Result<Option<T>, String> {
    if value.is_empty() {
        return Ok(None);
    }
    value
        .parse()
        .map(Some)
        .map_err(|error: T::Err| error.to_string())
}

fn read_section(
    filled: &mut Filled,
    section: Section,
    body: &[Line<'_>],
) -> Result<(), InvalidIntake> {
    let intake = &mut filled.intake;
    match section {
        Section::Goal => intake.goal = prose(body),
        Section::Context => intake.context = prose(body),
        Section::SuccessCriteria => intake.success_criteria = texts(body)?,
        Section::Deliverables => intake.deliverables = texts(body)?,
        Section::NonGoals => intake.non_goals = texts(body)?,
        Section::Risks => {
            intake.risks = points(body)?
                .into_iter()
                .map(|(line, text)| read_risk(&text).map_err(|problem| invalid(line, problem)))
                .collect::<Result<_, _>>()?;
        }
        Section::TestHooks => intake.test_hooks = texts(body)?,
        Section::Paths => {
            intake.paths = points(body)?
                .into_iter()
                .map(|(line, text)| text.parse().map_err(|problem| invalid(line, problem)))
                .collect::<Result<_, _>>()?;
        }
        Section::Links => {
            filled.links = points(body)?
                .into_iter()
                .map(|(line, text)| link(&text).map_err(|problem| invalid(line, problem)))
                .collect::<Result<_, _>>()?;
        }
        Section::Checks => intake.checks = checks(body)?,
    }
    Ok(())
}

fn prose(body: &[Line<'_>]) -> String {
    let lines = body.iter().map(|(_, line)| {
        let bare = line.strip_prefix('\\');
        bare.filter(|bare| is_structure(bare) || bare.starts_with("```") || bare.starts_with('\\'))
            .unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn texts(body: &[Line<'_>]) -> Result<Vec<String>, InvalidIntake> {
    Ok(points(body)?.into_iter().map(|(_, text)| text).collect())
}

/// The points of a list, each with the line it begins in. An indented line goes on with its
/// point.
pub(crate) fn points(body: &[Line<'_>]) -> Result<Vec<(usize, String)>, InvalidIntake> {
    let mut points: Vec<(usize, String)> = Vec::new();
    for &(number, line) in body {
        let bullet = ["- [ ] ", "- [x] ", "- ", "* ", "+ "]
            .iter()
            .find_map(|bullet| line.strip_prefix(bullet));
        if line.trim().is_empty() || matches!(line.trim_end(), "-" | "*" | "+") {
            continue;
        } else if let Some(text) = bullet {
            points.push((number, text.trim().to_owned()));
        } else if line.starts_with(' ') || line.starts_with('\t') {
            let Some((_, text)) = points.last_mut() else {
                return Err(invalid(number, "begin a point with \"- \""));
            };
            text.push('\n');
            text.push_str(line.trim());
        } else {
            return Err(invalid(number, "begin a point with \"- \""));
        }
    }
    points.retain(|(_, text)| !text.is_empty());
    Ok(points)
}

/// A risk, written as `what can go wrong => what is done about it`.
///
/// # Errors
/// When one of the two is missing.
pub fn read_risk(text: &str) -> Result<Risk, String> {
    let parts = text.split_once("=>").or_else(|| text.split_once('⇒'));
    let (risk, mitigation) = parts.map_or((text, ""), |(risk, rest)| (risk.trim(), rest.trim()));
    if risk.is_empty() || mitigation.is_empty() {
        return Err("write a risk as: what can go wrong => what is done about it".to_owned());
    }
    Ok(Risk {
        risk: risk.to_owned(),
        mitigation: mitigation.to_owned(),
    })
}

fn link(text: &str) -> Result<Link, String> {
    const KINDS: [LinkKind; 4] = [
        LinkKind::BlockedBy,
        LinkKind::Parent,
        LinkKind::DiscoveredFrom,
        LinkKind::HandoffOf,
    ];
    let (word, target) = text.split_once(' ').unwrap_or((text, ""));
    let kind = KINDS.into_iter().find(|kind| link_word(*kind) == word);
    let kind = kind.ok_or_else(|| {
        let known = KINDS.map(link_word).join(", ");
        format!("{word} is no link; known are {known}, as in: - blocked-by T-3")
    })?;
    let target = target.trim().parse().map_err(|error| format!("{error}"))?;
    Ok(Link { kind, target })
}

fn checks(body: &[Line<'_>]) -> Result<Vec<crate::Check>, InvalidIntake> {
    let filled: Vec<&Line<'_>> = body.iter().filter(|(_, l)| !l.trim().is_empty()).collect();
    let [(start, first), inner @ .., (end, last)] = filled.as_slice() else {
        return match filled.as_slice() {
            [(line, _)] => Err(invalid(*line, "checks stand between ```toml and ```")),
            _none => Ok(vec![]),
        };
    };
    if first.trim() != "```toml" || last.trim() != "```" {
        return Err(invalid(*start, "checks stand between ```toml and ```"));
    }
    if let Some((line, _)) = inner.iter().find(|(_, line)| line.starts_with("```")) {
        return Err(invalid(*line, "all checks stand in one block"));
    }
    let toml: Vec<&str> = body
        .iter()
        .filter(|(number, _)| start < number && number < end)
        .map(|(_, line)| *line)
        .collect();
    read_checks(&toml.join("\n")).map_err(|error| InvalidIntake {
        line: start + error.line,
        problem: error.problem,
    })
}
