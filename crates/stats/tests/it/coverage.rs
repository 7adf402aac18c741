//! Small coverage simulations with fixed seeds; the full ones are `examples/coverage.rs`, their
//! figures stand in `docs/statistics.md`. A band allows for three standard errors of the
//! simulation itself.

use adjutant_stats::spending::Shape;
use adjutant_testkit::night::figure;

use crate::simulation::{
    Coverage, Law, Method, Monitor, coverage, false_alarms, share_coverage,
    share_difference_coverage,
};

#[track_caller]
fn assert_covers(what: &str, coverage: Coverage, least: f64, most: f64) {
    assert_eq!(coverage.refused, 0, "{what}: {coverage:?}");
    let slack = 3.0 * (0.05 * 0.95 / f64::from(coverage.tries)).sqrt();
    let share = coverage.share();
    assert!(
        share >= least - slack && share <= most + slack,
        "{what}: {share} of {coverage:?}"
    );
}

#[test]
fn quantiles_cover_their_level_on_any_law() {
    for law in Law::ALL {
        for (percent, n, tries) in [
            (50, 100, 1_000),
            (95, 1_000, 1_000),
            (99, 1_000, 1_000),
            (95, 10_000, 300),
        ] {
            let covered = coverage(Method::Quantile(percent), law, n, tries, 1);
            assert_covers(&format!("p{percent} {law:?} {n}"), covered, 0.935, 0.965);
        }
        // Five values beyond the quantile: discrete, and conservative rather than not.
        assert_covers(
            "p95 at 100",
            coverage(Method::Quantile(95), law, 100, 1_000, 2),
            0.935,
            0.975,
        );
    }
}

#[test]
fn quantile_differences_cover_their_level_on_any_law() {
    for law in Law::ALL {
        for (percent, n, tries) in [(50, 100, 600), (95, 1_000, 400), (95, 10_000, 150)] {
            let covered = coverage(Method::QuantileDifference(percent), law, n, tries, 3);
            assert_covers(&format!("p{percent} {law:?} {n}"), covered, 0.935, 0.97);
        }
        let covered = coverage(Method::QuantileDifference(95), law, 100, 600, 4);
        assert_covers("p95 at 100", covered, 0.935, 0.98);
    }
}

#[test]
fn means_cover_their_level_where_the_law_has_a_third_moment() {
    for law in [Law::Normal, Law::LogNormal, Law::StudentFive] {
        for method in [
            Method::Mean,
            Method::MeanDifference,
            Method::PairedDifference,
            Method::ClusteredMean,
        ] {
            let covered = coverage(method, law, 100, 300, 5);
            assert_covers(&format!("{method:?} {law:?} 100"), covered, 0.93, 0.965);
            let covered = coverage(method, law, 5_000, 500, 6);
            assert_covers(&format!("{method:?} {law:?} 5000"), covered, 0.935, 0.965);
        }
    }
}

#[test]
fn shares_cover_at_least_and_differences_about_their_level() {
    for (p, n) in [(0.01, 300), (0.05, 100), (0.05, 1_000), (0.5, 1_000)] {
        assert_covers(
            &format!("{p} of {n}"),
            share_coverage(p, n, 2_000, 7),
            0.95,
            1.0,
        );
    }
    for (p, n) in [(0.2, 100), (0.05, 1_000), (0.5, 1_000)] {
        for covered in share_difference_coverage(p, n, 1_000, 8) {
            assert_covers(&format!("difference {p} of {n}"), covered, 0.935, 0.965);
        }
    }
}

#[test]
fn sixty_looks_raise_no_more_false_alarms_than_the_level_unless_one_peeks() {
    let allowed = |tries: f64| 0.05 + 3.0 * (0.05 * 0.95 / tries).sqrt();
    for law in [Law::Normal, Law::LogNormal] {
        for shape in [Shape::OBrienFleming, Shape::Pocock] {
            let tries = figure(500, 10_000);
            let share = false_alarms(Monitor::Spending(shape), law, tries, 9);
            let allowed = allowed(f64::from(tries)) + 0.01;
            assert!(share <= allowed, "{shape:?} {law:?}: {share}");
        }
        for (monitor, tries) in [
            (Monitor::MeanSequence, figure(500, 10_000)),
            (Monitor::ShareSequence, figure(200, 10_000)),
            (Monitor::QuantileSequence, figure(100, 1_000)),
        ] {
            let share = false_alarms(monitor, law, tries, 10);
            assert!(share <= 0.05, "{monitor:?} {law:?}: {share}");
        }
    }
    let naive = false_alarms(Monitor::Naive, Law::Normal, 500, 11);
    assert!(naive > 0.2, "peeking is the thing to be safe from: {naive}");
}
