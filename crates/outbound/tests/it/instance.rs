//! Real instances under their real keeper.
#![allow(
    clippy::disallowed_methods,
    reason = "the starter that is killed is a process"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use adjutant_outbound::instance::{
    HealthCheck, InstanceSpec, InstanceState, InstanceStatus, ensure, free_port, look, stop,
};
use adjutant_outbound::process::{Environment, Keeper};

/// What a running instance answers with its process id.
const SERVER: &str = r#"
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = str(os.getpid()).encode()
        self.send_response(503 if os.path.exists("unwell") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"#;

struct Kept {
    room: tempfile::TempDir,
    spec: InstanceSpec,
    port: u16,
}

impl Kept {
    fn new(argv: impl Fn(u16) -> Vec<String>) -> Self {
        let room = tempfile::tempdir().unwrap();
        let port = free_port().unwrap();
        std::fs::create_dir(room.path().join("work")).unwrap();
        let spec = InstanceSpec {
            argv: argv(port),
            folder: room.path().join("work"),
            health: HealthCheck::Http(format!("http://127.0.0.1:{port}/")),
            health_every_ms: 50,
            unwell_ms_max: 10_000,
            drain_ms: 2_000,
            crashes_max: 3,
            crash_window_ms: 60_000,
        };
        Self { room, spec, port }
    }

    fn server() -> Self {
        Self::new(|port| {
            ["python3", "-c", SERVER, &port.to_string()]
                .map(str::to_owned)
                .to_vec()
        })
    }

    fn folder(&self) -> PathBuf {
        self.room.path().join("instance")
    }

    async fn ensure(&self) {
        let keeper = Keeper::Program(env!("CARGO_BIN_EXE_adjutant-keeper").into());
        let path = [("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())];
        let environment = Environment::allowed(path);
        ensure(&self.folder(), &self.spec, &keeper, &environment)
            .await
            .unwrap();
    }

    async fn until(&self, what: &str, is_met: impl Fn(&InstanceStatus) -> bool) -> InstanceStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = look(&self.folder()).unwrap()
                && is_met(&status)
            {
                return status;
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "not {what} in time"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn until_well(&self) -> InstanceStatus {
        self.until("well", |status| status.state == InstanceState::Well)
            .await
    }

    /// The process id that the server answers with.
    fn served_by(&self) -> Option<i32> {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.rsplit("\r\n").next()?.parse().ok()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        block(async { stop(&self.folder()).await }).unwrap();
    }
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

fn is_alive(pid: i32) -> bool {
    Path::new(&format!("/proc/{pid}/stat")).exists()
        && !std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .unwrap_or_default()
            .contains(") Z ")
}

#[test]
fn an_instance_is_started_once_and_ends_when_it_is_stopped() {
    let kept = Kept::server();
    block(async {
        kept.ensure().await;
        let first = kept.until_well().await;
        kept.ensure().await;
        assert_eq!(kept.until_well().await, first);
        let pid = kept.served_by().unwrap();
        stop(&kept.folder()).await.unwrap();
        assert_eq!(look(&kept.folder()).unwrap(), None);
        assert!(!is_alive(pid) && kept.served_by().is_none());
        stop(&kept.folder()).await.unwrap();
        kept.ensure().await;
        kept.until_well().await;
    });
}

#[test]
fn an_instance_that_is_killed_is_started_again() {
    let kept = Kept::server();
    block(async {
        kept.ensure().await;
        kept.until_well().await;
        kill(kept.served_by().unwrap());
        let again = kept
            .until("well again", |s| {
                s.restarts == 1 && s.state == InstanceState::Well
            })
            .await;
        assert_eq!(again.last_end.as_deref(), Some("it was ended by signal 9"));
    });
}

#[test]
fn an_instance_that_ends_again_and_again_is_a_crash_loop() {
    let kept = Kept::new(|_| ["sh", "-c", "exit 7"].map(str::to_owned).to_vec());
    block(async {
        kept.ensure().await;
        let status = kept
            .until("a crash loop", |s| s.state == InstanceState::CrashLooping)
            .await;
        assert!(status.restarts >= 3);
        assert_eq!(status.last_end.as_deref(), Some("it ended with code 7"));
    });
}

#[test]
fn an_instance_that_stops_answering_is_unwell_and_then_well_again() {
    let kept = Kept::server();
    block(async {
        kept.ensure().await;
        kept.until_well().await;
        let flag = kept.spec.folder.join("unwell");
        std::fs::write(&flag, "").unwrap();
        kept.until("unwell", |s| s.state == InstanceState::Unwell)
            .await;
        std::fs::remove_file(&flag).unwrap();
        kept.until_well().await;
    });
}

#[test]
fn a_keeper_that_is_killed_takes_its_instance_with_it_and_another_one_begins_anew() {
    let kept = Kept::server();
    block(async {
        kept.ensure().await;
        let status = kept.until_well().await;
        let pid = kept.served_by().unwrap();
        kill(status.keeper as i32);
        while is_alive(pid) || look(&kept.folder()).unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        kept.ensure().await;
        kept.until_well().await;
        assert_ne!(kept.served_by(), Some(pid));
    });
}
