//! The template: what is written is read back, and what is wrong is said with its line.

use proptest::prelude::*;

use super::*;
use crate::{Check, CheckRun, LinkKind, PathGlob, Priority, ProofKind, Risk, TaskKind, Timebox};
use adjutant_domain::TaskId;

#[test]
fn the_blank_template_asks_for_nothing() {
    assert_eq!(parse(BLANK).unwrap(), Filled::default());
}

#[test]
fn a_file_as_people_write_it_is_read() {
    let text = "\
# Cache embeddings
| kind | Feature |
|:--|--|
| PRIORITY | high |
| Timebox | m |

<!-- a comment
## Goal
-->
## goal
Warm queries skip the model.

\\# not a heading
## Risks and mitigations
* stale vectors => key by
  model version
## Paths
- src/search/
## Links
- blocked-by 3
- parent T-1

## Checks

```toml
[[check]]
name = \"cache\"
argv = [\"cargo\", \"test\", \"cache\"]
```
";
    let Filled { intake, links } = parse(text).unwrap();
    assert_eq!(intake.title, "Cache embeddings");
    assert_eq!(intake.kind, Some(TaskKind::Feature));
    assert_eq!(intake.priority, Some(Priority::High));
    assert_eq!(intake.timebox, Some(Timebox::M));
    assert_eq!(
        intake.goal,
        "Warm queries skip the model.\n\n# not a heading"
    );
    assert_eq!(intake.risks[0].mitigation, "key by\nmodel version");
    assert_eq!(intake.paths[0].as_str(), "src/search");
    assert_eq!(links[0].target, TaskId::from_number(3));
    assert_eq!(links[1].kind, LinkKind::Parent);
    assert_eq!(intake.checks[0].proof, ProofKind::RedGreen);
    assert_eq!(intake.checks[0].seconds_max, 600);
    let missing: Vec<_> = intake.missing().iter().map(|field| field.name()).collect();
    assert_eq!(
        missing,
        [
            "context",
            "success criteria",
            "deliverables",
            "non-goals",
            "test hooks and metrics"
        ]
    );
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let known = "known are Goal, Context, Success criteria, Deliverables, Non-goals, Risks and \
                 mitigations, Test hooks and metrics, Paths, Links, Checks";
    for (text, told) in [
        ("# a\n## Gaol\n", format!("line 2: Gaol is no section; {known}")),
        ("# a\n## Goal\n## Goal\n", "line 3: Goal stands here a second time".to_owned()),
        ("# a\n\nhello\n", "line 3: before the first section stand the title and the table of fields".to_owned()),
        ("# a\n| Kind | chore |\n", "line 2: \"chore\" is no kind of change: one of feature, fix, refactor, docs, test, infra, experiment, operations, review is needed".to_owned()),
        ("# a\n| Size | L |\n", "line 2: Size is no field; known are Kind, Priority, Timebox, Role".to_owned()),
        ("## Paths\n- /etc\n", "line 2: \"/etc\" is not a path pattern: it must be relative to the top of the repository".to_owned()),
        ("## Deliverables\ncode\n", "line 2: begin a point with \"- \"".to_owned()),
        ("## Risks and mitigations\n- all of it\n", "line 2: write a risk as: what can go wrong => what is done about it".to_owned()),
        ("## Links\n- after T-3\n", "line 2: after is no link; known are blocked-by, parent, discovered-from, handoff-of, as in: - blocked-by T-3".to_owned()),
        ("## Links\n- parent X\n", "line 2: \"X\" is not a task: write it as T-17".to_owned()),
        ("## Checks\n\n```toml\n[[check]]\nname = \"a\"\nargv = []\n```\n", "line 4: check a: argv names no program".to_owned()),
        ("## Checks\n```toml\n[[check]]\nname = \"a\"\n\nargs = []\n```\n", "line 6: unknown field `args`, expected one of `name`, `argv`, `gate`, `evidence`, `tests`, `frozen`, `no_red`, `seconds_max`".to_owned()),
        ("## Checks\ncargo test\n", "line 2: checks stand between ```toml and ```".to_owned()),
        ("<!-- a\n", "line 1: the comment has no end".to_owned()),
        ("## Goal\nx\n# y\n", "line 3: a heading of its own: write \\# for a line that begins with #".to_owned()),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), told, "{text:?}");
    }
    assert!(parse(&"x".repeat(BYTES_MAX + 1)).is_err());
}

