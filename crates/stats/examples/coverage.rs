//! The coverage tables of `docs/statistics.md`: `cargo run --release -p adjutant-stats --example
//! coverage [simulations]`. Seeds are fixed, so the figures are the same everywhere.

#![expect(clippy::print_stdout, reason = "an example shows its result")]
#![expect(
    clippy::unwrap_used,
    reason = "the simulated laws are sound by construction"
)]

#[path = "../tests/it/simulation.rs"]
mod simulation;

use adjutant_stats::spending::Shape;
use simulation::{
    Coverage, Law, Method, Monitor, coverage, false_alarms, share_coverage,
    share_difference_coverage,
};

fn cell(coverage: Coverage) -> String {
    if coverage.refused == coverage.tries {
        return "refused".to_owned();
    }
    let miss = |count: u32| 100.0 * f64::from(count) / f64::from(coverage.tries);
    let (below, above) = (miss(coverage.truth_below), miss(coverage.truth_above));
    format!("{:.1} ({below:.1} / {above:.1})", 100.0 * coverage.share())
}

/// Fewer simulations where one takes long.
fn tries(method: Method, n: usize, tries: u32) -> u32 {
    match method {
        Method::Quantile(_) => tries,
        Method::QuantileDifference(_) => tries.div_ceil(if n < 10_000 { 1 } else { 2 }),
        Method::Mean
        | Method::MeanDifference
        | Method::PairedDifference
        | Method::ClusteredMean => match n {
            100 => tries,
            _ => tries / 2,
        },
    }
}

fn law_name(law: Law) -> &'static str {
    match law {
        Law::Normal => "normal",
        Law::LogNormal => "log-normal 0.5",
        Law::StudentFive => "t, 5 df",
        Law::ParetoThree => "Pareto 3",
    }
}

fn method_name(method: Method) -> String {
    match method {
        Method::Quantile(percent) => format!("p{percent}"),
        Method::QuantileDifference(percent) => format!("p{percent} difference"),
        Method::Mean => "mean".to_owned(),
        Method::MeanDifference => "mean difference".to_owned(),
        Method::PairedDifference => "paired mean difference".to_owned(),
        Method::ClusteredMean => "mean of clusters of 5".to_owned(),
    }
}

fn monitor_name(monitor: Monitor) -> &'static str {
    match monitor {
        Monitor::Naive => "fixed-sample z test, repeated",
        Monitor::Spending(Shape::OBrienFleming) => "alpha spending, O'Brien-Fleming",
        Monitor::Spending(Shape::Pocock) => "alpha spending, Pocock",
        Monitor::MeanSequence => "confidence sequence, mean difference",
        Monitor::ShareSequence => "confidence sequence, share difference (5 %)",
        Monitor::QuantileSequence => "confidence sequence, p95 difference",
    }
}

fn main() {
    let full = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(2_000);
    let sizes = [100, 1_000, 10_000];
    println!("| Method | Law | n = 100 | n = 1,000 | n = 10,000 |\n|---|---|---|---|---|");
    for method in [
        Method::Quantile(50),
        Method::Quantile(95),
        Method::Quantile(99),
        Method::QuantileDifference(50),
        Method::QuantileDifference(95),
        Method::QuantileDifference(99),
        Method::Mean,
        Method::MeanDifference,
        Method::PairedDifference,
        Method::ClusteredMean,
    ] {
        for law in Law::ALL {
            let cells = sizes.map(|n| cell(coverage(method, law, n, tries(method, n, full), 1)));
            println!(
                "| {} | {} | {} |",
                method_name(method),
                law_name(law),
                cells.join(" | ")
            );
        }
    }
    for p in [0.01, 0.05, 0.5] {
        let exact = sizes.map(|n| cell(share_coverage(p, n as u64, full, 2)));
        println!("| share, exact | {p} | {} |", exact.join(" | "));
        let both = sizes.map(|n| share_difference_coverage(p, n as u64, full, 3).map(cell));
        for (at, name) in ["Miettinen-Nurminen", "Newcombe"].into_iter().enumerate() {
            let cells = both.each_ref().map(|pair| pair[at].clone());
            println!("| share difference, {name} | {p} | {} |", cells.join(" | "));
        }
    }
    println!(
        "\n| Monitor, {} looks | normal | log-normal 0.5 |\n|---|---|---|",
        simulation::LOOKS
    );
    for monitor in [
        Monitor::Naive,
        Monitor::Spending(Shape::OBrienFleming),
        Monitor::Spending(Shape::Pocock),
        Monitor::MeanSequence,
        Monitor::ShareSequence,
        Monitor::QuantileSequence,
    ] {
        let alarms = |law| 100.0 * false_alarms(monitor, law, full / 2, 4);
        println!(
            "| {} | {:.1} | {:.1} |",
            monitor_name(monitor),
            alarms(Law::Normal),
            alarms(Law::LogNormal)
        );
    }
}
