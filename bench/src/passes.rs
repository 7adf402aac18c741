//! The interval of the difference of two p95s on large arrays, against merely reading them.

use anyhow::{Context, Result};

use crate::Bench;
use crate::data::{Arm, latencies};
use crate::intervals::difference;
use crate::results::{Demand, Section, number, time};
use crate::timing::{median, timed};

/// Ours, and two passes over both arrays.
pub(crate) fn compare(bench: &Bench) -> Result<Section> {
    let rows = bench.scale.rows_large;
    eprintln!("(b) interval of the p95 difference, {rows} values an arm");
    let baseline = latencies(Arm::Baseline, rows);
    let candidate = latencies(Arm::Candidate, rows);
    let (mut ours, mut passes) = (Vec::new(), Vec::new());
    let mut shown = None;
    for _ in 0..bench.scale.rounds {
        let (seconds, interval) = timed(|| difference(&baseline, &candidate));
        ours.push(seconds);
        shown = interval;
        let (seconds, sums) = timed(|| {
            [
                sum_of_both(&baseline, &candidate),
                sum_of_both(&baseline, &candidate),
            ]
        });
        std::hint::black_box(sums);
        passes.push(seconds);
    }
    let interval = shown.context("there is no interval")?;
    let (ours, passes) = (median(&ours), median(&passes));
    let ratio = ours / passes;
    Ok(Section {
        title: "(b) The same on large arrays",
        method: format!(
            "{rows} values an arm, in memory, two threads, against summing both arrays twice with \
             two threads: the least that two passes over the memory cost."
        ),
        figures: vec![
            (
                "Adjutant".to_owned(),
                format!(
                    "{}, [{:.4}, {:.4}]",
                    time(ours),
                    interval.low(),
                    interval.high()
                ),
            ),
            ("reading both arrays twice".to_owned(), time(passes)),
        ],
        demands: vec![Demand {
            what: "(b) the same on large arrays, against reading them twice".to_owned(),
            demand: "≤ 2.5×".to_owned(),
            measured: format!("{}×", number(ratio)),
            is_met: ratio <= 2.5,
        }],
    })
}

fn sum_of_both(baseline: &[f64], candidate: &[f64]) -> f64 {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| sum(candidate));
        let first = sum(baseline);
        // The sum of an array cannot panic.
        first + other.join().unwrap_or(f64::NAN)
    })
}

/// In eight lanes, so that the memory is what limits it.
fn sum(values: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (eights, rest) = values.as_chunks::<8>();
    for eight in eights {
        for (lane, value) in lanes.iter_mut().zip(eight) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().sum::<f64>()
}
