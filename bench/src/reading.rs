//! Reading files of samples, against polars.

use std::path::Path;

use adjutant_domain::Data;
use adjutant_formats::samples::{Selection, Syntax};
use adjutant_outbound::sample_file::{Threads, measure};
use anyhow::{Result, bail, ensure};
use serde::Deserialize;

use crate::Bench;
use crate::data::{Arm, Notation, file};
use crate::results::{Demand, Section, number, time};
use crate::timing::{median, timed};

#[derive(Deserialize)]
struct PolarsAnswer {
    seconds: Vec<f64>,
    rows: usize,
    sum: f64,
}

/// Medians of both readers on one file.
struct Pair {
    bytes: f64,
    ours: f64,
    polars: f64,
}

/// CSV and NDJSON, all columns, into memory.
pub(crate) fn compare(bench: &Bench) -> Result<Section> {
    let rows = bench.scale.rows_large;
    eprintln!("(c) reading {rows} rows");
    let csv = compare_file(bench, Notation::Csv, Syntax::Csv, "csv")?;
    let ndjson = compare_file(bench, Notation::Ndjson, Syntax::Ndjson, "ndjson")?;
    let figure = |name: &str, pair: &Pair, seconds: f64| {
        let speed = number(pair.bytes / seconds / 1e6);
        (name.to_owned(), format!("{}, {speed} MB/s", time(seconds)))
    };
    Ok(Section {
        title: "(c) Reading samples",
        method: format!(
            "Files of {rows} rows (`latency_ms` with six decimals, `status`) in the page cache, \
             all columns into memory; ours with two threads, polars with its own \
             (`peers/read_polars.py`). Both found the same sum."
        ),
        figures: vec![
            figure("Adjutant, CSV", &csv, csv.ours),
            figure("polars, CSV", &csv, csv.polars),
            figure("Adjutant, NDJSON", &ndjson, ndjson.ours),
            figure("polars, NDJSON", &ndjson, ndjson.polars),
        ],
        demands: vec![
            Demand::at_least(
                "(c) reading CSV, against polars",
                4.0,
                csv.polars / csv.ours,
            ),
            Demand::at_least(
                "(c) reading NDJSON, against polars",
                4.0,
                ndjson.polars / ndjson.ours,
            ),
        ],
    })
}

fn compare_file(bench: &Bench, notation: Notation, syntax: Syntax, peer: &str) -> Result<Pair> {
    let path = file(
        &bench.folder,
        Arm::Baseline,
        bench.scale.rows_large,
        notation,
    )?;
    // Once into the page cache.
    let bytes = std::fs::read(&path)?.len() as f64;
    let (mut ours, mut polars) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds.min(5) {
        let mut sum = 0.0;
        for _ in 0..2 {
            let (seconds, found) = read_ours(&path, syntax, bench.scale.rows_large)?;
            ours.push(seconds);
            sum = found;
        }
        let arguments = [peer.as_ref(), path.as_os_str(), "2".as_ref()];
        let answer: PolarsAnswer = bench.python.ask("read_polars.py", &arguments)?;
        ensure!(
            answer.rows == bench.scale.rows_large && (answer.sum / sum - 1.0).abs() < 1e-9,
            "polars read {} rows with the sum {}, ours is {sum}",
            answer.rows,
            answer.sum
        );
        polars.extend(&answer.seconds);
    }
    Ok(Pair {
        bytes,
        ours: median(&ours),
        polars: median(&polars),
    })
}

/// The seconds it took, and the sum of the latencies.
fn read_ours(path: &Path, syntax: Syntax, rows: usize) -> Result<(f64, f64)> {
    let (seconds, measurements) =
        timed(|| measure(path, syntax, &Selection::default(), Threads::Two));
    let measurements = measurements?;
    let Some(Data::Samples(latencies)) = measurements.first().map(|first| &first.data) else {
        bail!("{} holds no latencies", path.display());
    };
    ensure!(latencies.values.len() == rows && measurements.len() == 2);
    Ok((seconds, latencies.values.iter().sum()))
}
