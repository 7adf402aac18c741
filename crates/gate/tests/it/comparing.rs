//! Comparisons of two arms through the public function.

use adjutant_domain::{
    Bucket, Data, Histogram, Interval, Measurement, Outcome, Scalar, Unit, Validity,
};
use adjutant_gate::{Comparison, Question, Statistic, compare};

use crate::made::*;

fn question(statistic: &str) -> Question {
    Question::about(statistic.parse().unwrap())
}

fn with_margin(statistic: &str, margin: &str) -> Question {
    Question {
        margin: Some(margin.parse().unwrap()),
        ..question(statistic)
    }
}

fn latencies(median: f64, n: usize, seed: u64) -> Vec<Measurement> {
    vec![latency(Draws::of(seed).latencies(median, n))]
}

fn answer(found: &Comparison) -> (Validity, Outcome) {
    (found.validity, found.outcome)
}

#[track_caller]
fn assert_answer(found: &Comparison, validity: Validity, outcome: Outcome) {
    assert_eq!(answer(found), (validity, outcome), "{found:#?}");
}

#[test]
fn without_a_margin_the_question_is_which_one_is_better() {
    let slow = latencies(100.0, 4_000, 1);
    let fast = latencies(80.0, 4_000, 2);
    let p95 = question("p95");
    assert_answer(
        &compare(&p95, &slow, &fast, &[]),
        Validity::Valid,
        Outcome::Pass,
    );
    assert_answer(
        &compare(&p95, &fast, &slow, &[]),
        Validity::Valid,
        Outcome::Fail,
    );
    let same = compare(&p95, &slow, &latencies(100.0, 4_000, 3), &[]);
    assert_answer(&same, Validity::Valid, Outcome::Inconclusive);
    assert!(same.needed.unwrap() > 0, "{same:#?}");
}

#[test]
fn with_a_margin_the_question_is_whether_it_is_worse_by_more() {
    let baseline = latencies(100.0, 4_000, 1);
    for (median, margin, outcome) in [
        (100.0, "10%", Outcome::Pass),
        (104.0, "20%", Outcome::Pass),
        (130.0, "10%", Outcome::Fail),
        (110.0, "10%", Outcome::Inconclusive),
        (100.0, "15ms", Outcome::Pass),
        (150.0, "15ms", Outcome::Fail),
    ] {
        let candidate = latencies(median, 4_000, 5);
        let found = compare(&with_margin("p95", margin), &baseline, &candidate, &[]);
        assert_answer(&found, Validity::Valid, outcome);
        assert_eq!(
            found.needed.is_some(),
            outcome == Outcome::Inconclusive,
            "{found:#?}"
        );
    }
}

#[test]
fn a_p95_below_72_samples_has_a_value_and_no_interval() {
    let found = compare(
        &question("p95"),
        &latencies(100.0, 71, 1),
        &latencies(100.0, 500, 2),
        &[],
    );
    assert_answer(&found, Validity::Insufficient, Outcome::Inconclusive);
    assert_eq!(found.baseline.n, 71);
    assert!(found.baseline.value.is_some() && found.baseline.interval.is_none());
    assert!(found.candidate.interval.is_some());
    assert_eq!(found.needed, Some(1));
}

#[test]
fn more_is_better_for_scores_and_less_for_costs_unless_the_question_says_otherwise() {
    let low = |name: &str| {
        vec![samples(
            name,
            Unit::One,
            (0..200).map(|i| f64::from(i % 7)).collect(),
        )]
    };
    let high = |name: &str| {
        vec![samples(
            name,
            Unit::One,
            (0..200).map(|i| 5.0 + f64::from(i % 7)).collect(),
        )]
    };
    for (name, outcome) in [
        ("relevance", Outcome::Pass),
        ("cost_usd", Outcome::Fail),
        ("prompt_tokens", Outcome::Fail),
        ("response_bytes", Outcome::Fail),
    ] {
        let found = compare(&question(name), &low(name), &high(name), &[]);
        assert_answer(&found, Validity::Valid, outcome);
    }
    let turned = Question {
        better: Some("lower".parse().unwrap()),
        ..question("relevance")
    };
    let found = compare(&turned, &low("relevance"), &high("relevance"), &[]);
    assert_answer(&found, Validity::Valid, Outcome::Fail);
}

