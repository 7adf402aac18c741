use std::collections::BTreeMap;

use adjutant_domain::Timestamp;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

fn id(name: &str) -> DirectiveId {
    name.parse().unwrap()
}

/// An action of the file, with these members in place of the usual ones.
fn action(name: &str, changes: Json) -> Json {
    let mut action = json!({
        "id": name,
        "title": "Smoke-test the search service",
        "priority": "MEDIUM",
        "owner": "ops-commander",
        "estimate": "5m",
        "kind": "smoke_test",
        "parameters": {"command": ["./smoke.sh", "--all"]},
        "success_criteria": ["every page answers"],
    });
    for (key, value) in changes.as_object().unwrap() {
        let members = action.as_object_mut().unwrap();
        if value.is_null() {
            members.remove(key);
        } else {
            members.insert(key.clone(), value.clone());
        }
    }
    action
}

fn read(actions: &[Json]) -> ReadDirectives {
    let text = json!({"actions": actions}).to_string();
    read_directives(text.as_bytes(), &BTreeMap::new()).unwrap()
}

fn refusals(read: &ReadDirectives) -> Vec<String> {
    let told = |one: &RefusedDirective| format!("{}: {}", one.pointer, one.problem);
    read.refused.iter().map(told).collect()
}

#[test]
fn every_kind_is_read_with_its_parameters() {
    let read = read(&[
        action("a", json!({})),
        action(
            "b",
            json!({"kind": "command", "parameters": {"command": ["make"], "time_max": "2h"}}),
        ),
        action(
            "c",
            json!({"kind": "collect_baseline", "parameters": {"command": ["./load"], "evidence": ["a.csv"]}}),
        ),
        action(
            "d",
            json!({"kind": "experiment", "parameters": {"gate": "release", "evidence": [
                {"subject": "candidate", "source": "b.csv"}]}}),
        ),
        action(
            "e",
            json!({"kind": "generate_report", "parameters": {"gate": "release"}}),
        ),
        action(
            "f",
            json!({"kind": "deploy", "parameters": {"service": "search", "artifact": "target/search"}}),
        ),
        action(
            "g",
            json!({"success_criteria": [
                {"text": "it answers", "command": ["curl", "-f", "http://127.0.0.1:80/"]},
                {"text": "the gate says GO", "gate": "release"},
                {"text": "there is a report", "file": "reports/deployment.md"},
                {"text": "everybody is happy"}]}),
        ),
    ]);
    assert_eq!(refusals(&read), Vec::<String>::new());
    insta::assert_debug_snapshot!(read.directives);
}

#[test]
fn a_bad_action_is_refused_at_its_place_and_the_rest_goes_on() {
    let cases = [
        (json!({"id": null}), ": missing field `id`"),
        (json!({"id": "two words"}), "/id: directive \"two words\""),
        (json!({"title": " "}), "/title: write one line"),
        (
            json!({"priority": "URGENT"}),
            "/priority: unknown variant `URGENT`",
        ),
        (json!({"owner": 7}), "/owner: invalid type: integer `7`"),
        (
            json!({"estimate": "soon"}),
            "/estimate: \"soon\" is not a length of time",
        ),
        (json!({"kind": "pray"}), "/kind: unknown variant `pray`"),
        (
            json!({"dependancies": []}),
            "/dependancies: unknown field `dependancies`",
        ),
        (
            json!({"parameters": {}}),
            "/parameters: missing field `command`",
        ),
        (
            json!({"parameters": {"command": "ls"}}),
            "/parameters/command: invalid type: string \"ls\"",
        ),
        (
            json!({"parameters": {"command": ["ls", 1]}}),
            "/parameters/command/1: invalid type: integer `1`",
        ),
        (
            json!({"parameters": {"command": []}}),
            "/parameters/command: name a program",
        ),
        (
            json!({"parameters": {"command": ["a\u{0}b"]}}),
            "/parameters/command: a program's argument holds no NUL",
        ),
        (
            json!({"parameters": {"command": ["ls"], "a/b~c": 1}}),
            "/parameters/a~1b~0c: unknown field `a/b~c`",
        ),
        (
            json!({"kind": "collect_baseline", "parameters": {"command": ["ls"], "evidence": []}}),
            "/parameters/evidence: name at least one file",
        ),
        (
            json!({"success_criteria": []}),
            "/success_criteria: name at least one",
        ),
        (
            json!({"success_criteria": ["a", {"text": "b", "url": "c"}]}),
            "/success_criteria/1/url: unknown field `url`",
        ),
        (
            json!({"success_criteria": [{"text": "b", "gate": "release", "file": "c"}]}),
            "/success_criteria/0: one criterion has one check",
        ),
        (
            json!({"dependencies": ["nobody"]}),
            "/dependencies/0: there is no nobody",
        ),
        (
            json!({"dependencies": ["bad"]}),
            "/dependencies: bad would wait for itself",
        ),
        (json!({"id": "good"}), "/id: /actions/0 has this id too"),
    ];
    for (changes, expected) in cases {
        let read = read(&[
            action("good", json!({})),
            action("bad", changes.clone()),
            action("after", json!({"dependencies": ["good"]})),
        ]);
        let names: Vec<&str> = read.directives.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(names, ["good", "after"], "{changes}");
        let told = refusals(&read);
        assert_eq!(told.len(), 1, "{changes}");
        let expected = format!("/actions/1{expected}");
        assert!(
            told[0].starts_with(&expected),
            "{} is not {expected}",
            told[0]
        );
    }
}

