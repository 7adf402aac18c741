//! The words with which bad files are refused: the place, the problem, and a remedy.

use crate::{Format, read};

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
fn hey() {
    let file = include_str!("../../tests/fixtures/hey/requests.csv");
    let refused = include_str!("../../tests/fixtures/hey/refused.csv");
    let refusal = |text: &str| refusal(Format::Hey, text);
    assert_eq!(
        refusal(refused),
        "line 1: there is no row: no request was answered"
    );
    assert_eq!(
        refusal(&with(file, "0.0058", "-0.0058")),
        "line 2, response-time: \"-0.0058\" is not a time of 0 s or more"
    );
    assert_eq!(
        refusal(&with(file, "0.0072", "NaN")),
        "line 3, response-time: \"NaN\" is not a time of 0 s or more"
    );
    assert_eq!(
        refusal(&with(file, ",200,0.0008", ",0,0.0008")),
        "line 2, status-code: \"0\" is not an HTTP status"
    );
    assert_eq!(
        refusal(&with(file, ",200,0.0008", ",200")),
        "line 2: the row has not 8 cells"
    );
    assert_eq!(
        refusal(&with(file, "\n0.0072", "\n\n0.0072")),
        "line 3: an empty line stands between the rows"
    );
    assert_eq!(
        refusal(file.trim_end()),
        "line 401: the file ends inside this row; it is cut off"
    );
    assert!(refusal("latency_ms\n1\n").starts_with("line 1: the header is not hey's"));
}

#[test]
fn wrk() {
    let file = include_str!("../../tests/fixtures/wrk/timeouts.txt");
    let refusal = |text: &str| refusal(Format::Wrk, text);
    assert_eq!(
        refusal(&with(file, "6.59ms", "-6.59ms")),
        "line 4: \"-6.59ms\" is not a time"
    );
    assert_eq!(
        refusal(&with(file, "5.95ms", "5.95")),
        "line 7: \"5.95\" is not a time"
    );
    assert_eq!(
        refusal(&with(file, "     90%", "     91%")),
        "line 9: the 90% percentile is missing"
    );
    assert_eq!(
        refusal(&with(file, "timeout 8", "timeout many")),
        "line 12: \"many\" is not a count"
    );
    assert_eq!(
        refusal(&with(file, "Transfer/sec", "Transferred")),
        "the file: `Transfer/sec` is missing; the text is cut off or not wrk's"
    );
    let contradiction = with(
        &with(file, "timeout 8", "timeout 0"),
        "responses: 106",
        "responses: 9999",
    );
    assert_eq!(
        refusal(&contradiction),
        "line 11: 9999 requests failed, but there were only 3203"
    );
}

#[test]
fn oha() {
    let file = include_str!("../../tests/fixtures/oha/flaky.json");
    let refusal = |text: &str| refusal(Format::Oha, text);
    assert_eq!(
        refusal(&with(file, "\"500\": 38", "\"500\": 37")),
        "/summary/successRate: `successRate` is 0.9472402597402597, but the statuses and errors \
         give 0.9471974004874086"
    );
    assert_eq!(
        refusal(&with(file, "\"500\": 38", "\"5xx\": 38")),
        "/statusCodeDistribution/5xx: this is no HTTP status"
    );
    assert_eq!(
        refusal(&with(file, "\"p95\": 0.010923184", "\"p95\": -1")),
        "/latencyPercentiles/p95: a time is negative"
    );
    assert_eq!(
        refusal(&with(
            file,
            "\"requestsPerSec\": 6",
            "\"requestsPerSec\": -6"
        )),
        "/summary/requestsPerSec: a number of 0 or more is needed here"
    );
    assert_eq!(
        refusal(&with(file, "\": 408", "\": 409")),
        "/responseTimeHistogram: the buckets do not add up to the 1167 answers of \
         `statusCodeDistribution`"
    );
}

#[test]
fn locust() {
    let file = include_str!("../../tests/fixtures/locust/load_stats.csv");
    let refusal = |text: &str| refusal(Format::Locust, text);
    assert_eq!(
        refusal(&with(file, "1840,56,", "56,1840,")),
        "line 3, Request Count: 1840 failures are more than 56 requests"
    );
    assert_eq!(
        refusal(&with(file, "4.429110433428046", "-4.4")),
        "line 2, Average Response Time: \"-4.4\" is not a number of 0 or more"
    );
    assert_eq!(
        refusal(&with(file, "676,", "inf,")),
        "line 2, Request Count: \"inf\" is not a whole number of 0 or more"
    );
    assert_eq!(
        refusal(&with(file, ",Requests/s,", ",Rate,")),
        "line 1: the column `Requests/s` is missing"
    );
    assert_eq!(
        refusal(file.trim_end()),
        "line 4: the file ends inside this row; it is cut off"
    );
    let header = file.lines().next().unwrap();
    assert_eq!(
        refusal(&format!("{header}\r\n")),
        "line 1: there is no row below the header"
    );
    assert_eq!(
        refusal(&with(file, ",12,12,12\r\n", ",12,12\r\n")),
        "line 2: 21 cells are not 22"
    );
}

