//! The composite risk: each factor from its evidence, the score, the veto.

use std::collections::BTreeMap;

use adjutant_domain::{
    Data, Evidence, Interval, Labels, Locator, Measurement, OwnMeasure, Scalar, Timestamp, Unit,
    Validity,
};
use adjutant_gate::{
    Case, CompositeRisk, FactorResult, RiskFactor, RiskLevel, RiskStanding, SourceFailure,
    assess_risk,
};

use crate::made::*;

fn assess(evidence: &[Evidence], failures: &[SourceFailure]) -> CompositeRisk {
    assess_until(None, evidence, failures)
}

fn assess_until(
    stale_after_ms: Option<i64>,
    evidence: &[Evidence],
    failures: &[SourceFailure],
) -> CompositeRisk {
    let case = Case {
        evidence,
        failures,
        history: &[],
        reasons: &BTreeMap::new(),
        votes: &[],
        now: now(),
    };
    assess_risk(&case, stale_after_ms)
}

pub(crate) fn count(measure: OwnMeasure, label: Option<(&str, &str)>, value: u64) -> Measurement {
    let label = label.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Measurement {
        measure: measure.name(),
        labels: label.into_iter().collect(),
        unit: Unit::Count,
        locator: Locator::Pointer(format!("/{}", measure.as_str())),
        data: Data::Scalar(Scalar {
            statistic: "count".to_owned(),
            value: value as f64,
            interval: None,
            n: None,
        }),
    }
}

/// What `schema diff` found: breaking, risky, not compared.
pub(crate) fn schema(breaking: u64, risky: u64, not_compared: u64) -> Evidence {
    let changes = |severity, n| count(OwnMeasure::SchemaChanges, Some(("severity", severity)), n);
    let found = vec![
        changes("breaking", breaking),
        changes("risky", risky),
        count(OwnMeasure::SchemaNotCompared, None, not_compared),
    ];
    evidence("candidate", 40, found)
}

/// What `deps align` found: breaking, risky, not compared, records of vulnerabilities.
pub(crate) fn dependency(
    breaking: u64,
    risky: u64,
    not_compared: u64,
    records: Option<u64>,
) -> Evidence {
    let changes = |weight, n| count(OwnMeasure::DependencyChanges, Some(("weight", weight)), n);
    let mut found = vec![
        changes("breaking", breaking),
        changes("risky", risky),
        count(OwnMeasure::DependenciesNotCompared, None, not_compared),
    ];
    found.extend(records.map(|n| count(OwnMeasure::VulnerabilityRecords, None, n)));
    evidence("candidate", 41, found)
}

/// A p95 that is `times` the baseline's for sure: every observation is the same.
fn latencies(times: f64) -> [Evidence; 2] {
    [
        evidence("baseline", 42, vec![latency(vec![100.0; 500])]),
        evidence("candidate", 43, vec![latency(vec![100.0 * times; 500])]),
    ]
}

/// A regression of recorded pairs, with its interval.
fn shadow(value: f64, low: f64, high: f64) -> Evidence {
    let regression = Measurement {
        measure: OwnMeasure::ShadowRegression.name(),
        labels: Labels::new(),
        unit: Unit::Ratio,
        locator: Locator::Pointer("/regression".to_owned()),
        data: Data::Scalar(Scalar {
            statistic: "mean".to_owned(),
            value,
            interval: Some((Interval::new(low, high).unwrap(), 0.95)),
            n: Some(10_000),
        }),
    };
    evidence("candidate", 44, vec![regression])
}

fn of(risk: &CompositeRisk, factor: RiskFactor) -> &FactorResult {
    risk.factors
        .iter()
        .find(|found| found.factor == factor)
        .unwrap()
}

fn ends(level: Interval) -> (f64, f64) {
    (level.low(), level.high())
}

#[test]
fn without_evidence_every_factor_is_unknown_and_the_score_is_anything() {
    let risk = assess(&[], &[]);
    assert_eq!(ends(risk.score), (0.0, 1.0));
    assert_eq!((risk.level, risk.veto), (None, None));
    assert_eq!(risk.standing(), RiskStanding::Undecided);
    for factor in &risk.factors {
        assert_eq!(factor.validity, Validity::NoData, "{factor:?}");
        assert!(!factor.reason.is_empty() && factor.observed.is_empty());
    }
}

#[test]
fn the_schema_factor_follows_from_what_breaks() {
    for (found, level, veto) in [
        ((0, 0, 0), (0.0, 0.0), Some(false)),
        ((0, 3, 0), (0.5, 0.5), Some(false)),
        ((0, 0, 1), (0.0, 1.0), None),
        ((0, 3, 1), (0.5, 1.0), None),
        ((1, 0, 0), (1.0, 1.0), Some(true)),
        ((2, 3, 1), (1.0, 1.0), Some(true)),
    ] {
        let (breaking, risky, not_compared) = found;
        let risk = assess(&[schema(breaking, risky, not_compared)], &[]);
        assert_eq!(
            ends(of(&risk, RiskFactor::Schema).level),
            level,
            "{found:?}"
        );
        assert_eq!(risk.veto, veto, "{found:?}");
        let observed = &of(&risk, RiskFactor::Schema).observed;
        assert!(
            observed
                .iter()
                .all(|value| !value.measured.sources().is_empty())
        );
        assert_eq!(observed.len(), 3, "{found:?}");
    }
}

