//! Real programs under a real keeper.
#![allow(
    clippy::disallowed_methods,
    reason = "the caller that is killed is a process"
)]

use std::ffi::OsString;
use std::future::pending;
use std::path::Path;
use std::time::{Duration, Instant};

use adjutant_outbound::process::{
    End, Environment, Invocation, KeepOutput, Keeper, ProcessError, Ran, run, start,
};

const KEEPER: &str = env!("CARGO_BIN_EXE_adjutant-keeper");

fn invocation(folder: &Path, argv: &[&str]) -> Invocation {
    let path = [("PATH", "/usr/local/bin:/usr/bin:/bin")];
    Invocation {
        keeper: Keeper::Program(KEEPER.into()),
        argv: argv.iter().map(OsString::from).collect(),
        folder: folder.to_owned(),
        environment: Environment::allowed(path.map(|(name, value)| (name.into(), value.into()))),
        time_max: Duration::from_secs(20),
        grace: Duration::ZERO,
    }
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

fn ran(invocation: &Invocation) -> (Ran, String) {
    let keep = KeepOutput {
        file: invocation.folder.join("output.txt"),
        bytes_max: 10_000,
    };
    let ran = block(run(invocation, &keep, pending())).unwrap();
    let text = std::fs::read_to_string(&keep.file).unwrap();
    (ran, text)
}

fn script(folder: &Path, text: &str) -> Invocation {
    invocation(folder, &["sh", "-c", text])
}

/// The number that a script wrote to a file, when it has.
fn number_in(file: &Path) -> i32 {
    let began = Instant::now();
    loop {
        if let Ok(text) = std::fs::read_to_string(file)
            && let Some(number) = text.strip_suffix('\n')
        {
            return number.parse().unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{file:?}");
        std::thread::yield_now();
    }
}

/// Whether the process is gone, or has ended and waits for whoever adopted it.
fn is_gone(pid: i32) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit_once(") ").unwrap().1.starts_with('Z'),
        Err(_gone) => true,
    }
}

fn wait_until_gone(pid: i32) {
    let began = Instant::now();
    while !is_gone(pid) {
        assert!(began.elapsed() < Duration::from_secs(20), "{pid} lives on");
        std::thread::yield_now();
    }
}

#[test]
fn a_program_ends_with_its_code_and_both_streams_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (ran, text) = ran(&script(folder.path(), "echo out; echo err >&2; exit 3"));
    assert_eq!(ran.ended.end, End::Exited(3));
    assert_eq!(text, "out\nerr\n");
    assert_eq!((ran.output.written, ran.ended.survivors), (8, 0));
}

#[test]
fn every_way_to_end_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "no program").unwrap();
    for (argv, end) in [
        (vec!["true"], End::Exited(0)),
        (vec!["sh", "-c", "exit 127"], End::Exited(127)),
        (vec!["sh", "-c", "kill -SEGV $$"], End::Signaled(11)),
        (vec!["no-such-program"], End::NotFound),
        (vec!["./no-such-program"], End::NotFound),
        (vec!["./data"], End::NotStarted(13)),
    ] {
        let (ran, _) = ran(&invocation(folder.path(), &argv));
        assert_eq!(ran.ended.end, end, "{argv:?}");
    }
}

#[test]
fn a_program_sees_only_the_environment_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let mut invocation = invocation(folder.path(), &["env"]);
    invocation.environment = invocation.environment.with("CHECK", "one");
    let (_, text) = ran(&invocation);
    assert_eq!(text, "CHECK=one\nPATH=/usr/local/bin:/usr/bin:/bin\n");
}

#[test]
fn a_hanging_program_is_ended_with_its_children_when_its_time_is_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut invocation = script(
        folder.path(),
        "sleep 1000 & echo $! > child; trap '' TERM; wait; wait",
    );
    invocation.time_max = Duration::from_millis(300);
    invocation.grace = Duration::from_millis(100);
    let (ran, _) = ran(&invocation);
    assert_eq!(ran.ended.end, End::TimedOut);
    assert!(is_gone(number_in(&folder.path().join("child"))));
}

