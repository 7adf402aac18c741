//! Gates that measure themselves.

use adjutant_gate::{SelfTest, self_test};

use crate::made::*;

fn tested(criterion: &str, seeds: u64) -> SelfTest {
    self_test(&gate_of(criterion), seeds, &mut |_, _| {})
}

#[test]
fn a_gate_keeps_its_error_rates_and_finds_the_planted_regression() {
    for criterion in [
        "measure = \"p95\"\ndrift_within = \"5 ms\"\nconfidence = \"95% one-sided\"",
        "measure = \"p95\"\nrise_at_most = \"10%\"",
        "measure = \"error-rate\"\nbelow = \"1%\"\nconfidence = \"95% one-sided\"",
        "measure = \"compliance@1\"\nfall_at_most = \"2 points\"",
    ] {
        let tested = tested(criterion, 300);
        let one = &tested.criteria[0];
        assert!(tested.has_vote, "{criterion}: {one:#?}");
        assert!(one.power.events > 200, "{criterion}: {one:#?}");
        assert_eq!(one.false_pass.trials, 300);
    }
}

#[test]
fn a_gate_that_decides_with_too_little_confidence_has_no_vote() {
    // One wrong answer in three, where one in twenty is allowed.
    let careless = tested(
        "measure = \"p95\"\nbelow = \"500 ms\"\nconfidence = \"67% one-sided\"",
        300,
    );
    assert!(!careless.has_vote, "{careless:#?}");
}

#[test]
fn a_census_is_tried_once_and_progress_reaches_the_end() {
    let mut last = (0, 0);
    let gate = gate_of("measure = \"share:line_coverage\"\nat_least = \"85%\"");
    let tested = self_test(&gate, 1_000, &mut |done, all| last = (done, all));
    assert_eq!(last, (4, 4));
    let one = &tested.criteria[0];
    assert_eq!(
        (
            one.false_alarm.events,
            one.power.events,
            one.passes_good.events
        ),
        (0, 1, 1)
    );
    // Exactly on an "at least" is accepted.
    assert_eq!(one.false_pass.events, 1);
    assert!(tested.has_vote);
}
