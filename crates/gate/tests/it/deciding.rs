//! Whole decisions: the built-in gates and the policy's options.

use adjutant_domain::{Outcome, Unit, Validity, Verdict};
use adjutant_gate::{Decision, PastDecision, Trend};

use crate::made::*;

fn outcome_of(decision: &Decision, id: &str) -> (Validity, Outcome) {
    let result = decision
        .criteria
        .iter()
        .find(|result| result.id.as_str() == id)
        .unwrap();
    (result.validity, result.outcome)
}

#[test]
fn a_better_candidate_of_the_same_speed_may_be_released() {
    let decision = decide(&release_criteria(), &good_release());
    insta::assert_snapshot!(told(&decision));
    assert_eq!(decision.verdict, Verdict::Go);
}

#[test]
fn a_slow_candidate_is_rejected_for_its_latency_and_for_nothing_else() {
    let mut release = good_release();
    release[1] = evidence("candidate", 2, load(90.0, REQUESTS, 2, 12));
    let decision = decide(&release_criteria(), &release);
    assert_eq!(decision.verdict, Verdict::Reject, "{}", shown(&decision));
    let failed: Vec<&str> = decision
        .criteria
        .iter()
        .filter(|result| result.outcome != Outcome::Pass)
        .map(|result| result.id.as_str())
        .collect();
    assert_eq!(failed, ["p95-drift"]);
    assert!(
        decision.reasons[0].starts_with("p95-drift fails"),
        "{:?}",
        decision.reasons
    );
}

#[test]
fn what_mirrored_traffic_can_settle_goes_to_shadow() {
    let mut release = good_release();
    // Hardly better than the baseline: nDCG cannot tell.
    release[3] = evidence("candidate", 4, vec![ranking(6.8, 22)]);
    let decision = decide(&release_criteria(), &release);
    assert_eq!(
        outcome_of(&decision, "ndcg"),
        (Validity::Valid, Outcome::Inconclusive)
    );
    assert_eq!(
        outcome_of(&decision, "p95-drift"),
        (Validity::Valid, Outcome::Pass)
    );
    insta::assert_snapshot!(told(&decision));
}

#[test]
fn an_undecided_latency_does_not_go_to_shadow() {
    let mut release = good_release();
    release[1] = evidence("candidate", 2, load(60.0, 300, 0, 12));
    let decision = decide(&release_criteria(), &release);
    assert_eq!(
        outcome_of(&decision, "p95-drift"),
        (Validity::Valid, Outcome::Inconclusive)
    );
    assert_eq!(
        decision.verdict,
        Verdict::PauseAndFix,
        "{}",
        shown(&decision)
    );
    let drift = decision
        .criteria
        .iter()
        .find(|result| result.id.as_str() == "p95-drift")
        .unwrap();
    let samples = drift.needed.samples.unwrap() as f64;
    let minutes = drift.needed.minutes.unwrap();
    // 300 requests at 150 a second took two seconds.
    assert!(
        (minutes / (samples / 150.0 / 60.0) - 1.0).abs() < 0.2,
        "{minutes} for {samples}"
    );
    assert!(drift.needed.distance.unwrap() < 0.0);
}

fn merge_evidence(tokens: f64, failed_guardrails: u64) -> Vec<adjutant_domain::Evidence> {
    let tokens_of = |mean: f64, seed: u64| {
        let mut draws = Draws::of(seed);
        let values = (0..400)
            .map(|_| mean * (0.9 + 0.2 * draws.uniform()))
            .collect();
        samples("tokens", Unit::Tokens, values)
    };
    let guardrails = labelled(
        proportion("tests.failed", failed_guardrails, 12),
        &[("suite", "tests.guardrails.test_pii")],
    );
    let mut baseline = load(60.0, 2_000, 0, 1);
    baseline.push(tokens_of(500.0, 3));
    let mut candidate = load(60.0, 2_000, 0, 2);
    candidate.extend([
        tokens_of(tokens, 4),
        guardrails,
        scalar("review_score", "value", 8.0),
    ]);
    vec![
        evidence("baseline", 1, baseline),
        evidence("candidate", 2, candidate),
    ]
}

#[test]
fn a_change_that_keeps_every_promise_may_be_merged() {
    let decision = decide(&built_in("merge"), &merge_evidence(500.0, 0));
    insta::assert_snapshot!(told(&decision));
    assert_eq!(decision.verdict, Verdict::Go);
}

#[test]
fn one_failed_guardrail_test_blocks_a_merge() {
    let decision = decide(&built_in("merge"), &merge_evidence(500.0, 1));
    assert_eq!(decision.verdict, Verdict::Reject);
    assert!(
        decision.reasons[0].starts_with("guardrails fails"),
        "{:?}",
        decision.reasons
    );
}

