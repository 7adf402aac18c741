//! What options, an editor and standard input say about a task, as the same [`Filled`].

use std::io::BufRead;

use adjutant_outbound::editor;
use adjutant_wire::IntakeBody;
use adjutant_work::template::{self, Filled};
use adjutant_work::{Check, CheckRun, Link, LinkKind, ProofKind};

use crate::arguments::IntakeArguments;
use crate::failure::Failure;
use crate::settings::Settings;

/// How long a check given as an option may run, in seconds.
const CHECK_SECONDS_MAX: u32 = 600;

/// The most tasks of one call: they are one transaction.
const LINES_MAX: usize = 10_000;

/// One task a line of standard input.
pub(super) fn read_lines() -> Result<Vec<Filled>, Failure> {
    let mut tasks = Vec::new();
    for (number, line) in (1..).zip(std::io::stdin().lock().lines()) {
        let invalid = |problem: String| {
            Failure::usage(
                format!("standard input: line {number}: {problem}"),
                "Write one JSON object a line, with the fields of adjutant task show --format json \
                 under intake.",
            )
        };
        let line = line.map_err(|error| invalid(error.to_string()))?;
        if line.trim().is_empty() {
            continue;
        }
        if tasks.len() == LINES_MAX {
            return Err(invalid(format!("more than {LINES_MAX} tasks")));
        }
        let line: IntakeBody =
            serde_json::from_str(&line).map_err(|error| invalid(error.to_string()))?;
        tasks.push(line.into());
    }
    Ok(tasks)
}

/// Puts what the options say over what is there. A list option replaces the whole list.
pub(super) fn apply(options: IntakeArguments, filled: &mut Filled) -> Result<(), Failure> {
    let intake = &mut filled.intake;
    let text = |given: Option<String>, field: &mut String| {
        if let Some(given) = given {
            *field = given;
        }
    };
    text(options.title, &mut intake.title);
    text(options.goal, &mut intake.goal);
    text(options.context, &mut intake.context);
    let list = |given: Vec<String>, field: &mut Vec<String>| {
        if !given.is_empty() {
            *field = given;
        }
    };
    list(options.success, &mut intake.success_criteria);
    list(options.deliverable, &mut intake.deliverables);
    list(options.non_goal, &mut intake.non_goals);
    list(options.test_hook, &mut intake.test_hooks);
    intake.kind = options.kind.or(intake.kind);
    intake.timebox = options.timebox.or(intake.timebox);
    intake.priority = options.priority.or(intake.priority);
    intake.role = options.role.or(intake.role.take());
    if !options.paths.is_empty() {
        intake.paths = options.paths;
    }
    if !options.risk.is_empty() {
        let risks = options.risk.iter().map(|text| template::read_risk(text));
        let risks: Result<_, _> = risks.collect();
        intake.risks =
            risks.map_err(|problem| Failure::usage(problem, "Give --risk 'this => that'."))?;
    }
    if !options.check.is_empty() {
        let no_red = options.no_red.as_deref();
        let checks = options.check.iter().map(|text| check(text, no_red));
        intake.checks = checks.collect::<Result<_, _>>()?;
    }
    let links = [
        (LinkKind::BlockedBy, options.blocked_by),
        (LinkKind::Parent, options.parent.into_iter().collect()),
        (
            LinkKind::DiscoveredFrom,
            options.discovered_from.into_iter().collect(),
        ),
    ];
    for (kind, targets) in links {
        if !targets.is_empty() {
            filled.links.retain(|link| link.kind != kind);
            let links = targets.into_iter().map(|target| Link { kind, target });
            filled.links.extend(links);
        }
    }
    Ok(())
}

/// `name: program and arguments`, split by a shell's rules for quotes and by nothing else of it.
fn check(text: &str, no_red: Option<&str>) -> Result<Check, Failure> {
    let wrong = |problem: String| {
        let remedy = "Give --check 'unit-tests: cargo test -p search'.";
        Failure::usage(format!("--check {text:?}: {problem}"), remedy)
    };
    let (name, command) = text
        .split_once(": ")
        .ok_or_else(|| wrong("a name and a colon come first".to_owned()))?;
    let argv = shell_words::split(command).map_err(|error| wrong(error.to_string()))?;
    if argv.is_empty() {
        return Err(wrong("it names no program".to_owned()));
    }
    Ok(Check {
        name: name
            .trim()
            .parse()
            .map_err(|error| wrong(format!("{error}")))?,
        run: CheckRun::Command { argv },
        proof: match no_red {
            None => ProofKind::RedGreen,
            Some(reason) => ProofKind::GreenOnly {
                reason: reason.to_owned(),
            },
        },
        tests: vec![],
        frozen: vec![],
        seconds_max: CHECK_SECONDS_MAX,
    })
}

/// Lets a person write in an editor, beginning with `text`. What was written stays in its file
/// when it cannot be understood.
pub(super) fn edit(text: &str, settings: &Settings) -> Result<Filled, Failure> {
    let Some(command) = &settings.editor else {
        return Err(Failure::usage(
            "no editor is named",
            "Set VISUAL or EDITOR, or use --from FILE.",
        ));
    };
    let program = shell_words::split(command).unwrap_or_else(|_odd| vec![command.clone()]);
    let written = editor::edit(&program, text).map_err(|error| {
        Failure::usage(
            crate::failure::chain(&error),
            "Check VISUAL and EDITOR, or use --from FILE.",
        )
    })?;
    let filled = template::parse(&written.text).map_err(|error| {
        Failure::usage(
            format!("{}: {error}", written.path.display()),
            format!(
                "Mend it, then give it with --from {}.",
                written.path.display()
            ),
        )
    })?;
    written.discard();
    Ok(filled)
}
