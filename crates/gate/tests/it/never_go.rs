//! The ten ways in which other gates turn nothing into a pass. None of them is GO here.

use adjutant_domain::{Absence, Data, Timestamp, Unit, Validity, Verdict};
use adjutant_gate::{Decision, SourceFailure, read_policies};

use crate::made::*;

const P95: &str = "measure = \"p95\"\nbelow = \"500 ms\"\nstale_after = \"1h\"";

fn failure(subject: &str, why: &str, empty: bool) -> SourceFailure {
    SourceFailure {
        subject: subject.parse().unwrap(),
        what: "candidate.csv".to_owned(),
        why: why.to_owned(),
        empty,
    }
}

#[track_caller]
fn assert_paused(decision: &Decision, validity: Validity) {
    let shown = shown(decision);
    assert_eq!(decision.verdict, Verdict::PauseAndFix, "{shown}");
    assert_eq!(decision.criteria[0].validity, validity, "{shown}");
    assert!(decision.criteria[0].needed.command.is_some(), "{shown}");
}

#[test]
fn a_run_that_was_terminated_before_it_measured_anything() {
    let terminated = evidence("candidate", 1, vec![]);
    assert_paused(&decide(&gate_of(P95), &[terminated]), Validity::NoData);
}

#[test]
fn a_source_that_timed_out() {
    let failed = failure("candidate", "no answer within 10 s", false);
    let decision = decide_with(&gate_of(P95), &[], &[failed], &[], &[]);
    assert_paused(&decision, Validity::SourceError);
}

#[test]
fn a_selector_that_matches_nothing() {
    let gate = gate_of(
        "measure = \"count:tests.failed\"\nlabels = { suite = \"*guardrail*\" }\nat_most = \"0 count\"",
    );
    let other = labelled(proportion("tests.failed", 0, 40), &[("suite", "unit")]);
    assert_paused(
        &decide(&gate, &[evidence("candidate", 1, vec![other])]),
        Validity::NoData,
    );
}

#[test]
fn a_criterion_without_a_threshold_is_refused() {
    let text = "[gate.g]\n[[gate.g.criteria]]\nid = \"p95\"\nmeasure = \"p95\"\n";
    let refused = read_policies(text).unwrap_err();
    assert_eq!(
        (refused.line, refused.key.as_str()),
        (2, "gate.g.criteria[0]")
    );
    assert!(refused.problem.contains("no threshold"), "{refused}");
}

#[test]
fn an_empty_file() {
    let empty = failure("candidate", "the file is empty", true);
    let decision = decide_with(&gate_of(P95), &[], &[empty], &[], &[]);
    assert_paused(&decision, Validity::NoData);
}

#[test]
fn values_that_are_all_not_a_number() {
    let nan = latency(vec![f64::NAN; 1_000]);
    assert_paused(
        &decide(&gate_of(P95), &[evidence("candidate", 1, vec![nan])]),
        Validity::NotFinite,
    );
}

#[test]
fn zero_samples() {
    let none = latency(vec![]);
    assert_paused(
        &decide(&gate_of(P95), &[evidence("candidate", 1, vec![none])]),
        Validity::NoData,
    );
}

#[test]
fn one_sample() {
    let one = latency(vec![3.0]);
    let decision = decide(&gate_of(P95), &[evidence("candidate", 1, vec![one])]);
    assert_paused(&decision, Validity::Insufficient);
    assert_eq!(decision.criteria[0].needed.samples, Some(71));
}

#[test]
fn stale_evidence_and_evidence_from_the_future() {
    for hours in [-2, 2] {
        let mut old = evidence("candidate", 1, load(60.0, 1_000, 0, 1));
        old.taken_at = Timestamp::from_unix_millis(now().unix_millis() - hours * 3_600_000);
        assert_paused(&decide(&gate_of(P95), &[old]), Validity::Stale);
    }
}

#[test]
fn a_provider_that_answers_with_an_error_or_with_nothing() {
    for (absence, validity) in [
        (
            Absence::SourceRefused("bad_data".to_owned()),
            Validity::SourceError,
        ),
        (Absence::EmptyResult, Validity::NoData),
        (Absence::AbsentSeries, Validity::NoData),
        (Absence::NotANumber, Validity::NotFinite),
        (Absence::Infinite, Validity::NotFinite),
    ] {
        let answer = measurement(
            "latency_ms",
            Unit::Milliseconds,
            Data::Absent(absence.clone()),
        );
        let alone = decide(
            &gate_of(P95),
            &[evidence("candidate", 1, vec![answer.clone()])],
        );
        assert_paused(&alone, validity);
        // Good samples of another file do not hide it.
        let beside = [
            evidence("candidate", 1, vec![answer]),
            evidence("candidate", 2, load(60.0, 1_000, 0, 1)),
        ];
        assert_paused(&decide(&gate_of(P95), &beside), validity);
    }
}

#[test]
fn a_source_that_failed_beside_evidence_that_passes() {
    let failed = failure("candidate", "truncated at line 7", false);
    let decision = decide_with(&release_criteria(), &good_release(), &[failed], &[], &[]);
    assert_eq!(
        decision.verdict,
        Verdict::PauseAndFix,
        "{}",
        shown(&decision)
    );
    assert!(
        decision.reasons[0].contains("truncated at line 7"),
        "{:?}",
        decision.reasons
    );
}

#[test]
fn a_suite_of_which_no_test_ran() {
    let gate = gate_of("measure = \"count:tests.failed\"\nat_most = \"0 count\"");
    let none_ran = proportion("tests.failed", 0, 0);
    assert_paused(
        &decide(&gate, &[evidence("candidate", 1, vec![none_ran])]),
        Validity::NoData,
    );
}

#[test]
fn a_relative_change_of_a_baseline_that_is_zero() {
    let gate = gate_of("measure = \"mean:retries\"\nrise_at_most = \"10%\"");
    let retries = |value: f64| vec![samples("retries", Unit::One, vec![value; 200])];
    let evidence = [
        evidence("baseline", 1, retries(0.0)),
        evidence("candidate", 2, retries(3.0)),
    ];
    assert_paused(&decide(&gate, &evidence), Validity::Insufficient);
}

#[test]
fn a_share_in_per_cent_where_a_share_of_one_is_needed() {
    let gate = gate_of("measure = \"share:line_coverage\"\nat_least = \"85%\"");
    let percent = scalar("line_coverage", "value", 86.0);
    assert_paused(
        &decide(&gate, &[evidence("candidate", 1, vec![percent])]),
        Validity::SourceError,
    );
}
