//! How objectives stand.

use adjutant_domain::{
    Absence, Citation, Data, Digest, Evidence, Histogram, Labels, Locator, Measurement, Outcome,
    Samples, Timestamp, Unit, Validity,
};
use adjutant_objective::{
    AlertState, EventCount, Objective, ObjectiveState, UncountedWindow, WindowCount, assess,
    count_evidence, count_window, read_openslo, resolve,
};
use proptest::prelude::*;

use crate::documents::SEARCH;

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;

fn objective() -> Objective {
    let documents = read_openslo("slo.yaml", SEARCH.as_bytes()).unwrap();
    resolve(&documents).unwrap().remove(0)
}

fn source() -> Citation {
    Citation {
        run: "run_1".parse().unwrap(),
        artifact: Digest::from_bytes([7; 32]),
        file: "prometheus.json".to_owned(),
        locator: Locator::Whole,
    }
}

/// A window in which each of a million events is bad with a share.
fn counted(window_ms: i64, bad_share: f64) -> WindowCount {
    WindowCount {
        window_ms,
        counted: Ok(EventCount {
            good: 1e6 * (1.0 - bad_share),
            total: 1e6,
            sources: vec![source()],
        }),
    }
}

fn uncounted(window_ms: i64) -> WindowCount {
    WindowCount {
        window_ms,
        counted: Err(UncountedWindow {
            validity: Validity::NoData,
            reason: "the query matched no series".to_owned(),
        }),
    }
}

/// The state, and those of the alerts, where all windows but some have a share of bad events.
fn told(usual: f64, others: &[(i64, Option<f64>)]) -> String {
    let objective = objective();
    let counts: Vec<WindowCount> = objective
        .windows()
        .into_iter()
        .map(
            |window| match others.iter().find(|(other, _)| *other == window) {
                Some((_, None)) => uncounted(window),
                Some((_, Some(share))) => counted(window, *share),
                None => counted(window, usual),
            },
        )
        .collect();
    let standing = assess(&objective, &counts, Timestamp::from_unix_millis(0));
    let alerts: Vec<String> = standing
        .alerts
        .iter()
        .map(|answer| answer.state.to_string())
        .collect();
    format!("{}: {}", standing.state, alerts.join(" "))
}

#[test]
fn a_budget_is_met_spent_burning_or_unknown() {
    let month = 30 * 24 * HOUR;
    for (usual, others, expected) in [
        (0.0, vec![], "MET: QUIET QUIET QUIET"),
        (0.000_5, vec![], "MET: QUIET QUIET QUIET"),
        (0.001_1, vec![], "BUDGET EXHAUSTED: QUIET QUIET FIRING"),
        (
            0.000_5,
            vec![(HOUR, Some(0.02)), (5 * MINUTE, Some(0.02))],
            "BURNING FAST: FIRING QUIET QUIET",
        ),
        // It burnt, and the short window says that it is over.
        (
            0.000_5,
            vec![(HOUR, Some(0.02)), (5 * MINUTE, Some(0.0))],
            "MET: QUIET QUIET QUIET",
        ),
        (0.0, vec![(month, None)], "UNDECIDED: QUIET QUIET QUIET"),
        (
            0.0,
            vec![(5 * MINUTE, None)],
            "UNDECIDED: UNDECIDED QUIET QUIET",
        ),
        (
            0.02,
            vec![(month, None)],
            "BURNING FAST: FIRING FIRING FIRING",
        ),
    ] {
        assert_eq!(told(usual, &others), expected, "{usual} {others:?}");
    }
}

#[test]
fn a_budget_is_counted_in_events_with_their_sources() {
    let standing = assess(
        &objective(),
        &[counted(30 * 24 * HOUR, 0.000_25)],
        Timestamp::from_unix_millis(0),
    );
    let budget = standing.budget.unwrap();
    assert!((budget.spent.value() - 0.25).abs() < 1e-9);
    assert!((budget.remaining.value() - 0.75).abs() < 1e-9);
    assert!((budget.allowed.value() - 1_000.0).abs() < 1e-6);
    assert!((budget.bad.value() - 250.0).abs() < 1e-6);
    assert_eq!(budget.bad.sources(), [source()]);
    assert_eq!(budget.bad.n(), 1_000_000);
    // Nobody counted the windows of the alerts.
    assert!(
        standing
            .alerts
            .iter()
            .all(|a| a.state == AlertState::Undecided)
    );
}

#[test]
fn no_events_and_impossible_counts_are_not_valid() {
    for (good, total, validity) in [
        (0.0, 0.0, Validity::NoData),
        (f64::NAN, 1.0, Validity::NotFinite),
        (1.0, f64::INFINITY, Validity::NotFinite),
        (2.0, 1.0, Validity::SourceError),
        (-1.0, 1.0, Validity::SourceError),
        (1.0, 1.0, Validity::Valid),
    ] {
        let objective = objective();
        let count = WindowCount {
            window_ms: objective.window_ms,
            counted: Ok(EventCount {
                good,
                total,
                sources: vec![source()],
            }),
        };
        let standing = assess(&objective, &[count], Timestamp::from_unix_millis(0));
        assert_eq!(standing.window.validity, validity, "{good} of {total}");
        assert_eq!(standing.budget.is_some(), validity == Validity::Valid);
    }
}