#[test]
fn pairs_find_a_change_that_the_spread_of_the_items_hides() {
    let mut draws = Draws::of(3);
    let items: Vec<f64> = (0..60).map(|_| 100.0 * draws.uniform()).collect();
    let faster: Vec<f64> = items
        .iter()
        .map(|item| item - 1.0 - 0.2 * draws.uniform())
        .collect();
    let arm = |values: Vec<f64>| {
        vec![keyed(
            "duration_ms",
            Unit::Milliseconds,
            values,
            Some(keys(0..60)),
            None,
        )]
    };
    let (baseline, candidate) = (arm(items), arm(faster));
    let alone = compare(&question("duration_ms"), &baseline, &candidate, &[]);
    assert_answer(&alone, Validity::Valid, Outcome::Inconclusive);
    let paired = Question {
        paired: true,
        ..question("duration_ms")
    };
    assert_answer(
        &compare(&paired, &baseline, &candidate, &[]),
        Validity::Valid,
        Outcome::Pass,
    );
}

#[test]
fn unmatched_pair_keys_are_reported_and_none_matching_is_refused() {
    let arm = |from: usize, keyed_rows: bool| {
        let values = (0..50)
            .map(|row| row as f64 + (from * row % 3) as f64)
            .collect();
        let pair = keyed_rows.then(|| keys(from..from + 50));
        vec![keyed("duration_ms", Unit::Milliseconds, values, pair, None)]
    };
    let paired = Question {
        paired: true,
        ..question("duration_ms")
    };
    let some = compare(&paired, &arm(0, true), &arm(10, true), &[]);
    assert!(some.method.contains("40 pairs"), "{}", some.method);
    assert!(
        some.method
            .contains("10 keys of the candidate and 10 of the baseline"),
        "{}",
        some.method
    );
    assert_eq!(some.candidate.n, 40);
    for other in [arm(100, true), arm(0, false)] {
        let none = compare(&paired, &arm(0, true), &other, &[]);
        assert_answer(&none, Validity::Insufficient, Outcome::Inconclusive);
        assert!(none.reason.contains("pair"), "{}", none.reason);
    }
}

#[test]
fn clusters_widen_the_interval_and_few_clusters_are_refused() {
    let clustered = |groups: usize, size: usize, seed: u64| {
        let mut draws = Draws::of(seed);
        let values = (0..groups)
            .flat_map(|_| {
                let common = 20.0 * draws.uniform();
                (0..size)
                    .map(|_| common + draws.uniform())
                    .collect::<Vec<_>>()
            })
            .collect();
        let of_row = (0..groups).flat_map(|group| std::iter::repeat_n(group, size));
        vec![keyed(
            "latency_ms",
            Unit::Milliseconds,
            values,
            None,
            Some(keys(of_row)),
        )]
    };
    let plain = |measurements: &[Measurement]| {
        let Data::Samples(samples) = &measurements[0].data else {
            unreachable!()
        };
        vec![latency(samples.values.clone())]
    };
    let (baseline, candidate) = (clustered(200, 50, 1), clustered(200, 50, 2));
    for statistic in ["mean", "p50"] {
        let width = |found: Comparison| found.difference.unwrap().interval.unwrap().half_width();
        let aware = compare(&question(statistic), &baseline, &candidate, &[]);
        assert!(aware.method.contains("200 clusters"), "{}", aware.method);
        let unaware = compare(
            &question(statistic),
            &plain(&baseline),
            &plain(&candidate),
            &[],
        );
        assert!(unaware.method.contains("independent"), "{}", unaware.method);
        assert!(width(aware) > 3.0 * width(unaware), "{statistic}");
        let few = compare(
            &question(statistic),
            &clustered(9, 100, 1),
            &clustered(9, 100, 2),
            &[],
        );
        assert_answer(&few, Validity::Insufficient, Outcome::Inconclusive);
    }
    let demanded = Question {
        clustered: true,
        ..question("mean")
    };
    let without = compare(&demanded, &plain(&baseline), &plain(&candidate), &[]);
    assert_answer(&without, Validity::Insufficient, Outcome::Inconclusive);
}

#[test]
fn an_error_is_a_status_outside_the_success_range_or_no_response() {
    let statuses = |codes: &[f64]| {
        let values = (0..4_000).map(|row| codes[row % codes.len()]).collect();
        vec![samples("status", Unit::One, values)]
    };
    let found = compare(
        &question("error-rate"),
        &statuses(&[200.0]),
        &statuses(&[200.0, 404.0, 500.0, 0.0]),
        &[],
    );
    assert_eq!(found.candidate.value, Some(0.75));
    assert_answer(&found, Validity::Valid, Outcome::Fail);
    let mut lenient = question("error-rate");
    lenient.success.high = 404;
    let found = compare(
        &lenient,
        &statuses(&[200.0]),
        &statuses(&[200.0, 404.0, 500.0, 0.0]),
        &[],
    );
    assert_eq!(found.candidate.value, Some(0.5));
}

