//! Comparisons for a terminal and as JSON.

use adjutant_domain::{Bucket, Confidence, Histogram, Interval, Outcome, Unit, Validity};
use adjutant_gate::{Arm, Comparison, Direction, Estimate};
use adjutant_report::comparison::{self, Distribution, ShownArm};
use adjutant_report::{Color, Terminal};

fn ends(low: f64, high: f64) -> Option<Interval> {
    Some(Interval::new(low, high).unwrap())
}

/// p95 of two arms whose difference stays within the margin.
pub(crate) fn within_margin() -> Comparison {
    Comparison {
        measure: "p95".to_owned(),
        unit: Unit::Milliseconds,
        confidence: Confidence::TWO_SIDED_95,
        baseline: Arm {
            n: 20_000,
            value: Some(172.418_3),
            interval: ends(169.902, 175.067),
        },
        candidate: Arm {
            n: 20_000,
            value: Some(178.034_9),
            interval: ends(175.411, 180.772),
        },
        difference: Some(Estimate {
            value: 5.616_6,
            interval: ends(1.874, 9.322),
        }),
        relative: Some(Estimate {
            value: 0.032_575_5,
            interval: ends(0.010_76, 0.054_69),
        }),
        margin: Some("10%".parse().unwrap()),
        better: Direction::Lower,
        validity: Validity::Valid,
        outcome: Outcome::Pass,
        needed: None,
        reason: "the candidate is at most 5.47 % worse, and 10 % is tolerated".to_owned(),
        method: "exact bootstrap law of the type-7 quantile; samples taken as independent"
            .to_owned(),
    }
}

/// Too few samples for any interval.
pub(crate) fn insufficient() -> Comparison {
    let arm = Arm {
        n: 40,
        value: Some(171.0),
        interval: None,
    };
    Comparison {
        baseline: arm,
        candidate: Arm {
            value: None,
            n: 0,
            ..arm
        },
        difference: None,
        relative: None,
        margin: None,
        validity: Validity::Insufficient,
        outcome: Outcome::Inconclusive,
        needed: Some(72),
        reason: "40 and 0 samples: an interval of the p95 needs at least 72 an arm".to_owned(),
        ..within_margin()
    }
}

/// Log-normal quantiles: the same shape as 20,000 random latencies, without chance.
fn latencies(middle: f64) -> Vec<f64> {
    (0..20_000)
        .map(|at| {
            let p = (f64::from(at) + 0.5) / 20_000.0;
            middle * (0.33 * (p / (1.0 - p)).ln() * 0.55).exp()
        })
        .collect()
}

fn shown<'a>(name: &'a str, distribution: Option<&'a Distribution>) -> ShownArm<'a> {
    ShownArm { name, distribution }
}

#[test]
fn a_comparison_is_shown_with_both_shapes() {
    let (baseline, candidate) = (latencies(100.0), latencies(104.0));
    let baseline = Distribution::of_samples(&baseline);
    let candidate = Distribution::of_samples(&candidate);
    let text = comparison::human(
        &within_margin(),
        shown("baseline.csv", baseline.as_ref()),
        shown("candidate.csv", candidate.as_ref()),
        Terminal::PLAIN,
    );
    insta::assert_snapshot!("comparison_within_margin", text);
}

#[test]
fn a_comparison_without_data_says_so() {
    let text = comparison::human(
        &insufficient(),
        shown("old.csv", None),
        shown("new.csv", None),
        Terminal::PLAIN,
    );
    insta::assert_snapshot!("comparison_insufficient", text);
}

#[test]
fn colors_are_written_only_when_they_are_asked_for() {
    let in_color = Terminal {
        color: Color::Always,
        ..Terminal::PLAIN
    };
    let text = |terminal| {
        comparison::human(
            &insufficient(),
            shown("a", None),
            shown("b", None),
            terminal,
        )
    };
    assert!(text(in_color).contains("\x1b[33mINCONCLUSIVE"));
    assert!(!text(Terminal::PLAIN).contains('\x1b'));
}

#[test]
fn a_comparison_is_written_as_json() {
    insta::assert_snapshot!(
        "comparison_within_margin_json",
        comparison::json(&within_margin()).unwrap()
    );
    insta::assert_snapshot!(
        "comparison_insufficient_json",
        comparison::json(&insufficient()).unwrap()
    );
}

#[test]
fn buckets_and_samples_of_one_value_have_a_shape() {
    let histogram = Histogram {
        buckets: vec![
            Bucket {
                low: 0.0,
                high: 10.0,
                count: 990,
            },
            Bucket {
                low: 10.0,
                high: 20.0,
                count: 10,
            },
        ],
    };
    assert!(Distribution::of_histogram(&histogram).is_some());
    assert!(Distribution::of_samples(&[5.0; 3]).is_some());
    assert!(Distribution::of_samples(&[]).is_none());
    assert!(Distribution::of_histogram(&Histogram::default()).is_none());
}