#[test]
fn the_dependency_factor_follows_from_what_is_flagged_and_from_what_was_searched() {
    for (found, level) in [
        ((0, 0, 0, Some(900)), (0.0, 0.0)),
        ((0, 2, 0, Some(900)), (0.5, 0.5)),
        ((0, 0, 0, None), (0.0, 1.0)),
        ((0, 0, 0, Some(0)), (0.0, 1.0)),
        ((0, 2, 0, None), (0.5, 1.0)),
        ((0, 0, 1, Some(900)), (0.0, 1.0)),
        ((1, 0, 1, None), (1.0, 1.0)),
    ] {
        let (breaking, risky, not_compared, records) = found;
        let risk = assess(&[dependency(breaking, risky, not_compared, records)], &[]);
        let factor = of(&risk, RiskFactor::Dependency);
        assert_eq!(ends(factor.level), level, "{found:?}");
        assert_eq!(risk.veto, None, "dependencies have no veto");
    }
    let other = evidence(
        "candidate",
        45,
        vec![count(OwnMeasure::ConfigurationMismatches, None, 1)],
    );
    let risk = assess(&[dependency(0, 0, 0, Some(900)), other], &[]);
    assert_eq!(ends(of(&risk, RiskFactor::Dependency).level), (1.0, 1.0));
}

#[test]
fn latency_is_at_one_half_where_the_accepted_rise_ends_and_at_one_from_twice_that() {
    for (times, expected) in [
        (0.8, 0.0),
        (1.0, 0.0),
        (1.05, 0.25),
        (1.1, 0.5),
        (1.2, 1.0),
        (3.0, 1.0),
    ] {
        let risk = assess(&latencies(times), &[]);
        let level = of(&risk, RiskFactor::Latency).level;
        assert!((level.low() - expected).abs() < 1e-9, "{times}: {level:?}");
        assert!((level.high() - expected).abs() < 1e-9, "{times}: {level:?}");
    }
    let too_few = [
        evidence("baseline", 1, vec![latency(vec![100.0; 20])]),
        evidence("candidate", 2, vec![latency(vec![100.0; 20])]),
    ];
    let risk = assess(&too_few, &[]);
    let factor = of(&risk, RiskFactor::Latency);
    assert_eq!(ends(factor.level), (0.0, 1.0));
    assert_eq!(factor.validity, Validity::Insufficient);
}

#[test]
fn of_several_answers_about_the_output_the_worst_counts() {
    let better = [
        evidence("baseline", 3, vec![ranking(7.0, 21)]),
        evidence("candidate", 4, vec![ranking(2.0, 22)]),
        evidence("qrels", 6, vec![judgements()]),
    ];
    let risk = assess(&better, &[]);
    assert_eq!(ends(of(&risk, RiskFactor::Output).level), (0.0, 0.0));
    let mut worse = better.to_vec();
    worse.push(shadow(0.005, 0.0025, 0.0075));
    let risk = assess(&worse, &[]);
    let level = of(&risk, RiskFactor::Output).level;
    assert!((level.low() - 0.25).abs() < 1e-9, "{level:?}");
    assert!((level.high() - 0.75).abs() < 1e-9, "{level:?}");
    assert!(of(&risk, RiskFactor::Output).observed.len() >= 2);
}

#[test]
fn one_field_that_recorded_answers_lost_is_past_what_is_accepted() {
    let answer = |losses: u64, not_compared: u64| {
        let mut found = shadow(0.0, 0.0, 0.001).measurements;
        found.push(count(OwnMeasure::ShadowLosses, None, losses));
        found.push(count(OwnMeasure::ShadowNotCompared, None, not_compared));
        let risk = assess(&[evidence("candidate", 44, found)], &[]);
        let factor = of(&risk, RiskFactor::Output);
        (ends(factor.level), factor.validity)
    };
    assert_eq!(answer(0, 0), ((0.0, 0.1), Validity::Valid));
    assert_eq!(answer(1, 0), ((1.0, 1.0), Validity::Valid));
    assert_eq!(answer(0, 1), ((0.0, 1.0), Validity::Insufficient));
    assert_eq!(answer(2, 1).0, (1.0, 1.0));
}

