//! What becomes of fixtures that are cut off, garbled or made absurd: an error, or measurements
//! that can be. Never a panic, never half a file.

use adjutant_domain::{Data, Measurement, Unit};
use proptest::prelude::*;

use crate::{Format, Place, read};

macro_rules! fixtures {
    ($($format:ident $path:literal;)*) => {
        [$((Format::$format, include_bytes!(concat!("../tests/fixtures/", $path)).as_slice()),)*]
    };
}

const FIXTURES: [(Format, &[u8]); 28] = fixtures! {
    Wrk "wrk/latency.txt";
    Wrk "wrk/timeouts.txt";
    Hey "hey/requests.csv";
    Oha "oha/flaky.json";
    Oha "oha/refused.json";
    Locust "locust/load_stats.csv";
    LocustHistory "locust/load_stats_history.csv";
    K6Summary "k6/summary.json";
    K6Summary "k6/handle_summary.json";
    K6Machine "k6/machine.json";
    K6Points "k6/points.ndjson";
    HdrHistogram "hdrhistogram/rust_tagged.hlog";
    Hyperfine "hyperfine/failing.json";
    CriterionEstimates "criterion/estimates.json";
    CriterionSample "criterion/sample.json";
    Bencher "bencher/criterion.json";
    Bencher "bencher/hyperfine.json";
    ClaudeCode "claude_code/stream.jsonl";
    ClaudeCode "claude_code/result.json";
    CodexExec "codex/exec.jsonl";
    GeminiCliStream "gemini_cli/stream.jsonl";
    GeminiCli "gemini_cli/result.json";
    SchemaDiff "adjutant/schema_diff.json";
    DepsAlign "adjutant/deps_align.json";
    ModelScan "adjutant/model_scan.json";
    ModelDiff "adjutant/model_diff.json";
    TaskProgress "adjutant/task_progress.json";
    ShadowCompare "adjutant/shadow_compare.json";
};

/// Formats made of lines that do not depend on each other: a file that is cut off between two
/// lines cannot be told from a whole one.
const OF_LINES: [Format; 5] = [
    Format::Hey,
    Format::Locust,
    Format::LocustHistory,
    Format::K6Points,
    Format::HdrHistogram,
];

#[test]
fn a_file_that_is_cut_off_is_refused() {
    for (format, bytes) in FIXTURES {
        let whole = bytes.trim_ascii_end().len();
        let end = if format == Format::Wrk {
            // The last line's number is not read.
            bytes
                .windows(13)
                .position(|part| part == b"Transfer/sec:")
                .unwrap()
        } else {
            whole
        };
        for cut in (0..end).step_by(1 + end / 400) {
            let part = &bytes[..cut];
            let between_lines = matches!(bytes[cut], b'\n' | b'\r') || part.ends_with(b"\n");
            let as_lines = OF_LINES.contains(&format) && between_lines;
            if !as_lines {
                assert!(read(format, part).is_err(), "{format} cut at byte {cut}");
            }
        }
    }
}

#[test]
fn a_file_in_another_encoding_is_refused_with_the_place() {
    for (format, bytes) in FIXTURES {
        let mut latin = bytes.to_vec();
        latin.insert(40, 0xe9);
        assert_eq!(read(format, &latin).unwrap_err().place, Place::Byte(40));
        let text = std::str::from_utf8(bytes).unwrap();
        let utf16: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(format, &utf16).unwrap_err().place, Place::Byte(0));
    }
}

#[test]
fn an_empty_or_absurdly_nested_file_is_refused() {
    let (arrays, objects) = ("[".repeat(1_000_000), "{\"a\":".repeat(1_000_000));
    let results = format!("{{\"results\":{arrays}");
    for (format, _bytes) in FIXTURES {
        for text in ["", "\n\n", "{}", "[]", "null", &arrays, &objects, &results] {
            let error = read(format, text.as_bytes()).unwrap_err();
            assert!(!error.remedy.is_empty(), "{format}: {error}");
        }
    }
}

