//! What real runs and judgements yield, and what is refused.

use super::{trec_qrels, trec_run};
use crate::FormatError;
use crate::outline::outline;
use adjutant_domain::Measurement;

type Reader = fn(&[u8]) -> Result<Vec<Measurement>, FormatError>;

#[test]
fn a_run_of_bm25s_is_read_as_it_stands() {
    let fixture = include_bytes!("../../tests/fixtures/trec/bm25-lucene.run");
    insta::assert_snapshot!(outline(&trec_run::read(fixture).unwrap()), @"ranking{} One q1/d01=1.2762048244476318 q1/d02=0.7741906046867371 q1/d04=0.6995897889137268 q2/d13=1.4325916767120361 q2/d05=1.0907106399536133 q2/d02=0.974402666091919 q2/d06=0.8805094957351685 q2/d15=0.5921962261199951 q2/d11=0.4453553259372711 q3/d07=1.2762048244476318 q3/d12=0.7741906046867371 q3/d04=0.6995897889137268 q4/d10=2.0899035930633545 q4/d11=0.7741906046867371 q4/d01=0.6381024122238159 q5/d14=2.3225717544555664 q5/d03=1.5483812093734741 q5/d15=0.8666006326675415 @#L1-18:score");
}

#[test]
fn judgements_are_read_as_they_stand() {
    let fixture = include_bytes!("../../tests/fixtures/trec/judgements.qrels");
    insta::assert_snapshot!(outline(&trec_qrels::read(fixture).unwrap()), @"judgements{} One q1/d01=2 q1/d02=1 q1/d04=0 q2/d13=2 q2/d06=2 q2/d05=1 q2/d02=0 q3/d07=2 q3/d12=1 q3/d04=1 q4/d10=2 q4/d15=0 q4/d01=1 q5/d14=2 q5/d03=1 q5/d15=1 q6/d09=1 @#L1-17:grade");
}

#[test]
fn any_white_space_parts_columns_and_blank_lines_are_skipped() {
    let run = b"\xef\xbb\xbf\r\nq1  Q0\td1 1   -1e-3 tag\r\n\r\n q2 Q0 d1 1 0 tag ";
    insta::assert_snapshot!(outline(&trec_run::read(run).unwrap()), @"ranking{} One q1/d1=-0.001 q2/d1=0 @#L2-4:score");
    let qrels = b"q1 0 d1 -1\r\n\tq1\t0\td2\t3";
    insta::assert_snapshot!(outline(&trec_qrels::read(qrels).unwrap()), @"judgements{} One q1/d1=-1 q1/d2=3 @#L1-2:grade");
}

#[test]
fn a_line_that_is_wrong_is_named() {
    let run: Reader = trec_run::read;
    let qrels: Reader = trec_qrels::read;
    for (reader, text, words) in [
        (
            run,
            "q Q0 d 1 2.5 t\nq Q0 e 2",
            "line 2: 4 columns instead of 6",
        ),
        (run, "q Q0 d 1 2.5 t x", "line 1: 7 columns instead of 6"),
        (
            run,
            "q Q0 d 1 NaN t",
            "line 1, score: \"NaN\" is not a finite number",
        ),
        (
            run,
            "q Q0 d 1 inf t",
            "line 1, score: \"inf\" is not a finite number",
        ),
        (
            run,
            "q Q0 d 1 1e999 t",
            "line 1, score: \"1e999\" is not a finite number",
        ),
        (
            run,
            "q Q0 d 1 high t",
            "line 1, score: \"high\" is not a finite number",
        ),
        (
            run,
            "q Q0 d 1 2 t\nr Q0 d 1 2 t\nq Q0 d 2 1 t",
            "line 3: document d is named a second time for query q",
        ),
        (run, "\n \n", "the file: the file is empty"),
        (qrels, "q 0 d 1\nq 0 e", "line 2: 3 columns instead of 4"),
        (
            qrels,
            "q 0 d 1.5",
            "line 1, grade: \"1.5\" is not a whole number",
        ),
        (
            qrels,
            "q 0 d NaN",
            "line 1, grade: \"NaN\" is not a whole number",
        ),
        (
            qrels,
            "q 0 d 1\nq 0 d 2",
            "line 2: document d is named a second time for query q",
        ),
    ] {
        let error = reader(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), words);
        assert!(!error.remedy.is_empty());
    }
}

#[test]
fn runs_judgements_and_prose_are_told_apart() {
    let run = include_bytes!("../../tests/fixtures/trec/bm25-flat.run");
    let qrels = include_bytes!("../../tests/fixtures/trec/judgements.qrels");
    let cut = &run[..run.len() - 20];
    for (head, name, is_run, is_qrels) in [
        (run.as_slice(), "x", true, false),
        (cut, "x", true, false),
        (qrels.as_slice(), "x", false, true),
        (b"1 2 3 4\n", "x.txt", false, false),
        (b"1 2 3 4\n", "x.qrels", false, true),
        (b"four words of 7\n", "x", false, false),
        (b"", "x", false, false),
        (b"\xff\xff", "x", false, false),
    ] {
        assert_eq!(trec_run::recognises(head, name), is_run, "{name}");
        assert_eq!(trec_qrels::recognises(head, name), is_qrels, "{name}");
    }
}
