//! Recorded responses compared from the command line.

use crate::stage::Stage;

const COMPARE: [&str; 6] = [
    "shadow",
    "compare",
    "--baseline",
    "old.ndjson",
    "--candidate",
    "new.ndjson",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    COMPARE.into_iter().chain(more.iter().copied()).collect()
}

/// `n` exchanges; the body of each is what `body` makes of its number.
fn recording(n: usize, body: impl Fn(usize) -> String) -> String {
    (0..n)
        .map(|i| {
            format!(
                "{{\"request\":{{\"id\":\"r-{i}\"}},\"status\":200,\"headers\":\
                 {{\"date\":\"{i}\"}},\"body\":{},\"tokens\":12}}\n",
                body(i)
            )
        })
        .collect()
}

fn full(i: usize) -> String {
    format!(r#"{{"id":{i},"price":1.25,"tags":["a","b"]}}"#)
}

/// A candidate that drops a field of one response, and is a little off in some.
fn stage() -> Stage {
    let stage = Stage::new();
    let baseline = recording(10_000, full);
    let candidate = recording(10_000, |i| match i {
        7_231 => format!(r#"{{"id":{i},"tags":["a","b"]}}"#),
        _ if i % 2_500 == 3 => full(i).replace("1.25", "1.5"),
        _ => full(i),
    });
    let noisy = recording(10_000, |i| {
        if i % 1_000 == 0 {
            full(i).replace(r#"["a","b"]"#, r#"["b","a"]"#)
        } else {
            full(i)
        }
    });
    stage.workspace.write("old.ndjson", &baseline);
    stage.workspace.write("again.ndjson", noisy);
    stage.workspace.write("new.ndjson", candidate);
    stage.workspace.write("same.ndjson", baseline);
    stage
}

#[test]
fn a_field_that_one_of_ten_thousand_responses_lacks_is_told_with_its_request() {
    let stage = stage();
    let outcome = stage.outcome(&with(&["--again", "again.ndjson"]));
    insta::assert_snapshot!(outcome);
}

#[test]
fn the_answer_for_programs_and_test_viewers_is_whole() {
    let stage = stage();
    for format in ["json", "junit"] {
        let outcome = stage.outcome(&with(&["--format", format]));
        insta::assert_snapshot!(format!("shadow_as_{format}"), outcome);
    }
}

#[test]
fn the_exit_code_says_pass_fail_or_undecided() {
    let stage = stage();
    let same = |more: &[&'static str]| {
        let mut all = vec!["shadow", "compare", "--baseline", "old.ndjson"];
        all.extend(["--candidate", "same.ndjson"]);
        all.extend(more);
        stage.code(&all)
    };
    assert_eq!(same(&[]), 0);
    assert_eq!(same(&["--regression-max", "0.01points"]), 20);
    assert_eq!(stage.code(&with(&[])), 30);
    assert_eq!(stage.code(&with(&["--ignore", "body.price"])), 0);
    stage.workspace.write("new.ndjson", "");
    assert_eq!(stage.code(&with(&[])), 20);
}

#[test]
fn what_cannot_be_used_is_said_with_its_place_and_a_remedy() {
    let stage = stage();
    let mut told = String::new();
    stage.workspace.write(
        "new.ndjson",
        "{\"request\":{\"id\":1},\"status\":200}\n{\"a\":1}\n",
    );
    for more in [
        &[][..],
        &["--regression-max", "0.5"],
        &["--regression-max", "5%"],
        &["--tolerance", "body.price"],
        &["--ignore", "price"],
        &["--again", "missing.ndjson"],
    ] {
        let all = with(more);
        told.push_str(&format!(
            "$ adjutant {}\n{}\n",
            all.join(" "),
            stage.outcome(&all)
        ));
    }
    insta::assert_snapshot!(told);
}
