//! How far directives are, as it is reported back; and the published shape of their file.

use std::collections::BTreeMap;

use adjutant_domain::{Timestamp, sha256};
use adjutant_report::directives;
use adjutant_report::schema::Published;
use adjutant_work::directive::{
    CriterionStanding, DirectiveOutcome, DirectiveRecord, DirectiveStanding, DirectivesProgress,
    JudgedCriterion, SeenAttempt, UsedEvidence, progress_of, read_directives,
};

use crate::schemas::{errors, is_valid};

const FILE: &str = r#"{"actions": [
  {"id": "measure", "title": "Measure | the search", "priority": "HIGH", "owner": "qa-evals-docs",
   "estimate": "5m", "kind": "collect_baseline",
   "parameters": {"command": ["./load"], "evidence": ["load.csv"]},
   "success_criteria": [{"text": "there is a file", "file": "load.csv"}, "nobody <b>complains</b>"]},
  {"id": "decide", "title": "Ask the gate", "priority": "HIGH", "owner": "qa-evals-docs",
   "estimate": "30s", "kind": "experiment", "parameters": {"gate": "release"},
   "success_criteria": [{"text": "it goes", "gate": "release"}], "dependencies": ["measure"]},
  {"id": "smoke", "title": "Try it", "priority": "MEDIUM", "owner": "ops-commander",
   "estimate": "1m", "kind": "smoke_test", "parameters": {"command": ["./smoke"]},
   "success_criteria": [{"text": "every page answers", "command": ["./pages"]}]},
  {"id": "tell", "title": "Write the report", "priority": "LOW", "owner": "ops-commander",
   "estimate": "1m", "kind": "generate_report", "parameters": {"gate": "release"},
   "success_criteria": ["it is read"], "dependencies": ["smoke"]},
  {"id": "deploy", "title": "Ship it", "priority": "LOW", "owner": "ops-commander",
   "estimate": "soon", "kind": "deploy", "parameters": {"service": "search", "artifact": "search-2"},
   "success_criteria": ["it runs"]}
]}"#;

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_700_000_000_000 + second * 1_000)
}

fn judged(text: &str, standing: CriterionStanding, because: &str) -> JudgedCriterion {
    JudgedCriterion {
        text: text.to_owned(),
        standing,
        because: because.to_owned(),
    }
}

/// One carried out, one under way, one failed, one that waits for it, one refused.
fn progress() -> DirectivesProgress {
    let read = read_directives(FILE.as_bytes(), &BTreeMap::new()).unwrap();
    let ended = |began: i64, result: &str, evidence, criteria| SeenAttempt {
        attempt: 1,
        began_at: at(began),
        ending: Some((
            at(began + 90),
            DirectiveRecord {
                carried_out: true,
                result: result.to_owned(),
                evidence,
                criteria,
            },
        )),
    };
    let evidence = vec![UsedEvidence::Run {
        subject: "baseline".parse().unwrap(),
        run: "measure-1".parse().unwrap(),
        artifact: sha256::digest_of(b"load"),
    }];
    let measured = vec![
        judged(
            "there is a file",
            CriterionStanding::Met,
            "load.csv is there",
        ),
        judged(
            "nobody <b>complains</b>",
            CriterionStanding::NoData,
            "nothing proves it",
        ),
    ];
    let tried = vec![judged(
        "every page answers",
        CriterionStanding::Missed,
        "code 1: /cart: 500",
    )];
    let last = BTreeMap::from([
        (
            "measure".parse().unwrap(),
            ended(0, "evidence of measure-1", evidence, measured),
        ),
        ("smoke".parse().unwrap(), ended(90, "code 0", vec![], tried)),
        (
            "decide".parse().unwrap(),
            SeenAttempt {
                attempt: 2,
                began_at: at(180),
                ending: None,
            },
        ),
    ]);
    let standings = BTreeMap::from([
        (
            "measure".parse().unwrap(),
            DirectiveStanding::Ended(DirectiveOutcome::Unproven),
        ),
        (
            "smoke".parse().unwrap(),
            DirectiveStanding::Ended(DirectiveOutcome::Failed),
        ),
        (
            "decide".parse().unwrap(),
            DirectiveStanding::Begun { at: at(180) },
        ),
    ]);
    progress_of("pending_actions.json", &read, &standings, &last, at(192))
}

#[test]
fn progress_is_reported_back_as_a_document() {
    insta::assert_snapshot!(directives::markdown(&progress()));
}

#[test]
fn progress_is_told_on_a_terminal() {
    insta::assert_snapshot!(directives::human(&progress()));
}

#[test]
fn progress_in_json_keeps_its_published_shape() {
    let answer = directives::json(&progress()).unwrap();
    is_valid(Published::Progress, "progress", &answer);
    insta::assert_snapshot!(answer);
}

#[test]
fn the_published_shape_of_a_file_is_the_one_that_is_read() {
    let good = FILE.replace("\"soon\"", "\"1h\"");
    is_valid(Published::Directives, "good", &good);
    for (from, to) in [
        ("\"HIGH\"", "\"URGENT\""),
        ("\"1h\"", "\"soon\""),
        ("\"id\": \"measure\", ", ""),
        ("\"generate_report\"", "\"pray\""),
        ("\"dependencies\"", "\"dependancies\""),
        ("[\"./load\"]", "[]"),
        ("[\"load.csv\"]", "[]"),
        ("[\"it is read\"]", "[]"),
        (
            "\"file\": \"load.csv\"",
            "\"file\": \"load.csv\", \"gate\": \"release\"",
        ),
        ("\"artifact\"", "\"artefact\""),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        let read = read_directives(bad.as_bytes(), &BTreeMap::new()).unwrap();
        assert!(!read.refused.is_empty(), "{to} is read");
        let found = errors(Published::Directives, &bad);
        assert!(!found.is_empty(), "{to} is valid");
    }
}