#[test]
fn model_files_count_as_what_the_build_is_made_of() {
    let scanned = |verdict, n| count(OwnMeasure::ModelFiles, Some(("verdict", verdict)), n);
    let changed = |weight, n| count(OwnMeasure::ModelChanges, Some(("weight", weight)), n);
    for (executable, unknown, breaking, risky, level) in [
        (0, 0, 0, 0, (0.0, 0.0)),
        (1, 0, 0, 0, (1.0, 1.0)),
        (0, 1, 0, 0, (0.0, 1.0)),
        (0, 0, 1, 0, (1.0, 1.0)),
        (0, 0, 0, 1, (0.5, 0.5)),
        (0, 1, 0, 1, (0.5, 1.0)),
    ] {
        let mut found = dependency(0, 0, 0, Some(900)).measurements;
        found.extend([
            scanned("executable", executable),
            scanned("unknown", unknown),
        ]);
        found.extend([changed("breaking", breaking), changed("risky", risky)]);
        let risk = assess(&[evidence("candidate", 41, found)], &[]);
        let factor = of(&risk, RiskFactor::Dependency);
        assert_eq!(ends(factor.level), level, "{factor:?}");
    }
    let only_models = evidence("candidate", 41, vec![scanned("executable", 0)]);
    let risk = assess(&[only_models], &[]);
    let factor = of(&risk, RiskFactor::Dependency);
    assert_eq!(ends(factor.level), (0.0, 1.0), "{factor:?}");
}

/// Schema, dependency, latency and output at these levels, everything known.
fn known(risky: u64, dependencies: (u64, u64), times: f64, regression: f64) -> Vec<Evidence> {
    let (breaking, may_break) = dependencies;
    let mut all = vec![
        schema(0, risky, 0),
        dependency(breaking, may_break, 0, Some(900)),
        shadow(regression, regression, regression),
    ];
    all.extend(latencies(times));
    all
}

#[test]
fn the_boundaries_of_the_levels_belong_to_the_higher_level() {
    for (evidence, score, standing) in [
        (known(0, (0, 0), 1.0, 0.0), 0.0, RiskStanding::Low),
        (known(1, (0, 0), 1.0, 0.0049), 0.249, RiskStanding::Low),
        (known(0, (1, 0), 1.0, 0.0), 0.3, RiskStanding::Medium),
        (known(1, (0, 0), 1.0, 0.01), 0.3, RiskStanding::Medium),
        (known(1, (0, 1), 1.2, 0.0), 0.55, RiskStanding::Medium),
        (known(0, (1, 0), 1.2, 0.01), 0.6, RiskStanding::High),
        (known(1, (1, 0), 1.2, 0.01), 0.8, RiskStanding::High),
    ] {
        let risk = assess(&evidence, &[]);
        assert!((risk.score.low() - score).abs() < 1e-9, "{risk:?}");
        assert!((risk.score.high() - score).abs() < 1e-9, "{risk:?}");
        assert_eq!(risk.standing(), standing, "{score}");
    }
}

#[test]
fn a_breaking_contract_is_a_veto_whatever_the_score() {
    let mut evidence = known(0, (0, 0), 1.0, 0.0);
    evidence[0] = schema(1, 0, 0);
    let risk = assess(&evidence, &[]);
    assert_eq!(ends(risk.score), (0.4, 0.4));
    assert_eq!(risk.level, Some(RiskLevel::Medium));
    assert_eq!(risk.standing(), RiskStanding::Veto);
}

#[test]
fn an_unknown_factor_stands_at_zero_and_at_one_and_is_never_weighed_away() {
    let whole = known(0, (0, 0), 1.0, 0.0);
    for (without, width) in [(0, 0.4), (1, 0.3), (2, 0.1)] {
        let mut evidence = whole.clone();
        evidence.remove(without);
        let risk = assess(&evidence, &[]);
        assert!(risk.score.low() == 0.0, "{risk:?}");
        assert!((risk.score.high() - width).abs() < 1e-9, "{risk:?}");
        assert_ne!(risk.standing() == RiskStanding::Low, width >= 0.3);
    }
}

#[test]
fn what_is_surely_high_stays_high_though_the_contract_is_unknown() {
    let mut evidence = known(0, (1, 0), 1.2, 0.01);
    evidence.remove(0);
    let risk = assess(&evidence, &[]);
    assert_eq!(risk.veto, None);
    assert_eq!(risk.standing(), RiskStanding::High);
}

#[test]
fn evidence_about_another_subject_is_none() {
    let mut other = schema(0, 0, 0);
    other.subject = "baseline".parse().unwrap();
    let risk = assess(&[other], &[]);
    assert_eq!(ends(of(&risk, RiskFactor::Schema).level), (0.0, 1.0));
    assert_eq!(risk.veto, None);
}

#[test]
fn evidence_that_is_too_old_shows_nothing() {
    const DAY_MS: i64 = 86_400_000;
    let mut old = vec![schema(0, 0, 0), dependency(0, 0, 0, Some(1))];
    old.extend(latencies(1.0));
    for evidence in &mut old {
        evidence.taken_at = Timestamp::from_unix_millis(now().unix_millis() - 2 * DAY_MS);
    }
    assert_eq!(assess(&old, &[]).standing(), RiskStanding::Low);
    let stale = assess_until(Some(DAY_MS), &old, &[]);
    assert_eq!(stale.standing(), RiskStanding::Undecided);
    assert_eq!(of(&stale, RiskFactor::Schema).validity, Validity::Stale);
    assert_eq!(of(&stale, RiskFactor::Latency).validity, Validity::Stale);
}
