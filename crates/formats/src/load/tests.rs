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

macro_rules! fixtures_yield {
    ($($name:ident: $format:ident $path:literal;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(yields(Format::$format, fixture!($path)));
        }
    )*};
}

fixtures_yield! {
    wrk_with_percentiles: Wrk "wrk/latency.txt";
    wrk_without_percentiles: Wrk "wrk/plain.txt";
    wrk_with_socket_errors: Wrk "wrk/socket_errors.txt";
    wrk_with_late_answers_and_bad_statuses_gives_no_error_rate: Wrk "wrk/timeouts.txt";
    hey_requests: Hey "hey/requests.csv";
    oha_with_all_requests_answered: Oha "oha/all_answered.json";
    oha_with_lost_and_cut_off_requests: Oha "oha/flaky.json";
    oha_with_no_answer_has_no_latency: Oha "oha/refused.json";
    oha_with_one_answer_has_no_histogram: Oha "oha/one.json";
    locust_requests: Locust "locust/load_stats.csv";
    locust_history: LocustHistory "locust/load_stats_history.csv";
    k6_summary: K6Summary "k6/summary.json";
    k6_summary_with_counts: K6Summary "k6/summary_count.json";
    k6_handle_summary: K6Summary "k6/handle_summary.json";
    k6_machine_readable_summary: K6Machine "k6/machine.json";
    k6_points: K6Points "k6/points.ndjson";
    hdrhistogram_log_of_unknown_unit: HdrHistogram "hdrhistogram/python.hlog";
    hdrhistogram_log_with_tags: HdrHistogram "hdrhistogram/rust_tagged.hlog";
}