#[test]
fn no_failure_in_298_requests_does_not_prove_one_per_cent_and_299_do() {
    let gate = gate_of("measure = \"error-rate\"\nbelow = \"1%\"\nconfidence = \"95% one-sided\"");
    for (n, outcome) in [(298, Outcome::Inconclusive), (299, Outcome::Pass)] {
        let decision = decide(&gate, &[evidence("candidate", 1, vec![status(n, 0)])]);
        assert_eq!(
            decision.criteria[0].outcome,
            outcome,
            "{}",
            shown(&decision)
        );
    }
}

#[test]
fn throughput_needs_timestamps_and_a_summary_cannot_decide() {
    let steady = |rate: f64, seed: u64| vec![timestamps(6_000, rate, seed)];
    let found = compare(
        &question("throughput"),
        &steady(100.0, 1),
        &steady(150.0, 2),
        &[],
    );
    assert_answer(&found, Validity::Valid, Outcome::Pass);
    let none = compare(
        &question("throughput"),
        &latencies(50.0, 500, 1),
        &steady(150.0, 2),
        &[],
    );
    assert_answer(&none, Validity::NoData, Outcome::Inconclusive);
    assert!(none.reason.contains("timestamp_ms"), "{}", none.reason);
    let stated = |value: f64| {
        let scalar = Scalar {
            statistic: "rate".to_owned(),
            value,
            interval: None,
            n: None,
        };
        vec![measurement(
            "throughput",
            Unit::PerSecond,
            Data::Scalar(scalar),
        )]
    };
    let summary = compare(&question("throughput"), &stated(100.0), &stated(150.0), &[]);
    assert_answer(&summary, Validity::Insufficient, Outcome::Inconclusive);
    assert_eq!(summary.difference.unwrap().value, 50.0);
}

#[test]
fn ndcg_is_paired_by_query_and_a_missing_query_counts_zero() {
    let question = question("ndcg@10");
    let (weak, strong) = ([ranking(7.0, 1)], [ranking(2.0, 2)]);
    let found = compare(&question, &weak, &strong, &[judgements()]);
    assert_answer(&found, Validity::Valid, Outcome::Pass);
    assert_eq!(found.candidate.n, QUERIES as u64);
    let mut crashing = ranking(2.0, 2);
    if let Data::Ranking(lines) = &mut crashing.data {
        lines.retain(|line| line.query.len() > 3);
    }
    let crashed = compare(&question, &weak, &[crashing], &[judgements()]);
    assert_eq!(crashed.candidate.n, QUERIES as u64);
    assert!(crashed.candidate.value < found.candidate.value);
    assert_answer(&crashed, Validity::Valid, Outcome::Fail);
    let unjudged = compare(&question, &weak, &strong, &[]);
    assert_answer(&unjudged, Validity::NoData, Outcome::Inconclusive);
}

#[test]
fn models_that_comply_alike_everywhere_are_not_proven_equal_by_few_queries() {
    let answers = |n: usize| {
        let values = (0..n)
            .map(|query| f64::from(u8::from(query % 3 != 0)))
            .collect();
        vec![keyed(
            "compliance@1",
            Unit::One,
            values,
            Some(keys(0..n)),
            None,
        )]
    };
    for (n, outcome) in [(50, Outcome::Inconclusive), (400, Outcome::Pass)] {
        let found = compare(
            &with_margin("compliance@1", "2points"),
            &answers(n),
            &answers(n),
            &[],
        );
        assert_answer(&found, Validity::Valid, outcome);
    }
}

#[test]
fn a_tools_own_interval_decides_only_at_its_level() {
    let stated = |low: f64, high: f64, level: f64| {
        let scalar = Scalar {
            statistic: "mean".to_owned(),
            value: (low + high) / 2.0,
            interval: Some((Interval::new(low, high).unwrap(), level)),
            n: Some(100),
        };
        vec![measurement(
            "duration_ms",
            Unit::Milliseconds,
            Data::Scalar(scalar),
        )]
    };
    let question = question("duration_ms");
    let sure = compare(
        &question,
        &stated(99.0, 101.0, 0.95),
        &stated(79.0, 81.0, 0.95),
        &[],
    );
    assert_answer(&sure, Validity::Valid, Outcome::Pass);
    let unsure = compare(
        &question,
        &stated(99.0, 101.0, 0.9),
        &stated(79.0, 81.0, 0.95),
        &[],
    );
    assert_answer(&unsure, Validity::Insufficient, Outcome::Inconclusive);
}

