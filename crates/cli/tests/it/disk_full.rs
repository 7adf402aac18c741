//! A disk without space: whoever writes is told so and what to do, whoever reads is served, nothing
//! is broken, and with space again everything goes on without a restart.

#![allow(
    clippy::disallowed_methods,
    reason = "a file system is mounted by the system's own program"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use adjutant_testkit::night::figure;
use adjutant_testkit::workspace::Workspace;
use serde_json::{Value, json};

use crate::http_server::Served;

/// How soon writes must go on when there is space again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(5);

/// A file system of its own, of 8 MiB.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this user may not mount one.
    fn at(folder: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&folder).unwrap();
        let mount = ["-t", "tmpfs", "-o", "size=8m", "tmpfs"];
        let mounted = Command::new("mount").args(mount).arg(&folder).output();
        let is_mounted = mounted.is_ok_and(|output| output.status.success());
        is_mounted.then_some(Self(folder))
    }

    /// Leaves no byte of space.
    fn fill(&self) {
        let block = vec![0; 64 << 10];
        let mut file = std::fs::File::create(self.filler()).unwrap();
        let full = std::iter::repeat_with(|| std::io::Write::write_all(&mut file, &block))
            .find_map(Result::err);
        assert_eq!(full.unwrap().kind(), std::io::ErrorKind::StorageFull);
    }

    fn make_space(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(
            unmounted.unwrap().success(),
            "{} stays mounted",
            self.0.display()
        );
    }
}

fn draft(title: &str) -> Value {
    json!({ "intake": { "title": title, "context": "x".repeat(500) }, "draft": true })
}

/// A file whose bytes nobody stored before.
fn evidence(number: u32) -> Value {
    let content = format!("latency_ms\n{number}\n{}", "2\n".repeat(20));
    json!({ "name": "a.csv", "content": content, "subject": "candidate", "run": format!("run-{number}") })
}

#[test]
fn on_a_full_disk_writes_are_refused_reads_go_on_and_nothing_breaks() {
    let workspace = Workspace::repository();
    let Some(disk) = SmallDisk::at(workspace.path().join(".git/adjutant")) else {
        return eprintln!("a full disk is NOT TRIED: only root may mount a tmpfs");
    };
    let served = Served::start_in(workspace, &[]);
    let kept = AtomicUsize::new(0);
    for round in 0..figure(2, 50) {
        disk.fill();
        fill_the_log(&served, round, &kept);
        reads_go_on(&served, kept.load(Ordering::Relaxed));
        disk.make_space();
        writes_go_on(&served, round);
        kept.fetch_add(2, Ordering::Relaxed);
        let halves = std::fs::read_dir(disk.0.join("artifacts/incoming")).unwrap();
        assert_eq!(halves.count(), 0, "half-written files are left");
    }
    is_sound(&served, &disk.0);
    drop(served);
}

/// Many write at once, until each is refused: the database's log holds some writes without space.
fn fill_the_log(served: &Served, round: u32, kept: &AtomicUsize) {
    std::thread::scope(|scope| {
        for place in 0..16_u32 {
            scope.spawn(move || {
                let write = |turn: u32| match place % 4 {
                    0 => served.post("/evidence", &evidence(round * 10_000 + turn * 100 + place)),
                    _ => served.post("/tasks", &draft(&format!("full {round}-{place}-{turn}"))),
                };
                let refused = (0..).map(write).find(|answer| {
                    let is_kept = answer.status == 201;
                    kept.fetch_add((is_kept && place % 4 != 0).into(), Ordering::Relaxed);
                    !is_kept
                });
                let problem = refused.unwrap().expect(507).json();
                assert_eq!(problem["detail"], "the disk is full");
                assert!(problem["hint"].as_str().unwrap().starts_with("Make space"));
            });
        }
    });
    let add = ["task", "add", "--draft", "of the command line"];
    let commands = std::iter::repeat_with(|| served.command(&add).output().unwrap());
    for output in commands {
        if output.status.success() {
            kept.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(
            told.contains("the disk is full\nremedy: Make space"),
            "{told}"
        );
        return;
    }
}

/// What was kept is listed, and nothing that was refused.
fn reads_go_on(served: &Served, kept: usize) {
    let (mut listed, mut page) = (0, served.get("/tasks").expect(200).json());
    loop {
        let tasks = page["tasks"].as_array().unwrap();
        listed += tasks.len();
        let Some(last) = tasks.last() else { break };
        let after = format!("/tasks?after={}", last["id"].as_str().unwrap());
        page = served.get(&after).expect(200).json();
    }
    assert_eq!(listed, kept);
    served.get("/evidence").expect(200);
    assert_eq!(served.at("/readyz").expect(200).body, "ready\n");
    served.run(&["task", "list"]);
}

fn writes_go_on(served: &Served, round: u32) {
    let began = Instant::now();
    let after = draft(&format!("after {round}"));
    served.post("/tasks", &after).expect(201);
    let stored = evidence(round * 10_000 + 9_999);
    served.post("/evidence", &stored).expect(201);
    served.run(&["task", "add", "--draft", "of the command line"]);
    let took = began.elapsed();
    assert!(took < RECOVERS_WITHIN, "{took:?}");
}

fn is_sound(served: &Served, state: &Path) {
    assert!(
        served
            .run(&["journal", "verify"])
            .starts_with("the journal holds")
    );
    let database = rusqlite::Connection::open(state.join("adjutant.db")).unwrap();
    let checked: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(checked, "ok");
}
