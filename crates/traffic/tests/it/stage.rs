//! A proxy process, upstreams that do as they are told, and clients that see every byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use adjutant_traffic::{
    DesiredTraffic, MirrorComparison, ObservedTraffic, Patience, TrafficArm, TrafficControl,
    TrafficControlError, TrafficMeasurements, UpstreamProtocol,
};

/// A proxy in a folder of its own.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) folder: tempfile::TempDir,
    process: Child,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (process, address) = spawn(&folder.path().join("c.sock"), "127.0.0.1:0");
        Self {
            address,
            folder,
            process,
        }
    }

    /// A proxy in front of one arm.
    pub(crate) fn before(upstream: &Upstream) -> Self {
        let proxy = Self::start();
        proxy.apply(&desired(1, vec![arm("baseline", upstream, 10_000)]));
        proxy
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("c.sock")
    }

    pub(crate) fn control(&self) -> TrafficControl {
        TrafficControl::at(&self.socket())
    }

    /// Kills it as a power cut would, and starts it again at the same address.
    pub(crate) fn kill_and_restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let (process, address) = spawn(&self.socket(), &self.address.to_string());
        (self.process, self.address) = (process, address);
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn end(&mut self) -> std::process::ExitStatus {
        self.signal_end();
        self.process.wait().unwrap()
    }

    pub(crate) fn signal_end(&self) {
        let sent = command("kill")
            .arg("-TERM")
            .arg(self.process.id().to_string())
            .status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn try_apply(&self, desired: &DesiredTraffic) -> Result<(), TrafficControlError> {
        wait_for(self.control().apply(desired))
    }

    pub(crate) fn apply(&self, desired: &DesiredTraffic) {
        // On a machine whose disk is busy for long, asking again is safe.
        while let Err(error) = self.try_apply(desired) {
            assert!(
                matches!(error, TrafficControlError::TimedOut { .. }),
                "{error:?}"
            );
        }
    }

    pub(crate) fn observe(&self) -> ObservedTraffic {
        wait_for(self.control().observe()).unwrap()
    }

    pub(crate) fn measurements(&self) -> TrafficMeasurements {
        wait_for(self.control().measurements(None)).unwrap()
    }

    pub(crate) fn comparison(&self) -> Option<MirrorComparison> {
        wait_for(self.control().comparison()).unwrap()
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::to(self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.connect().get(path)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn spawn(socket: &std::path::Path, listen: &str) -> (Child, SocketAddr) {
    let mut process = command(env!("CARGO_BIN_EXE_adjutant-traffic"))
        .args([listen, socket.to_str().unwrap(), "2"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (process, line.trim().parse().unwrap())
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test starts the program it is about"
)]
pub(crate) fn command(program: &str) -> Command {
    Command::new(program)
}

pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::yield_now();
    }
}

pub(crate) fn arm(name: &str, upstream: &Upstream, weight: u32) -> TrafficArm {
    TrafficArm {
        name: name.to_owned(),
        version: String::new(),
        upstreams: vec![upstream.address.to_string()],
        protocol: UpstreamProtocol::Http1,
        weight,
    }
}

pub(crate) fn desired(generation: u64, arms: Vec<TrafficArm>) -> DesiredTraffic {
    DesiredTraffic {
        generation,
        arms,
        sticky: None,
        mirror: None,
        patience: Patience::default(),
    }
}

/// A request as an upstream got it.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header_of(&self.head, name)
    }
}

/// A server on loopback. It ends with the test's process.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
}

impl Upstream {
    /// Answers every request by what `answer` writes; false closes the connection.
    pub(crate) fn start(
        answer: impl Fn(Received, &mut TcpStream) -> bool + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, answer) = (stream.unwrap(), answer.clone());
                stream.set_nodelay(true).unwrap();
                std::thread::spawn(move || {
                    let mut rest = Vec::new();
                    while let Some(received) = receive(&mut stream, &mut rest) {
                        if !answer(received, &mut stream) {
                            return;
                        }
                    }
                });
            }
        });
        Self { address }
    }

    /// Answers every request with 200 and a text.
    pub(crate) fn saying(text: &'static str) -> Self {
        Self::start(move |_, stream| respond(stream, 200, "", text.as_bytes()))
    }

    /// An address where nobody listens.
    pub(crate) fn nobody() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            address: listener.local_addr().unwrap(),
        }
    }
}

pub(crate) fn respond(stream: &mut TcpStream, status: u16, headers: &str, body: &[u8]) -> bool {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\n{headers}\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).is_ok()
}

fn receive(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Option<Received> {
    let head = read_head(stream, rest)?;
    let body = read_body(stream, rest, &head, 0)?;
    Some(Received { head, body })
}

/// Everything up to the empty line; `None` when the connection ends first.
fn read_head(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Option<String> {
    let end = loop {
        if let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, rest)?;
    };
    let head: Vec<u8> = rest.drain(..end).collect();
    Some(String::from_utf8_lossy(&head).into_owned())
}

fn more(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Option<()> {
    let mut piece = [0; 16_384];
    match stream.read(&mut piece) {
        Ok(0) | Err(_) => None,
        Ok(length) => {
            rest.extend_from_slice(&piece[..length]);
            Some(())
        }
    }
}

fn read_body(
    stream: &mut TcpStream,
    rest: &mut Vec<u8>,
    head: &str,
    otherwise: usize,
) -> Option<Vec<u8>> {
    if header_of(head, "transfer-encoding").is_some() {
        return read_chunks(stream, rest);
    }
    let length = header_of(head, "content-length").map_or(otherwise, |text| text.parse().unwrap());
    while rest.len() < length {
        more(stream, rest)?;
    }
    Some(rest.drain(..length).collect())
}

fn read_chunks(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
                break end;
            }
            more(stream, rest)?;
        };
        let line: Vec<u8> = rest.drain(..end + 2).collect();
        let text = std::str::from_utf8(&line).unwrap().trim();
        let length = usize::from_str_radix(text, 16).unwrap();
        while rest.len() < length + 2 {
            more(stream, rest)?;
        }
        body.extend(rest.drain(..length));
        rest.drain(..2);
        if length == 0 {
            return Some(body);
        }
    }
}

fn header_of<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A response as a client got it.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// `None`: it broke off.
    pub(crate) body: Option<Vec<u8>>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header_of(&self.head, name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone().unwrap()).unwrap()
    }
}

/// A client's connection.
pub(crate) struct Connection {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            rest: Vec::new(),
        }
    }

    /// The same connection, to send while this one waits.
    pub(crate) fn other_half(&self) -> Self {
        let stream = self.stream.try_clone().unwrap();
        Self {
            stream,
            rest: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, text: impl AsRef<[u8]>) {
        self.stream.write_all(text.as_ref()).unwrap();
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n"));
        self.reply().unwrap()
    }

    /// `None` when the connection ends before a whole head.
    pub(crate) fn reply(&mut self) -> Option<Reply> {
        let head = self.head()?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = read_body(&mut self.stream, &mut self.rest, &head, 0);
        Some(Reply { status, head, body })
    }

    pub(crate) fn head(&mut self) -> Option<String> {
        read_head(&mut self.stream, &mut self.rest)
    }

    /// So many bytes, as soon as they are there.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        while self.rest.len() < length {
            more(&mut self.stream, &mut self.rest).unwrap();
        }
        self.rest.drain(..length).collect()
    }

    pub(crate) fn is_closed_by_peer(&mut self) -> bool {
        more(&mut self.stream, &mut self.rest).is_none()
    }
}
