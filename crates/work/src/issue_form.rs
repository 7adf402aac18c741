//! Reads the body that GitHub makes of a filled-in issue form, `### Label` by `### Label`, and the
//! event that a workflow gets when the issue is opened.

use serde::Deserialize;

use crate::template::{Filled, InvalidIntake, Section, parse, read_checks, read_risk};
use crate::{Field, Intake};

/// The form, as it is written to `.github/ISSUE_TEMPLATE/ai-task.yml`. Its labels are the words
/// that [`read_issue_form`] knows.
pub const ISSUE_FORM: &str = include_str!("issue_form/ai-task.yml");

/// What GitHub writes for a field that was left empty.
const NO_RESPONSE: &str = "_No response_";

/// An issue, as far as an event tells of it.
#[derive(Deserialize)]
struct Event {
    issue: Issue,
}

#[derive(Deserialize)]
struct Issue {
    title: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
}

/// A task as the issue form asks for it. `text` is the Markdown body of the issue, or the JSON of
/// the event or of the issue itself, which also holds the title and where the issue is.
///
/// # Errors
/// At the first line that cannot be understood; the line is counted within the body.
pub fn read_issue_form(text: &str) -> Result<Filled, InvalidIntake> {
    if !text.trim_start().starts_with('{') {
        return read_body(text, Intake::default());
    }
    let of_json = |error: serde_json::Error| InvalidIntake {
        // An error about the whole is told without a line.
        line: error.line().max(1),
        problem: format!("this is no event of an issue: {error}"),
    };
    let json: serde_json::Value = serde_json::from_str(text).map_err(of_json)?;
    let issue = if json.get("issue").is_some() {
        serde_json::from_value(json).map(|event: Event| event.issue)
    } else {
        serde_json::from_value(json)
    };
    let issue: Issue = issue.map_err(of_json)?;
    let title = issue.title.trim();
    let title = title.strip_prefix("[task]").unwrap_or(title).trim();
    let intake = Intake {
        title: one_line(title),
        ..Intake::default()
    };
    let mut filled = read_body(&issue.body.unwrap_or_default(), intake)?;
    if let Some(url) = issue.html_url {
        let context = &mut filled.intake.context;
        let gap = if context.is_empty() { "" } else { "\n\n" };
        context.push_str(&format!("{gap}Filed as {}", one_line(&url)));
    }
    Ok(filled)
}

/// A label of the form.
enum Label {
    Title,
    Kind,
    Priority,
    Timebox,
    Role,
    Section(Section),
}

fn label(heading: &str) -> Option<Label> {
    let heading = heading.trim();
    let is = |field: Field| field.name().eq_ignore_ascii_case(heading);
    if is(Field::Title) {
        Some(Label::Title)
    } else if is(Field::Kind) {
        Some(Label::Kind)
    } else if is(Field::Priority) {
        Some(Label::Priority)
    } else if is(Field::Timebox) {
        Some(Label::Timebox)
    } else if is(Field::Role) {
        Some(Label::Role)
    } else {
        Section::of(heading).map(Label::Section)
    }
}

fn read_body(body: &str, intake: Intake) -> Result<Filled, InvalidIntake> {
    let mut filled = Filled {
        intake,
        links: vec![],
    };
    let mut current: Option<(Label, usize, Vec<&str>)> = None;
    let mut is_fenced = false;
    for (number, line) in (1..).zip(body.lines()) {
        let line = line.trim_end_matches('\r');
        if line.starts_with("```") {
            is_fenced = !is_fenced;
        }
        // Only the form's own labels part the body: people write headings of their own.
        let found = line
            .strip_prefix("### ")
            .filter(|_| !is_fenced)
            .and_then(label);
        if let Some(found) = found {
            if let Some((label, start, lines)) = current.take() {
                fill(&mut filled, label, start, &lines)?;
            }
            current = Some((found, number, Vec::new()));
        } else if let Some((_, _, lines)) = &mut current {
            lines.push(line);
        } else if !line.trim().is_empty() {
            return Err(InvalidIntake {
                line: number,
                problem: "this is not the body of the issue form: it begins with ### and a label"
                    .to_owned(),
            });
        }
    }
    if let Some((label, start, lines)) = current {
        fill(&mut filled, label, start, &lines)?;
    }
    Ok(filled)
}

