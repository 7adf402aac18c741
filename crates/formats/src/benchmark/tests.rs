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

/// The error of `text`, as a person sees it.
fn refusal(format: Format, text: &str) -> String {
    let error = read(format, text.as_bytes()).unwrap_err();
    assert!(error.remedy.ends_with('.'), "{error:?}");
    error.to_string()
}

/// `text` with its first `old` replaced, which must be there.
fn with(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old:?} is not in the fixture");
    text.replacen(old, new, 1)
}

#[test]
fn bad_hyperfine_files_are_refused_in_words() {
    let file = include_str!("../../tests/fixtures/hyperfine/failing.json");
    let refusal = |text: &str| refusal(Format::Hyperfine, text);
    assert_eq!(
        refusal(&with(file, "[\n        0.01603796496,", "[-0.016,")),
        "/results/0/times/0: a time is negative"
    );
    assert_eq!(
        refusal(&with(file, "[\n        0.01603796496,", "[")),
        "/results/0/exit_codes: there are 174 exit codes, but 173 times"
    );
    assert_eq!(
        refusal("{\"results\":[{\"command\":\"true\",\"times\":[]}]}"),
        "/results/0/times: the command has no runs"
    );
    assert_eq!(
        refusal("{\"results\":[]}"),
        "/results: there are no results"
    );
}

#[test]
fn a_run_that_a_signal_ended_has_failed() {
    let text = "{\"results\":[{\"command\":\"x\",\"times\":[1,2,3],\"exit_codes\":[null,0,7]}]}";
    insta::assert_snapshot!(
        abridged(&read(Format::Hyperfine, text.as_bytes()).unwrap()),
        @r#"
    duration_ms{command="x"} Milliseconds [1000.0, 2000.0, 3000.0] pair None cluster None @#/results/0/times
    error_rate{command="x"} Ratio 2 of 3 @#/results/0/exit_codes
    exit_code{command="x"} One [0.0, 7.0] pair None cluster None @#/results/0/exit_codes
    "#
    );
}

#[test]
fn criterion_files_without_a_measurement_are_refused_in_words() {
    let benchmark = include_str!("../../tests/fixtures/criterion/benchmark.json");
    let change = include_str!("../../tests/fixtures/criterion/change_estimates.json");
    for (text, words) in [
        (
            benchmark,
            "the file: this file names a benchmark, but holds no measurement",
        ),
        (
            change,
            "the file: these are no estimates of a time; are they those of a change?",
        ),
    ] {
        assert_eq!(
            recognise("file", text.as_bytes()),
            Ok(Format::CriterionEstimates)
        );
        assert_eq!(refusal(Format::CriterionEstimates, text), words);
    }
}

#[test]
fn bad_criterion_files_are_refused_in_words() {
    let file = include_str!("../../tests/fixtures/criterion/estimates.json");
    assert_eq!(
        refusal(
            Format::CriterionEstimates,
            &with(file, "6043.577979742865", "9999")
        ),
        "/mean/confidence_interval: [0.009999, 0.006058569335367696] is not an interval: both \
         ends must be finite and in order"
    );
    assert_eq!(
        refusal(Format::CriterionEstimates, &with(file, "0.95", "95")),
        "/mean/confidence_interval/confidence_level: a confidence level lies between 0 and 1"
    );
    for (text, words) in [
        (
            "{\"iters\":[1],\"times\":[]}",
            "/iters/0: `times` has no entry for it",
        ),
        (
            "{\"iters\":[],\"times\":[1]}",
            "/times/0: `iters` has no entry for it",
        ),
        (
            "{\"iters\":[0],\"times\":[1]}",
            "/iters/0: a sample has at least one iteration",
        ),
        (
            "{\"iters\":[1],\"times\":[-1]}",
            "/times/0: a time is negative",
        ),
        (
            "{\"iters\":[],\"times\":[]}",
            "/times: there are no samples",
        ),
    ] {
        assert_eq!(refusal(Format::CriterionSample, text), words);
    }
}

#[test]
fn bad_bencher_files_are_refused_in_words() {
    for (text, words) in [
        ("{}", "the file: there is no metric in it"),
        ("{\"a\":{}}", "the file: there is no metric in it"),
        ("{\"a\":{\"latency\":{}}}", "/a/latency: `value` is missing"),
        (
            "{\"a\":{\"latency\":{\"value\":-1}}}",
            "/a/latency/value: a time is negative",
        ),
        ("{\"a\":{\"latency\":1}}", "/a/latency: `value` is missing"),
        (
            "{\"a\":7}",
            "/a: an object is needed here, but this is a number",
        ),
    ] {
        assert_eq!(refusal(Format::Bencher, text), words);
    }
}

#[test]
fn bencher_measures_of_the_users_own_keep_their_names() {
    let text = "{\"a\": {\"Final Blocks\": {\"value\": 3}, \"file-size\": {\"value\": 5.5},
        \"Build Time\": {\"value\": 1.5}, \"ipc\": {\"value\": 2e-3, \"upper_value\": null}}}";
    insta::assert_snapshot!(yields(Format::Bencher, text.as_bytes()), @r#"
    build_time_ms{benchmark="a"} Milliseconds value 1500 @#/a/Build Time/value
    value{benchmark="a", measure="Final Blocks"} One value 3 @#/a/Final Blocks/value
    file_size_bytes{benchmark="a"} Bytes value 5.5 @#/a/file-size/value
    ipc{benchmark="a"} One value 0.002 @#/a/ipc/value
    "#);
}