#[test]
fn a_documented_reason_lifts_token_cost_and_is_shown_and_lifts_nothing_else() {
    let gate = built_in("merge");
    let costly = merge_evidence(700.0, 0);
    assert_eq!(decide(&gate, &costly).verdict, Verdict::Reject);
    let why = "answers cite their sources now, agreed in review";
    let lifted = decide_with(&gate, &costly, &[], &[], &[("token-cost", why)]);
    assert_eq!(lifted.verdict, Verdict::Go, "{}", shown(&lifted));
    assert_eq!(
        outcome_of(&lifted, "token-cost"),
        (Validity::Valid, Outcome::Fail)
    );
    let cost = lifted
        .criteria
        .iter()
        .find(|result| result.id.as_str() == "token-cost")
        .unwrap();
    assert_eq!(cost.bypass.as_deref(), Some(why));
    assert!(
        lifted.reasons.iter().any(|reason| reason.contains(why)),
        "{:?}",
        lifted.reasons
    );

    for (id, reason) in [("token-cost", "  "), ("review", why), ("nothing", why)] {
        let decision = decide_with(&gate, &costly, &[], &[], &[(id, reason)]);
        assert_eq!(decision.verdict, Verdict::Reject, "{id}: {reason:?}");
    }
    let mut unmeasured = costly;
    unmeasured[1]
        .measurements
        .retain(|found| found.measure.as_str() != "tokens");
    let decision = decide_with(&gate, &unmeasured, &[], &[], &[("token-cost", why)]);
    assert_eq!(
        decision.verdict,
        Verdict::PauseAndFix,
        "a reason lifts no missing data"
    );
}

#[test]
fn code_is_good_enough_only_when_the_scanners_said_so() {
    let gate = built_in("quality");
    let good = |more: Vec<adjutant_domain::Measurement>| {
        let mut measured = vec![
            proportion("line_coverage", 900, 1_000),
            samples("complexity", Unit::One, vec![1.0, 4.0, 10.0]),
            scalar("duplication", "value", 0.03),
        ];
        measured.extend(more);
        [evidence("candidate", 1, measured)]
    };
    let scanned = |critical: f64, secrets: f64| {
        vec![
            findings("semgrep", "critical", critical),
            findings("semgrep", "high", 0.0),
            findings("semgrep", "low", 40.0),
            findings("gitleaks", "high", secrets),
        ]
    };
    assert_eq!(decide(&gate, &good(scanned(0.0, 0.0))).verdict, Verdict::Go);
    assert_eq!(
        decide(&gate, &good(scanned(1.0, 0.0))).verdict,
        Verdict::Reject
    );
    assert_eq!(
        decide(&gate, &good(scanned(0.0, 1.0))).verdict,
        Verdict::Reject
    );
    let unscanned = decide(&gate, &good(vec![findings("eslint", "high", 0.0)]));
    assert_eq!(
        outcome_of(&unscanned, "secrets"),
        (Validity::NoData, Outcome::Inconclusive)
    );
    assert_eq!(unscanned.verdict, Verdict::PauseAndFix);
}

#[test]
fn a_criterion_that_is_not_required_is_shown_and_not_obeyed() {
    let text = "[gate.g]\n[[gate.g.criteria]]\nid = \"a\"\nmeasure = \"p95\"\nbelow = \"500 ms\"\n\
                [[gate.g.criteria]]\nid = \"b\"\nmeasure = \"p95\"\nbelow = \"1 ms\"\nrequired = false\n\
                [[gate.g.triggers]]\nid = \"t\"\nany_criterion_fails = true\n";
    let decision = decide(
        &policy(text),
        &[evidence("candidate", 1, load(60.0, 1_000, 0, 1))],
    );
    assert_eq!(decision.verdict, Verdict::Go, "{}", shown(&decision));
    assert_eq!(outcome_of(&decision, "b"), (Validity::Valid, Outcome::Fail));
    assert!(
        decision
            .reasons
            .iter()
            .any(|reason| reason.contains("b fails (not required)"))
    );
}

#[test]
fn fewer_samples_than_the_policy_demands_are_insufficient() {
    let gate = gate_of("measure = \"p95\"\nbelow = \"500 ms\"\nsamples_min = 1000");
    let decision = decide(&gate, &[evidence("candidate", 1, load(60.0, 400, 0, 1))]);
    assert_eq!(decision.criteria[0].validity, Validity::Insufficient);
    assert_eq!(decision.criteria[0].needed.samples, Some(600));
    assert_eq!(decision.verdict, Verdict::PauseAndFix);
}