/// Text of one or more lines, as a person could have meant it: no blank ends.
fn prose() -> impl Strategy<Value = String> {
    let line = "[-a-z#<!\\\\|`*>\u{e4}\u{1f980}]{0,3}[a-z#<!-]{0,8}( [a-z=|#-]{1,6}){0,3}";
    proptest::collection::vec(line, 0..5).prop_map(|lines| lines.join("\n").trim().to_owned())
}

fn point() -> impl Strategy<Value = String> {
    "[a-z#<|`][-a-z!=>|#]{0,8}( [a-z][a-z#]{0,6}){0,3}(\n[a-z#-]{1,6}){0,2}"
}

fn glob() -> impl Strategy<Value = PathGlob> {
    "[a-z*?]{1}[a-z]{0,4}(/[a-z]{1,4}|/\\*\\*){0,3}".prop_map(|text: String| text.parse().unwrap())
}

fn check() -> impl Strategy<Value = Check> {
    let argv = proptest::collection::vec("[ -~\n\t\u{e9}]{1,8}", 1..4);
    let globs = || proptest::collection::vec(glob(), 0..3);
    let no_red = proptest::option::of("[a-z\"\\\\]{1,12}");
    let gate = proptest::option::of("[a-z]{1,6}");
    (argv, globs(), globs(), no_red, gate, 1..u32::MAX).prop_map(
        |(argv, tests, frozen, no_red, gate, seconds_max)| Check {
            name: "check".parse().unwrap(),
            run: match gate {
                None => CheckRun::Command { argv },
                Some(gate) => CheckRun::Gate {
                    argv,
                    evidence: vec!["out.csv".to_owned()],
                    gate: gate.parse().unwrap(),
                },
            },
            proof: no_red.map_or(ProofKind::RedGreen, |reason| ProofKind::GreenOnly {
                reason,
            }),
            tests,
            frozen,
            seconds_max,
        },
    )
}

fn filled() -> impl Strategy<Value = Filled> {
    let points = || proptest::collection::vec(point(), 0..3);
    let risk =
        ("[a-z]{1,9}", "[a-z]{1,9}").prop_map(|(risk, mitigation)| Risk { risk, mitigation });
    let link = (0..4_usize, 1..99_i64).prop_map(|(kind, target)| Link {
        kind: [
            LinkKind::BlockedBy,
            LinkKind::Parent,
            LinkKind::DiscoveredFrom,
            LinkKind::HandoffOf,
        ][kind],
        target: TaskId::from_number(target),
    });
    let lists = (
        points(),
        points(),
        points(),
        points(),
        proptest::collection::vec(risk, 0..3),
        proptest::collection::vec(glob(), 0..3),
        proptest::collection::vec(link, 0..3),
        proptest::collection::vec(check(), 0..2),
    );
    let choices = (
        proptest::option::of(0..TaskKind::ALL.len()),
        proptest::option::of(0..Priority::ALL.len()),
        proptest::option::of(0..Timebox::ALL.len()),
        proptest::option::of("[a-z-]{1,9}"),
    );
    (
        "([a-z#|]{1,9}( [a-z#|]{1,9}){0,3})?",
        prose(),
        prose(),
        lists,
        choices,
    )
        .prop_map(
            |(title, goal, context, lists, (kind, priority, timebox, role))| {
                let (
                    success_criteria,
                    deliverables,
                    non_goals,
                    test_hooks,
                    risks,
                    paths,
                    links,
                    checks,
                ) = lists;
                Filled {
                    intake: Intake {
                        title,
                        kind: kind.map(|at| TaskKind::ALL[at]),
                        goal,
                        context,
                        success_criteria,
                        deliverables,
                        non_goals,
                        risks,
                        test_hooks,
                        timebox: timebox.map(|at| Timebox::ALL[at]),
                        priority: priority.map(|at| Priority::ALL[at]),
                        paths,
                        role: role.map(|role| role.parse().unwrap()),
                        checks,
                    },
                    links,
                }
            },
        )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(filled in filled()) {
        let text = render(&filled.intake, &filled.links);
        prop_assert_eq!(parse(&text).map_err(|error| format!("{error}\n{text}")), Ok(filled));
    }

    #[test]
    fn whatever_can_be_read_is_written_the_same_the_second_time(text in "(## Goal\n|# |\\\\|<!--|-->|- |\n|[a-z ]|```|=>|\\|){0,40}") {
        if let Ok(filled) = parse(&text) {
            let written = render(&filled.intake, &filled.links);
            prop_assert_eq!(parse(&written), Ok(filled));
        }
    }
}
