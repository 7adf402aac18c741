use std::io::Write;

use super::*;

struct Log {
    folder: tempfile::TempDir,
    plan: NginxPlan,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let plan = NginxPlan {
            program: "nginx".to_owned(),
            config: path("nginx.conf"),
            pid: path("nginx.pid"),
            include: path("search.conf"),
            access_log: path("search.log"),
        };
        std::fs::write(&plan.access_log, "").unwrap();
        Self { folder, plan }
    }

    fn append(&self, text: &str) {
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(&self.plan.access_log)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
}

fn line(at: i64, generation: u64, arm: &str, status: u16) -> String {
    format!(
        "{}.{:03} {generation} {arm} {status} 0.004\n",
        at / 1_000,
        at % 1_000
    )
}

fn requests(window: &StageWindow) -> (u64, u64) {
    (window.baseline.requests, window.candidate.requests)
}

#[test]
fn only_lines_of_the_generation_are_counted_and_each_once() {
    let log = Log::new();
    let memory = LogMemory::default();
    log.append(&line(1, 6, "baseline", 200));
    log.append(&line(2, 7, "candidate", 500));
    log.append(&line(3, 6, "baseline", 200));
    log.append(&line(4, 7, "baseline", 499));
    log.append("1.5 7 candi");
    let window = memory.window(&log.plan, 7).unwrap();
    assert_eq!(requests(&window), (1, 1));
    assert_eq!(
        (window.baseline.failures, window.candidate.failures),
        (1, 1)
    );
    assert_eq!(window.candidate.latency.count(), 1);
    assert_eq!(window.baseline.latency.count(), 0, "nobody saw that answer");
    log.append("date 200 0.001\n");
    assert_eq!(requests(&memory.window(&log.plan, 7).unwrap()), (1, 2));
    assert_eq!(requests(&memory.window(&log.plan, 7).unwrap()), (1, 2));
    assert_eq!(
        requests(&LogMemory::default().window(&log.plan, 7).unwrap()),
        (1, 2)
    );
    assert_eq!(requests(&memory.window(&log.plan, 6).unwrap()), (2, 0));
}

#[test]
fn a_log_that_is_rotated_or_emptied_is_read_on() {
    let log = Log::new();
    let memory = LogMemory::default();
    log.append(&line(1, 7, "baseline", 200));
    assert_eq!(requests(&memory.window(&log.plan, 7).unwrap()), (1, 0));
    log.append(&line(2, 7, "baseline", 200));
    let moved = log.folder.path().join("search.log.1");
    std::fs::rename(&log.plan.access_log, &moved).unwrap();
    assert_eq!(requests(&memory.window(&log.plan, 7).unwrap()), (2, 0));
    log.append(&line(3, 7, "candidate", 200));
    assert_eq!(requests(&memory.window(&log.plan, 7).unwrap()), (2, 1));
    std::fs::write(&log.plan.access_log, "").unwrap();
    assert_eq!(requests(&memory.window(&log.plan, 7).unwrap()), (2, 1));
    log.append(&line(4, 7, "candidate", 200));
    assert_eq!(requests(&memory.window(&log.plan, 7).unwrap()), (2, 2));
}

#[test]
fn a_great_log_is_searched_from_both_of_its_sides() {
    let log = Log::new();
    let old: String = (0..60_000).map(|at| line(at, 3, "baseline", 200)).collect();
    log.append("127.0.0.1 - - [21/Nov/2026] \"GET / HTTP/1.1\" 200\n");
    log.append(&old);
    let new: String = (60_000..120_000)
        .map(|at| line(at, 4, "candidate", 200))
        .collect();
    log.append(&new);
    let window = LogMemory::default().window(&log.plan, 4).unwrap();
    assert_eq!(requests(&window), (0, 60_000));
    let window = LogMemory::default().window(&log.plan, 3).unwrap();
    assert_eq!(
        requests(&window),
        (60_000, 0),
        "the other format is passed over"
    );
    let present = present(&log.plan, 120_000).unwrap().unwrap();
    assert_eq!(present.baseline.requests, 120_000);
    let little = super::present(&log.plan, 120_000 + PRESENT_MS - 2_000).unwrap();
    assert_eq!(little.unwrap().baseline.requests, 2_000);
    assert_eq!(super::present(&log.plan, 999_000).unwrap(), None);
}

#[test]
fn a_log_in_another_format_is_no_log_without_requests() {
    let log = Log::new();
    log.append(&line(1, 7, "baseline", 200));
    log.append("127.0.0.1 - - [21/Nov/2026] \"GET / HTTP/1.1\" 200\n");
    assert!(LogMemory::default().window(&log.plan, 7).is_err());
    std::fs::remove_file(&log.plan.access_log).unwrap();
    assert!(LogMemory::default().window(&log.plan, 7).is_err());
}
