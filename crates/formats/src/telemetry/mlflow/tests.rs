//! What real runs of MLflow yield, and what is refused.

use adjutant_domain::Data;

use super::*;
use crate::outline::outline;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/mlflow/", $name, ".json"))
    };
}

fn outlined(text: &str) -> String {
    outline(&read(text.as_bytes()).unwrap())
}

#[test]
fn a_record_gives_last_values_and_histories() {
    insta::assert_snapshot!(outlined(fixture!("rest-finished")), @r#"
    ndcg_10{run_id="da026f099e8e4dd7bf5e4628c3b36812"} One value 0.731 @#/answers/0/body/run/data/metrics/0/value
    ndcg_10{run_id="da026f099e8e4dd7bf5e4628c3b36812"} One [0.71, 0.705, 0.733, 0.731] pair Some(["0", "1", "2", "3"]) cluster None @#/answers/1/body/metrics
    perplexity{run_id="da026f099e8e4dd7bf5e4628c3b36812"} One value 2 @#/answers/0/body/run/data/metrics/1/value
    perplexity{run_id="da026f099e8e4dd7bf5e4628c3b36812"} One ABSENT the value is NaN @#/answers/2/body/metrics
    loss{run_id="da026f099e8e4dd7bf5e4628c3b36812"} One ABSENT the value is NaN @#/answers/0/body/run/data/metrics/2/value
    gradient{run_id="da026f099e8e4dd7bf5e4628c3b36812"} One ABSENT the value is infinite @#/answers/0/body/run/data/metrics/3/value
    metric{metric="val/accuracy top 1", run_id="da026f099e8e4dd7bf5e4628c3b36812"} One value 0.5 @#/answers/0/body/run/data/metrics/4/value
    "#);
}

#[test]
fn one_answer_gives_last_values() {
    insta::assert_snapshot!(outlined(fixture!("runs-get")), @r#"
    ndcg_10{run_id="da026f099e8e4dd7bf5e4628c3b36812"} One value 0.731 @#/run/data/metrics/0/value
    perplexity{run_id="da026f099e8e4dd7bf5e4628c3b36812"} One value 2 @#/run/data/metrics/1/value
    loss{run_id="da026f099e8e4dd7bf5e4628c3b36812"} One ABSENT the value is NaN @#/run/data/metrics/2/value
    gradient{run_id="da026f099e8e4dd7bf5e4628c3b36812"} One ABSENT the value is infinite @#/run/data/metrics/3/value
    metric{metric="val/accuracy top 1", run_id="da026f099e8e4dd7bf5e4628c3b36812"} One value 0.5 @#/run/data/metrics/4/value
    "#);
}

#[test]
fn a_file_store_gives_the_same_as_the_server() {
    insta::assert_snapshot!(outlined(fixture!("file-store")), @r#"
    gradient{run_id="2625956df055468794e2d35893399e99"} One ABSENT the value is infinite @#/files/metrics~1gradient
    loss{run_id="2625956df055468794e2d35893399e99"} One ABSENT the value is NaN @#/files/metrics~1loss
    ndcg_10{run_id="2625956df055468794e2d35893399e99"} One value 0.731 @#/files/metrics~1ndcg_10
    ndcg_10{run_id="2625956df055468794e2d35893399e99"} One [0.71, 0.705, 0.733, 0.731] pair Some(["0", "1", "2", "3"]) cluster None @#/files/metrics~1ndcg_10
    perplexity{run_id="2625956df055468794e2d35893399e99"} One value 2 @#/files/metrics~1perplexity
    perplexity{run_id="2625956df055468794e2d35893399e99"} One ABSENT the value is NaN @#/files/metrics~1perplexity
    metric{metric="val/accuracy top 1", run_id="2625956df055468794e2d35893399e99"} One value 0.5 @#/files/metrics~1val~1accuracy top 1
    "#);
}

#[test]
fn a_run_that_did_not_end_well_gives_no_value() {
    insta::assert_snapshot!(outlined(fixture!("rest-killed")), @r#"ndcg_10{run_id="6c3502f02f364226b0216109fb570261"} One ABSENT the source refused: the run was killed @#/answers/0/body/run/data/metrics/0/value"#);
    insta::assert_snapshot!(outlined(fixture!("rest-missing")), @"metric{} One ABSENT the source refused: HTTP 404: RESOURCE_DOES_NOT_EXIST: Run with id=ffff not found @#/answers/0");
    let deleted = fixture!("runs-get").replace("\"active\"", "\"deleted\"");
    let found = read(deleted.as_bytes()).unwrap();
    for measurement in found {
        let words = measurement.data;
        assert!(matches!(words, Data::Absent(_)), "{words:?}");
    }
}

#[test]
fn a_run_that_still_runs_says_so() {
    insta::assert_snapshot!(outlined(fixture!("rest-running")), @r#"ndcg_10{run_id="275d3a1dea3c44f08f08e837d453974a", status="unfinished"} One value 0.4 @#/answers/0/body/run/data/metrics/0/value"#);
}

#[test]
fn the_files_keep_data_sets_apart_and_the_highest_step_is_the_last_value() {
    let text = r#"{"source":"mlflow-files","files":{
        "meta.yaml":"lifecycle_stage: active\nrun_id: 'ab'\nstatus: 3\n",
        "metrics/f1":"5 0.5 2 test d1\n6 0.4 1 test d1\n7 0.9 0 train d2\n",
        "metrics/old":"5 0.5\n"}}"#;
    insta::assert_snapshot!(outlined(text), @r#"
    f1{dataset="test", run_id="ab"} One value 0.5 @#/files/metrics~1f1
    f1{dataset="test", run_id="ab"} One [0.5, 0.4] pair Some(["2", "1"]) cluster None @#/files/metrics~1f1
    f1{dataset="train", run_id="ab"} One value 0.9 @#/files/metrics~1f1
    old{run_id="ab"} One value 0.5 @#/files/metrics~1old
    "#);
}

#[test]
fn what_is_no_run_is_refused_with_its_place() {
    let whole = fixture!("rest-finished");
    let run = fixture!("runs-get");
    let files = fixture!("file-store");
    let paged = whole.replacen(
        "\"step\": 0\n    }\n  ]",
        "\"step\": 0\n    }\n  ], \"next_page_token\": \"x\"",
        1,
    );
    let stale = whole.replacen("\"value\": 0.731", "\"value\": 0.8", 1);
    for (text, words) in [
        (&whole[..whole.len() / 2], "cut off"),
        (
            &run.replace("FINISHED", "DREAMING"),
            "/run/info/status: \"DREAMING\" is no status of a run",
        ),
        (
            &run.replace("\"NaN\"", "\"none\""),
            "/run/data/metrics/2/value: \"none\" is not a number",
        ),
        (
            &run.replace("\"step\": 3", "\"step\": 3.5"),
            "/run/data/metrics/0/step: a whole number is needed here",
        ),
        (
            &run.replace("\"key\"", "\"name\""),
            "/run/data/metrics/0: `key` is missing",
        ),
        (&paged, "is not whole"),
        (
            &stale,
            "/answers/1/body: the run says \"ndcg_10\" is 0.8 at step 3, but its history does not",
        ),
        (
            &files.replace("meta.yaml", "meta"),
            "/files: `meta.yaml` is missing",
        ),
        (
            &files.replace("run_id:", "id:"),
            "/files/meta.yaml: `run_id` is missing",
        ),
        (
            &files.replace(" 0.71 0", " 0.71 0 x"),
            "/files/metrics~1ndcg_10: line 1 is not `timestamp value step`",
        ),
        (
            &files.replace(" 0.71 0", " high 0"),
            "/files/metrics~1ndcg_10: line 1 is not `timestamp value step`",
        ),
        (
            r#"{"source":"prometheus"}"#,
            "/source: \"prometheus\" is not MLflow",
        ),
        ("{}", "the file: `run` is missing"),
    ] {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn only_a_run_is_recognised() {
    for (head, expected) in [
        (fixture!("rest-finished"), true),
        (fixture!("runs-get"), true),
        (fixture!("file-store"), true),
        (r#"{"run": {"id": 1}}"#, false),
        (r#"{"source":"prometheus","#, false),
    ] {
        assert_eq!(recognises(head.as_bytes(), "run.json"), expected, "{head}");
    }
}
