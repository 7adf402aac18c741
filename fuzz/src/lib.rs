//! What every target checks: a reader never panics, and what it answers is well formed.

pub mod supply;
pub mod work;

use adjutant_domain::{Data, Measurement, Samples};
use adjutant_formats::samples::{SamplesReader, Selection, Syntax};
use adjutant_formats::{Format, FormatError, HEAD_BYTES, read, recognise};

/// Reads `bytes` as `format`.
pub fn check_format(format: Format, bytes: &[u8]) {
    check_answer(&read(format, bytes));
}

/// Recognises `bytes` under each file name that tells something, and reads them as what they were
/// taken for.
pub fn check_recognition(bytes: &[u8]) {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    for name in ["", "a.csv", "a.jsonl", "a.json", "a.sarif", "qrels.txt"] {
        match recognise(name, head) {
            Ok(format) => check_format(format, bytes),
            Err(error) => check_error(&error),
        }
    }
}

/// Reads samples whole and in pieces whose size the first byte says: the answer is the same.
pub fn check_pieces(syntax: Syntax, bytes: &[u8]) {
    let Some((size, bytes)) = bytes.split_first() else {
        return;
    };
    let size = usize::from(*size).max(1);
    let whole = read_pieces(syntax, bytes, bytes.len().max(1));
    let pieces = read_pieces(syntax, bytes, size);
    assert_eq!(whole, pieces, "in pieces of {size}");
    check_answer(&whole);
}

fn read_pieces(syntax: Syntax, bytes: &[u8], size: usize) -> Result<Vec<Measurement>, FormatError> {
    let mut reader = SamplesReader::new(syntax, Selection::default());
    for piece in bytes.chunks(size) {
        reader.feed(piece)?;
    }
    reader.finish()
}

fn check_answer(answer: &Result<Vec<Measurement>, FormatError>) {
    match answer {
        Ok(measurements) => measurements.iter().for_each(|one| check_data(&one.data)),
        Err(error) => check_error(error),
    }
}

fn check_error(error: &FormatError) {
    assert!(
        !error.problem.is_empty() && !error.remedy.is_empty(),
        "{error:?}"
    );
}

fn check_data(data: &Data) {
    match data {
        Data::Samples(samples) => check_samples(samples),
        Data::Histogram(histogram) => {
            let mut last = f64::NEG_INFINITY;
            for bucket in &histogram.buckets {
                assert!(
                    bucket.low <= bucket.high && last <= bucket.high,
                    "{histogram:?}"
                );
                assert!(bucket.count > 0, "{histogram:?}");
                last = bucket.high;
            }
            assert!(histogram.count() < u64::MAX);
        }
        Data::Proportion { events, trials } => assert!(events <= trials, "{events} of {trials}"),
        Data::Scalar(scalar) => assert!(scalar.value.is_finite(), "{scalar:?}"),
        Data::Ranking(lines) => assert!(lines.iter().all(|line| line.score.is_finite())),
        Data::Judgements(_) | Data::Absent(_) => {}
    }
}

fn check_samples(samples: &Samples) {
    assert!(samples.values.iter().all(|value| value.is_finite()));
    for keys in [&samples.pair, &samples.cluster].into_iter().flatten() {
        assert_eq!(keys.rows.len(), samples.values.len());
        assert!(
            keys.rows
                .iter()
                .all(|&row| (row as usize) < keys.names.len())
        );
    }
}