#[test]
fn locust_history() {
    let file = include_str!("../../tests/fixtures/locust/load_stats_history.csv");
    let refusal = |text: &str| refusal(Format::LocustHistory, text);
    assert_eq!(
        refusal(&with(file, "1795254061,0,,", "1795254099,0,,")),
        "line 5, Timestamp: time runs backwards"
    );
}

#[test]
fn k6_summaries() {
    let file = include_str!("../../tests/fixtures/k6/summary.json");
    let refusal_of_summary = |text: &str| refusal(Format::K6Summary, text);
    assert_eq!(
        refusal_of_summary(&with(file, "\"passes\": 22", "\"passes\": 21")),
        "/metrics/http_req_failed/value: the rate is 0.037996545768566495, but the counts are \
         21 of 578"
    );
    assert_eq!(
        refusal_of_summary(&with(file, "\"avg\": 6.934698549222797", "\"avg\": -6")),
        "/metrics/http_req_duration/avg: a time is negative"
    );
    assert_eq!(
        refusal_of_summary(&with(file, "\"avg\": 6.934698549222797", "\"avg\": \"6\"")),
        "/metrics/http_req_duration/avg: a number is needed here, but this is a text"
    );
    assert_eq!(refusal_of_summary("{}"), "the file: `metrics` is missing");
    assert_eq!(
        refusal_of_summary("{\"metrics\":{}}"),
        "/metrics: the summary holds no metric"
    );
    assert_eq!(
        refusal_of_summary("{\"metrics\":{\"m\":{}}}"),
        "/metrics/m: the metric has no values"
    );

    let file = include_str!("../../tests/fixtures/k6/machine.json");
    let refusal_of_machine = |text: &str| refusal(Format::K6Machine, text);
    assert_eq!(
        refusal_of_machine(&with(file, "\"1.0.0\"", "\"2.0.0\"")),
        "/version: the schema's version is 2.0.0, not 1"
    );
    assert_eq!(
        refusal_of_machine(&with(file, "\"matches\": 16", "\"matches\": 17")),
        "/results/metrics/1/values/rate: the rate is 0.02735042735042735, but the counts are \
         17 of 585"
    );
    assert_eq!(
        refusal_of_machine(&with(file, "\"type\": \"trend\"", "\"type\": \"sketch\"")),
        "/results/metrics/0/type: k6 has no such metric type"
    );
}

#[test]
fn k6_points() {
    let file = include_str!("../../tests/fixtures/k6/points.ndjson");
    let refusal = |text: &str| refusal(Format::K6Points, text);
    assert_eq!(
        refusal(&with(file, "\"value\":4.821293", "\"value\":-4.8")),
        "line 4: a time is negative"
    );
    let one_status_less = with(
        &with(file, "\"status\":\"200\"", "\"code\":\"200\""),
        "\"value\":4.821293,\"tags\":{\"expected_response\":\"true\"",
        "\"value\":4.821293,\"tags\":{\"expected_response\":\"true\",\"status\":\"\"",
    );
    assert!(refusal(&one_status_less).starts_with("line 4: "));
    let described_late: Vec<&str> = file.lines().skip(1).collect();
    assert_eq!(
        refusal(&described_late.join("\n")),
        "line 1: `http_reqs` has a value before its `Metric` line"
    );
    assert_eq!(
        refusal(file.lines().next().unwrap()),
        "the file: there is no point in it"
    );
    assert_eq!(
        refusal(&file[..400]),
        "line 3: the line ends too early; the file is cut off"
    );
    let timeless = "{\"metric\":\"http_req_duration\",\"type\":\"Point\",\
                    \"data\":{\"time\":\"noon\",\"value\":1,\"tags\":null}}";
    assert_eq!(
        refusal(timeless),
        "line 1: \"noon\" is not a time: write it as 2026-01-31T12:00:00Z"
    );
}

#[test]
fn hdrhistogram() {
    let file = include_str!("../../tests/fixtures/hdrhistogram/rust_tagged.hlog");
    let refusal = |text: &str| refusal(Format::HdrHistogram, text);
    assert_eq!(
        refusal("#[Histogram log format version 1.3]\n"),
        "the file: there is no interval in it"
    );
    assert_eq!(
        refusal(&with(file, "Tag=2xx,0.000", "Tag=2xx,zero")),
        "line 4: this is no interval of a log"
    );
    assert_eq!(
        refusal(&with(file, "HISTFAAAAKV4", "HISTEQAAAKV4")),
        "line 4: 0x1c849311 begins no histogram in the V2 encoding"
    );
    assert_eq!(
        refusal(&with(file, "HISTFAAAAKV4", "HISTFAAAAP94")),
        "line 4: the histogram is cut off"
    );
    let unpacked = refusal(&with(file, "HISTFAAAAKV4nDWO", "HISTFAAAAKV4nDWP"));
    assert!(
        unpacked.starts_with("line 4: the histogram cannot be unpacked"),
        "{unpacked}"
    );
    assert_eq!(
        refusal(&format!("{file}#[MaxValueDivisor: 1000000000.000]\n{file}")),
        "line 8: the log changes its unit"
    );
}