#[test]
fn what_depends_on_a_refused_directive_waits_for_it() {
    let read = read(&[
        action("bad", json!({"estimate": "soon"})),
        action("after", json!({"dependencies": ["bad"]})),
    ]);
    let standings = BTreeMap::new();
    let queue = Queue {
        directives: &read.directives,
        standings: &standings,
    };
    assert_eq!(queue.next(), None);
    let after = &read.directives[0];
    assert_eq!(queue.waits_for(after).collect::<Vec<_>>(), [&id("bad")]);
}

#[test]
fn all_directives_of_a_circle_are_refused() {
    let read = read(&[
        action("a", json!({"dependencies": ["b"]})),
        action("b", json!({"dependencies": ["c"]})),
        action("c", json!({"dependencies": ["b"]})),
    ]);
    assert_eq!(
        refusals(&read),
        [
            "/actions/1/dependencies: b would wait for itself",
            "/actions/2/dependencies: c would wait for itself",
        ]
    );
    assert_eq!(read.directives.len(), 1);
}

#[test]
fn what_was_carried_out_may_be_depended_on_and_may_not_change() {
    let then = read(&[action("a", json!({}))]);
    let done = BTreeMap::from([(id("a"), then.directives[0].digest)]);
    let text = |actions: &[Json]| json!({"actions": actions}).to_string();
    let read = |actions: &[Json]| read_directives(text(actions).as_bytes(), &done).unwrap();
    let alone = read(&[action("b", json!({"dependencies": ["a"]}))]);
    assert_eq!(refusals(&alone), Vec::<String>::new());
    assert_eq!(
        refusals(&read(&[action("a", json!({}))])),
        Vec::<String>::new()
    );
    let changed = read(&[action("a", json!({"title": "Another one"}))]);
    assert_eq!(
        refusals(&changed),
        [
            "/actions/0/id: a directive of this id was carried out, and said something else: \
             give this one another id"
        ]
    );
}

