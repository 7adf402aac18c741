//! Files that real tools wrote (`tests/fixtures/make.py`): recognised, read and compared.

use adjutant_schema::{ContractFormat, SchemaDirection, SchemaQuestion, SunsetDay, diff};

fn told(baseline: &[u8], candidate: &[u8]) -> String {
    let question = SchemaQuestion {
        direction: SchemaDirection::Both,
        format: None,
        today: SunsetDay::of_unix_millis(0),
        sunset_days: 0,
    };
    let found = diff(baseline, candidate, &question).unwrap();
    let lines = found.findings.iter().map(|finding| {
        let place = finding.baseline.as_deref().unwrap_or_default();
        format!(
            "{:?} {} {place}: {}\n",
            finding.severity, finding.rule, finding.why
        )
    });
    format!("{}\n{}", found.format, lines.collect::<String>())
}

#[test]
fn files_of_parquet_protoc_and_mlflow_are_compared() {
    let texts = [
        told(
            include_bytes!("../fixtures/orders-1.parquet"),
            include_bytes!("../fixtures/orders-2.parquet"),
        ),
        told(
            include_bytes!("../fixtures/pets-1.binpb"),
            include_bytes!("../fixtures/pets-2.binpb"),
        ),
        told(
            include_bytes!("../fixtures/MLmodel-1"),
            include_bytes!("../fixtures/MLmodel-2"),
        ),
    ];
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn an_arrow_file_and_an_arrow_stream_are_compared() {
    let file = include_bytes!("../fixtures/trips-1.arrow");
    let stream = include_bytes!("../fixtures/trips-2.arrows");
    assert_eq!(told(file, file), "arrow\n");
    insta::assert_snapshot!(told(file, stream));
}

#[test]
fn a_file_that_is_cut_off_or_changed_anywhere_gives_an_answer_or_an_error() {
    use adjutant_schema::ContractFormat::{Arrow, Parquet};
    changed_anywhere(Parquet, include_bytes!("../fixtures/orders-1.parquet"));
    changed_anywhere(Arrow, include_bytes!("../fixtures/trips-1.arrow"));
    changed_anywhere(Arrow, include_bytes!("../fixtures/trips-2.arrows"));
}

fn changed_anywhere(format: ContractFormat, whole: &[u8]) {
    let question = SchemaQuestion {
        direction: SchemaDirection::Both,
        format: Some(format),
        today: SunsetDay::of_unix_millis(0),
        sunset_days: 0,
    };
    for at in 0..whole.len() {
        let mut changed = whole.to_vec();
        changed[at] ^= 0xff;
        for bytes in [&whole[..at], &whole[at..], &changed[..]] {
            if let Err(error) = diff(bytes, whole, &question) {
                assert!(!error.problem.is_empty(), "{at}");
            }
        }
    }
}
