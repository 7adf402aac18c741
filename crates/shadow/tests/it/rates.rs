//! How often, how sure, and what had no partner.

use adjutant_domain::{Outcome, Validity};
use adjutant_shadow::{ShadowArm, ShadowComparer, ShadowKind, ShadowRules};

use super::{compare, exchange};

/// `n` exchanges, of which each that `is_other` says has another text.
fn texts(n: usize, is_other: impl Fn(usize) -> bool) -> Vec<String> {
    let text = |i| if is_other(i) { "other" } else { "usual" };
    (0..n)
        .map(|i| exchange(i, format_args!(r#"{{"text":"{}"}}"#, text(i))))
        .collect()
}

#[test]
fn a_field_that_one_of_ten_thousand_responses_lacks_is_found_with_its_request() {
    let full = |i: usize| exchange(i, format_args!(r#"{{"id":{i},"price":1.5}}"#));
    let baseline: Vec<String> = (0..10_000).map(full).collect();
    let mut candidate = baseline.clone();
    candidate[7_231] = exchange(7_231, r#"{"id":7231}"#);
    let found = compare(ShadowRules::default(), &baseline, &baseline, &candidate);
    assert_eq!(found.outcome, Outcome::Fail);
    let path = &found.paths[0];
    assert_eq!(path.path, "body.price");
    assert_eq!(path.kinds[0].kind, ShadowKind::Missing);
    assert_eq!(path.kinds[0].requests, ["7231"]);
    // Its rate alone is acceptable: 1 of 10,000 is below half a point.
    assert_eq!(path.rate.outcome, Outcome::Pass);
    assert_eq!(found.whole.disagreements, 1);
}

#[test]
fn the_rate_is_judged_beyond_the_noise_floor() {
    let every = |k: usize| move |i: usize| i.is_multiple_of(k);
    let usual = texts(4_000, |_| false);
    for (noise, candidate, expected) in [
        (None, texts(4_000, |_| false), Outcome::Pass),
        (None, texts(4_000, |i| i < 4), Outcome::Pass),
        (None, texts(4_000, every(50)), Outcome::Fail),
        (None, texts(4_000, every(200)), Outcome::Inconclusive),
        (
            Some(texts(4_000, every(50))),
            texts(4_000, every(50)),
            Outcome::Pass,
        ),
        (
            Some(texts(4_000, every(50))),
            texts(4_000, every(20)),
            Outcome::Fail,
        ),
    ] {
        let again = noise.unwrap_or_default();
        let found = compare(ShadowRules::default(), &usual, &again, &candidate);
        assert_eq!(found.validity, Validity::Valid);
        assert_eq!(found.outcome, expected, "{:?}", found.whole);
    }
}

#[test]
fn too_few_pairs_say_how_many_more_would_decide() {
    let few = texts(100, |_| false);
    let found = compare(ShadowRules::default(), &few, &[], &few);
    assert_eq!(found.outcome, Outcome::Inconclusive);
    // (1 - 0.005)^n <= 0.025 for n >= 736.
    assert_eq!(found.whole.needed, Some(636));
    assert_eq!(found.whole.noise_pairs, 0);
}

#[test]
fn a_path_where_the_baseline_never_agrees_with_itself_is_not_called_safe() {
    let all = |word: &str| -> Vec<String> {
        (0..2_000)
            .map(|i| exchange(i, format_args!(r#"{{"now":"{word}{i}"}}"#)))
            .collect()
    };
    let found = compare(ShadowRules::default(), &all("a"), &all("b"), &all("c"));
    assert_eq!(found.outcome, Outcome::Inconclusive);
    assert_eq!(
        found.reasons,
        [
            "the baseline disagrees with itself so often that nothing can be told at the whole \
          response, body.now"
        ]
    );
}

#[test]
fn repeated_requests_of_one_recording_are_its_noise_floor() {
    let repeated = |second: &str| -> Vec<String> {
        let bodies = [r#"{"a":"x"}"#, second];
        (0..3_000).map(|i| exchange(i / 2, bodies[i % 2])).collect()
    };
    let baseline = repeated(r#"{"a":"y"}"#);
    let found = compare(ShadowRules::default(), &baseline, &[], &baseline);
    assert_eq!((found.whole.pairs, found.whole.disagreements), (3_000, 0));
    assert_eq!(
        (found.whole.noise_pairs, found.whole.noise_disagreements),
        (1_500, 1_500)
    );
}

#[test]
fn a_candidate_that_was_asked_more_often_is_compared_each_time() {
    let baseline = [exchange("r", r#"{"a":1}"#)];
    let candidate = [exchange("r", r#"{"a":1}"#), exchange("r", "{}")];
    let found = compare(ShadowRules::default(), &baseline, &[], &candidate);
    assert_eq!((found.whole.pairs, found.whole.disagreements), (2, 1));
    assert_eq!(found.outcome, Outcome::Fail);
}

#[test]
fn requests_without_a_partner_are_counted_and_named() {
    let baseline = texts(2_000, |_| false);
    let mut candidate = baseline.clone();
    let moved = candidate.remove(5);
    candidate.push(exchange("new", "1"));
    let found = compare(ShadowRules::default(), &baseline, &[], &candidate);
    assert_eq!(found.outcome, Outcome::Inconclusive);
    assert_eq!(found.unanswered.requests, ["5"]);
    assert_eq!(found.unasked.requests, ["new"]);
    assert_eq!(
        found.reasons,
        [
            "the candidate did not answer 1 request: 5",
            "only the candidate answered 1 request: new"
        ]
    );
    // An answer that comes later than the window is wide has no partner any more.
    candidate[1_999] = moved;
    let narrow = ShadowRules {
        window: 100,
        ..ShadowRules::default()
    };
    let found = compare(narrow, &baseline, &[], &candidate);
    assert_eq!((found.unanswered.count, found.unasked.count), (1, 1));
    let found = compare(ShadowRules::default(), &baseline, &[], &candidate);
    assert_eq!((found.unanswered.count, found.unasked.count), (0, 0));
    assert_eq!(found.outcome, Outcome::Pass);
}

#[test]
fn without_pairs_there_is_no_data() {
    let found = compare(ShadowRules::default(), &[], &[], &[]);
    assert_eq!(found.validity, Validity::NoData);
    assert_eq!(
        found.reasons,
        ["no request was answered in both recordings"]
    );
}

#[test]
fn what_calls_took_is_summed_with_how_many_say_it() {
    let line = |id: u32, rest: &str| format!(r#"{{"request":{{"id":{id}}},"status":200{rest}}}"#);
    let baseline = [line(1, ""), line(2, "")];
    let candidate = [
        line(1, r#","tokens":120,"cost":0.25,"duration_ms":10"#),
        line(2, r#","tokens":null,"cost":0.5"#),
    ];
    let accounts = compare(ShadowRules::default(), &baseline, &[], &candidate).accounts;
    assert_eq!(accounts.baseline.tokens, (0, 0.0));
    assert_eq!(accounts.candidate.tokens, (1, 120.0));
    assert_eq!(accounts.candidate.cost, (2, 0.75));
    assert_eq!(accounts.candidate.duration_ms, (1, 10.0));
}

#[test]
fn a_line_that_is_no_exchange_is_named() {
    let mut comparer = ShadowComparer::new(ShadowRules::default());
    comparer.feed(ShadowArm::Candidate, 1, b"  ").unwrap();
    let error = comparer.feed(ShadowArm::Candidate, 2, b"{").unwrap_err();
    assert_eq!(error.arm, ShadowArm::Candidate);
    assert_eq!(
        error.to_string(),
        "line 2: column 2: a key in quotes was expected"
    );
}

#[test]
fn keys_without_end_are_not_told_apart_and_not_called_safe() {
    let many = |value: u32| -> String {
        let keys: Vec<String> = (0..10_010).map(|i| format!(r#""k{i}":{value}"#)).collect();
        exchange("r", format_args!("{{{}}}", keys.join(",")))
    };
    let found = compare(ShadowRules::default(), &[many(1)], &[], &[many(2)]);
    assert_eq!(found.untold, 10);
    assert_ne!(found.outcome, Outcome::Pass);
}
