//! Properties: where a file is cut, and by how many threads it is read, changes no answer, value
//! or error.

use adjutant_domain::{Data, Measurement};
use proptest::prelude::*;

use super::parts::{read_by_two, slice_source};
use super::reader::{Limits, SamplesReader, Syntax};
use super::{Measures, Selection};
use crate::FormatError;

type Answer = Result<Vec<Measurement>, FormatError>;

/// Small, so that files of a few lines reach them.
const LIMITS: Limits = Limits {
    row_bytes: 40,
    rows: 12,
};

fn reader(syntax: Syntax, selection: &Selection) -> SamplesReader {
    SamplesReader::with_limits(syntax, selection.clone(), LIMITS)
}

fn read_in_pieces<'a>(
    syntax: Syntax,
    selection: &Selection,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Answer {
    let mut reader = reader(syntax, selection);
    for piece in pieces {
        reader.feed(piece)?;
    }
    reader.finish()
}

fn read_by_two_threads(syntax: Syntax, selection: &Selection, bytes: &[u8], size: usize) -> Answer {
    let Ok(joined) = read_by_two(reader(syntax, selection), 0, size, slice_source(bytes));
    match joined {
        Some(reader) => reader.finish(),
        None => read_in_pieces(syntax, selection, [bytes]),
    }
}

fn csv_text() -> impl Strategy<Value = Vec<u8>> {
    let header = prop::sample::select(vec![
        "latency_ms,status",
        "latency_s,status,pair",
        "cluster,latency_ms,note",
        "score",
        "timestamp,\"latency_ms\",x\r",
        ",latency_us,\"a\"\"b\"",
        "\u{feff}latency_ms,cluster,pair",
    ]);
    let odd = prop::sample::select(vec![
        "",
        "-3",
        "1e3",
        "abc",
        "\"x,y\"",
        "\"a\nb\"",
        "\"q\"\"q\"",
        "nan",
        "é",
        "\"12\"",
        " 7 ",
        "0.1234567890123456",
        "\"open",
        "a\"b",
        "2026-01-31T12:00:00Z",
        "1,2",
    ]);
    let padded = (20..42_usize).prop_map(|width| format!("{:0width$}", 1.5));
    let cell = prop_oneof![
        40 => prop::sample::select(vec!["1.5", "200", "17", "0.25"]).prop_map(str::to_owned),
        1 => odd.prop_map(str::to_owned),
        1 => padded,
    ];
    let row = prop::collection::vec(cell, 3);
    let end = prop::sample::select(vec!["\n", "\n", "\n", "\n", "\r\n", "\n\n"]);
    (
        header,
        prop::collection::vec((row, end), 0..14),
        any::<bool>(),
    )
        .prop_map(|(header, rows, is_ended)| {
            let mut text = format!("{header}\n");
            let width = header.split(',').count();
            for (row, end) in rows {
                text += &row[..width].join(",");
                text += end;
            }
            if !is_ended {
                text.pop();
            }
            text.into_bytes()
        })
}

fn ndjson_text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec![
        r#"{"latency_ms":1.5,"status":200}"#,
        r#"{"latency_ms":2.25,"status":404}"#,
        r#"{"latency_ms": 2.25, "status": 503}"#,
        r#"{"status":0,"latency_ms":17}"#,
        r#"{"latency_ms":0.1234567890123456}"#,
        r#"{"latency_ms":1.5,"note":"a"}"#,
        r#"{"latency_ms":1.5,"note":"\u0061"}"#,
        r#"{"latency_ms":1.5,"note":[1,{"a":2}]}"#,
        r#"{"latency_ms":null,"status":200}"#,
        r#"{"latency_ms":-1,"status":200}"#,
        r#"{"latency_ms":1.5,"pair":"a"}"#,
        r#"{"latency_ms":1.5,"pair":"b"}"#,
        r#"{"x":1.5}"#,
        r#"{"x":"é"}"#,
        r#"{"x":01}"#,
        r#"{"x":1,"x":2}"#,
        r#"{"x":tru}"#,
        r#"{"latency_s":1.5}"#,
        "{}",
        "",
        " ",
        "[1]",
        "{\"x\":1}}",
        "{\"latency_ms\":",
    ]);
    let usual = prop::sample::select(vec![
        r#"{"latency_ms":1.5,"status":200}"#,
        r#"{"latency_ms":25,"status":200}"#,
        r#"{"status":200,"latency_ms":1.5}"#,
    ]);
    let line = prop_oneof![6 => usual, 2 => line];
    (prop::collection::vec(line, 0..16), any::<bool>()).prop_map(|(lines, is_ended)| {
        let mut text = lines.join("\n");
        if is_ended {
            text.push('\n');
        }
        text.into_bytes()
    })
}

