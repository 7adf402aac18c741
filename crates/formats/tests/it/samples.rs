//! Samples as tools and people write them, and every way they can be wrong.

use adjutant_domain::{Data, Locator, Measurement, Samples, Unit};
use adjutant_formats::samples::{self, Measures, ROW_BYTES_MAX, Selection, Syntax};
use adjutant_formats::{Format, FormatError, read, recognise};

const CURL_CSV: &[u8] = include_bytes!("../fixtures/samples/curl.csv");
const CURL_NDJSON: &[u8] = include_bytes!("../fixtures/samples/curl.ndjson");
const PANDAS_CSV: &[u8] = include_bytes!("../fixtures/samples/pandas.csv");

fn measured(format: Format, text: impl AsRef<[u8]>) -> Vec<Measurement> {
    read(format, text.as_ref()).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(format: Format, text: impl AsRef<[u8]>) -> FormatError {
    match read(format, text.as_ref()) {
        Ok(measurements) => panic!("it was read: {measurements:?}"),
        Err(error) => error,
    }
}

fn samples_of<'a>(measurements: &'a [Measurement], measure: &str) -> &'a Samples {
    let found = measurements
        .iter()
        .find(|one| one.measure.as_str() == measure);
    match found.map(|measurement| &measurement.data) {
        Some(Data::Samples(samples)) => samples,
        other => panic!("{measure} is {other:?} in {measurements:?}"),
    }
}

fn names(measurements: &[Measurement]) -> Vec<&str> {
    measurements
        .iter()
        .map(|one| one.measure.as_str())
        .collect()
}

#[test]
fn what_curl_wrote_as_csv_becomes_latency_status_and_bytes() {
    assert_eq!(recognise("curl.csv", CURL_CSV), Ok(Format::SamplesCsv));
    let measurements = measured(Format::SamplesCsv, CURL_CSV);
    assert_eq!(
        names(&measurements),
        ["latency_ms", "status", "response_bytes"]
    );
    let units: Vec<Unit> = measurements.iter().map(|one| one.unit).collect();
    assert_eq!(units, [Unit::Milliseconds, Unit::One, Unit::Bytes]);
    let latency = samples_of(&measurements, "latency_ms");
    assert_eq!(latency.values.len(), 60);
    assert_eq!(latency.values[0], 0.005581 * 1e3);
    let failed = samples_of(&measurements, "status")
        .values
        .iter()
        .filter(|&&code| code == 404.0);
    assert_eq!(failed.count(), 4);
    assert_eq!(
        measurements[0].locator,
        Locator::Rows {
            first: 2,
            last: 61,
            column: "latency_s".to_owned()
        }
    );
}

#[test]
fn what_curl_wrote_as_ndjson_has_its_pair_keys_and_leaves_its_texts() {
    assert_eq!(
        recognise("curl.log", CURL_NDJSON),
        Ok(Format::SamplesNdjson)
    );
    let measurements = measured(Format::SamplesNdjson, CURL_NDJSON);
    assert_eq!(names(&measurements), ["latency_ms", "status"]);
    let pair = samples_of(&measurements, "status").pair.as_ref().unwrap();
    assert_eq!((pair.rows.len(), pair.of_row(59)), (60, "60"));
}

#[test]
fn what_pandas_wrote_keeps_its_gaps_its_quoted_keys_and_its_times() {
    let measurements = measured(Format::SamplesCsv, PANDAS_CSV);
    assert_eq!(
        names(&measurements),
        ["status", "response_bytes", "latency_ms", "timestamp_ms"]
    );
    let bytes = samples_of(&measurements, "response_bytes");
    assert_eq!(bytes.values.len(), 59);
    let cluster = bytes.cluster.as_ref().unwrap();
    assert_eq!(cluster.names, ["instance, a", "instance, b"]);
    assert_eq!(
        (cluster.rows.len(), cluster.of_row(6), cluster.of_row(7)),
        (59, "instance, a", "instance, a")
    );
    let times = samples_of(&measurements, "timestamp_ms");
    assert_eq!(
        times.values[..2],
        [1_769_860_800_000.0, 1_769_860_800_250.0]
    );
    assert_eq!(times.cluster.as_ref().unwrap().rows.len(), 60);
}

#[test]
fn only_the_columns_that_are_asked_for_are_read_and_checked() {
    let text = "latency_ms,status,user\n1,oops,a\n2,200,b\n";
    let selection = Selection {
        measures: Measures::Only(vec!["latency_ms".to_owned()]),
        pair: None,
        cluster: Some("user".to_owned()),
    };
    let measurements = samples::read(Syntax::Csv, &selection, text.as_bytes()).unwrap();
    assert_eq!(names(&measurements), ["latency_ms"]);
    let latency = samples_of(&measurements, "latency_ms");
    assert_eq!(latency.values, [1.0, 2.0]);
    assert_eq!(latency.cluster.as_ref().unwrap().names, ["a", "b"]);
}

