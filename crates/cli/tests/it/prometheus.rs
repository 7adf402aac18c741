//! A real Prometheus of a test's own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

const PROMETHEUS: &str = "/usr/bin/prometheus";
const PROMTOOL: &str = "/usr/bin/promtool";

/// A running Prometheus.
pub(crate) struct Prometheus {
    program: Child,
    pub(crate) address: SocketAddr,
    _data: TempDir,
}

/// Runs promtool, which has to find everything in order.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "a test's own process")]
pub(crate) fn promtool(arguments: &[&str]) {
    let output = Command::new(PROMTOOL).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

impl Prometheus {
    /// Starts one with `prometheus.yml` of the folder, over what its `blocks` hold.
    #[allow(clippy::disallowed_methods, reason = "a test's own server")]
    pub(crate) fn start(data: TempDir) -> Self {
        let place = |name: &str| data.path().join(name).display().to_string();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let program = Command::new(PROMETHEUS)
            .arg(format!("--config.file={}", place("prometheus.yml")))
            .arg(format!("--storage.tsdb.path={}", place("blocks")))
            .arg("--storage.tsdb.retention.time=60d")
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut started = Self {
            program,
            address,
            _data: data,
        };
        while !started
            .get("/-/ready")
            .is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
        {
            assert_eq!(started.program.try_wait().unwrap(), None, "it ended");
            std::thread::sleep(Duration::from_millis(50));
        }
        started
    }

    /// The whole answer, when there is one.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let asked = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        stream.write_all(asked.as_bytes()).ok()?;
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}
