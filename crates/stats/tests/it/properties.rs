//! Laws that hold for any data.

use adjutant_domain::{Bucket, Confidence, Histogram, Interval, Judgement, Outcome, Ranked};
use adjutant_stats::bootstrap::{self, Singles};
use adjutant_stats::sequence::{self, Moments};
use adjutant_stats::spending::{self, Shape};
use adjutant_stats::{LogHistogram, Proportion, QuantileLaw, equivalence, holm, planning, ranking};
use proptest::collection::vec;
use proptest::prelude::*;

fn few() -> ProptestConfig {
    ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn latencies() -> impl Strategy<Value = Vec<f64>> {
    vec(0.1..1_000.0_f64, 80..400)
}

fn encloses(outer: Interval, inner: Interval) -> bool {
    outer.low() <= inner.low() && inner.high() <= outer.high()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn a_quantile_is_that_of_the_sorted_sample_and_lies_in_its_interval(values in latencies(), p in 0.05..0.95_f64) {
        let law = QuantileLaw::of(&values, p).unwrap();
        let mut sorted = values;
        sorted.sort_unstable_by(f64::total_cmp);
        let position = (sorted.len() - 1) as f64 * p;
        let (at, next) = (position as usize, (position as usize + 1).min(sorted.len() - 1));
        prop_assert!(near(law.value(), sorted[at] + position.fract() * (sorted[next] - sorted[at])));
        prop_assert!(law.interval(Confidence::TWO_SIDED_95).unwrap().contains(law.value()));
    }

    #[test]
    fn more_confidence_never_narrows_an_interval(c in latencies(), b in latencies(), level in 0.5..0.94_f64) {
        let (c, b) = (QuantileLaw::of(&c, 0.9).unwrap(), QuantileLaw::of(&b, 0.9).unwrap());
        let (less, more) = (Confidence::TwoSided(level), Confidence::TWO_SIDED_95);
        prop_assert!(encloses(c.interval(more).unwrap(), c.interval(less).unwrap()));
        let difference = |level| QuantileLaw::difference(&c, &b, level).unwrap();
        prop_assert!(encloses(difference(more), difference(less)));
        let ratio = |level| QuantileLaw::ratio(&c, &b, level).unwrap();
        prop_assert!(encloses(ratio(more), ratio(less)));
    }

    #[test]
    fn a_quantile_difference_moves_and_stretches_with_its_arms(
        c in latencies(), b in latencies(), shift in -50.0..50.0_f64, scale in 0.1..10.0_f64,
    ) {
        let law = |values: &[f64], f: &dyn Fn(f64) -> f64| {
            QuantileLaw::of(&values.iter().map(|&value| f(value)).collect::<Vec<_>>(), 0.9).unwrap()
        };
        let same = |value: f64| value;
        let plain = QuantileLaw::difference(&law(&c, &same), &law(&b, &same), Confidence::TWO_SIDED_95).unwrap();
        let moved = |value: f64| scale * value + shift;
        let arms = (law(&c, &moved), law(&b, &same));
        let moved_both = (law(&c, &moved), law(&b, &moved));
        let both = QuantileLaw::difference(&moved_both.0, &moved_both.1, Confidence::TWO_SIDED_95).unwrap();
        prop_assert!(near(both.low(), scale * plain.low()) && near(both.high(), scale * plain.high()));
        prop_assert!(arms.0.value() > f64::MIN);
    }

    #[test]
    fn swapping_the_arms_mirrors_the_difference_up_to_one_attainable_value(c in latencies(), b in latencies()) {
        let (c, b) = (QuantileLaw::of(&c, 0.9).unwrap(), QuantileLaw::of(&b, 0.9).unwrap());
        let one = QuantileLaw::difference(&c, &b, Confidence::TWO_SIDED_95).unwrap();
        let other = QuantileLaw::difference(&b, &c, Confidence::TWO_SIDED_95).unwrap();
        let width = one.high() - one.low();
        prop_assert!((one.low() + other.high()).abs() <= 0.02 * width);
        prop_assert!((one.high() + other.low()).abs() <= 0.02 * width);
    }

    #[test]
    fn whole_milliseconds_give_whole_ends(values in vec(1_u32..60, 200..400)) {
        // At ranks that type 7 need not interpolate.
        let n = (values.len() - 1) / 10 * 10 + 1;
        let values: Vec<f64> = values[..n].iter().map(|&value| f64::from(value)).collect();
        let law = QuantileLaw::of(&values, 0.9).unwrap();
        let shifted: Vec<f64> = values.iter().map(|value| value + 5.0).collect();
        let shifted = QuantileLaw::of(&shifted, 0.9).unwrap();
        let interval = QuantileLaw::difference(&shifted, &law, Confidence::TWO_SIDED_95).unwrap();
        // (n-1) * 0.9 may round to a hair beside a whole rank.
        prop_assert!((interval.low() - interval.low().round()).abs() < 1e-9);
        prop_assert!((interval.high() - interval.high().round()).abs() < 1e-9);
    }

    #[test]
    fn buckets_only_ever_widen_the_interval(values in latencies(), width in 1.0..200.0_f64) {
        let mut counts = std::collections::BTreeMap::new();
        for value in &values {
            *counts.entry((value / width) as u32).or_insert(0_u64) += 1;
        }
        let buckets = counts.into_iter().map(|(at, count)| Bucket {
            low: f64::from(at) * width,
            high: f64::from(at + 1) * width,
            count,
        });
        let coarse = QuantileLaw::of_histogram(&Histogram { buckets: buckets.collect() }, 0.9).unwrap();
        let exact = QuantileLaw::of(&values, 0.9).unwrap();
        let level = Confidence::TWO_SIDED_95;
        prop_assert!(encloses(coarse.interval(level).unwrap(), exact.interval(level).unwrap()));
        let other = QuantileLaw::of(&values[values.len() / 4..], 0.9);
        if let Some(other) = other.filter(|other| other.n() >= 60)
            && let Some(wide) = QuantileLaw::difference(&coarse, &other, level)
            && let Some(narrow) = QuantileLaw::difference(&exact, &other, level)
        {
            prop_assert!(wide.low() <= narrow.low() + 1e-6 && narrow.high() <= wide.high() + 1e-6);
        }
    }

    #[test]
    fn a_sketch_is_within_a_thousandth_and_merges_like_one_stream(
        values in vec(prop_oneof![1e-9..1e9_f64, -1e6..-1e-6_f64, Just(0.0)], 1..300), split in 0.0..1.0_f64,
    ) {
        let at = (split * values.len() as f64) as usize;
        let sketch_of = |values: &[f64]| {
            let mut sketch = LogHistogram::default();
            assert!(values.iter().all(|&value| sketch.add(value)));
            sketch
        };
        let whole = sketch_of(&values);
        let mut merged = sketch_of(&values[at..]);
        merged.merge(&sketch_of(&values[..at]));
        prop_assert_eq!(merged.to_histogram(), whole.to_histogram());
        prop_assert_eq!(whole.count(), values.len() as u64);
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        for (rank, exact) in sorted.iter().enumerate() {
            let p = rank as f64 / (sorted.len() - 1).max(1) as f64;
            let read = whole.quantile(p).unwrap();
            let position = (sorted.len() - 1) as f64 * p;
            if position.fract() == 0.0 && position as usize == rank {
                prop_assert!((read - exact).abs() <= LogHistogram::RELATIVE_ERROR * exact.abs(), "{} {}", read, exact);
            }
        }
        prop_assert!(!sketch_of(&values).add(f64::NAN));
    }

    #[test]
    fn the_interval_of_a_share_holds_it_and_mirrors(events in 0_u64..200, more in 0_u64..200) {
        let trials = events + more + 1;
        let share = Proportion::new(events, trials).unwrap();
        let mirror = Proportion::new(trials - events, trials).unwrap();
        let (one, other) = (share.interval(Confidence::TWO_SIDED_95).unwrap(), mirror.interval(Confidence::TWO_SIDED_95).unwrap());
        prop_assert!(one.contains(share.value()));
        prop_assert!(near(one.low(), 1.0 - other.high()) && near(one.high(), 1.0 - other.low()));
        let sequence = sequence::proportion(share, Confidence::TWO_SIDED_95).unwrap();
        prop_assert!(sequence.contains(share.value()));
        prop_assert!(Proportion::new(trials + 1, trials).is_none() && Proportion::new(0, 0).is_none());
    }

    #[test]
    fn a_difference_of_shares_holds_the_estimate_and_mirrors(a in 0_u64..50, b in 0_u64..50, n in 50_u64..90, m in 50_u64..90) {
        let (one, other) = (Proportion::new(a, n).unwrap(), Proportion::new(b, m).unwrap());
        for method in [Proportion::difference, Proportion::difference_newcombe] {
            let forth = method(one, other, Confidence::TWO_SIDED_95).unwrap();
            let back = method(other, one, Confidence::TWO_SIDED_95).unwrap();
            prop_assert!(forth.contains(one.value() - other.value()));
            prop_assert!(near(forth.low(), -back.high()) && near(forth.high(), -back.low()));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bca_interval_and_it_moves_with_the_data(values in vec(0.0..10.0_f64, 20..60), seed in 0_u64..99) {
        let interval = |values: &[f64]| bootstrap::mean(&Singles(values), Confidence::TWO_SIDED_95, seed).unwrap();
        let one = interval(&values);
        prop_assert_eq!(one, interval(&values));
        let moved: Vec<f64> = values.iter().map(|value| 2.0 * value - 3.0).collect();
        let moved = interval(&moved);
        prop_assert!((moved.low() - (2.0 * one.low() - 3.0)).abs() < 1e-6);
        prop_assert!((moved.high() - (2.0 * one.high() - 3.0)).abs() < 1e-6);
    }

    #[test]
    fn holm_lies_between_the_p_values_and_bonferroni(p in vec(0.0..1.0_f64, 1..12)) {
        for (adjusted, own) in holm::adjust(&p).into_iter().zip(&p) {
            prop_assert!(adjusted >= *own && adjusted <= (own * p.len() as f64).min(1.0) + 1e-15);
        }
    }

    #[test]
    fn merged_moments_are_those_of_one_stream(values in vec(-5.0..5.0_f64, 2..100), split in 0.0..1.0_f64) {
        let at = (split * values.len() as f64) as usize;
        let whole = Moments::of(&values);
        let mut merged = Moments::of(&values[..at]);
        merged.merge(&Moments::of(&values[at..]));
        prop_assert_eq!(merged.count(), whole.count());
        prop_assert!(near(merged.mean(), whole.mean()));
        prop_assert!(near(merged.variance().unwrap(), whole.variance().unwrap()));
    }

    #[test]
    fn a_sequence_is_wider_than_the_interval_of_one_look(values in vec(0.0..1.0_f64, 400..600)) {
        let level = Confidence::TWO_SIDED_95;
        let once = QuantileLaw::of(&values, 0.5).unwrap().interval(level).unwrap();
        prop_assert!(encloses(sequence::quantile(&values, 0.5, 500, level).unwrap(), once));
        let mean = sequence::mean(&Moments::of(&values), 500, level).unwrap();
        prop_assert!(encloses(mean, bootstrap::mean(&Singles(&values), level, 1).unwrap()));
    }

    #[test]
    fn a_ranking_that_misses_documents_never_gains(order in vec(0_i32..4, 5..15), drop in 0_usize..5) {
        let judgements: Vec<Judgement> = order.iter().enumerate().map(|(at, &grade)| Judgement {
            query: "q".to_owned(), document: format!("d{at:02}"), grade,
        }).collect();
        let run: Vec<Ranked> = (0..order.len()).map(|at| Ranked {
            query: "q".to_owned(), document: format!("d{at:02}"), score: -(at as f64),
        }).collect();
        let score = |run: &[Ranked]| ranking::ndcg_at(10, run, &judgements).unwrap()["q"];
        let whole = score(&run);
        prop_assert!((0.0..=1.0 + 1e-12).contains(&whole));
        // Without its last documents the ranking holds a prefix.
        prop_assert!(score(&run[..run.len() - drop]) <= whole + 1e-12);
    }
}

#[test]
fn equivalence_has_three_answers() {
    let interval = |low, high| Interval::new(low, high).unwrap();
    assert_eq!(
        equivalence::within_margin(interval(-4.9, 5.0), 5.0),
        Outcome::Pass
    );
    assert_eq!(
        equivalence::within_margin(interval(-4.9, 5.1), 5.0),
        Outcome::Inconclusive
    );
    assert_eq!(
        equivalence::within_margin(interval(5.1, 9.0), 5.0),
        Outcome::Fail
    );
    assert_eq!(
        equivalence::within_margin(interval(-9.0, -5.1), 5.0),
        Outcome::Fail
    );
}

#[test]
fn what_cannot_be_known_is_none() {
    let level = Confidence::TWO_SIDED_95;
    assert!(QuantileLaw::of(&[], 0.95).is_none());
    assert!(QuantileLaw::of(&[1.0, f64::NAN], 0.5).is_none());
    assert!(QuantileLaw::of(&[1.0], 1.0).is_none());
    assert!(QuantileLaw::of_histogram(&Histogram::default(), 0.5).is_none());
    let constant = vec![1.0; 50];
    assert!(
        bootstrap::mean(&Singles(&constant), level, 1).is_none(),
        "no spread, no bootstrap"
    );
    assert!(
        bootstrap::mean(&Singles(&[1.0, 2.0, 3.0]), level, 1).is_none(),
        "too few clusters"
    );
    assert!(bootstrap::mean(&Singles(&[f64::NAN; 50]), level, 1).is_none());
    let unbounded = Histogram {
        buckets: vec![
            Bucket {
                low: 0.0,
                high: 500.0,
                count: 900,
            },
            Bucket {
                low: 500.0,
                high: f64::INFINITY,
                count: 100,
            },
        ],
    };
    let law = QuantileLaw::of_histogram(&unbounded, 0.95).unwrap();
    assert!(
        law.interval(level).is_none(),
        "an unbounded bucket has no upper end"
    );
    assert!(spending::boundaries(&[0.5, 0.4], Shape::Pocock, level).is_none());
    let interval = Interval::new(1.0, 3.0).unwrap();
    assert_eq!(planning::samples_to_decide(100, 2.0, interval, 2.0), None);
    assert_eq!(
        planning::samples_to_decide(100, 2.0, interval, 1.5),
        Some(400)
    );
    assert_eq!(
        planning::samples_to_decide(100, 2.0, interval, 0.0),
        Some(100)
    );
}

#[test]
fn constant_latencies_have_an_interval_of_no_width() {
    let law = QuantileLaw::of(&vec![7.0; 100_000], 0.95).unwrap();
    let level = Confidence::TWO_SIDED_95;
    assert_eq!(law.interval(level), Interval::new(7.0, 7.0).ok());
    assert_eq!(
        QuantileLaw::difference(&law, &law, level),
        Interval::new(0.0, 0.0).ok()
    );
    assert_eq!(
        QuantileLaw::ratio(&law, &law, level),
        Interval::new(1.0, 1.0).ok()
    );
}

#[test]
fn a_sketch_of_many_values_gives_nearly_the_interval_of_the_values() {
    let values: Vec<f64> = (0..20_000_u64)
        .map(|i| 10.0 + (i.wrapping_mul(7_919) % 20_000) as f64 / 100.0)
        .collect();
    let mut sketch = LogHistogram::default();
    assert!(values.iter().all(|&value| sketch.add(value)));
    let level = Confidence::TWO_SIDED_95;
    let exact = QuantileLaw::of(&values, 0.95)
        .unwrap()
        .interval(level)
        .unwrap();
    let sketched = QuantileLaw::of_sketch(&sketch, 0.95)
        .unwrap()
        .interval(level)
        .unwrap();
    assert!(encloses(sketched, exact));
    assert!((sketched.low() / exact.low() - 1.0).abs() < 0.003);
    assert!((sketched.high() / exact.high() - 1.0).abs() < 0.003);
}
