//! Policies as text: what is understood, what is warned about, what is refused and where.

use adjutant_domain::{Confidence, Verdict};
use adjutant_gate::{
    BUILT_IN, Demand, Margin, QuorumPolicy, Scale, Selector, built_in, read_policies,
};

use crate::made::*;

#[test]
fn the_built_in_policies_read_without_a_warning_and_are_found_by_name() {
    for (name, text) in BUILT_IN {
        let policy = policy(text);
        assert_eq!(policy.name.as_str(), name);
        assert_eq!(built_in(&policy.name), Some(text));
        assert!(!policy.title.is_empty());
    }
    assert_eq!(built_in(&"other".parse().unwrap()), None);
}

/// What is wrong, and the line and the key that must be named.
#[test]
fn a_policy_that_cannot_be_followed_is_refused_at_its_line_and_key() {
    let criterion = |lines: &str| {
        format!("[gate.g]\n[[gate.g.criteria]]\nid = \"it\"\nmeasure = \"p95\"\n{lines}\n")
    };
    for (text, line, key, problem) in [
        ("[gate.g\n".to_owned(), 1, "the text is not TOML", ""),
        ("[gate.g]\n".to_owned(), 1, "gate.g", "without criteria"),
        (criterion(""), 2, "gate.g.criteria[0]", "no threshold"),
        (criterion("below = 500"), 5, "gate.g.criteria[0].below", "in quotes, with its unit"),
        (criterion("below = \"500\""), 5, "gate.g.criteria[0].below", "bare number"),
        (criterion("below = \"fast\""), 5, "gate.g.criteria[0].below", "does not start with a number"),
        (criterion("below = \"5 parsecs\""), 5, "gate.g.criteria[0].below", "not a unit"),
        (criterion("rise_at_most = \"10\""), 5, "gate.g.criteria[0].rise_at_most", "10% for a change relative"),
        (criterion("rise_at_most = \"-10%\""), 5, "gate.g.criteria[0].rise_at_most", "not negative"),
        (criterion("below = \"5 ms\"\nabove = \"1 ms\""), 2, "gate.g.criteria[0]", "two thresholds, below and above"),
        (criterion("improves = false"), 2, "gate.g.criteria[0]", "demands nothing"),
        (criterion("below = \"5 ms\"\nrequired = \"yes\""), 6, "gate.g.criteria[0].required", "true or false"),
        (criterion("below = \"5 ms\"\nrequired = false"), 1, "gate.g", "at least one required"),
        (criterion("below = \"5 ms\"\nsamples_min = -1"), 6, "gate.g.criteria[0].samples_min", "at least 0"),
        (criterion("below = \"5 ms\"\nconfidence = \"101%\""), 6, "gate.g.criteria[0].confidence", "below 100%"),
        (criterion("below = \"5 ms\"\nstale_after = \"24\""), 6, "gate.g.criteria[0].stale_after", "24h"),
        (criterion("below = \"5 ms\"\nlabels = { tool = [] }"), 6, "gate.g.criteria[0].labels", "nothing can match"),
        (criterion("below = \"5 ms\"\nsuccess_status = \"399-100\""), 6, "gate.g.criteria[0].success_status", "100-399"),
        (
            "[gate.g]\n[[gate.g.criteria]]\nid = \"e\"\nmeasure = \"error-rate\"\nbelow = \"5 ms\"\n".to_owned(),
            5,
            "gate.g.criteria[0].below",
            "measured in %",
        ),
        (
            "[gate.g]\n[[gate.g.criteria]]\nid = \"c\"\nmeasure = \"correlation\"\nimproves = true\n".to_owned(),
            2,
            "gate.g.criteria[0]",
            "no baseline to change from",
        ),
        (
            "[gate.g]\n[[gate.g.criteria]]\nid = \"c\"\nmeasure = \"p0\"\nbelow = \"5 ms\"\n".to_owned(),
            4,
            "gate.g.criteria[0].measure",
            "above p0",
        ),
        (
            criterion("below = \"5 ms\"") + "[[gate.g.criteria]]\nid = \"it\"\nmeasure = \"p99\"\nbelow = \"9 ms\"\n",
            1,
            "gate.g",
            "two criterion tables have the id it",
        ),
        ("gate = 3\n".to_owned(), 1, "gate", "a table"),
    ] {
        let refused = read_policies(&text).unwrap_err();
        assert_eq!((refused.line, refused.key.as_str()), (line, key), "{text}\n{refused}");
        assert!(refused.problem.contains(problem), "{text}\n{refused}");
    }
}

#[test]
fn an_unknown_key_is_a_warning_that_guesses_what_was_meant() {
    let text = "[gate.g]\nstale_afer = \"1h\"\n[[gate.g.criteria]]\nid = \"it\"\nmeasure = \"p95\"\n\
                below = \"5 ms\"\ncolour = \"red\"\n";
    let read = read_policies(text).unwrap();
    assert_eq!(
        read.warnings,
        [
            "line 7: gate.g.criteria[0].colour is not known and not used",
            "line 2: gate.g.stale_afer is not known and not used; is stale_after meant?",
        ]
    );
}

#[test]
fn other_tables_of_the_settings_are_not_looked_at() {
    let read = read_policies("[store]\nurl = 3\n").unwrap();
    assert!(read.policies.is_empty() && read.warnings.is_empty());
}