proptest! {
    #[test]
    fn nothing_without_data_is_met(
        shares in prop::collection::vec(prop::option::of(0.0..0.05_f64), 7),
    ) {
        let objective = objective();
        let counts: Vec<WindowCount> = objective
            .windows()
            .into_iter()
            .zip(&shares)
            .map(|(window, share)| share.map_or_else(|| uncounted(window), |share| counted(window, share)))
            .collect();
        let standing = assess(&objective, &counts, Timestamp::from_unix_millis(0));
        if standing.state == ObjectiveState::Met {
            prop_assert!(shares[0].is_some_and(|share| share <= 0.001 + 1e-9));
            prop_assert_eq!(standing.outcome(), Outcome::Pass);
        }
        for answer in standing.alerts {
            let known = answer.long.burn.is_some() && answer.short.burn.is_some();
            prop_assert_eq!(known, answer.state != AlertState::Undecided);
        }
    }
}

const STORED: &str = r#"
apiVersion: openslo/v1
kind: SLO
metadata: { name: nightly }
spec:
  service: search
  indicator:
    metadata: { name: fast }
    spec:
      thresholdMetric:
        metricSource: { type: Adjutant, spec: { measure: latency_ms, subject: production } }
  timeWindow: [{ duration: 1d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ op: lte, value: 300, target: 0.9 }]
"#;

fn stored(sliced: &str) -> Objective {
    let text = STORED
        .replace(
            "Occurrences",
            if sliced.is_empty() {
                "Occurrences"
            } else {
                "Timeslices"
            },
        )
        .replace("target: 0.9 ", &format!("target: 0.9{sliced} "));
    resolve(&read_openslo("slo.yaml", text.as_bytes()).unwrap())
        .unwrap()
        .remove(0)
}

fn evidence(hour: i64, data: Data) -> Evidence {
    Evidence {
        subject: "production".parse().unwrap(),
        run: format!("run_{hour}").parse().unwrap(),
        artifact: Digest::from_bytes([hour as u8; 32]),
        file: "latency.csv".to_owned(),
        taken_at: Timestamp::from_unix_millis(hour * HOUR),
        measurements: vec![Measurement {
            measure: "latency_ms".parse().unwrap(),
            labels: Labels::new(),
            unit: Unit::Milliseconds,
            locator: Locator::Whole,
            data,
        }],
    }
}

fn samples(values: &[f64]) -> Data {
    Data::Samples(Samples {
        values: values.to_vec(),
        ..Samples::default()
    })
}

fn seen(objective: &Objective, all: &[Evidence]) -> String {
    let events: Vec<_> = all
        .iter()
        .filter_map(|evidence| count_evidence(objective, evidence))
        .collect();
    let at = Timestamp::from_unix_millis(30 * HOUR);
    let count = count_window(objective, &events, objective.window_ms, at);
    match count.counted {
        Ok(count) => format!("{} of {}, {}", count.good, count.total, count.sources.len()),
        Err(uncounted) => format!("{}: {}", uncounted.validity, uncounted.reason),
    }
}

#[test]
fn evidence_of_the_window_is_counted_and_a_gap_is_not_left_out() {
    let objective = stored("");
    let good = evidence(29, samples(&[100.0, 300.0, 301.0]));
    let old = evidence(6, samples(&[900.0]));
    let late = evidence(31, samples(&[900.0]));
    assert_eq!(seen(&objective, &[good.clone(), old, late]), "2 of 3, 1");
    let gap = evidence(28, Data::Absent(Absence::EmptyResult));
    assert_eq!(
        seen(&objective, &[good, gap]),
        "NO_DATA: the query matched no series"
    );
    assert_eq!(
        seen(&objective, &[]),
        "NO_DATA: no evidence was taken in it"
    );
    let across = Data::Histogram(Histogram {
        buckets: [(0.0, 200.0), (200.0, 400.0)]
            .map(|(low, high)| adjutant_domain::Bucket {
                low,
                high,
                count: 5,
            })
            .to_vec(),
    });
    assert_eq!(seen(&objective, &[evidence(29, across)]), "5 of 10, 1");
}

#[test]
fn slices_of_time_are_good_or_bad_as_a_whole() {
    let objective = stored(", timeSliceTarget: 0.5, timeSliceWindow: 1h");
    let all = [
        evidence(10, samples(&[1.0, 2.0, 900.0])),
        evidence(11, samples(&[900.0, 900.0, 1.0])),
        evidence(12, samples(&[1.0])),
    ];
    assert_eq!(seen(&objective, &all), "2 of 3, 3");
}
