//! Proxies and upstreams as processes that end with the comparison.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::is_realtime;
use crate::python::succeed;

/// The length of the upstreams' answer.
pub(crate) const ANSWER_BYTES: usize = 651;

const UPSTREAM: u16 = 38_001;
const MIRROR_UPSTREAM: u16 = 38_002;
const ADJUTANT: u16 = 38_080;
const NGINX: u16 = 38_081;
const HAPROXY: u16 = 38_082;

/// A proxy that is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    port: u16,
}

impl Contender {
    pub(crate) fn url(&self) -> String {
        url(self.port)
    }
}

/// Whether Adjutant mirrors.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mirroring {
    On,
    Off,
}

/// What became of the copies of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Copies {
    pub(crate) compared: u64,
    pub(crate) dropped: u64,
}

/// Everything that runs.
pub(crate) struct Contenders {
    adjutant: PathBuf,
    socket: PathBuf,
    _processes: Vec<Running>,
}

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            eprintln!("a process could not be ended: {error}");
        }
    }
}

impl Contenders {
    pub(crate) fn start(folder: &Path, adjutant: &Path) -> Result<Self> {
        let socket = folder.join("control.sock");
        let write = |name: &str, text: String| -> Result<PathBuf> {
            let path = folder.join(name);
            std::fs::write(&path, text)?;
            Ok(path)
        };
        let upstream = write("upstream.conf", upstream_settings(folder, UPSTREAM))?;
        let mirrored = write("mirrored.conf", upstream_settings(folder, MIRROR_UPSTREAM))?;
        let nginx = write("nginx.conf", nginx_settings(folder))?;
        let haproxy = write("haproxy.cfg", haproxy_settings())?;
        let mut processes = vec![
            start(pinned(1, "nginx").arg("-c").arg(upstream))?,
            start(giving_way(1, "nginx").arg("-c").arg(mirrored))?,
            start(pinned(0, "nginx").arg("-c").arg(nginx))?,
            start(pinned(0, "haproxy").arg("-f").arg(haproxy))?,
        ];
        let mut ours = pinned(0, adjutant);
        ours.args(["traffic", "serve", "--workers", "1", "--listen"])
            .arg(format!("127.0.0.1:{ADJUTANT}"))
            .arg("--control")
            .arg(&socket)
            .stdout(Stdio::piped());
        let mut ours = start(&mut ours)?;
        let stdout = ours.0.stdout.take().context("the proxy has an output")?;
        BufReader::new(stdout).read_line(&mut String::new())?;
        processes.push(ours);
        for port in [UPSTREAM, MIRROR_UPSTREAM, NGINX, HAPROXY] {
            wait_for(port)?;
        }
        let contenders = Self {
            adjutant: adjutant.to_owned(),
            socket,
            _processes: processes,
        };
        contenders.set(&[
            "--arm",
            &format!("baseline=127.0.0.1:{UPSTREAM}"),
            "--arm",
            &format!("candidate=127.0.0.1:{MIRROR_UPSTREAM}"),
        ])?;
        Ok(contenders)
    }

    pub(crate) fn all(&self) -> [Contender; 3] {
        [
            self.ours("Adjutant"),
            Contender {
                name: "nginx",
                port: NGINX,
            },
            Contender {
                name: "HAProxy",
                port: HAPROXY,
            },
        ]
    }

    pub(crate) fn ours(&self, name: &'static str) -> Contender {
        Contender {
            name,
            port: ADJUTANT,
        }
    }

    pub(crate) fn upstream(&self) -> String {
        url(UPSTREAM)
    }

    pub(crate) fn mirror(&self, mirroring: Mirroring) -> Result<()> {
        match mirroring {
            Mirroring::On => self.set(&["--mirror", "baseline=candidate", "--allow", "GET /*"]),
            Mirroring::Off => self.set(&["--no-mirror"]),
        }
    }

    /// The copies that were compared since mirroring was put on, and those that were dropped since
    /// the beginning.
    pub(crate) fn copies(&self) -> Result<Copies> {
        let mut status = Command::new(&self.adjutant);
        status
            .args(["traffic", "status", "--control"])
            .arg(&self.socket);
        let status = String::from_utf8(succeed(&mut status)?.stdout)?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("mirror: "));
        let line = line.context("nothing is mirrored")?;
        copies_of(line).with_context(|| format!("no pair was compared: {line}"))
    }

    fn set(&self, arguments: &[&str]) -> Result<()> {
        let mut set = Command::new(&self.adjutant);
        set.args(["traffic", "set", "--control"])
            .arg(&self.socket)
            .args(arguments);
        succeed(&mut set).map(drop)
    }
}

