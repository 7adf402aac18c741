//! A program that is killed leaves nothing half-stored.

use std::process::Stdio;
use std::time::Duration;

use crate::stage::{Stage, latencies};

/// Enough to hit every stage of an addition, which takes some tens of milliseconds.
const KILLS: u32 = 50;

#[test]
fn a_kill_at_any_moment_leaves_all_or_nothing() {
    let stage = Stage::new();
    let mut finished = 0;
    for kill in 0..KILLS {
        let file = format!("run_{kill}.csv");
        stage
            .workspace
            .write(&file, latencies(2_000, u64::from(kill), 1.0));
        let run = format!("run_{kill}");
        let mut child = stage
            .command(&[
                "evidence",
                "add",
                &file,
                "--subject",
                "candidate",
                "--run",
                &run,
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(u64::from(kill) * 700));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            finished += 1;
        }
    }
    let listed = stage.answer(0, &["evidence", "list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let listed = listed.as_array().unwrap();
    assert!(listed.len() >= finished, "an acknowledged addition is lost");
    for evidence in listed {
        let id = evidence["id"].to_string();
        let shown = stage.answer(0, &["evidence", "show", &id, "--format", "json"]);
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown[0]["measurements"].as_array().unwrap().len(), 3);
    }
    stage.answer(0, &["journal", "verify"]);
    stage.answer(0, &["doctor"]);
}
