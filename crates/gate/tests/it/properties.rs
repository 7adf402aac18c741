//! What holds for every decision.

use adjutant_domain::{Data, Measurement, Verdict};
use adjutant_gate::{Question, compare};
use proptest::prelude::*;

use crate::made::*;

#[test]
fn without_any_one_file_a_release_is_not_go() {
    let gate = release_criteria();
    for left_out in 0..good_release().len() {
        let mut evidence = good_release();
        let gone = evidence.remove(left_out);
        let decision = decide(&gate, &evidence);
        assert_ne!(
            decision.verdict,
            Verdict::Go,
            "without {}:\n{}",
            gone.file,
            shown(&decision)
        );
    }
}

#[test]
fn without_any_one_measurement_a_release_is_not_go_unless_no_criterion_needs_it() {
    let gate = release_criteria();
    let evidence = good_release();
    for (at, file) in evidence.iter().enumerate() {
        for measurement in &file.measurements {
            let mut fewer = good_release();
            fewer[at]
                .measurements
                .retain(|other| other.measure != measurement.measure);
            let decision = decide(&gate, &fewer);
            // The baseline's own errors and rate are in no criterion of the release gate.
            let is_needed = file.subject.as_str() != "baseline"
                || !matches!(measurement.measure.as_str(), "status" | "timestamp_ms");
            assert_eq!(
                decision.verdict != Verdict::Go,
                is_needed,
                "without {} of {}:\n{}",
                measurement.measure,
                file.file,
                shown(&decision)
            );
        }
    }
}

#[test]
fn every_number_of_a_decision_names_the_file_it_comes_from() {
    let decision = decide(&release_criteria(), &good_release());
    for result in &decision.criteria {
        let numbers = result
            .observed
            .iter()
            .chain(result.arms.iter().map(|(_, measured)| measured));
        for measured in numbers {
            assert!(!measured.sources().is_empty(), "{}", result.id);
            for source in measured.sources() {
                assert!(
                    decision
                        .inputs
                        .iter()
                        .any(|input| input.artifact == source.artifact)
                );
            }
        }
    }
}

#[test]
fn the_same_inputs_give_the_same_decision_and_it_survives_json() {
    let (gate, evidence) = (release_criteria(), good_release());
    let decision = decide(&gate, &evidence);
    assert_eq!(decision, decide(&gate, &evidence));
    let text = serde_json::to_string(&decision).unwrap();
    assert_eq!(
        serde_json::from_str::<adjutant_gate::Decision>(&text).unwrap(),
        decision
    );
}

fn any_samples() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        8 => 0.1..1_000.0f64,
        1 => Just(0.0),
        1 => Just(5.0),
    ];
    proptest::collection::vec(value, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// Whatever the samples, an answer that is not valid is not conclusive, intervals hold their
    /// values, and nothing panics.
    #[test]
    fn any_two_samples_get_a_consistent_answer(
        baseline in any_samples(),
        candidate in any_samples(),
        statistic in prop::sample::select(vec!["p95", "p50", "mean", "latency_ms"]),
        margin in prop::option::of(prop::sample::select(vec!["10%", "5ms", "2points"])),
    ) {
        let mut question = Question::about(statistic.parse().unwrap());
        question.margin = margin.map(|margin| margin.parse().unwrap());
        let found = compare(&question, &[latency(baseline)], &[latency(candidate)], &[]);
        let is_valid = found.validity == adjutant_domain::Validity::Valid;
        prop_assert!(is_valid || found.outcome == adjutant_domain::Outcome::Inconclusive);
        prop_assert!(is_valid || !found.reason.is_empty());
        if let (Some(value), Some(interval)) = (found.candidate.value, found.candidate.interval) {
            prop_assert!(interval.low() <= value + 1e-9 && value <= interval.high() + 1e-9);
        }
        prop_assert!(!is_valid || found.difference.unwrap().interval.is_some()
            || found.relative.unwrap().interval.is_some());
    }

    /// Samples without a value of any kind never let a gate go.
    #[test]
    fn evidence_that_measures_something_else_is_never_go(
        values in any_samples(),
        name in "[a-z]{3,8}",
    ) {
        prop_assume!(name != "status");
        let other: Measurement = samples(&name, adjutant_domain::Unit::One, values);
        prop_assume!(!matches!(&other.data, Data::Absent(_)));
        for gate in ["release", "merge", "quality"] {
            let decision = decide(&built_in(gate), &[evidence("candidate", 1, vec![other.clone()])]);
            prop_assert_eq!(decision.verdict, Verdict::PauseAndFix);
        }
    }
}