#[test]
fn a_file_of_another_shape_is_refused_whole() {
    for (text, expected) in [
        ("", "this is not JSON: EOF"),
        ("{\"actions\": [", "this is not JSON: EOF"),
        ("[]", "/actions is missing"),
        ("{\"actions\": {}}", "/actions is no list"),
    ] {
        let error = read_directives(text.as_bytes(), &BTreeMap::new()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let many: Vec<Json> = (0..=DIRECTIVES_MAX).map(|_| json!({})).collect();
    let text = json!({"actions": many}).to_string();
    assert_eq!(
        read_directives(text.as_bytes(), &BTreeMap::new()),
        Err(UnreadableDirectives::TooMany(DIRECTIVES_MAX + 1))
    );
}

#[test]
fn the_urgent_come_first_and_lend_their_urgency_to_what_they_wait_for() {
    let read = read(&[
        action("low", json!({"priority": "LOW"})),
        action("first", json!({})),
        action("root", json!({"priority": "LOW"})),
        action(
            "middle",
            json!({"priority": "LOW", "dependencies": ["root"]}),
        ),
        action(
            "high",
            json!({"priority": "HIGH", "dependencies": ["middle"]}),
        ),
        action("second", json!({})),
    ]);
    let standings = BTreeMap::new();
    let queue = Queue {
        directives: &read.directives,
        standings: &standings,
    };
    let order: Vec<&str> = queue.order().iter().map(|one| one.id.as_str()).collect();
    assert_eq!(order, ["root", "middle", "high", "first", "second", "low"]);
}

#[test]
fn times_are_expected_one_after_another_from_what_is_under_way() {
    let read = read(&[
        action("late", json!({"dependencies": ["now"]})),
        action("now", json!({})),
        action("failed", json!({})),
        action("never", json!({"dependencies": ["failed"]})),
    ]);
    let minute = |minute: i64| Timestamp::from_unix_millis(minute * 60_000);
    let standings = BTreeMap::from([
        (id("now"), DirectiveStanding::Begun { at: minute(10) }),
        (
            id("failed"),
            DirectiveStanding::Ended(DirectiveOutcome::Failed),
        ),
    ]);
    let queue = Queue {
        directives: &read.directives,
        standings: &standings,
    };
    assert_eq!(queue.next(), None);
    let (late, now) = (id("late"), id("now"));
    let expected = |at: i64| queue.expected(minute(at));
    assert_eq!(
        expected(12),
        BTreeMap::from([(&now, minute(15)), (&late, minute(20))])
    );
    // What takes longer than its estimate is expected at once.
    assert_eq!(
        expected(17),
        BTreeMap::from([(&now, minute(17)), (&late, minute(22))])
    );
}

proptest! {
    /// Whatever the file asks for, whatever fails: nothing begins before what it waits for, nothing
    /// begins twice, and in the end all that was not begun waits for a failure.
    #[test]
    fn carrying_out_keeps_the_order_and_leaves_nothing_that_could_begin(
        edges in proptest::collection::vec((0_usize..12, 0_usize..12), 0..24),
        priorities in proptest::collection::vec(0_usize..3, 12),
        failing in proptest::collection::btree_set(0_usize..12, 0..4),
    ) {
        let name = |n: usize| format!("d{n}");
        let words = ["HIGH", "MEDIUM", "LOW"];
        let actions: Vec<Json> = (0..12).map(|n| {
            // Only from later to earlier ones: no circle.
            let before: Vec<String> = edges.iter()
                .filter(|(from, to)| *from == n && to < from)
                .map(|(_, to)| name(*to)).collect();
            action(&name(n), json!({"priority": words[priorities[n]], "dependencies": before}))
        }).collect();
        let read = read(&actions);
        prop_assert_eq!(read.directives.len(), 12);
        let mut standings = BTreeMap::new();
        loop {
            let queue = Queue { directives: &read.directives, standings: &standings };
            let Some(next) = queue.next() else { break };
            prop_assert!(next.dependencies.iter().all(|id| queue.standing(id).is_carried_out()));
            let fails = failing.iter().any(|n| name(*n) == next.id.as_str());
            let outcome = if fails { DirectiveOutcome::Failed } else { DirectiveOutcome::Done };
            let standing = DirectiveStanding::Ended(outcome);
            prop_assert_eq!(standings.insert(next.id.clone(), standing), None);
        }
        let queue = Queue { directives: &read.directives, standings: &standings };
        for one in &read.directives {
            if !standings.contains_key(&one.id) {
                prop_assert!(queue.waits_for(one).next().is_some());
            }
        }
    }
}

#[test]
fn only_proven_criteria_make_a_directive_done() {
    use CriterionStanding::{Met, Missed, NoData};
    let outcome = |carried_out: bool, standings: &[CriterionStanding]| {
        let judged = |standing: &CriterionStanding| JudgedCriterion {
            text: "it answers".to_owned(),
            standing: *standing,
            because: String::new(),
        };
        let record = DirectiveRecord {
            carried_out,
            result: String::new(),
            evidence: vec![],
            criteria: standings.iter().map(judged).collect(),
        };
        record.outcome()
    };
    for (carried_out, standings, expected) in [
        (true, [Met, Met].as_slice(), DirectiveOutcome::Done),
        (true, &[Met, NoData], DirectiveOutcome::Unproven),
        (true, &[], DirectiveOutcome::Unproven),
        (true, &[Missed, NoData], DirectiveOutcome::Failed),
        (false, &[Met], DirectiveOutcome::Failed),
        (false, &[], DirectiveOutcome::Failed),
    ] {
        assert_eq!(outcome(carried_out, standings), expected, "{standings:?}");
    }
}