fn selection() -> impl Strategy<Value = Selection> {
    let few = Selection {
        measures: Measures::Only(vec!["latency_ms".to_owned()]),
        pair: None,
        cluster: Some("note".to_owned()),
    };
    prop::sample::select(vec![Selection::default(), few])
}

/// Some bytes replaced, removed or put in.
fn damaged(text: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let damage = (
        any::<prop::sample::Index>(),
        prop::sample::select(b"\n\",\xff\xc3{}0\r\xef".to_vec()),
        0..3,
    );
    (text, prop::collection::vec(damage, 0..2)).prop_map(|(mut text, damages)| {
        for (place, byte, kind) in damages {
            let at = place.index(text.len() + 1);
            match kind {
                0 => text.insert(at, byte),
                1 if at < text.len() => text[at] = byte,
                _remove => text.truncate(at),
            }
        }
        text
    })
}

fn check(syntax: Syntax, selection: &Selection, bytes: &[u8], size: usize) {
    let whole = read_in_pieces(syntax, selection, [bytes]);
    assert_eq!(
        read_in_pieces(syntax, selection, bytes.chunks(size)),
        whole,
        "pieces of {size}"
    );
    assert_eq!(
        read_by_two_threads(syntax, selection, bytes, size),
        whole,
        "two threads, pieces of {size}"
    );
}

/// How the numbers of a column are written, mostly.
#[derive(Debug, Clone, Copy)]
enum Style {
    Whole(u64),
    Fixed(usize),
    Shortest,
    One,
}

/// A table of numbers as text: most cells of a column are alike, a few are not, some are blank.
fn number_rows() -> impl Strategy<Value = (Vec<Vec<String>>, bool)> {
    let style = prop_oneof![
        Just(Style::Whole(600)),
        Just(Style::Whole(10_000_000_000_000)),
        (1..9_usize).prop_map(Style::Fixed),
        Just(Style::Shortest),
        Just(Style::One),
    ];
    let odd = prop::sample::select(vec![
        "",
        "-3.25",
        "1e3",
        "12.",
        ".5",
        "007",
        " 7 ",
        "\"5\"",
        "12345678901234567890",
        "0.1234567890123456",
        "1234567890123456",
        "123456789012345",
    ]);
    let cell = (any::<u64>(), 0..9_i32, prop::option::weighted(0.004, odd));
    (1..4_usize)
        .prop_flat_map(move |width| {
            let styles = prop::collection::vec(style.clone(), width);
            let rows = prop::collection::vec(prop::collection::vec(cell.clone(), width), 1..900);
            (styles, rows, any::<bool>())
        })
        .prop_map(|(styles, rows, has_returns)| {
            let write = |(at, (bits, tens, odd)): (usize, &(u64, i32, Option<&str>))| {
                let number = (bits >> 11) as f64 / (1_u64 << 53) as f64 * 10_f64.powi(*tens);
                match (odd, styles[at]) {
                    (Some(odd), _) => (*odd).to_owned(),
                    (None, Style::Whole(limit)) => (bits % limit).to_string(),
                    (None, Style::Fixed(digits)) => format!("{number:.digits$}"),
                    (None, Style::Shortest) => number.to_string(),
                    (None, Style::One) => "200".to_owned(),
                }
            };
            let mut rows: Vec<Vec<String>> = rows
                .iter()
                .map(|row| row.iter().enumerate().map(write).collect())
                .collect();
            // A column whose first cell is blank, or all of whose cells are, is none of numbers.
            rows.insert(0, vec!["1".to_owned(); styles.len()]);
            (rows, has_returns)
        })
}

