//! Values that other programs computed: see `tests/oracle/README.md`.

use adjutant_domain::{Confidence, Interval, Judgement, Ranked};
use adjutant_stats::planning::{self, Power};
use adjutant_stats::sequence;
use adjutant_stats::spending::{self, Shape};
use adjutant_stats::{Proportion, QuantileLaw, correlation, holm, quantile, ranking};
use serde_json::Value;

fn python() -> Value {
    serde_json::from_str(include_str!("../oracle/python.json")).unwrap()
}

fn r() -> Value {
    serde_json::from_str(include_str!("../oracle/r.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect()
}

fn rows(value: &Value) -> impl Iterator<Item = Vec<f64>> + '_ {
    value.as_array().unwrap().iter().map(numbers)
}

#[track_caller]
fn assert_near(ours: Interval, low: f64, high: f64, tolerance: f64) {
    let is_near = (ours.low() - low).abs() <= tolerance && (ours.high() - high).abs() <= tolerance;
    assert!(
        is_near,
        "{ours:?} is not [{low}, {high}] within {tolerance}"
    );
}

fn shares(row: &[f64]) -> (Proportion, Proportion) {
    let share = |events: f64, trials: f64| Proportion::new(events as u64, trials as u64).unwrap();
    (share(row[0], row[1]), share(row[2], row[3]))
}

#[test]
fn exact_and_wilson_intervals_of_a_share_are_those_of_statsmodels() {
    let python = python();
    for row in rows(&python["clopper_pearson"]) {
        let (share, _) = shares(&[row[0], row[1], 0.0, 1.0]);
        let ours = share.interval(Confidence::TwoSided(row[2])).unwrap();
        assert_near(ours, row[3], row[4], 1e-10);
    }
    for row in rows(&python["wilson"]) {
        let (share, _) = shares(&[row[0], row[1], 0.0, 1.0]);
        let ours = share.interval_wilson(Confidence::TwoSided(row[2])).unwrap();
        assert_near(ours, row[3], row[4], 1e-12);
    }
}

#[test]
fn intervals_of_two_shares_are_those_of_the_likelihood_and_of_statsmodels() {
    let python = python();
    for row in rows(&python["miettinen_nurminen"]) {
        let (candidate, baseline) = shares(&row);
        let ours = Proportion::difference(candidate, baseline, Confidence::TwoSided(row[4]));
        assert_near(ours.unwrap(), row[5], row[6], 1e-7);
    }
    for row in rows(&python["newcombe"]) {
        let (candidate, baseline) = shares(&row);
        let ours =
            Proportion::difference_newcombe(candidate, baseline, Confidence::TwoSided(row[4]));
        assert_near(ours.unwrap(), row[5], row[6], 1e-10);
    }
    for row in rows(&python["score_ratio"]) {
        let (candidate, baseline) = shares(&row);
        let ours = Proportion::ratio(candidate, baseline, Confidence::TwoSided(row[4]));
        assert_near(ours.unwrap(), row[5], row[6], 1e-8 * row[6]);
    }
}

/// Newcombe 1998, Statistics in Medicine 17:873, table II: 56/70 - 48/80 by methods 10 and 5
/// (method 5 is Mee's score interval, without the N/(N-1) of Miettinen and Nurminen).
#[test]
fn the_difference_of_shares_is_that_of_newcombes_table() {
    let (candidate, baseline) = shares(&[56.0, 70.0, 48.0, 80.0]);
    let ours = Proportion::difference_newcombe(candidate, baseline, Confidence::TWO_SIDED_95);
    assert_near(ours.unwrap(), 0.0524, 0.3339, 5e-5);
    let ours = Proportion::difference(candidate, baseline, Confidence::TWO_SIDED_95);
    assert_near(ours.unwrap(), 0.0533, 0.3377, 6e-4);
}

#[test]
fn no_errors_prove_a_bound_from_the_published_number_of_trials() {
    let one_sided = Confidence::OneSided(0.95);
    assert_eq!(
        adjutant_stats::proportion::trials_needed_without_events(0.01, one_sided),
        Some(299)
    );
    assert_eq!(
        adjutant_stats::proportion::trials_needed_without_events(0.005, one_sided),
        Some(598)
    );
    let two_sided = Confidence::TWO_SIDED_95;
    assert_eq!(
        adjutant_stats::proportion::trials_needed_without_events(0.01, two_sided),
        Some(368)
    );
    assert_eq!(
        adjutant_stats::proportion::trials_needed_without_events(0.005, two_sided),
        Some(736)
    );
    let upper = |trials| {
        Proportion::new(0, trials)
            .unwrap()
            .interval(one_sided)
            .unwrap()
            .high()
    };
    assert!(upper(299) < 0.01 && upper(298) > 0.01);
}

#[test]
fn a_quantile_interval_needs_the_published_number_of_samples() {
    assert_eq!(quantile::samples_needed(0.95, Confidence::TWO_SIDED_95), 72);
    assert_eq!(
        quantile::samples_needed(0.99, Confidence::TWO_SIDED_95),
        368
    );
    assert_eq!(quantile::samples_needed(0.05, Confidence::TWO_SIDED_95), 72);
    assert_eq!(quantile::samples_needed(0.5, Confidence::TWO_SIDED_95), 6);
    let values: Vec<f64> = (0..72).map(f64::from).collect();
    let interval = |n| {
        QuantileLaw::of(&values[..n], 0.95)
            .unwrap()
            .interval(Confidence::TWO_SIDED_95)
    };
    assert!(interval(71).is_none());
    assert!(interval(72).is_some());
}

#[test]
fn quantile_differences_and_ratios_are_those_of_the_law_counted_in_integers() {
    for case in python()["quantile_law"].as_array().unwrap() {
        let p = case["p"].as_f64().unwrap();
        let law = |arm: &str| QuantileLaw::of(&numbers(&case[arm]), p).unwrap();
        let (candidate, baseline) = (law("candidate"), law("baseline"));
        let values = numbers(&case["values"]);
        assert!((candidate.value() - values[0]).abs() < 1e-12);
        assert!((baseline.value() - values[1]).abs() < 1e-12);
        let difference = QuantileLaw::difference(&candidate, &baseline, Confidence::TWO_SIDED_95);
        let expected = numbers(&case["difference"]);
        assert_near(difference.unwrap(), expected[0], expected[1], 1e-12);
        let ratio = QuantileLaw::ratio(&candidate, &baseline, Confidence::TWO_SIDED_95);
        let expected = numbers(&case["ratio"]);
        assert_near(ratio.unwrap(), expected[0], expected[1], 1e-12);
    }
}

#[test]
fn a_quantile_difference_is_what_scipys_resamples_approach() {
    let case = &python()["quantile_drawn"];
    let law = |arm: &str| QuantileLaw::of(&numbers(&case[arm]), 0.95).unwrap();
    let ours = QuantileLaw::difference(
        &law("candidate"),
        &law("baseline"),
        Confidence::TWO_SIDED_95,
    );
    let drawn = numbers(&case["difference"]);
    // A tail of 9,999 resamples is uncertain by about 0.03 standard errors: three of those.
    let tolerance = 0.1 * case["standard_error"].as_f64().unwrap();
    assert_near(ours.unwrap(), drawn[0], drawn[1], tolerance);
}

#[test]
fn a_quantile_interval_is_that_of_nyblom_and_lies_inside_scipys_whole_ranks() {
    let r = r();
    let sample = numbers(&r["nyblom"]["sample"]);
    for case in r["nyblom"]["cases"].as_array().unwrap() {
        let n = case["n"].as_u64().unwrap() as usize;
        let (p, level) = (case["p"].as_f64().unwrap(), case["level"].as_f64().unwrap());
        let law = QuantileLaw::of(&sample[..n], p).unwrap();
        let ends = numbers(&case["ends"]);
        let ours = law.interval(Confidence::TwoSided(level)).unwrap();
        assert_near(ours, ends[0], ends[1], 1e-8 * ends[1]);
    }
    for row in rows(&python()["order_statistics"]) {
        let values: Vec<f64> = (1..=row[0] as u32).map(f64::from).collect();
        let law = QuantileLaw::of(&values, row[1]).unwrap();
        let ours = law.interval(Confidence::TwoSided(row[2])).unwrap();
        // Rank r and r + 1 enclose the interpolated end; scipy gives the outer of the two.
        assert!(
            row[3] <= ours.low() && ours.low() < row[3] + 1.0,
            "{row:?} {ours:?}"
        );
        assert!(
            row[4] - 1.0 < ours.high() && ours.high() <= row[4],
            "{row:?} {ours:?}"
        );
    }
}

#[test]
fn correlations_and_their_intervals_are_those_of_scipy() {
    let case = &python()["correlation"];
    let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
    let pairs: Vec<(f64, f64)> = x.into_iter().zip(y).collect();
    let expected = |key: &str| case[key].as_f64().unwrap();
    assert!((correlation::pearson(&pairs).unwrap() - expected("pearson")).abs() < 1e-14);
    assert!((correlation::spearman(&pairs).unwrap() - expected("spearman")).abs() < 1e-14);
    let level = Confidence::TWO_SIDED_95;
    // Ours is expanded for few clusters and drawn: hence the slack.
    for (key, tolerance, ours) in [
        (
            "fisher",
            1e-12,
            correlation::pearson_interval(&pairs, level),
        ),
        (
            "bonett_wright",
            1e-12,
            correlation::spearman_interval(&pairs, level),
        ),
        (
            "bca",
            0.015,
            correlation::pearson_interval_bca(&pairs, level, 3),
        ),
    ] {
        let ends = numbers(&case[key]);
        assert_near(ours.unwrap(), ends[0], ends[1], tolerance);
    }
}

#[test]
fn holms_adjustment_is_that_of_r() {
    let r = r();
    let ours = holm::adjust(&numbers(&r["holm"]["p"]));
    for (ours, expected) in ours.iter().zip(numbers(&r["holm"]["adjusted"])) {
        assert!((ours - expected).abs() < 1e-15);
    }
}

#[test]
fn a_p_value_is_the_level_at_which_the_interval_touches_the_boundary() {
    let share = Proportion::new(3, 1_000).unwrap();
    let p = holm::p_value_below(|confidence| share.interval(confidence), 0.01).unwrap();
    // P(Bin(1000, 0.01) <= 3) by scipy.stats.binom.cdf(3, 1000, 0.01).
    assert!((p / 0.010_072_654_772_014_291 - 1.0).abs() < 1e-6, "{p}");
    assert_eq!(
        holm::p_value_below(|confidence| share.interval(confidence), 0.002),
        Some(1.0)
    );
    assert_eq!(holm::p_value_above(|_| None, 0.002), None);
}

#[test]
fn sizes_of_samples_are_those_of_r() {
    let r = r();
    let plan = |power| Power {
        confidence: Confidence::TWO_SIDED_95,
        power,
    };
    // R's are fractions; ours are the next whole number, by Guenther's approximation.
    let check = |ours: Option<u64>, expected: f64, slack: f64| {
        let ours = ours.unwrap() as f64;
        assert!(
            ours >= expected.floor() && ours <= expected.ceil() + slack,
            "{ours} for {expected}"
        );
    };
    for (effect, expected) in [0.1, 0.5, 1.0].into_iter().zip(numbers(&r["power_t"])) {
        check(
            planning::samples_for_means(effect, (1.0, 1.0), plan(0.8)),
            expected,
            1.0,
        );
    }
    for (effect, expected) in [0.1, 0.5, 1.0]
        .into_iter()
        .zip(numbers(&r["power_t_paired"]))
    {
        check(
            planning::samples_for_means(effect, (1.0, 0.0), plan(0.9)),
            expected,
            1.0,
        );
    }
    for (share, expected) in [0.012, 0.02, 0.05]
        .into_iter()
        .zip(numbers(&r["power_prop"]))
    {
        check(
            planning::trials_for_proportions(share, 0.01, plan(0.8)),
            expected,
            0.0,
        );
    }
    let one_sided = Power {
        confidence: Confidence::OneSided(0.95),
        power: 0.9,
    };
    let expected = r["power_prop_one_sided"].as_f64().unwrap();
    check(
        planning::trials_for_proportions(0.85, 0.8, one_sided),
        expected,
        0.0,
    );
}

#[test]
fn boundaries_of_planned_looks_are_those_of_the_multivariate_normal_law() {
    for case in python()["spending"].as_array().unwrap() {
        let shape = match case["shape"].as_str().unwrap() {
            "pocock" => Shape::Pocock,
            _ => Shape::OBrienFleming,
        };
        let tail = case["tail"].as_f64().unwrap();
        let confidence = if case["two_sided"].as_bool().unwrap() {
            Confidence::TwoSided(1.0 - 2.0 * tail)
        } else {
            Confidence::OneSided(1.0 - tail)
        };
        let ours = spending::boundaries(&numbers(&case["fractions"]), shape, confidence).unwrap();
        for (ours, expected) in ours.iter().zip(numbers(&case["boundaries"])) {
            assert!(
                (ours - expected).abs() < 1e-4,
                "{ours} {expected} in {case}"
            );
        }
    }
}

/// Five equal looks, two-sided 5 %: Reboussin, DeMets, Kim and Lan 2000, Controlled Clinical
/// Trials 21:190, as also printed by `ldbounds`.
#[test]
fn boundaries_of_five_looks_are_the_published_ones() {
    let fractions = [0.2, 0.4, 0.6, 0.8, 1.0];
    for (shape, published) in [
        (
            Shape::OBrienFleming,
            [4.8769, 3.3569, 2.6803, 2.2898, 2.0310],
        ),
        (Shape::Pocock, [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]),
    ] {
        let ours = spending::boundaries(&fractions, shape, Confidence::TWO_SIDED_95).unwrap();
        for (ours, published) in ours.iter().zip(published) {
            assert!(
                (ours - published).abs() < 2e-4,
                "{shape:?}: {ours} {published}"
            );
        }
    }
}

/// `test/uniform_boundaries_unittest.cpp` of gostevehoward/confseq.
#[test]
fn the_normal_mixture_bound_is_that_of_confseq() {
    let ours = sequence::normal_mixture_bound(100.0, 0.05, 100.0).unwrap();
    assert!((ours - 30.35209).abs() < 1e-5);
}

#[test]
fn confidence_sequences_are_those_of_their_formulas_in_forty_digits_and_in_numpy() {
    let python = python();
    for row in rows(&python["beta_binomial_sequence"]) {
        let (share, _) = shares(&[row[0], row[1], 0.0, 1.0]);
        let ours = sequence::proportion(share, Confidence::TwoSided(1.0 - row[2])).unwrap();
        assert_near(ours, row[3], row[4], 1e-9);
    }
    let case = &python["empirical_bernstein"];
    let values = numbers(&case["values"]);
    let bounds = Interval::new(0.0, 1.0).unwrap();
    for (n, key) in [(50, "at_50"), (300, "at_300")] {
        let ends = numbers(&case[key]);
        let ours = sequence::bounded_mean(&values[..n], bounds, Confidence::TWO_SIDED_95);
        assert_near(ours.unwrap(), ends[0].max(0.0), ends[1].min(1.0), 1e-12);
    }
}

#[test]
fn ndcg_is_that_of_pytrec_eval() {
    let python = python();
    let case = &python["ndcg"];
    let mut run = Vec::new();
    let mut judgements = Vec::new();
    for (query, documents) in case["run"].as_object().unwrap() {
        run.extend(
            documents
                .as_object()
                .unwrap()
                .iter()
                .map(|(document, score)| Ranked {
                    query: query.clone(),
                    document: document.clone(),
                    score: score.as_f64().unwrap(),
                }),
        );
    }
    for (query, documents) in case["qrels"].as_object().unwrap() {
        judgements.extend(
            documents
                .as_object()
                .unwrap()
                .iter()
                .map(|(document, grade)| Judgement {
                    query: query.clone(),
                    document: document.clone(),
                    grade: grade.as_i64().unwrap() as i32,
                }),
        );
    }
    for (k, expected) in case["scores"].as_object().unwrap() {
        let ours = ranking::ndcg_at(k.parse().unwrap(), &run, &judgements).unwrap();
        let expected = expected.as_object().unwrap();
        assert_eq!(ours.len(), expected.len());
        for (query, score) in expected {
            assert!(
                (ours[query] - score.as_f64().unwrap()).abs() < 1e-15,
                "{query} at {k}"
            );
        }
    }
    let without = |query: &str| {
        run.iter()
            .filter(|line| line.query != query)
            .cloned()
            .collect::<Vec<_>>()
    };
    let ours = ranking::ndcg_at(10, &without("q3"), &judgements).unwrap();
    assert_eq!(
        ours["q3"], 0.0,
        "a judged query that is missing from the run counts 0"
    );
}
