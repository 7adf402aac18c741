//! The interval of the difference of two p95s, in memory.

use adjutant_domain::{Confidence, Interval};
use adjutant_stats::QuantileLaw;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::Bench;
use crate::data::{Arm, Notation, file, latencies};
use crate::results::{Demand, Section, time};
use crate::timing::{median, timed};

/// The resamples that a percentile bootstrap is usually given.
const RESAMPLES: f64 = 9_999.0;
/// The resamples that are timed, to draw the line through.
const RESAMPLES_TIMED: [&str; 2] = ["5", "45"];

#[derive(Deserialize)]
struct NumpyAnswer {
    seconds: Vec<f64>,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct ScipyAnswer {
    seconds_of: std::collections::BTreeMap<String, f64>,
    low: f64,
    high: f64,
}

/// The interval of the difference, and the work that is timed.
pub(crate) fn difference(baseline: &[f64], candidate: &[f64]) -> Option<Interval> {
    let (candidate, baseline) = QuantileLaw::of_both(candidate, baseline, 0.95)?;
    QuantileLaw::difference(&candidate, &baseline, Confidence::TWO_SIDED_95)
}

/// Ours, numpy's and scipy's.
pub(crate) fn compare(bench: &Bench) -> Result<Section> {
    let rows = bench.scale.rows;
    eprintln!("(a) interval of the p95 difference, {rows} values an arm");
    let baseline = latencies(Arm::Baseline, rows);
    let candidate = latencies(Arm::Candidate, rows);
    let files =
        [Arm::Baseline, Arm::Candidate].map(|arm| file(&bench.folder, arm, rows, Notation::Raw));
    let [first, second] = files;
    let (first, second) = (first?, second?);
    let paths = [first.as_os_str(), second.as_os_str()];
    let (mut ours, mut numpy, mut scipy) = (Vec::new(), Vec::new(), Vec::new());
    let mut shown = None;
    for _ in 0..bench.scale.rounds {
        for _ in 0..3 {
            let (seconds, interval) = timed(|| difference(&baseline, &candidate));
            ours.push(seconds);
            shown = interval;
        }
        let [first, second] = paths;
        let answer: NumpyAnswer = bench
            .python
            .ask("exact_law_numpy.py", &[first, second, "4".as_ref()])?;
        // The first repetition starts the threads.
        numpy.extend(&answer.seconds[1..]);
        check(shown, answer.low, answer.high)?;
    }
    let mut scipy_interval = None;
    for _ in 0..bench.scale.rounds.min(3) {
        let [low, high] = RESAMPLES_TIMED.map(AsRef::as_ref);
        let answer: ScipyAnswer = bench
            .python
            .ask("bootstrap_scipy.py", &[paths[0], paths[1], low, high])?;
        scipy.push(extrapolated(&answer)?);
        scipy_interval = Some((answer.low, answer.high));
    }
    let interval = shown.context("there is no interval")?;
    let (scipy_low, scipy_high) = scipy_interval.context("there is no interval")?;
    let (ours, numpy, scipy) = (median(&ours), median(&numpy), median(&scipy));
    Ok(Section {
        title: "(a) Interval of the p95 difference",
        method: format!(
            "{rows} values an arm, in memory. Ours: the exact bootstrap law, two threads. numpy: \
             the same law by 9,999 pairs of Beta draws on a partitioned window, two threads \
             (`peers/exact_law_numpy.py`). scipy: `scipy.stats.bootstrap`, percentile, **extrapolated** \
             to 9,999 resamples by the line through {} and {} (`peers/bootstrap_scipy.py`).",
            RESAMPLES_TIMED[0], RESAMPLES_TIMED[1]
        ),
        figures: vec![
            line("Adjutant", ours, interval.low(), interval.high()),
            ("numpy".to_owned(), time(numpy)),
            line(
                "scipy (interval of the fewer resamples)",
                scipy,
                scipy_low,
                scipy_high,
            ),
        ],
        demands: vec![
            Demand::at_least(
                "(a) interval of the p95 difference, against scipy",
                5_000.0,
                scipy / ours,
            ),
            Demand::at_least("(a) the same, against numpy", 3.0, numpy / ours),
        ],
    })
}

fn line(name: &str, seconds: f64, low: f64, high: f64) -> (String, String) {
    (
        name.to_owned(),
        format!("{}, [{low:.4}, {high:.4}]", time(seconds)),
    )
}

/// Two ways to the same law differ by the noise of the draws, a tenth of the width at the most.
fn check(ours: Option<Interval>, low: f64, high: f64) -> Result<()> {
    let ours = ours.context("there is no interval")?;
    let apart = (ours.low() - low).abs().max((ours.high() - high).abs());
    ensure!(
        apart < (high - low) / 10.0,
        "ours is {ours:?}, numpy's is [{low}, {high}]"
    );
    Ok(())
}

fn extrapolated(answer: &ScipyAnswer) -> Result<f64> {
    let mut points = Vec::new();
    for (resamples, seconds) in &answer.seconds_of {
        points.push((resamples.parse::<f64>()?, *seconds));
    }
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let [(few, few_seconds), (more, more_seconds)] = points[..] else {
        anyhow::bail!("scipy timed {points:?}");
    };
    let each = (more_seconds - few_seconds) / (more - few);
    Ok(few_seconds + each * (RESAMPLES - few))
}