/// Of `0 of 1,665 pairs disagree, 12 dropped: PASS`.
fn copies_of(line: &str) -> Option<Copies> {
    let count = |word: &str| word.replace(',', "").parse::<u64>().ok();
    let (before, after) = line.split_once(" pairs disagree, ")?;
    let compared = count(before.split_once(" of ")?.1)?;
    let dropped = count(after.split_once(" dropped")?.0)?;
    (compared > 0).then_some(Copies { compared, dropped })
}

/// The versions of what is measured beside ours.
pub(crate) fn versions() -> Result<String> {
    let nginx = succeed(Command::new("nginx").arg("-v"))
        .context("nginx, haproxy, wrk and nghttp2-client are needed (Debian packages)")?;
    let haproxy = succeed(Command::new("haproxy").arg("-v"))?;
    let haproxy = String::from_utf8(haproxy.stdout)?;
    let haproxy = haproxy.split_whitespace().nth(2).unwrap_or_default();
    let nginx = String::from_utf8(nginx.stderr)?;
    Ok(format!(
        "{}, HAProxy {haproxy}",
        nginx.trim().trim_start_matches("nginx version: ")
    ))
}

/// A command on one processor.
pub(crate) fn pinned(processor: u32, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = on(processor);
    if is_realtime() {
        command.args(["chrt", "--rr", "1"]);
    }
    command.arg(program);
    command
}

/// A command that waits for the others on its processor. Beside work of others it would wait for
/// ever, so there it is like the others.
fn giving_way(processor: u32, program: impl AsRef<std::ffi::OsStr>) -> Command {
    if is_realtime() {
        return pinned(processor, program);
    }
    let mut command = on(processor);
    command.args(["nice", "-n", "10"]).arg(program);
    command
}

fn on(processor: u32) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(processor.to_string());
    command
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/search?q=1")
}

fn start(command: &mut Command) -> Result<Running> {
    let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn();
    Ok(Running(child.with_context(|| format!("{command:?}"))?))
}

fn wait_for(port: u16) -> Result<()> {
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begin.elapsed() > Duration::from_secs(10) {
            bail!("nobody listens at port {port}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn answer() -> String {
    let hits = (0..24).map(|hit| format!("{{\"id\":{hit},\"score\":0.{:06}}}", hit * 7_919));
    format!("{{\"results\":[{}]}}", hits.collect::<Vec<_>>().join(","))
}

fn upstream_settings(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    let answer = answer();
    format!(
        "worker_processes 1; master_process off; daemon off; pid {folder}/{port}.pid; error_log {folder}/{port}.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000; default_type application/json;
  server {{ listen 127.0.0.1:{port}; return 200 '{answer}'; }}
}}
"
    )
}

fn nginx_settings(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "worker_processes 1; master_process off; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000; proxy_temp_path {folder}/nginx-temp;
  upstream service {{ server 127.0.0.1:{UPSTREAM}; keepalive 256; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{NGINX};
    location / {{
      proxy_pass http://service; proxy_http_version 1.1;
      proxy_set_header Connection \"\"; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto http;
      proxy_set_header X-Forwarded-Host $host;
    }}
  }}
}}
"
    )
}

fn haproxy_settings() -> String {
    format!(
        "global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  option forwardfor
  http-reuse always
frontend clients
  bind 127.0.0.1:{HAPROXY}
  default_backend service
backend service
  server one 127.0.0.1:{UPSTREAM} maxconn 4096
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_as_long_as_is_told() {
        assert_eq!(answer().len(), ANSWER_BYTES);
    }

    #[test]
    fn what_was_dropped_was_not_compared() {
        for (line, copies) in [
            (
                "0 of 1,500 pairs disagree, 500 dropped: PASS",
                Some(Copies {
                    compared: 1_500,
                    dropped: 500,
                }),
            ),
            ("0 of 0 pairs disagree, 3 dropped: OPEN", None),
            ("nothing is mirrored", None),
        ] {
            assert_eq!(copies_of(line), copies, "{line}");
        }
    }
}
