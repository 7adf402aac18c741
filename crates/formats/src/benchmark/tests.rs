//! What the files of real tools yield, and what becomes of bad ones.

use crate::outline::abridged;
use crate::{Format, read, recognise};

macro_rules! fixture {
    ($path:literal) => {
        include_bytes!(concat!("../../tests/fixtures/", $path)).as_slice()
    };
}

fn yields(format: Format, bytes: &[u8]) -> String {
    assert_eq!(recognise("file", bytes), Ok(format));
    abridged(&read(format, bytes).unwrap())
}

#[test]
fn hyperfine_gives_every_run_of_every_command() {
    let bytes = fixture!("hyperfine/two_commands.json");
    insta::assert_snapshot!(yields(Format::Hyperfine, bytes));
}

#[test]
fn hyperfine_counts_failed_runs() {
    let bytes = fixture!("hyperfine/failing.json");
    insta::assert_snapshot!(yields(Format::Hyperfine, bytes));
}

#[test]
fn criterion_estimates_have_intervals() {
    let bytes = fixture!("criterion/estimates.json");
    insta::assert_snapshot!(yields(Format::CriterionEstimates, bytes));
}

#[test]
fn criterion_estimates_of_flat_samples_have_no_slope() {
    let bytes = fixture!("criterion/estimates_flat.json");
    insta::assert_snapshot!(yields(Format::CriterionEstimates, bytes));
}

#[test]
fn criterion_samples_are_times_of_one_iteration() {
    let bytes = fixture!("criterion/sample.json");
    insta::assert_snapshot!(yields(Format::CriterionSample, bytes));
}

#[test]
fn bencher_latencies_are_durations_of_their_benchmark() {
    let bytes = fixture!("bencher/criterion.json");
    insta::assert_snapshot!(yields(Format::Bencher, bytes));
    let bytes = fixture!("bencher/hyperfine.json");
    insta::assert_snapshot!(yields(Format::Bencher, bytes));
}
