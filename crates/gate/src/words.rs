//! What a policy demands, and what is missing, in words. Numbers appear only as the policy wrote
//! them.

use adjutant_domain::Outcome;

use crate::judge::Quantity;
use crate::policy::{Ask, Demand, Side, TriggerCondition};
use crate::quantity::Scale;
use crate::selector::Selector;
use crate::statistic::{Direction, Statistic, quantile_name};

/// The quantity in words, such as `p95 of latency_ms`.
pub(crate) fn name(statistic: &Statistic) -> String {
    match statistic {
        Statistic::Quantile { measure, p } => format!("{} of {measure}", quantile_name(*p)),
        Statistic::Mean { measure } => format!("mean of {measure}"),
        Statistic::ErrorRate => "error rate".to_owned(),
        Statistic::Throughput => "throughput".to_owned(),
        Statistic::Ndcg { k } => format!("nDCG@{k}"),
        Statistic::ComplianceAtOne => "compliance@1".to_owned(),
        Statistic::AblationDrop => "relative drop of nDCG by ablation".to_owned(),
        Statistic::Correlation => "correlation of both models' scores".to_owned(),
        Statistic::Count { measure } => format!("count of {measure}"),
        Statistic::Share { measure } | Statistic::Value { measure } => measure.to_string(),
        Statistic::Largest { measure } => format!("largest {measure}"),
        Statistic::Smallest { measure } => format!("smallest {measure}"),
    }
}

/// A demand in words, such as `p95 of latency_ms < 500 ms`.
pub(crate) fn target(ask: &Ask, demand: &Demand) -> String {
    let name = format!("{}{}", name(&ask.statistic), selected(&ask.labels));
    match demand {
        Demand::Value(side, bound) => format!("{name} {} {bound}", sign(*side)),
        Demand::Rise(side, margin) => {
            format!(
                "rise of {name} {} {margin}{}",
                sign(*side),
                relative(margin.scale)
            )
        }
        Demand::Fall(side, margin) => {
            format!(
                "fall of {name} {} {margin}{}",
                sign(*side),
                relative(margin.scale)
            )
        }
        Demand::Within(margin) => {
            format!("drift of {name} within ±{margin}{}", relative(margin.scale))
        }
        Demand::Improves => match ask.better {
            Direction::Lower => format!("{name} below that of the baseline"),
            Direction::Higher => format!("{name} above that of the baseline"),
        },
    }
}

/// What fires a trigger, in words.
pub(crate) fn condition(condition: &TriggerCondition) -> String {
    match condition {
        TriggerCondition::Holds { ask, demand } => target(ask, demand),
        TriggerCondition::AnyFails => "any required criterion fails for sure".to_owned(),
    }
}

fn relative(scale: Scale) -> &'static str {
    match scale {
        Scale::Percent => " of the baseline",
        Scale::Points | Scale::Unit(_) => "",
    }
}

fn sign(side: Side) -> &'static str {
    match side {
        Side::Below => "<",
        Side::AtMost => "≤",
        Side::Above => ">",
        Side::AtLeast => "≥",
    }
}

fn selected(selector: &Selector) -> String {
    if selector.globs.is_empty() {
        return String::new();
    }
    let labels: Vec<String> = selector
        .globs
        .iter()
        .map(|(label, globs)| match globs.as_slice() {
            [only] => format!("{label} {only}"),
            [one, other] => format!("{label} {one} or {other}"),
            [first, rest @ ..] => format!("{label} {first} or {} others", rest.len()),
            [] => label.clone(),
        })
        .collect();
    format!(" ({})", labels.join(", "))
}

/// Why valid evidence answers as it does.
pub(crate) fn reason(outcome: Outcome, is_exact: bool) -> String {
    match (outcome, is_exact) {
        (Outcome::Pass, true) => "the value is accepted",
        (Outcome::Fail, true) => "the value is not accepted",
        (Outcome::Pass, false) => "the whole interval is accepted",
        (Outcome::Fail, false) => "the whole interval lies on the wrong side",
        (Outcome::Inconclusive, _) => "the interval holds accepted and refused values",
    }
    .to_owned()
}

/// Whether a statistic reads relevance judgements.
pub(crate) fn needs_judgements(statistic: &Statistic) -> bool {
    match statistic {
        Statistic::Ndcg { .. } | Statistic::ComplianceAtOne | Statistic::AblationDrop => true,
        Statistic::Quantile { .. }
        | Statistic::Mean { .. }
        | Statistic::ErrorRate
        | Statistic::Throughput
        | Statistic::Correlation
        | Statistic::Count { .. }
        | Statistic::Share { .. }
        | Statistic::Value { .. }
        | Statistic::Largest { .. }
        | Statistic::Smallest { .. } => false,
    }
}

/// The command that would bring what is missing; the file names say what is needed.
pub(crate) fn command(ask: &Ask, demand: Demand) -> String {
    let subject = &ask.subject;
    let needs_both = demand.quantity() != Quantity::Own;
    let both = |file: &str| {
        if needs_both {
            vec![
                format!("baseline=baseline{file}"),
                format!("{subject}={subject}{file}"),
            ]
        } else {
            vec![format!("{subject}={subject}{file}")]
        }
    };
    let evidence: Vec<String> = match &ask.statistic {
        Statistic::Quantile { .. }
        | Statistic::Mean { .. }
        | Statistic::ErrorRate
        | Statistic::Throughput => both(".csv"),
        Statistic::Ndcg { .. } | Statistic::ComplianceAtOne => {
            let mut files = both(".run");
            files.push("qrels=judgements.qrels".to_owned());
            files
        }
        Statistic::AblationDrop => vec![
            format!("{subject}={subject}.run"),
            "ablation=ablation.run".to_owned(),
            "qrels=judgements.qrels".to_owned(),
        ],
        Statistic::Correlation => {
            vec![
                "baseline=baseline.run".to_owned(),
                format!("{subject}={subject}.run"),
            ]
        }
        Statistic::Count { measure } => match measure.as_str() {
            "findings" => both(".sarif"),
            "tests.failed" | "tests.skipped" => both(".junit.xml"),
            _ => both(".csv"),
        },
        Statistic::Share { measure } => match measure.as_str() {
            "line_coverage" | "branch_coverage" => both(".lcov.info"),
            _ => both(".json"),
        },
        Statistic::Value { .. } | Statistic::Largest { .. } | Statistic::Smallest { .. } => {
            both(".csv")
        }
    };
    let flags: Vec<String> = evidence
        .iter()
        .map(|pair| format!("--evidence {pair}"))
        .collect();
    flags.join(" ")
}
