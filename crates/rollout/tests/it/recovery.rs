//! The worst case, computed before a rollout begins.

use adjutant_rollout::{PresentTraffic, RecoveryRefusal, prove_recovery};

use crate::made::{arm, canary, read};

fn traffic(requests_per_second: f64) -> PresentTraffic {
    PresentTraffic {
        requests_per_second,
        baseline: arm(5_000, 5, 1.0),
    }
}

#[test]
fn the_parts_add_up_and_enough_traffic_permits_the_plan() {
    let proof = prove_recovery(&canary(), Ok(&traffic(300.0))).unwrap();
    let parts = proof.decision_ms + proof.actuation_ms + proof.verification_ms;
    assert_eq!(proof.total_ms(), proof.detection_ms.map(|ms| ms + parts));
    assert_eq!(proof.permit(), Ok(()));
    let longest = proof
        .detections
        .iter()
        .filter_map(|found| found.lasts_ms)
        .max();
    assert_eq!(proof.detection_ms, longest);
    // Two stages with both versions; a margin says nothing once the baseline serves nobody.
    assert_eq!(proof.detections.len(), 4);
}

#[test]
fn less_traffic_takes_longer_and_above_two_minutes_the_plan_is_refused() {
    let totals: Vec<_> = [300.0, 30.0, 3.0, 1.0]
        .into_iter()
        .map(|rate| prove_recovery(&canary(), Ok(&traffic(rate))).unwrap())
        .collect();
    assert!(
        totals
            .windows(2)
            .all(|pair| pair[0].total_ms() < pair[1].total_ms())
    );
    assert!(matches!(
        totals[3].permit(),
        Err(RecoveryRefusal::TooLong { .. })
    ));
}

#[test]
fn without_traffic_nothing_can_be_promised() {
    for none in [
        traffic(0.0),
        PresentTraffic {
            baseline: Default::default(),
            ..traffic(9.0)
        },
    ] {
        assert_eq!(
            prove_recovery(&canary(), Ok(&none)),
            Err(RecoveryRefusal::NoTraffic)
        );
    }
}

#[test]
fn a_change_that_the_margin_allows_is_never_detected() {
    let text = crate::made::CANARY.replace(
        "quantile = 0.95, margin = \"10 %\"",
        "quantile = 0.95, margin = \"10 %\", detects = \"5 %\"",
    );
    let proof = prove_recovery(&read(&text).plan, Ok(&traffic(300.0))).unwrap();
    assert!(matches!(
        proof.permit(),
        Err(RecoveryRefusal::NeverDetected { .. })
    ));
}

#[test]
fn a_plan_that_measures_nothing_while_users_get_the_candidate_is_refused() {
    let blue_green = |demand: &str| {
        format!(
            r#"
[rollout.search.strategy.blueGreen]
prePromotionAnalysis = {{ templates = [{{ templateName = "answers" }}] }}
[rollout.search.templates.answers]
requests = 100
looks = 1
metrics = [{{ name = "answers", measure = "disagreements", limit = "1 %" }}]
[rollout.search.monitor]
metrics = [{{ name = "errors", measure = "errors", {demand} }}]
"#
        )
    };
    let permitted = |demand: &str| {
        let plan = read(&blue_green(demand)).plan;
        prove_recovery(&plan, Ok(&traffic(300.0)))?.permit()
    };
    let margin = permitted(r#"margin = "1 points""#);
    assert_eq!(margin, Err(RecoveryRefusal::Unmonitored));
    assert_eq!(permitted(r#"limit = "2 %""#), Ok(()));

    // More traffic would not help.
    let plan = read(&blue_green(r#"margin = "1 points""#)).plan;
    let without_traffic = prove_recovery(&plan, Err(RecoveryRefusal::NoTraffic));
    assert_eq!(without_traffic, Err(RecoveryRefusal::Unmonitored));
}