/// What the numbers of a column are by the standard library.
fn parsed(rows: &[Vec<String>], column: usize) -> Vec<f64> {
    let cells = rows.iter().map(|row| row[column].trim_matches(['"', ' ']));
    cells
        .filter(|cell| !cell.is_empty())
        .map(|cell| cell.parse().unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn many_rows_of_csv_hold_what_the_standard_library_reads(
        (rows, has_returns) in number_rows(), size in 1..40_000_usize, wanted in 0..4_usize,
    ) {
        let width = rows[0].len();
        // A row of one blank cell would be a blank line.
        prop_assume!(width > 1 || rows.iter().all(|row| !row[0].is_empty()));
        let names = ["a", "b", "c"];
        let end = if has_returns { "\r\n" } else { "\n" };
        let mut text = names[..width].join(",") + end;
        for row in &rows {
            text += &row.join(",");
            text += end;
        }
        let measures = match names[..width].get(wanted) {
            Some(name) => Measures::Only(vec![(*name).to_owned()]),
            None => Measures::All,
        };
        let selection = Selection { measures: measures.clone(), ..Selection::default() };
        let mut reader = SamplesReader::new(Syntax::Csv, selection);
        for piece in text.as_bytes().chunks(size) {
            reader.feed(piece).unwrap();
        }
        let found = reader.finish().unwrap();
        let is_wanted = |column: &usize| measures == Measures::All || *column == wanted;
        let columns: Vec<usize> = (0..width).filter(is_wanted).collect();
        prop_assert_eq!(found.len(), columns.len());
        for (measurement, column) in found.iter().zip(columns) {
            let Data::Samples(samples) = &measurement.data else { panic!("{measurement:?}") };
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&samples.values), bits(&parsed(&rows, column)), "column {}", column);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn csv_reads_the_same_however_it_is_cut(
        text in damaged(csv_text()), selection in selection(), size in 1..60_usize,
    ) {
        check(Syntax::Csv, &selection, &text, size);
    }

    #[test]
    fn ndjson_reads_the_same_however_it_is_cut(
        text in damaged(ndjson_text()), selection in selection(), size in 1..60_usize,
    ) {
        check(Syntax::Ndjson, &selection, &text, size);
    }

    #[test]
    fn csv_and_ndjson_of_the_same_rows_hold_the_same_values(
        rows in prop::collection::vec((0.0..1e9_f64, 0..600_u32, -1e6..1e6_f64), 1..12),
    ) {
        let mut csv = "latency_ms,status,score\n".to_owned();
        let mut ndjson = String::new();
        for (latency, status, score) in &rows {
            csv += &format!("{latency},{status},{score}\n");
            ndjson += &format!("{{\"latency_ms\":{latency},\"status\":{status},\"score\":{score}}}\n");
        }
        let limits = Limits::STANDARD;
        let values = |syntax, text: &str| {
            let mut reader = SamplesReader::with_limits(syntax, Selection::default(), limits);
            reader.feed(text.as_bytes()).unwrap();
            let measurements = reader.finish().unwrap();
            measurements.into_iter().map(|measurement| measurement.data).collect::<Vec<Data>>()
        };
        let read = values(Syntax::Csv, &csv);
        prop_assert_eq!(&read, &values(Syntax::Ndjson, &ndjson));
        let Data::Samples(latencies) = &read[0] else { panic!("{read:?}") };
        let written: Vec<f64> = rows.iter().map(|row| row.0).collect();
        prop_assert_eq!(&latencies.values, &written);
    }
}
