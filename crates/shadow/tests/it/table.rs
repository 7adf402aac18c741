//! One change each: what it is called, and where.

use adjutant_domain::Outcome;
use adjutant_shadow::ShadowRules;

use super::{compare, exchange, summary};

/// baseline body, candidate body, what is found
const BODIES: &[(&str, &str, &str)] = &[
    (r#"{"a":1}"#, r#"{ "a" : 1 }"#, ""),
    (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, ""),
    (r#"{"a":"x/y"}"#, r#"{"a":"x\/\u0079"}"#, ""),
    (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, "body.b missing"),
    (r#"{"a":1,"b":2}"#, r#"{"b":2}"#, "body.a missing"),
    (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, "body.b added"),
    (r#"{"a":1}"#, r#"{"b":1}"#, "body.a missing, body.b added"),
    (r#"{"a":1,"a":2}"#, r#"{"a":1}"#, "body.a missing"),
    (
        r#"{"a b":1,"":2}"#,
        r#"{}"#,
        r#"body[""] missing, body["a b"] missing"#,
    ),
    (r#"{"a":1}"#, r#"{"a":null}"#, "body.a type"),
    (r#"{"a":1}"#, r#"{"a":[1]}"#, "body.a type"),
    (r#"{"a":[]}"#, r#"{"a":{}}"#, "body.a type"),
    (r#"{"a":12}"#, r#"{"a":"12"}"#, "body.a encoding"),
    (r#"{"a":"true"}"#, r#"{"a":true}"#, "body.a encoding"),
    (r#"{"a":1}"#, r#"{"a":1.0}"#, "body.a encoding"),
    (r#"{"a":"é"}"#, r#"{"a":"Ã©"}"#, "body.a encoding"),
    (
        r#"{"a":0.1234567890123}"#,
        r#"{"a":0.12345679}"#,
        "body.a precision",
    ),
    (
        r#"{"a":9007199254740993}"#,
        r#"{"a":9007199254740992}"#,
        "body.a precision",
    ),
    (r#"{"a":0.1}"#, r#"{"a":0.10000000000000002}"#, ""),
    (r#"{"a":0.1}"#, r#"{"a":0.11}"#, "body.a number"),
    (r#"{"a":true}"#, r#"{"a":false}"#, "body.a truth"),
    (r#"{"a":"one"}"#, r#"{"a":"two"}"#, "body.a text"),
    ("[1,2,3]", "[1,3,2]", "body order"),
    ("[1,2,2]", "[2,1,1]", "body[*] number"),
    ("[1,2,3]", "[1,2]", "body length"),
    (
        r#"[{"a":1,"b":2},{"a":3,"b":4}]"#,
        r#"[{"a":1,"b":2},{"a":3}]"#,
        "body[*].b missing",
    ),
    (
        r#"[{"a":1},{"b":[5]}]"#,
        r#"[{"b":[5]},{"a":1}]"#,
        "body order",
    ),
    ("[[1,[2]]]", "[[1,[3]]]", "body[*][*][*] number"),
    (r#""{\"a\":1,\"b\":2}""#, r#""{\"a\":1}""#, "body.b missing"),
    (r#""{\"a\":1}""#, r#""oh no""#, "body type"),
    (r#""one two""#, r#""one three""#, "body text"),
];

#[test]
fn each_change_of_a_body_is_named_with_its_path() {
    for (baseline, candidate, expected) in BODIES {
        let one = [exchange("r", baseline)];
        let other = [exchange("r", candidate)];
        let found = compare(ShadowRules::default(), &one, &[], &other);
        assert_eq!(summary(&found), *expected, "{baseline} {candidate}");
    }
}

/// What stands beside the body: baseline, candidate, what is found
const ENVELOPES: &[(&str, &str, &str)] = &[
    (r#""status":200"#, r#""status":500"#, "status status"),
    (
        r#""status":200,"body":1"#,
        r#""status":200"#,
        "body missing",
    ),
    (
        r#""status":200,"headers":{"Vary":"a","ETag":"1"}"#,
        r#""status":200,"headers":{"etag":"1","vary":"a"}"#,
        "",
    ),
    (
        r#""status":200,"headers":{"Vary":"a","ETag":"1"}"#,
        r#""status":200,"headers":{"vary":"b"}"#,
        "headers.etag missing, headers.vary text",
    ),
    (
        r#""status":200"#,
        r#""status":200,"headers":{"x-new":"1"}"#,
        "headers.x-new added",
    ),
    (
        r#""status":200,"headers":{"content-type":"application/json"}"#,
        r#""status":200,"headers":{"content-type":"text/html"}"#,
        "headers.content-type encoding",
    ),
];

#[test]
fn each_change_beside_the_body_is_named() {
    for (baseline, candidate, expected) in ENVELOPES {
        let line = |rest: &str| [format!(r#"{{"request":{{"id":1}},{rest}}}"#)];
        let found = compare(
            ShadowRules::default(),
            &line(baseline),
            &[],
            &line(candidate),
        );
        assert_eq!(summary(&found), *expected, "{baseline} {candidate}");
    }
}

#[test]
fn rules_say_what_agrees_at_a_path() {
    let rules = || ShadowRules {
        tolerances: [
            ("body.price".to_owned(), 0.01),
            ("body.found".to_owned(), 0.5),
        ]
        .into(),
        texts: [("body.answer".to_owned(), 0.5)].into(),
        unordered: ["body.tags".to_owned()].into(),
        ignored: ["body.now".to_owned(), "headers.date".to_owned()].into(),
        ..ShadowRules::default()
    };
    for (baseline, candidate, expected) in [
        (r#"{"price":100.0}"#, r#"{"price":100.5}"#, ""),
        (
            r#"{"price":100.0}"#,
            r#"{"price":102.5}"#,
            "body.price number",
        ),
        (
            r#"{"answer":"the cat sat"}"#,
            r#"{"answer":"The cat sat."}"#,
            "",
        ),
        (
            r#"{"answer":"the cat sat"}"#,
            r#"{"answer":"no"}"#,
            "body.answer text",
        ),
        (r#"{"tags":[1,2,3]}"#, r#"{"tags":[3,1,2]}"#, ""),
        (r#"{"found":[1,2]}"#, r#"{"found":[1]}"#, ""),
        (
            r#"{"found":[1,2]}"#,
            r#"{"found":[3]}"#,
            "body.found[*] number",
        ),
        (
            r#"{"found":[1,2,3]}"#,
            r#"{"found":[1]}"#,
            "body.found length",
        ),
        (r#"{"found":[]}"#, r#"{"found":[]}"#, ""),
        (
            r#"{"tags":[1,2,3]}"#,
            r#"{"tags":[3,1,4]}"#,
            "body.tags[*] number",
        ),
        (
            r#"{"now":1,"then":1}"#,
            r#"{"now":2,"then":2}"#,
            "body.then number",
        ),
        (r#"{"now":1}"#, r#"{}"#, ""),
        (r#"{"now":{"a":1}}"#, r#"{"now":{"a":2}}"#, ""),
    ] {
        let one = [exchange("r", baseline)];
        let other = [exchange("r", candidate)];
        let found = compare(rules(), &one, &[], &other);
        assert_eq!(summary(&found), expected, "{baseline} {candidate}");
    }
    let (one, other) = (
        [exchange("r", r#"{"now":1}"#)],
        [exchange("r", r#"{"now":2}"#)],
    );
    assert_eq!(compare(rules(), &one, &[], &other).ignored, 1);
}

#[test]
fn one_structural_loss_fails_whatever_the_noise_is() {
    let lines = |body: &str| [exchange("r", body)];
    let (full, without) = (lines(r#"{"a":1,"b":2}"#), lines(r#"{"a":1}"#));
    let found = compare(ShadowRules::default(), &full, &without, &without);
    assert_eq!(found.outcome, Outcome::Fail);
    assert_eq!(
        found.reasons[0],
        "what readers of the baseline rely on is gone or of another kind at body.b"
    );
}