#[test]
fn a_measure_that_the_file_does_not_hold_is_no_error_when_asked_for() {
    let selection = Selection {
        measures: Measures::Only(vec!["throughput".to_owned()]),
        ..Selection::default()
    };
    let measurements = samples::read(Syntax::Csv, &selection, b"latency_ms\n1\n");
    assert_eq!(measurements, Ok(Vec::new()));
}

#[test]
fn csv_is_read_as_rfc_4180_says() {
    for (text, values) in [
        ("latency_ms\n1\n2\n", vec![1.0, 2.0]),
        ("latency_ms\r\n1\r\n2\r\n", vec![1.0, 2.0]),
        ("\u{feff}latency_ms\n1\n2", vec![1.0, 2.0]),
        ("latency_ms\n\n1\n\n\n2\n\n", vec![1.0, 2.0]),
        ("\"latency_ms\"\n\"1\"\n\" 2 \"\n", vec![1.0, 2.0]),
        ("note,latency_ms\n\"a,b\",1\n\"c\nd\",2\n", vec![1.0, 2.0]),
        (
            "note,latency_ms\n\"say \"\"hi\"\"\",1\nit's \"fine\",2\n",
            vec![1.0, 2.0],
        ),
        ("latency_ms,note\n1,\n,a\n2,b\n", vec![1.0, 2.0]),
        ("latency_ms,note\n1e0,a\n+2.0,b\n", vec![1.0, 2.0]),
        ("latency_ns\n1000000\n2e6\n", vec![1.0, 2.0]),
    ] {
        let measurements = measured(Format::SamplesCsv, text);
        assert_eq!(
            samples_of(&measurements, "latency_ms").values,
            values,
            "{text:?}"
        );
    }
}

#[test]
fn a_name_that_no_measure_can_have_becomes_a_label() {
    let measurements = measured(Format::SamplesCsv, "queue depth\n3\n");
    assert_eq!(names(&measurements), ["value"]);
    assert_eq!(measurements[0].labels["column"], "queue depth");
}