fn fill(
    filled: &mut Filled,
    label: Label,
    start: usize,
    lines: &[&str],
) -> Result<(), InvalidIntake> {
    let text = lines.join("\n");
    let text = text.trim();
    if text.is_empty() || text == NO_RESPONSE {
        return Ok(());
    }
    let at = |problem: String| InvalidIntake {
        // The label, a blank line, and then the text.
        line: start + 2,
        problem,
    };
    let intake = &mut filled.intake;
    // A choice of a list says what it means after the word: `S (two hours)`.
    let word = text.split_whitespace().next().unwrap_or_default();
    match label {
        Label::Title => intake.title = one_line(text),
        Label::Kind => intake.kind = Some(word.parse().map_err(|it| at(format!("{it}")))?),
        Label::Priority => intake.priority = Some(word.parse().map_err(|it| at(format!("{it}")))?),
        Label::Timebox => intake.timebox = Some(word.parse().map_err(|it| at(format!("{it}")))?),
        Label::Role => intake.role = Some(word.parse().map_err(|it| at(format!("{it}")))?),
        Label::Section(Section::Goal) => text.clone_into(&mut intake.goal),
        Label::Section(Section::Context) => text.clone_into(&mut intake.context),
        Label::Section(Section::SuccessCriteria) => intake.success_criteria = points(text),
        Label::Section(Section::Deliverables) => intake.deliverables = points(text),
        Label::Section(Section::NonGoals) => intake.non_goals = points(text),
        Label::Section(Section::TestHooks) => intake.test_hooks = points(text),
        Label::Section(Section::Risks) => {
            let risks = points(text)
                .into_iter()
                .map(|point| read_risk(&point).map_err(&at));
            intake.risks = risks.collect::<Result<_, _>>()?;
        }
        Label::Section(Section::Paths) => {
            let paths = points(text).into_iter();
            let paths = paths.map(|path| path.parse().map_err(|error| at(format!("{error}"))));
            intake.paths = paths.collect::<Result<_, _>>()?;
        }
        Label::Section(Section::Links) => {
            let list: String = points(text).iter().map(|it| format!("- {it}\n")).collect();
            let links = parse(&format!("## Links\n{list}")).map_err(|error| at(error.problem))?;
            filled.links = links.links;
        }
        Label::Section(Section::Checks) => {
            let lines: Vec<&str> = text
                .lines()
                .filter(|line| !line.starts_with("```"))
                .collect();
            intake.checks = read_checks(&lines.join("\n")).map_err(|error| at(error.problem))?;
        }
    }
    Ok(())
}

/// A title stands in one line, whatever the issue says.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// One point a line, with or without a bullet: a form's text field suggests neither.
fn points(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let bare = lines.map(|line| {
        ["- [ ] ", "- [x] ", "- ", "* ", "+ "]
            .iter()
            .find_map(|bullet| line.strip_prefix(bullet))
            .unwrap_or(line)
            .trim()
            .to_owned()
    });
    bare.filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Priority, TaskKind, Timebox};

    const BODY: &str = "\
### Kind\n\nfeature\n\n### Priority\n\nHIGH\n\n### Timebox\n\nS (up to two hours)\n\n### Role\n\n\
_No response_\n\n### Goal\n\nWarm queries are fast.\n\n### Of my own\n\ntext\n\n### Context\n\nc\n\n\
### Success criteria\n\np95 below 20 ms\n- no error\n\n### Risks and mitigations\n\n\
stale => expire\n\n### Paths\n\nsrc/**\n\n### Links\n\nblocked-by T-3\n\n### Checks\n\n\
```toml\n[[check]]\nname = \"unit\"\nargv = [\"cargo\", \"test\"]\n```\n";

    #[test]
    fn the_body_of_the_form_is_a_task() {
        let Filled { intake, links } = read_issue_form(BODY).unwrap();
        assert_eq!(intake.kind, Some(TaskKind::Feature));
        assert_eq!(intake.priority, Some(Priority::High));
        assert_eq!(intake.timebox, Some(Timebox::S));
        assert_eq!(intake.role, None);
        assert_eq!(
            intake.goal,
            "Warm queries are fast.\n\n### Of my own\n\ntext"
        );
        assert_eq!(intake.success_criteria, ["p95 below 20 ms", "no error"]);
        assert_eq!(intake.risks[0].mitigation, "expire");
        assert_eq!(intake.checks[0].name.as_str(), "unit");
        assert_eq!(links.len(), 1);
    }

    #[test]
    fn the_event_also_says_the_title_and_where_the_issue_is() {
        let event = serde_json::json!({
            "action": "opened",
            "issue": {"title": "[task] Cache\nall of it", "body": "### Context\r\n\r\nold\r\n", "html_url": "https://example.org/7"}
        });
        let filled = read_issue_form(&event.to_string()).unwrap();
        assert_eq!(filled.intake.title, "Cache all of it");
        assert_eq!(
            filled.intake.context,
            "old\n\nFiled as https://example.org/7"
        );
        let issue = read_issue_form(&event["issue"].to_string()).unwrap();
        assert_eq!(issue, filled);
    }

    #[test]
    fn what_is_not_of_the_form_is_refused_with_its_line() {
        for (text, told) in [
            (
                "hello",
                "line 1: this is not the body of the issue form: it begins with ### and a label",
            ),
            (
                "### Goal\n\nx\n\n### Priority\n\nnow\n",
                "line 7: \"now\" is no priority: one of HIGH, MEDIUM, LOW is needed",
            ),
            (
                "### Risks and mitigations\n\nall\n",
                "line 3: write a risk as: what can go wrong => what is done about it",
            ),
            (
                "{\"action\": 1}",
                "line 1: this is no event of an issue: missing field `title`",
            ),
        ] {
            assert_eq!(read_issue_form(text).unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn the_form_asks_with_the_labels_that_are_read() {
        let labels: Vec<&str> = ISSUE_FORM
            .lines()
            .filter_map(|line| line.trim().strip_prefix("label: "))
            .collect();
        for name in &labels {
            assert!(label(name).is_some(), "{name}");
        }
        for section in Section::ALL {
            assert!(labels.contains(&section.heading()), "{}", section.heading());
        }
    }
}
