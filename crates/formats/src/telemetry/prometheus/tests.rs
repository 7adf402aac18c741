//! What a real Prometheus answered, and what is refused.

use adjutant_domain::{Absence, Data};

use super::*;
use crate::outline::outline;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(
            "../../../tests/fixtures/prometheus/",
            $name,
            ".json"
        ))
    };
}

fn outlined(text: &str) -> String {
    outline(&read(text.as_bytes()).unwrap())
}

/// The record of an inquiry as `outbound` writes it.
fn record(about: &str, answers: &[(&str, u16, &str)]) -> String {
    let answers: Vec<String> = answers
        .iter()
        .map(|(asks, status, body)| {
            format!(r#"{{"asks":"{asks}","url":"http://p/","http_status":{status},"body":{body}}}"#)
        })
        .collect();
    format!(
        r#"{{"source":"prometheus","url":"http://p/","asked_at":"2026-11-21T10:00:00Z",{about}"answers":[{}]}}"#,
        answers.join(",")
    )
}

#[test]
fn an_instant_vector_gives_a_number_a_series() {
    insta::assert_snapshot!(outlined(fixture!("instant-up")), @r#"up{instance="search", job="search"} One value 1 @#/data/result/0/value/1"#);
    insta::assert_snapshot!(outlined(fixture!("instant-histogram-quantile")), @r#"
    value{instance="search", job="search", version="baseline"} One value 1.4083448619869903 @#/data/result/0/value/1
    value{instance="search", job="search", version="candidate"} One value 1.4083448619869903 @#/data/result/1/value/1
    "#);
}

#[test]
fn a_scalar_gives_a_number() {
    insta::assert_snapshot!(outlined(fixture!("instant-scalar")), @"value{} One value 984 @#/data/result/1");
}

#[test]
fn a_matrix_gives_samples_and_their_times() {
    insta::assert_snapshot!(outlined(fixture!("range-counter")), @r#"
    requests_total{instance="search", job="search", version="baseline"} One [164.0, 205.0, 246.0, 287.0, 328.0] pair None cluster None @#/data/result/0/values
    timestamp_ms{instance="search", job="search", version="baseline"} Milliseconds [1795255358824.0, 1795255359824.0, 1795255360824.0, 1795255361824.0, 1795255362824.0] pair None cluster None @#/data/result/0/values
    requests_total{instance="search", job="search", version="candidate"} One [328.0, 410.0, 492.0, 574.0, 656.0] pair None cluster None @#/data/result/1/values
    timestamp_ms{instance="search", job="search", version="candidate"} Milliseconds [1795255358824.0, 1795255359824.0, 1795255360824.0, 1795255361824.0, 1795255362824.0] pair None cluster None @#/data/result/1/values
    "#);
}

#[test]
fn a_native_histogram_gives_buckets_in_milliseconds() {
    insta::assert_snapshot!(outlined(fixture!("instant-native-histogram")), @r#"
    request_duration_seconds{instance="search", job="search", version="baseline"} Milliseconds histogram n 328 [-0.001..0.001: 8, 3.90625..4.259795830723663: 8, 4.6453402929793794..5.065779510355506: 8, 5.065779510355506..5.524271728019902: 8, 6.024261036749769..6.569503244169644: 8, 7.164094087536493..7.8125: 8, 8.519591661447325..9.290680585958759: 8, 10.131559020711013..11.048543456039804: 8, 11.048543456039804..12.048522073499537: 8, 13.139006488339287..14.328188175072986: 8, 15.625..17.03918332289465: 8, 18.581361171917518..20.263118041422025: 8, 22.097086912079607..24.097044146999075: 8, 26.278012976678575..28.656376350145973: 8, 28.656376350145973..31.25: 8, 34.0783666457893..37.162722343835036: 8, 40.52623608284405..44.194173824159215: 8, 48.19408829399815..52.55602595335715: 8, 57.312752700291945..62.5: 8, 62.5..68.1567332915786: 8, 74.32544468767007..81.0524721656881: 8, 88.38834764831843..96.3881765879963: 8, 105.1120519067143..114.62550540058389: 8, 125..136.3134665831572: 8, 136.3134665831572..148.65088937534014: 8, 162.1049443313762..176.77669529663686: 8, 192.7763531759926..210.2241038134286: 8, 229.25101080116778..250: 8, 272.6269331663144..297.3017787506803: 8, 324.2098886627524..353.5533905932737: 8, 353.5533905932737..385.5527063519852: 8, 420.4482076268572..458.50202160233556: 8, 500..545.2538663326288: 8, 594.6035575013606..648.4197773255048: 8, 707.1067811865474..771.1054127039704: 8, 771.1054127039704..840.8964152537144: 8, 917.0040432046711..1000: 8, 1090.5077326652577..1189.2071150027211: 8, 1296.8395546510096..1414.2135623730949: 8, 1542.2108254079408..1681.7928305074288: 8, 1681.7928305074288..1834.0080864093422: 8] @#/data/result/0/histogram/1
    request_duration_seconds{instance="search", job="search", version="candidate"} Milliseconds histogram n 656 [-0.001..0.001: 16, 3.90625..4.259795830723663: 16, 4.6453402929793794..5.065779510355506: 16, 5.065779510355506..5.524271728019902: 16, 6.024261036749769..6.569503244169644: 16, 7.164094087536493..7.8125: 16, 8.519591661447325..9.290680585958759: 16, 10.131559020711013..11.048543456039804: 16, 11.048543456039804..12.048522073499537: 16, 13.139006488339287..14.328188175072986: 16, 15.625..17.03918332289465: 16, 18.581361171917518..20.263118041422025: 16, 22.097086912079607..24.097044146999075: 16, 26.278012976678575..28.656376350145973: 16, 28.656376350145973..31.25: 16, 34.0783666457893..37.162722343835036: 16, 40.52623608284405..44.194173824159215: 16, 48.19408829399815..52.55602595335715: 16, 57.312752700291945..62.5: 16, 62.5..68.1567332915786: 16, 74.32544468767007..81.0524721656881: 16, 88.38834764831843..96.3881765879963: 16, 105.1120519067143..114.62550540058389: 16, 125..136.3134665831572: 16, 136.3134665831572..148.65088937534014: 16, 162.1049443313762..176.77669529663686: 16, 192.7763531759926..210.2241038134286: 16, 229.25101080116778..250: 16, 272.6269331663144..297.3017787506803: 16, 324.2098886627524..353.5533905932737: 16, 353.5533905932737..385.5527063519852: 16, 420.4482076268572..458.50202160233556: 16, 500..545.2538663326288: 16, 594.6035575013606..648.4197773255048: 16, 707.1067811865474..771.1054127039704: 16, 771.1054127039704..840.8964152537144: 16, 917.0040432046711..1000: 16, 1090.5077326652577..1189.2071150027211: 16, 1296.8395546510096..1414.2135623730949: 16, 1542.2108254079408..1681.7928305074288: 16, 1681.7928305074288..1834.0080864093422: 16] @#/data/result/1/histogram/1
    "#);
}

#[test]
fn a_range_of_native_histograms_gives_one_for_each_time() {
    let found = read(fixture!("range-native-histogram").as_bytes()).unwrap();
    let counts: Vec<_> = found.iter().map(|point| point.data.n()).collect();
    assert_eq!(counts, [Some(164), Some(246), Some(328)]);
    assert_eq!(found[1].labels["timestamp_ms"], "1795255360824");
}

#[test]
fn the_ways_of_answering_nothing_stay_apart_and_none_is_a_value() {
    let absent_scalar = record(
        r#""query":"scalar(no_such_metric)","#,
        &[
            ("value", 200, fixture!("nothing-absent-scalar")),
            ("inside scalar()", 200, fixture!("nothing-empty-vector")),
        ],
    );
    let plain_scalar = record(
        r#""query":"scalar(errors_total / errors_total)","#,
        &[
            ("value", 200, fixture!("nothing-scalar-nan")),
            ("inside scalar()", 200, fixture!("nothing-nan")),
        ],
    );
    let bad_query = record("", &[("value", 400, fixture!("nothing-bad-query"))]);
    let timed_out = record("", &[("value", 503, fixture!("nothing-timed-out"))]);
    let refused = |words: &str| Absence::SourceRefused(words.to_owned());
    let words =
        r#"bad_data: invalid parameter "query": 1:5: parse error: unclosed left parenthesis"#;
    for (text, expected) in [
        (fixture!("nothing-empty-vector"), Absence::EmptyResult),
        (fixture!("range-empty"), Absence::EmptyResult),
        (fixture!("nothing-nan"), Absence::NotANumber),
        (fixture!("nothing-scalar-nan"), Absence::NotANumber),
        (fixture!("range-with-nan"), Absence::NotANumber),
        (plain_scalar.as_str(), Absence::NotANumber),
        (fixture!("nothing-infinite"), Absence::Infinite),
        (fixture!("nothing-negative-infinite"), Absence::Infinite),
        (absent_scalar.as_str(), Absence::AbsentSeries),
        (fixture!("nothing-bad-query"), refused(words)),
        (bad_query.as_str(), refused(&format!("HTTP 400: {words}"))),
        (
            timed_out.as_str(),
            refused("HTTP 503: timeout: query timed out in expression evaluation"),
        ),
    ] {
        let found = read(text.as_bytes()).unwrap();
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].data, Data::Absent(expected), "{text}");
    }
}

#[test]
fn no_answer_and_an_answer_that_is_not_json_are_refusals() {
    let text = r#"{"source":"prometheus","url":"http://p/","asked_at":"2026-11-21T10:00:00Z","answers":[
        {"asks":"value","url":"http://p/","failure":"connection refused"},
        {"asks":"value","url":"http://p/","http_status":502,"text":"<html>Bad\ngateway"},
        {"asks":"value","url":"http://p/","http_status":200,"text":"hello"}]}"#;
    insta::assert_snapshot!(outlined(text), @"
    value{} One ABSENT the source refused: connection refused @#/answers/0
    value{} One ABSENT the source refused: HTTP 502: <html>Bad gateway @#/answers/1
    value{} One ABSENT the source refused: HTTP 200: hello @#/answers/2
    ");
}

#[test]
fn the_caller_may_name_the_measure() {
    let named = record(
        r#""measure":"latency_ms","query":"request_duration_seconds","#,
        &[("value", 200, fixture!("range-native-histogram"))],
    );
    let found = read(named.as_bytes()).unwrap();
    assert_eq!(found[0].measure.as_str(), "latency_ms");
    assert_eq!(found[0].unit, adjutant_domain::Unit::Milliseconds);
    let Data::Histogram(histogram) = &found[0].data else {
        panic!("{found:?}");
    };
    assert!(
        histogram.buckets.last().unwrap().high > 1_000.0,
        "seconds became milliseconds"
    );
    let unnamed = record(
        r#""query":"sum by (job) (x[5m])","#,
        &[("value", 200, fixture!("nothing-empty-vector"))],
    );
    insta::assert_snapshot!(outlined(&unnamed), @r#"value{query="sum by (job) (x[5m])"} One ABSENT the query matched no series @#/answers/0/body/data/result"#);
}

#[test]
fn an_answer_with_warnings_is_not_the_whole_answer() {
    let text = fixture!("instant-up").replace(
        r#""status":"success","#,
        r#""status":"success","warnings":["store a is down"],"infos":["fine"],"#,
    );
    insta::assert_snapshot!(outlined(&text), @"value{} One ABSENT the source refused: it warned: store a is down @#");
}

#[test]
fn what_is_no_answer_is_refused_with_its_place() {
    let up = fixture!("instant-up");
    let histogram = fixture!("instant-native-histogram");
    let wrong_count = histogram.replacen("\"328\"", "\"329\"", 1);
    let short = histogram.replacen("[3,\"-0.000001\",\"0.000001\",\"8\"]", "[3,\"1\"]", 1);
    for (text, words) in [
        (&up[..90], "cut off"),
        (
            &up.replace("\"1\"", "1"),
            "/data/result/0/value/1: a text is needed here, but this is a number",
        ),
        (
            &up.replace("\"1\"", "\"one\""),
            "/data/result/0/value/1: \"one\" is not a number",
        ),
        (
            &up.replace("vector", "tensor"),
            "/data/resultType: \"tensor\" is no result type",
        ),
        (
            &up.replace("success", "maybe"),
            "/status: neither success nor error",
        ),
        (
            &up.replace(",\"1\"]", "]"),
            "/data/result/0/value: a time and a value are needed here",
        ),
        (
            fixture!("instant-string"),
            "/data/result: the answer is a text, which measures nothing",
        ),
        (
            &histogram.replacen("\"8\"", "\"8.5\"", 1),
            "is not a count of observations",
        ),
        (
            &wrong_count,
            "/data/result/0/histogram/1/count: the histogram counts 329 observations, but its buckets 328",
        ),
        (
            &short,
            "/data/result/0/histogram/1/buckets/0: a bucket is a rule, two bounds and a count",
        ),
        (
            r#"{"source":"prometheus","answers":[]}"#,
            "/answers: the record holds no answer",
        ),
        (r#"{"status":"success"}"#, "the file: `data` is missing"),
    ] {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn only_an_answer_is_recognised() {
    let kept = record("", &[]);
    for (head, expected) in [
        (fixture!("instant-up"), true),
        (fixture!("nothing-bad-query"), true),
        (kept.as_str(), true),
        (
            "{ \"status\" : \"success\",\n \"data\": {\"resultType\" : \"matrix\", ",
            true,
        ),
        ("{\"status\":\"success\"}", false),
        ("{\"source\":\"mlflow\",\"status\"", false),
        ("status", false),
    ] {
        assert_eq!(
            recognises(head.as_bytes(), "answer.json"),
            expected,
            "{head}"
        );
    }
}