#[test]
fn wrong_csv_is_refused_with_its_place() {
    let too_long = format!("latency_ms,note\n1,{}\n", "x".repeat(ROW_BYTES_MAX));
    for (text, expected) in [
        ("", "the file: the file is empty"),
        ("\n\n", "the file: the file is empty"),
        ("\u{feff}", "the file: the file is empty"),
        (
            "latency_ms,status\n",
            "the file: the file has a header but no rows",
        ),
        ("name,note\na,b\n", "the file: no column holds numbers"),
        (
            "latency_ms;status\n1;200\n",
            "the file: no column holds numbers",
        ),
        (
            "latency_ms\n1\nx\n",
            "line 3, latency_ms: \"x\" is not a number",
        ),
        (
            "latency_ms\n1\nNaN\n",
            "line 3, latency_ms: \"NaN\" is not a finite number",
        ),
        (
            "latency_ms\n1\n-inf\n",
            "line 3, latency_ms: \"-inf\" is not a finite number",
        ),
        (
            "latency_ms\n1e999\n",
            "line 2, latency_ms: \"1e999\" is not a finite number",
        ),
        (
            "latency_s\n1e306\n",
            "line 2, latency_s: \"1e306\" is not a finite number",
        ),
        (
            "latency_ms\n1\n-0.5\n",
            "line 3, latency_ms: \"-0.5\" is negative, and a latency cannot be",
        ),
        ("score\n1\nn/a\n", "line 3, score: \"n/a\" is not a number"),
        (
            "latency_ms,status\n1,timeout\n",
            "line 2, status: \"timeout\" is not a number",
        ),
        (
            "latency_ms,status\n1,-1\n",
            "line 2, status: \"-1\" is not a response code",
        ),
        (
            "latency_ms,status\n1,200.5\n",
            "line 2, status: \"200.5\" is not a response code",
        ),
        (
            "latency_ms,status\n1,200\n2\n",
            "line 3: the row has 1 of the header's 2 cells",
        ),
        (
            "latency_ms,status\n1,200,3\n",
            "line 2: the row has more cells than the header's 2",
        ),
        (
            "a,latency_ms\n\"x\ny\",1\nz\n",
            "line 4: the row has 1 of the header's 2 cells",
        ),
        (
            "note,latency_ms\n\"a,1\nb,2\n",
            "line 2: a quote is opened in this row and never closed",
        ),
        (
            "note,latency_ms\n\"a\"b,1\n",
            "line 2, note: text follows the closing quote",
        ),
        (
            "latency_ms,latency_s\n1,2\n",
            "line 1, latency_s: another column before this one gives the same measure",
        ),
        (
            "note,latency_ms,pair\nx,1,\n",
            "line 2, pair: the row has no key, but other rows have one",
        ),
        (
            "timestamp\n1769860800000\n",
            "line 2, timestamp: \"1769860800000\" cannot be a time in seconds",
        ),
        (
            "timestamp\n2026-01-31 noon\n",
            "line 2, timestamp: \"2026-01-31 noon\" is not a time",
        ),
        (&too_long, "line 2: the line is longer than 1048576 bytes"),
    ] {
        let error = refused(Format::SamplesCsv, text);
        assert_eq!(error.to_string(), expected);
        assert!(!error.remedy.is_empty(), "{error}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_with_their_place() {
    let utf16: Vec<u8> = "latency_ms\n1\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, expected) in [
        (
            b"latency_ms,note\n1,\xe9t\xe9\n".as_slice(),
            "byte 18: the bytes are not UTF-8 text",
        ),
        (
            b"latency_ms,note\n1,a\n2,\xe9".as_slice(),
            "byte 22: the bytes are not UTF-8 text",
        ),
        (
            &[&b"\xff\xfe"[..], &utf16].concat(),
            "byte 0: the bytes are not UTF-8 text",
        ),
        (
            &utf16,
            "line 1: the line holds NUL bytes, so the file is not UTF-8 text",
        ),
    ] {
        assert_eq!(refused(Format::SamplesCsv, bytes).to_string(), expected);
    }
}

#[test]
fn ndjson_takes_objects_in_any_order_and_shape() {
    let text = r#"{"latency_ms":1,"status":200}
{"status": 503 , "latency_ms": 2.5e0, "error": "a \"quoted\" text"}

{"latency_ms":null,"status":200,"trace":{"id":[1,{"x":null}]},"ok":true}
{"status":200,"tokens":7}
{"tokens":8,"status":0}"#;
    let measurements = measured(Format::SamplesNdjson, text);
    assert_eq!(names(&measurements), ["latency_ms", "status", "tokens"]);
    assert_eq!(samples_of(&measurements, "latency_ms").values, [1.0, 2.5]);
    assert_eq!(
        samples_of(&measurements, "status").values,
        [200.0, 503.0, 200.0, 200.0, 0.0]
    );
    assert_eq!(samples_of(&measurements, "tokens").values, [7.0, 8.0]);
}

#[test]
fn wrong_ndjson_is_refused_with_its_place() {
    let deep = format!(
        "{{\"latency_ms\":{}1{}}}",
        "[".repeat(1_000_000),
        "]".repeat(1_000_000)
    );
    let deep_but_short = format!("{{\"x\":{}}}", "[".repeat(100_000));
    for (text, expected) in [
        ("", "the file: the file is empty"),
        ("\n \n", "the file: the file is empty"),
        ("{}\n{}\n", "the file: no column holds numbers"),
        (
            "{\"latency_ms\":1}\n[1]\n",
            "line 2: the line is not a JSON object: invalid type: sequence, expected an object",
        ),
        (
            "{\"latency_ms\":1}\n{\"latency_ms\":1",
            "line 2: the line is not a JSON object: EOF while parsing an object (column 15)",
        ),
        (
            "{\"latency_ms\":1}\n{\"latency_ms\":NaN}\n",
            "line 2: the line is not a JSON object: expected value (column 15)",
        ),
        (
            "{\"latency_ms\":1}\n{\"latency_ms\":01}\n",
            "line 2: the line is not a JSON object: invalid number (column 16)",
        ),
        (
            "{\"latency_ms\":1}\n{\"latency_ms\":1e400}\n",
            "line 2, latency_ms: \"1e400\" is not a finite number",
        ),
        (
            "{\"latency_ms\":1}\n{\"latency_ms\":-1}\n",
            "line 2, latency_ms: \"-1\" is negative, and a latency cannot be",
        ),
        (
            "{\"latency_ms\":\"12\"}\n",
            "line 1, latency_ms: \"12\" is not a number",
        ),
        (
            "{\"latency_ms\":true}\n",
            "line 1, latency_ms: \"true\" is not a number",
        ),
        (
            "{\"x\":1,\"x\":2}\n",
            "line 1, x: the object has this key twice",
        ),
        (
            "{\"x\":1}\n{\"x\":1,\"pair\":\"a\"}\n",
            "line 2, pair: the row has no key, but other rows have one",
        ),
        (
            "{\"x\":1,\"pair\":\"a\"}\n{\"x\":1}\n",
            "line 2, pair: the row has no key, but other rows have one",
        ),
        (&deep, "line 1: the line is longer than 1048576 bytes"),
        (
            &deep_but_short,
            "line 1: the line is not a JSON object: expected value (column 100006)",
        ),
    ] {
        assert_eq!(refused(Format::SamplesNdjson, text).to_string(), expected);
    }
}