#[test]
fn a_criterion_says_more_than_its_policy() {
    let text = "[gate.g]\nconfidence = \"99%\"\nstale_after = \"2h\"\nsamples_min = 7\n\
                [[gate.g.criteria]]\nid = \"a\"\nmeasure = \"p95\"\nbelow = \"0.5 s\"\n\
                [[gate.g.criteria]]\nid = \"b\"\nmeasure = \"mean:tokens\"\nfall_at_least = \"2 points\"\n\
                confidence = \"90% one-sided\"\nstale_after = \"7d\"\nsamples_min = 9\npaired = true\n";
    let gate = policy(text);
    let [a, b] = gate.criteria.as_slice() else {
        unreachable!()
    };
    assert_eq!(a.ask.confidence, Confidence::TwoSided(0.99));
    assert_eq!(b.ask.confidence, Confidence::OneSided(0.9));
    assert_eq!(
        (a.ask.stale_after_ms, b.ask.stale_after_ms),
        (Some(7_200_000), Some(604_800_000))
    );
    assert_eq!((a.ask.samples_min, b.ask.samples_min), (7, 9));
    assert!(matches!(a.demand, Demand::Value(_, bound) if bound.value == 500.0));
    let margin = Margin {
        value: 2.0,
        scale: Scale::Points,
    };
    assert!(matches!(b.demand, Demand::Fall(_, fall) if fall == margin));
    assert!(b.ask.paired && !a.ask.paired);
}

#[test]
fn a_selector_matches_whole_labels_without_regard_to_case() {
    let selector = Selector {
        globs: vec![(
            "suite".to_owned(),
            vec!["*guard?rail*".to_owned(), "pii".to_owned()],
        )],
    };
    for (suite, is_match) in [
        ("tests.Guard-Rail.injection", true),
        ("PII", true),
        ("pii_more", false),
        ("guardrail", false),
        ("", false),
    ] {
        let labels = [("suite".to_owned(), suite.to_owned())].into();
        assert_eq!(selector.matches(&labels), is_match, "{suite}");
    }
    assert!(!selector.matches(&[("tool".to_owned(), "pii".to_owned())].into()));
    assert!(Selector::default().matches(&[("any".to_owned(), "thing".to_owned())].into()));
}

#[test]
fn a_gate_of_the_users_own_decides_like_a_built_in_one() {
    let gate =
        gate_of("measure = \"mean:relevance\"\nrise_at_least = \"0.5 score\"\npaired = true");
    let arm = |base: f64| {
        let values = (0..80)
            .map(|row| base + f64::from(row % 9) / 10.0)
            .collect();
        vec![keyed(
            "relevance",
            adjutant_domain::Unit::One,
            values,
            Some(keys(0..80)),
            None,
        )]
    };
    let better = [
        evidence("baseline", 1, arm(3.0)),
        evidence("candidate", 2, arm(4.0)),
    ];
    assert_eq!(
        decide(&gate, &better).verdict,
        Verdict::Go,
        "{}",
        shown(&decide(&gate, &better))
    );
    let same = [
        evidence("baseline", 1, arm(3.0)),
        evidence("candidate", 2, arm(3.0)),
    ];
    assert_eq!(decide(&gate, &same).verdict, Verdict::Reject);
}

fn quorum_of(text: &str) -> QuorumPolicy {
    policy(&format!(
        "[gate.g]\n[[gate.g.criteria]]\nid = \"it\"\nmeasure = \"p95\"\nbelow = \"1 s\"\n\
         [gate.g.quorum]\n{text}\n"
    ))
    .quorum
    .unwrap()
}

#[test]
fn the_executive_roles_vote_unless_the_policy_names_others() {
    let names = |quorum: QuorumPolicy| -> Vec<String> {
        quorum.roles.iter().map(ToString::to_string).collect()
    };
    let executives = quorum_of("");
    assert_eq!(executives.subject.as_str(), "candidate");
    assert!(!executives.evaluators);
    assert_eq!(
        names(executives),
        [
            "infra-performance-monitor",
            "quality-safety-officer",
            "ai-operations-engineer"
        ]
    );
    let named = quorum_of("roles = [\"owner\"]\nsubject = \"canary\"");
    assert_eq!(named.subject.as_str(), "canary");
    assert_eq!(names(named), ["owner"]);
    assert!(quorum_of("evaluators = true").evaluators);
    assert_eq!(gate_of("measure = \"p95\"\nbelow = \"1 s\"").quorum, None);
}

#[test]
fn a_quorum_of_nobody_and_evaluators_of_another_subject_are_refused() {
    for (keys, problem) in [
        ("roles = []", "nobody"),
        ("subject = \"canary\"\nevaluators = true", "the candidate"),
    ] {
        let text = format!(
            "[gate.g]\n[[gate.g.criteria]]\nid = \"it\"\nmeasure = \"p95\"\nbelow = \"1 s\"\n\
             [gate.g.quorum]\n{keys}\n"
        );
        let refused = read_policies(&text).unwrap_err();
        assert_eq!((refused.line, refused.key.as_str()), (6, "gate.g.quorum"));
        assert!(refused.problem.contains(problem), "{refused}");
    }
}
