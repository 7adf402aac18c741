//! Holds the HdrHistogram reader against the histograms that the `hdrhistogram` crate writes.

use adjutant_domain::Data;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer, V2Serializer};
use proptest::prelude::*;

use crate::{Format, read};

/// A log of one interval with this histogram.
fn log_of(serialized: &[u8]) -> String {
    format!("0.000,1.000,0.000,{}\n", STANDARD.encode(serialized))
}

fn buckets(log: &str) -> Vec<(f64, f64, u64)> {
    let measurements = read(Format::HdrHistogram, log.as_bytes()).unwrap();
    let [measurement] = measurements.as_slice() else {
        panic!("{measurements:?}");
    };
    let Data::Histogram(histogram) = &measurement.data else {
        panic!("{measurement:?}");
    };
    let buckets = histogram.buckets.iter();
    buckets
        .map(|bucket| (bucket.low, bucket.high, bucket.count))
        .collect()
}

proptest! {
    #[test]
    fn every_bucket_is_the_one_that_was_written(
        low in 1_u64..5_000,
        range in 1_u32..50,
        digits in 0_u8..=5,
        values in prop::collection::vec((any::<u64>(), 1_u64..1_000_000), 0..40),
        compressed in any::<bool>(),
    ) {
        let high = (low * 2).saturating_mul(1_u64 << range);
        let Ok(mut written) = Histogram::<u64>::new_with_bounds(low, high, digits) else {
            return Ok(());
        };
        for (value, count) in values {
            written.record_n(value % high, count).unwrap();
        }
        let mut serialized = Vec::new();
        if compressed {
            V2DeflateSerializer::new().serialize(&written, &mut serialized).unwrap();
        } else {
            V2Serializer::new().serialize(&written, &mut serialized).unwrap();
        }
        let expected: Vec<(f64, f64, u64)> = written
            .iter_recorded()
            .map(|at| {
                let value = at.value_iterated_to();
                let low = written.lowest_equivalent(value) as f64;
                let high = written.highest_equivalent(value) as f64;
                (low, high, at.count_at_value())
            })
            .collect();
        prop_assert_eq!(buckets(&log_of(&serialized)), expected);
    }
}

/// A plain V2 histogram from 1 to 1000 with 3 digits and this payload.
fn plain(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [0x1c84_9313, payload.len() as u32, 0, 3] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(1_u64.to_be_bytes());
    bytes.extend(1_000_u64.to_be_bytes());
    bytes.extend(1_f64.to_be_bytes());
    bytes.extend(payload);
    bytes
}

#[test]
fn hostile_payloads_are_refused_in_words() {
    // -2^63 zeros, which overflow when they are negated; then a count.
    let most_zeros = [[0xff; 9].as_slice(), &[0x02]].concat();
    let beyond = "line 1: it counts values above its own highest value";
    let cut_off = "line 1: the histogram is cut off";
    let mut long = plain(&[]);
    long[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut digits = plain(&[]);
    digits[15] = 9;
    let mut shifted = plain(&[]);
    shifted[11] = 1;
    for (bytes, words) in [
        (plain(&most_zeros), beyond),
        (plain(&[0x80]), cut_off),
        (long, cut_off),
        (digits, "line 1: no histogram has 9 digits from 1 to 1000"),
        (
            shifted,
            "line 1: a shifted or scaled histogram cannot be read",
        ),
        (vec![0x1c, 0x84], cut_off),
    ] {
        let error = read(Format::HdrHistogram, log_of(&bytes).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn the_comments_of_a_log_tell_its_unit() {
    let mut histogram = Histogram::<u64>::new(3).unwrap();
    histogram.record(2_000_000).unwrap();
    let mut serialized = Vec::new();
    V2Serializer::new()
        .serialize(&histogram, &mut serialized)
        .unwrap();
    for (comment, measure, low) in [
        (
            "#[Logged with jHiccup version 2.0.10]\n",
            "latency_ms",
            1.999872,
        ),
        ("#[MaxValueDivisor: 1000000.000]\n", "latency_ms", 1.999872),
        ("#[MaxValueDivisor: 1000.000]\n", "latency", 1_999_872.0),
        ("#[Some comment]\n", "latency", 1_999_872.0),
    ] {
        let log = format!("{comment}{}", log_of(&serialized));
        let measurements = read(Format::HdrHistogram, log.as_bytes()).unwrap();
        assert_eq!(measurements[0].measure.as_str(), measure, "{comment}");
        assert_eq!(buckets(&log)[0].0, low, "{comment}");
    }
}

#[test]
fn intervals_of_different_resolution_are_not_added() {
    let rows: Vec<String> = [2, 3]
        .map(|digits| {
            let histogram = Histogram::<u64>::new_with_bounds(1, 1_000, digits).unwrap();
            let mut serialized = Vec::new();
            let mut serializer = V2Serializer::new();
            serializer.serialize(&histogram, &mut serialized).unwrap();
            log_of(&serialized)
        })
        .to_vec();
    let error = read(Format::HdrHistogram, rows.concat().as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2: its resolution is not that of the intervals before it"
    );
    let tagged = format!("{}Tag=a,{}", rows[0], rows[1]);
    let measurements = read(Format::HdrHistogram, tagged.as_bytes()).unwrap();
    let tags: Vec<&str> = measurements
        .iter()
        .map(|measurement| measurement.labels["tag"].as_str())
        .collect();
    assert_eq!(tags, ["", "a"]);
}