#[test]
fn a_program_that_ends_in_its_grace_may_clean_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut invocation = script(
        folder.path(),
        "trap 'echo cleaned; exit 0' TERM; echo $$ > begun; while :; do sleep 0.05; done",
    );
    invocation.grace = Duration::from_secs(20);
    let keep = KeepOutput {
        file: folder.path().join("output.txt"),
        bytes_max: 10_000,
    };
    let begun = folder.path().join("begun");
    let ran = block(async {
        let begun = tokio::task::spawn_blocking(move || number_in(&begun));
        run(&invocation, &keep, async { drop(begun.await) }).await
    })
    .unwrap();
    assert_eq!(ran.ended.end, End::Cancelled);
    let said = std::fs::read_to_string(&keep.file).unwrap();
    // The shell may tell first that its sleep was ended.
    assert!(said.ends_with("cleaned\n"), "{said}");
}

#[test]
fn a_daemon_in_a_session_of_its_own_does_not_survive() {
    let folder = tempfile::tempdir().unwrap();
    // setsid forks and leaves the process group; its parent ends at once.
    let daemon = "(setsid sh -c 'echo $$ > daemon; exec sleep 1000' > /dev/null 2>&1 &) ; \
                  until [ -s daemon ]; do sleep 0.01; done; exit 0";
    let (ran, _) = ran(&script(folder.path(), daemon));
    assert_eq!(ran.ended.end, End::Exited(0));
    assert_eq!((ran.ended.survivors, ran.ended.unended), (1, 0));
    assert!(is_gone(number_in(&folder.path().join("daemon"))));
}

#[test]
fn a_survivor_that_holds_the_output_open_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (ran, text) = ran(&script(folder.path(), "sleep 1000 & echo done"));
    assert_eq!((ran.ended.end, text.as_str()), (End::Exited(0), "done\n"));
    assert_eq!(ran.ended.survivors, 1);
}

#[test]
fn dropping_a_running_program_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let pid = block(async {
        let running = start(&script(folder.path(), "echo $$ > pid; exec sleep 1000")).unwrap();
        let pid = number_in(&folder.path().join("pid"));
        drop(running);
        pid
    });
    wait_until_gone(pid);
}

#[test]
fn a_conversation_goes_through_the_three_streams() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let folder = tempfile::tempdir().unwrap();
    let (said, ended) = block(async {
        let mut running = start(&invocation(folder.path(), &["tr", "a-z", "A-Z"])).unwrap();
        let mut stdin = running.stdin.take().unwrap();
        stdin.write_all(b"hello").await.unwrap();
        drop(stdin);
        let mut said = String::new();
        let mut stdout = running.stdout.take().unwrap();
        stdout.read_to_string(&mut said).await.unwrap();
        (said, running.wait().await.unwrap())
    });
    assert_eq!((said.as_str(), ended.end), ("HELLO", End::Exited(0)));
}

#[test]
fn a_killed_caller_leaves_no_orphan() {
    let folder = tempfile::tempdir().unwrap();
    // The caller is this test again, in a process of its own.
    let mut caller = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process::a_caller_that_waits", "--ignored"])
        .env("CALLER_FOLDER", folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let pid = number_in(&folder.path().join("pid"));
    caller.kill().unwrap();
    caller.wait().unwrap();
    wait_until_gone(pid);
}

#[test]
#[ignore = "the part of the killed caller in the test above"]
fn a_caller_that_waits() {
    let Some(folder) = std::env::var_os("CALLER_FOLDER") else {
        return;
    };
    let daemon = "setsid sh -c 'echo $$ > pid; exec sleep 1000' & wait";
    ran(&script(Path::new(&folder), daemon));
}

#[test]
fn a_program_that_kills_its_keeper_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let invocation = script(folder.path(), "kill -KILL $PPID");
    let keep = KeepOutput {
        file: folder.path().join("output.txt"),
        bytes_max: 10,
    };
    let error = block(run(&invocation, &keep, pending())).unwrap_err();
    assert!(matches!(error, ProcessError::KeeperLost { .. }), "{error}");
}

#[test]
fn a_missing_folder_and_a_missing_program_are_errors_of_the_caller() {
    let nowhere = Path::new("/nonexistent/folder");
    let error = block(async { start(&script(nowhere, "true")) }).unwrap_err();
    assert!(matches!(error, ProcessError::NoFolder(_)), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let error = block(async { start(&invocation(folder.path(), &[])) }).unwrap_err();
    assert!(matches!(error, ProcessError::NoProgram), "{error}");
}