#[test]
fn a_point_may_hold_deep_nesting_that_is_not_read() {
    let deep = "[".repeat(1_000_000);
    for line in [
        format!("{{\"metric\":\"m\",\"type\":\"Point\",\"data\":{deep}"),
        format!("{{\"metric\":\"m\",\"type\":\"Point\",\"data\":{{\"time\":{deep}"),
        format!("{{\"metric\":\"m\",\"type\":\"Point\",\"data\":{{\"other\":{deep}"),
    ] {
        let error = read(Format::K6Points, line.as_bytes()).unwrap_err();
        assert_eq!(error.place, Place::Line(1));
    }
}

/// What a file may hold where a number stands.
const ODDITIES: [&str; 11] = [
    "-1",
    "NaN",
    "Infinity",
    "1e999",
    "-0.5",
    "1e308",
    "null",
    "\"7\"",
    "18446744073709551615",
    "",
    "0",
];

#[test]
fn a_number_that_cannot_be_never_becomes_a_measurement() {
    for (format, bytes) in FIXTURES {
        let text = std::str::from_utf8(bytes).unwrap();
        let numbers = numbers(text);
        // As many as keep the test short in a build without optimisation.
        let step = 1 + numbers.len() * bytes.len() / 400_000;
        for (begin, end) in numbers.iter().step_by(step) {
            for oddity in ODDITIES {
                let odd = format!("{}{oddity}{}", &text[..*begin], &text[*end..]);
                check(format, odd.as_bytes());
            }
        }
    }
}

/// Where the numbers of a text stand.
fn numbers(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let of_number = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|b| b.is_ascii_digit() || *b == b'.')
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begin = at;
        while of_number(at) {
            at += 1;
        }
        if at > begin {
            found.push((begin, at));
        }
        at += 1;
    }
    found
}

/// Reads, and holds what was read against what can be.
fn check(format: Format, bytes: &[u8]) {
    let Ok(measurements) = read(format, bytes) else {
        return;
    };
    assert!(
        !measurements.is_empty(),
        "{format} read nothing without an error"
    );
    for measurement in &measurements {
        check_measurement(format, measurement);
    }
}

fn check_measurement(format: Format, measurement: &Measurement) {
    let floor = match measurement.unit {
        Unit::Milliseconds | Unit::PerSecond => 0.0,
        Unit::Ratio | Unit::Bytes | Unit::Tokens | Unit::Count | Unit::One => f64::MIN,
    };
    let can_be = |value: f64| value.is_finite() && value >= floor;
    let ok = match &measurement.data {
        Data::Samples(samples) => {
            !samples.values.is_empty() && samples.values.iter().all(|value| can_be(*value))
        }
        // Bencher's lower value may be a mean minus a deviation.
        Data::Scalar(scalar) if scalar.statistic == "lower" => scalar.value.is_finite(),
        Data::Scalar(scalar) => can_be(scalar.value),
        Data::Proportion { events, trials } => events <= trials,
        Data::Histogram(histogram) => {
            let buckets = &histogram.buckets;
            buckets.iter().all(|bucket| {
                can_be(bucket.low) && bucket.low <= bucket.high && bucket.high.is_finite()
            }) && buckets.windows(2).all(|pair| pair[0].high < pair[1].low)
        }
        Data::Absent(_absence) => true,
        Data::Ranking(_) | Data::Judgements(_) => false,
    };
    assert!(ok, "{format} gave {measurement:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn garbled_files_never_panic(
        index in 0..FIXTURES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..6),
    ) {
        let (format, bytes) = FIXTURES[index];
        let mut garbled = bytes[..bytes.len().min(3_000)].to_vec();
        for (at, byte, edit) in edits {
            let at = at.index(garbled.len());
            match edit {
                0 => garbled[at] = byte,
                1 => garbled.insert(at, byte),
                _ => { garbled.remove(at); }
            }
        }
        check(format, &garbled);
    }
}
