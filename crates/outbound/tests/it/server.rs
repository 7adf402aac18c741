//! A real server as a child process on a free loopback port, ended with the test.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use adjutant_domain::{MeasureName, Measurement, Timestamp};
use adjutant_formats::{Format, recognise};
use adjutant_outbound::inquiry;

/// MLflow imports for 15 seconds on a busy machine before it listens.
const START_TIMEOUT: Duration = Duration::from_secs(100);

pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts `program` with the arguments that `arguments` makes of a free port, and waits until
    /// `health` answers.
    #[allow(
        clippy::disallowed_methods,
        reason = "the test starts the real server itself"
    )]
    pub(crate) fn start(
        program: &Path,
        health: &str,
        arguments: impl Fn(u16) -> Vec<String>,
    ) -> Self {
        let port = free_port();
        let child = Command::new(program)
            .args(arguments(port))
            .env("MLFLOW_DISABLE_TELEMETRY", "true")
            .env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let mut server = Self { child, port };
        server.wait_for(health);
        server
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn wait_for(&mut self, health: &str) {
        let deadline = Instant::now() + START_TIMEOUT;
        while get(self.port, health).is_none_or(|answer| !answer.starts_with("HTTP/1.1 200")) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended at once: {ended:?}");
            assert!(
                Instant::now() < deadline,
                "the server does not answer {health}"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    /// Ends the whole process group: MLflow works in processes of its own.
    #[allow(
        clippy::disallowed_methods,
        reason = "the test ends what it has started"
    )]
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let ended = Command::new("kill").args(["-KILL", "--", &group]).status();
        let waited = self.child.wait();
        if !std::thread::panicking() {
            assert!(ended.is_ok_and(|status| status.success()) && waited.is_ok());
        }
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn get(port: u16, path: &str) -> Option<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Asks an address and reads the record, as `evidence add` does.
pub(crate) fn ask(address: &str, measure: Option<&str>) -> Vec<Measurement> {
    let record = record(address, measure);
    let format = recognise("answer.json", &record).unwrap();
    assert!(matches!(format, Format::Prometheus | Format::Mlflow));
    adjutant_formats::read(format, &record)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&record)))
}

pub(crate) fn record(address: &str, measure: Option<&str>) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let measure: Option<MeasureName> = measure.map(|name| name.parse().unwrap());
    let client = inquiry::client().unwrap();
    let asked_at = Timestamp::from_unix_millis(0);
    runtime
        .block_on(inquiry::fetch(&client, address, measure.as_ref(), asked_at))
        .unwrap()
}