#[test]
fn units_and_margins_that_do_not_fit_are_said_and_not_guessed() {
    let baseline = latencies(100.0, 500, 1);
    let seconds = vec![samples("latency_ms", Unit::One, vec![0.1; 500])];
    let differ = compare(&question("p95"), &baseline, &seconds, &[]);
    assert_answer(&differ, Validity::SourceError, Outcome::Inconclusive);
    let points = compare(&with_margin("p95", "5points"), &baseline, &baseline, &[]);
    assert_answer(&points, Validity::Insufficient, Outcome::Inconclusive);
    assert!(points.reason.contains("does not fit"), "{}", points.reason);
}

#[test]
fn a_statistic_reads_back_what_it_prints() {
    for text in [
        "p95",
        "p99.9",
        "p50:bytes",
        "mean",
        "mean:tokens",
        "error-rate",
        "throughput",
        "ndcg@10",
        "compliance@1",
        "ablation-drop",
        "correlation",
        "count:findings",
        "share:line_coverage",
        "value:review_score",
        "largest:complexity",
        "smallest:score",
    ] {
        let statistic: Statistic = text.parse().unwrap();
        assert_eq!(statistic.to_string(), text);
        assert_eq!(statistic.to_string().parse(), Ok(statistic));
    }
    for text in [
        "p0",
        "p100",
        "ndcg@0",
        "ndcg@x",
        "count",
        "",
        "two words",
        "p95:",
    ] {
        assert!(text.parse::<Statistic>().is_err(), "{text:?} was accepted");
    }
}

#[test]
fn coarse_buckets_widen_the_interval_until_they_cannot_decide() {
    let counted = |width: f64| {
        let bucket = |at: usize| Bucket {
            low: 40.0 + width * at as f64,
            high: 40.0 + width * (at + 1) as f64,
            count: 10_000,
        };
        let buckets = (0..(120.0 / width) as usize).map(bucket).collect();
        let data = Data::Histogram(Histogram { buckets });
        vec![measurement("latency_ms", Unit::Milliseconds, data)]
    };
    let drift = with_margin("p95", "5ms");
    let fine = compare(&drift, &counted(0.5), &counted(0.5), &[]);
    assert_answer(&fine, Validity::Valid, Outcome::Pass);
    let coarse = compare(&drift, &counted(40.0), &counted(40.0), &[]);
    assert_answer(&coarse, Validity::Valid, Outcome::Inconclusive);
}

#[test]
fn pairs_inside_clusters_are_drawn_with_their_cluster_and_crossing_pairs_alone() {
    let arm = |shift: f64, cluster_of: fn(usize) -> usize| {
        let values = (0..240)
            .map(|row| (row * 37 % 101) as f64 + shift)
            .collect();
        let pair = keys((0..240).map(|row| row % 120));
        let cluster = keys((0..240).map(cluster_of));
        vec![keyed(
            "duration_ms",
            Unit::Milliseconds,
            values,
            Some(pair),
            Some(cluster),
        )]
    };
    let paired = Question {
        paired: true,
        ..question("duration_ms")
    };
    let inside = |row: usize| row % 120 / 6;
    let method = compare(&paired, &arm(0.0, inside), &arm(1.0, inside), &[]).method;
    assert!(method.contains("120 pairs in 20 clusters"), "{method}");
    let crossing = |row: usize| row / 12;
    let method = compare(&paired, &arm(0.0, crossing), &arm(1.0, crossing), &[]).method;
    assert!(method.contains("pairs cross clusters"), "{method}");
}

#[test]
fn parts_of_a_file_are_not_mixed_and_a_label_chooses_one() {
    let part = |command: &str, median: f64, seed: u64| {
        let values = Draws::of(seed).latencies(median, 1_000);
        labelled(latency(values), &[("command", command)])
    };
    let file = |seed| vec![part("old", 100.0, seed), part("new", 50.0, seed + 1)];
    let mixed = compare(&question("p95"), &file(1), &file(3), &[]);
    assert_answer(&mixed, Validity::Insufficient, Outcome::Inconclusive);
    assert!(mixed.reason.contains("command=old"), "{mixed:#?}");

    let mut of_new = with_margin("p95", "20%");
    of_new.labels.globs = vec![("command".to_owned(), vec!["new".to_owned()])];
    let chosen = compare(&of_new, &file(1), &file(3), &[]);
    assert_answer(&chosen, Validity::Valid, Outcome::Pass);
    assert_eq!(chosen.candidate.n, 1_000);
}

#[test]
fn a_file_without_rows_for_unanswered_requests_proves_no_error_rate() {
    let answered = || vec![labelled(status(1_000, 0), &[("requests", "answered")])];
    let found = compare(
        &with_margin("error-rate", "1points"),
        &answered(),
        &answered(),
        &[],
    );
    assert_answer(&found, Validity::Insufficient, Outcome::Inconclusive);
}
