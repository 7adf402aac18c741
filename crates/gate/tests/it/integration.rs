//! The compatibility matrix: a row an answer, and how it stands. What is better for sure.

use adjutant_domain::{
    Data, Evidence, Interval, Labels, Locator, Measurement, OwnMeasure, Scalar, Unit,
};
use adjutant_gate::{IntegrationCheck, directive_counts, integration_rows, learnings, task_counts};

use crate::made::*;

/// A number with labels, as an answer's reader gives it.
fn number(
    measure: OwnMeasure,
    labels: &[(&str, &str)],
    value: f64,
    ends: Option<(f64, f64)>,
) -> Measurement {
    let labels = labels.iter();
    let labels = labels.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Measurement {
        measure: measure.name(),
        labels: labels.collect::<Labels>(),
        unit: Unit::Count,
        locator: Locator::Pointer("/here".to_owned()),
        data: Data::Scalar(Scalar {
            statistic: "count".to_owned(),
            value,
            interval: ends.map(|(low, high)| (Interval::new(low, high).unwrap(), 0.95)),
            n: None,
        }),
    }
}

fn standing(found: Vec<Measurement>) -> String {
    let rows = integration_rows(&[evidence("candidate", 1, found)]);
    let [row] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    row.standing.to_string()
}

#[test]
fn a_contract_stands_as_its_worst_change_and_what_was_not_compared_is_undecided() {
    for (breaking, risky, open, expected) in [
        (0.0, 0.0, 0.0, "SAFE"),
        (0.0, 2.0, 0.0, "RISKY"),
        (0.0, 2.0, 1.0, "UNDECIDED"),
        (1.0, 2.0, 1.0, "BREAKING"),
    ] {
        let changes = |severity, n| {
            number(
                OwnMeasure::SchemaChanges,
                &[("severity", severity)],
                n,
                None,
            )
        };
        let found = vec![
            changes("breaking", breaking),
            changes("risky", risky),
            changes("safe", 4.0),
            number(OwnMeasure::SchemaNotCompared, &[], open, None),
        ];
        assert_eq!(standing(found), expected);
    }
}

#[test]
fn dependencies_without_a_search_for_vulnerabilities_are_undecided() {
    for (records, mismatches, expected) in [
        (Some(900.0), None, "SAFE"),
        (Some(0.0), None, "UNDECIDED"),
        (None, None, "UNDECIDED"),
        (Some(900.0), Some(1.0), "BREAKING"),
    ] {
        let changes = |weight, n| {
            number(
                OwnMeasure::DependencyChanges,
                &[("weight", weight)],
                n,
                None,
            )
        };
        let mut found = vec![changes("breaking", 0.0), changes("risky", 0.0)];
        found.push(number(OwnMeasure::DependenciesNotCompared, &[], 0.0, None));
        found.extend(records.map(|n| number(OwnMeasure::VulnerabilityRecords, &[], n, None)));
        found.extend(mismatches.map(|n| number(OwnMeasure::ConfigurationMismatches, &[], n, None)));
        assert_eq!(standing(found), expected);
    }
}

#[test]
fn recorded_answers_stand_by_what_they_lost_and_by_their_whole_interval() {
    for (ends, lost, open, expected) in [
        (Some((-0.001, 0.005)), 0.0, 0.0, "SAFE"),
        (Some((0.001, 0.02)), 0.0, 0.0, "UNDECIDED"),
        (Some((0.006, 0.02)), 0.0, 0.0, "RISKY"),
        (Some((0.0, 0.001)), 0.0, 3.0, "UNDECIDED"),
        (Some((0.0, 0.001)), 1.0, 3.0, "BREAKING"),
        (None, 0.0, 0.0, "UNDECIDED"),
    ] {
        let found = vec![
            number(OwnMeasure::ShadowRegression, &[], 0.001, ends),
            number(OwnMeasure::ShadowLosses, &[], lost, None),
            number(OwnMeasure::ShadowNotCompared, &[], open, None),
        ];
        assert_eq!(standing(found), expected);
    }
}

#[test]
fn rows_are_of_the_candidate_sorted_by_check_and_the_same_bytes_are_one_answer() {
    let files = |n| {
        vec![number(
            OwnMeasure::ModelFiles,
            &[("verdict", "executable")],
            n,
            None,
        )]
    };
    let changes = vec![number(
        OwnMeasure::SchemaChanges,
        &[("severity", "breaking")],
        0.0,
        None,
    )];
    let given: Vec<Evidence> = vec![
        evidence("candidate", 1, files(0.0)),
        evidence("candidate", 1, files(0.0)),
        evidence("candidate", 2, changes.clone()),
        evidence("baseline", 3, changes),
    ];
    let checks: Vec<IntegrationCheck> = integration_rows(&given)
        .iter()
        .map(|row| row.check)
        .collect();
    assert_eq!(
        checks,
        [IntegrationCheck::Contract, IntegrationCheck::ModelFiles]
    );
}

#[test]
fn the_last_count_of_tasks_and_of_directives_is_taken() {
    let done = [("state", "done")];
    let counted = |n| {
        vec![
            number(OwnMeasure::Tasks, &done, n, None),
            number(OwnMeasure::Directives, &done, n + 1.0, None),
        ]
    };
    let given = [
        evidence("work", 1, counted(2.0)),
        evidence("work", 2, counted(5.0)),
    ];
    let [only] = task_counts(&given).try_into().unwrap();
    assert_eq!((only.state.as_str(), only.count.value()), ("done", 5.0));
    assert!(task_counts(&[]).is_empty());
    let [only] = directive_counts(&given).try_into().unwrap();
    assert_eq!((only.state.as_str(), only.count.value()), ("done", 6.0));
}

#[test]
fn only_a_comparison_whose_whole_interval_is_above_zero_is_a_learning() {
    let policy = built_in("release");
    let decision = decide(&policy, &good_release());
    let learned = learnings(&policy, &decision);
    let named: Vec<&str> = learned
        .iter()
        .map(|found| found.criterion.as_str())
        .collect();
    insta::assert_snapshot!(named.join(" "));
    for learning in &learned {
        assert!(
            learning.gain.interval().unwrap().low() > 0.0,
            "{learning:?}"
        );
        assert!(learning.gain.value() > 0.0 && !learning.gain.sources().is_empty());
    }
    let faster = vec![
        evidence("baseline", 1, load(90.0, REQUESTS, 3, 11)),
        evidence("candidate", 2, load(60.0, REQUESTS, 2, 12)),
    ];
    let gate = gate_of("measure = \"p95\"\nrise_at_most = \"10%\"");
    let faster = learnings(&gate, &decide(&gate, &faster));
    assert_eq!(
        faster.len(),
        1,
        "lower is better: a fall of latency is a gain"
    );
}
