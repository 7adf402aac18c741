//! Passing a task on: what the next one has to be told, and which of it was not.

use adjutant_domain::{RoleName, TaskId};
use serde::{Deserialize, Serialize};

use crate::{Intake, Link, LinkKind};

/// What the one who takes over is told. "none" is an answer; saying nothing is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handoff {
    /// The role that takes over.
    pub to: RoleName,
    /// Where the work stands.
    pub state: String,
    /// The command to begin with.
    pub next_command: String,
    /// What can still go wrong; empty when the answer was "none".
    pub open_risks: Vec<String>,
    /// What is believed and was not proved; empty when the answer was "none".
    pub unproven_claims: Vec<String>,
}

/// A handoff as it was given, complete or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartialHandoff {
    /// The role that takes over.
    pub to: Option<RoleName>,
    /// Where the work stands.
    pub state: Option<String>,
    /// The command to begin with.
    pub next_command: Option<String>,
    /// Open risks, or the one word "none".
    pub open_risks: Vec<String>,
    /// Unproven claims, or the one word "none".
    pub unproven_claims: Vec<String>,
}

/// What a handoff has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names of the fields")]
pub enum HandoffField {
    To,
    State,
    NextCommand,
    OpenRisks,
    UnprovenClaims,
}

/// A handoff that does not say everything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the handoff does not say: {}", names(missing))]
pub struct IncompleteHandoff {
    /// What is missing.
    pub missing: Vec<HandoffField>,
}

/// A handoff file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct UnreadableHandoff {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

fn names(fields: &[HandoffField]) -> String {
    let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
    names.join(", ")
}

impl HandoffField {
    const ALL: [HandoffField; 5] = [
        HandoffField::To,
        HandoffField::State,
        HandoffField::NextCommand,
        HandoffField::OpenRisks,
        HandoffField::UnprovenClaims,
    ];

    /// The heading in a handoff file.
    pub fn name(self) -> &'static str {
        match self {
            HandoffField::To => "to",
            HandoffField::State => "state",
            HandoffField::NextCommand => "next command",
            HandoffField::OpenRisks => "open risks",
            HandoffField::UnprovenClaims => "unproven claims",
        }
    }
}

impl PartialHandoff {
    /// The handoff, when it says everything.
    ///
    /// # Errors
    /// When it does not; with all that is missing.
    pub fn complete(self) -> Result<Handoff, IncompleteHandoff> {
        let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let state = said(self.state);
        let next_command = said(self.next_command);
        let open_risks = list(self.open_risks);
        let unproven_claims = list(self.unproven_claims);
        let missing: Vec<HandoffField> = [
            (HandoffField::To, self.to.is_none()),
            (HandoffField::State, state.is_none()),
            (HandoffField::NextCommand, next_command.is_none()),
            (HandoffField::OpenRisks, open_risks.is_none()),
            (HandoffField::UnprovenClaims, unproven_claims.is_none()),
        ]
        .into_iter()
        .filter_map(|(field, is_missing)| is_missing.then_some(field))
        .collect();
        match (self.to, state, next_command, open_risks, unproven_claims) {
            (
                Some(to),
                Some(state),
                Some(next_command),
                Some(open_risks),
                Some(unproven_claims),
            ) => Ok(Handoff {
                to,
                state,
                next_command,
                open_risks,
                unproven_claims,
            }),
            _incomplete => Err(IncompleteHandoff { missing }),
        }
    }
}

/// The points of a list; `None` when nothing was said, empty when "none" was said.
fn list(points: Vec<String>) -> Option<Vec<String>> {
    let points: Vec<String> = points
        .into_iter()
        .map(|point| point.trim().to_owned())
        .filter(|point| !point.is_empty())
        .collect();
    match points.as_slice() {
        [] => None,
        [one] if one.eq_ignore_ascii_case("none") => Some(vec![]),
        _ => Some(points),
    }
}

impl Handoff {
    /// The task that the other role gets, from the one that is handed on.
    pub fn task(&self, from: TaskId, intake: &Intake) -> (Intake, Vec<Link>) {
        let mut context = format!(
            "{}\n\nHanded on from {from}.\n\nState: {}\n\nBegin with: {}",
            intake.context, self.state, self.next_command
        );
        for (what, points) in [
            ("Open risks", &self.open_risks),
            ("Unproven claims", &self.unproven_claims),
        ] {
            context.push_str(&format!("\n\n{what}:"));
            if points.is_empty() {
                context.push_str(" none");
            }
            for point in points {
                context.push_str(&format!("\n- {point}"));
            }
        }
        let task = Intake {
            context: context.trim().to_owned(),
            role: Some(self.to.clone()),
            ..intake.clone()
        };
        let link = Link {
            kind: LinkKind::HandoffOf,
            target: from,
        };
        (task, vec![link])
    }
}