#[test]
fn a_failure_that_must_be_confirmed_rejects_only_on_a_second_artifact() {
    let gate = gate_of("measure = \"p95\"\nbelow = \"10 ms\"\nconfirm = true");
    let slow = |artifact: u8| {
        [evidence(
            "candidate",
            artifact,
            load(60.0, 1_000, 0, artifact.into()),
        )]
    };
    let first = decide(&gate, &slow(1));
    assert_eq!(first.verdict, Verdict::PauseAndFix, "{}", shown(&first));
    assert!(
        first.reasons[0].contains("second run must confirm"),
        "{:?}",
        first.reasons
    );
    let history = [PastDecision::from(&first)];
    let again = decide_with(&gate, &slow(1), &[], &history, &[]);
    assert_eq!(
        again.verdict,
        Verdict::PauseAndFix,
        "the same artifact confirms nothing"
    );
    let second = decide_with(&gate, &slow(2), &[], &history, &[]);
    assert_eq!(second.verdict, Verdict::Reject);
}

#[test]
fn a_family_shares_its_error_by_holms_procedure() {
    let text = |holm: &str| {
        let criterion = |id: &str, name: &str| {
            format!(
                "[[gate.g.criteria]]\nid = \"{id}\"\nmeasure = \"{name}\"\nimproves = true\n{holm}\n"
            )
        };
        format!(
            "[gate.g]\n{}{}{}",
            criterion("a", "one"),
            criterion("b", "two"),
            criterion("c", "six")
        )
    };
    // Just significant alone, at 95 %: the mean lies 2.1 standard errors above zero.
    let arm = |lift: f64| {
        let values = |shift: f64| {
            (0..400)
                .map(|row| f64::from(row * 37 % 100) / 100.0 + shift)
                .collect::<Vec<f64>>()
        };
        ["one", "two", "six"]
            .map(|name| samples(name, Unit::One, values(lift)))
            .to_vec()
    };
    let evidence = [
        evidence("baseline", 1, arm(0.0)),
        evidence("candidate", 2, arm(0.043)),
    ];
    let alone = decide(&policy(&text("")), &evidence);
    assert_eq!(alone.verdict, Verdict::Go, "{}", shown(&alone));
    let family = decide(&policy(&text("holm = \"scores\"")), &evidence);
    assert_eq!(family.verdict, Verdict::PauseAndFix, "{}", shown(&family));
    assert!(family.criteria[0].confidence.level() > 0.98);
}

#[test]
fn a_value_outside_the_prediction_of_its_history_is_a_trend() {
    let gate = gate_of("measure = \"p95\"\nbelow = \"500 ms\"");
    let at = |median: f64| {
        decide(
            &gate,
            &[evidence("candidate", 1, load(median, 4_000, 0, 7))],
        )
    };
    let history: Vec<PastDecision> = [100.0, 102.0, 98.0, 101.0, 99.0]
        .map(|median| PastDecision::from(&at(median)))
        .to_vec();
    let trend = |median: f64, history: &[PastDecision]| {
        let evidence = [evidence("candidate", 1, load(median, 4_000, 0, 7))];
        decide_with(&gate, &evidence, &[], history, &[]).criteria[0]
            .trend
            .clone()
    };
    assert_eq!(trend(100.0, &history), Trend::Steady);
    assert_eq!(trend(120.0, &history), Trend::Worse);
    assert_eq!(trend(80.0, &history), Trend::Better);
    assert_eq!(trend(120.0, &history[..3]), Trend::NoHistory);
}

#[test]
fn samples_of_several_files_are_pooled_and_the_method_says_so() {
    let gate = gate_of("measure = \"p95\"\nbelow = \"500 ms\"");
    let part = |artifact: u8| evidence("candidate", artifact, load(60.0, 50, 0, artifact.into()));
    let one = decide(&gate, &[part(1)]);
    assert_eq!(one.criteria[0].validity, Validity::Insufficient);
    let two = decide(&gate, &[part(1), part(2)]);
    assert_eq!(two.verdict, Verdict::Go, "{}", shown(&two));
    let result = &two.criteria[0];
    assert!(
        result.method.contains("pooled from 2 measurements"),
        "{}",
        result.method
    );
    assert_eq!(result.observed.as_ref().unwrap().sources().len(), 2);
    let many: Vec<_> = (1..=12).map(part).collect();
    let many = decide(&gate, &many);
    assert!(
        many.criteria[0].method.contains("clustered by run"),
        "{}",
        many.criteria[0].method
    );
}

#[test]
fn a_file_that_is_given_twice_counts_once() {
    let gate = gate_of("measure = \"p95\"\nbelow = \"500 ms\"");
    let once = evidence("candidate", 1, load(60.0, 50, 0, 1));
    let mut again = once.clone();
    again.run = "run_again".parse().unwrap();
    let decision = decide(&gate, &[once, again]);
    assert_eq!(
        decision.criteria[0].validity,
        Validity::Insufficient,
        "{}",
        shown(&decision)
    );
    assert_eq!(decision.criteria[0].observed.as_ref().unwrap().n(), 50);
}