/// Reads a handoff file: Markdown with the headings To, State, Next command, Open risks, Unproven
/// claims, at any level.
///
/// # Errors
/// At a heading that is unknown or stands twice, and at a role that is no name.
pub fn read_handoff(text: &str) -> Result<PartialHandoff, UnreadableHandoff> {
    let invalid = |line: usize, problem: String| UnreadableHandoff { line, problem };
    let mut sections: Vec<(HandoffField, usize, Vec<&str>)> = Vec::new();
    let mut is_fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("```") {
            is_fenced = !is_fenced;
        }
        let heading = line.strip_prefix('#').filter(|_| !is_fenced);
        if let Some(heading) = heading.map(|heading| heading.trim_start_matches('#').trim()) {
            let found = HandoffField::ALL
                .into_iter()
                .find(|field| field.name().eq_ignore_ascii_case(heading));
            let Some(field) = found else {
                // A file may have a title of its own.
                if sections.is_empty() && line.starts_with("# ") {
                    continue;
                }
                let known = names(&HandoffField::ALL);
                return Err(invalid(
                    number,
                    format!("{heading} is not known; known are {known}"),
                ));
            };
            if sections.iter().any(|(known, ..)| *known == field) {
                return Err(invalid(
                    number,
                    format!("{heading} stands here a second time"),
                ));
            }
            sections.push((field, number, Vec::new()));
        } else if let Some((_, _, lines)) = sections.last_mut() {
            lines.push(line);
        } else if !line.trim().is_empty() {
            return Err(invalid(number, "text before the first heading".to_owned()));
        }
    }
    let mut handoff = PartialHandoff::default();
    for (field, number, lines) in sections {
        let text = lines.join("\n").trim().to_owned();
        if text.is_empty() {
            continue;
        }
        match field {
            HandoffField::To => {
                let role = text
                    .parse()
                    .map_err(|error| invalid(number, format!("{error}")))?;
                handoff.to = Some(role);
            }
            HandoffField::State => handoff.state = Some(text),
            HandoffField::NextCommand => handoff.next_command = Some(command(&text)),
            HandoffField::OpenRisks => handoff.open_risks = points(&text),
            HandoffField::UnprovenClaims => handoff.unproven_claims = points(&text),
        }
    }
    Ok(handoff)
}

/// A command without the marks that Markdown puts around it.
fn command(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("```"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let bare = text.trim();
    let inner = bare
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'));
    inner.unwrap_or(bare).to_owned()
}

fn points(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let bare = lines.map(|line| {
        let bullet = ["- ", "* ", "+ "]
            .iter()
            .find_map(|it| line.strip_prefix(it));
        bullet.unwrap_or(line).trim().to_owned()
    });
    bare.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# Handoff of the cache
## To
infra-mlops
## State
The cache works; it is not deployed.
## Next command
```
helm diff upgrade search charts/search
```
## Open risks
None
## Unproven claims
- memory stays below 1 GiB
- restarts are rare
";

    #[test]
    fn a_file_says_everything() {
        let handoff = read_handoff(FILE).unwrap().complete().unwrap();
        assert_eq!(handoff.to.as_str(), "infra-mlops");
        assert_eq!(
            handoff.next_command,
            "helm diff upgrade search charts/search"
        );
        assert_eq!(handoff.open_risks, [""; 0]);
        assert_eq!(handoff.unproven_claims.len(), 2);
    }

    #[test]
    fn what_is_not_said_is_listed_and_none_has_to_be_said() {
        let nothing = PartialHandoff::default().complete().unwrap_err();
        assert_eq!(
            nothing.to_string(),
            "the handoff does not say: to, state, next command, open risks, unproven claims"
        );
        for heading in ["State", "Next command", "Open risks", "Unproven claims"] {
            let empty = FILE.replace(&format!("## {heading}\n"), "## To\n");
            let start = FILE.split(&format!("## {heading}\n")).next().unwrap();
            let rest = FILE.split(&format!("## {heading}\n")).nth(1).unwrap();
            let rest = rest.find("## ").map_or("", |at| &rest[at..]);
            let without = format!("{start}## {heading}\n\n{rest}");
            let told = read_handoff(&without).unwrap().complete().unwrap_err();
            assert_eq!(told.missing.len(), 1, "{heading}");
            assert!(heading.eq_ignore_ascii_case(told.missing[0].name()));
            assert!(read_handoff(&empty).is_err());
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_line() {
        for (text, told) in [
            ("x\n", "line 1: text before the first heading"),
            (
                "## To\nqa\n## Mood\n",
                "line 3: Mood is not known; known are to, state, next command, open risks, unproven claims",
            ),
            (
                "## To\ntwo words\n",
                "line 1: role \"two words\" is not a name: use 1 to 200 letters, digits or any of . _ - @ : / + ( ) , = %",
            ),
        ] {
            assert_eq!(read_handoff(text).unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn the_next_task_knows_where_it_comes_from() {
        let handoff = read_handoff(FILE).unwrap().complete().unwrap();
        let from = TaskId::from_number(7);
        let (intake, links) = handoff.task(from, &Intake::default());
        assert_eq!(
            links,
            [Link {
                kind: LinkKind::HandoffOf,
                target: from
            }]
        );
        assert_eq!(intake.role, Some(handoff.to));
        assert!(intake.context.ends_with("Open risks: none\n\nUnproven claims:\n- memory stays below 1 GiB\n- restarts are rare"), "{}", intake.context);
    }
}
