//! A server of the built program, and a client that sends what it is told, byte by byte.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use adjutant_testkit::program;
use adjutant_testkit::workspace::Workspace;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_adjutant");

/// A loaded machine is slow; a server that hangs is not waited for for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server over a repository of its own.
pub(crate) struct Served {
    pub(crate) workspace: Workspace,
    /// The address of its database, where it is not SQLite.
    database: Option<String>,
    server: Server,
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) link: String,
    pub(crate) admin: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

/// An event of the stream.
pub(crate) struct Event {
    pub(crate) id: i64,
    pub(crate) kind: String,
    pub(crate) data: Value,
}

/// An open stream of events.
pub(crate) struct Events(BufReader<TcpStream>);

impl Served {
    pub(crate) fn start() -> Self {
        Self::start_in(Workspace::repository(), &[])
    }

    /// A server beside the commands of a test, over the repository that they share.
    pub(crate) fn beside(workspace: &Workspace) -> Self {
        Self::start_in(workspace.clone(), &[])
    }

    pub(crate) fn start_in(workspace: Workspace, options: &[&str]) -> Self {
        Self::start_with(workspace, options, &[])
    }

    /// With these variables in its environment.
    pub(crate) fn start_with(
        workspace: Workspace,
        options: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let server = Server::begin(workspace.path(), variables, options);
        Self {
            workspace,
            database: None,
            server,
        }
    }

    /// Starts it at an address that nobody else takes while it is down, on a database of
    /// PostgreSQL where one is named.
    pub(crate) fn start_to_be_killed(workspace: Workspace, database: Option<String>) -> Self {
        let url = database
            .iter()
            .map(|url| ("ADJUTANT_DATABASE_URL", url.as_str()));
        let variables: Vec<_> = url.collect();
        let address = lasting_address();
        let options = ["--listen", &address];
        let server = Server::begin_telling(Stdio::null(), workspace.path(), &variables, &options);
        Self {
            workspace,
            database,
            server,
        }
    }

    /// kill -9, and another server at the same address.
    pub(crate) fn kill_and_restart(&mut self) {
        self.server.child.kill().unwrap();
        self.server.child.wait().unwrap();
        let address = self.address.to_string();
        let arguments = ["serve", "--listen", &address, "--format", "json"];
        let mut command = self.command(&arguments);
        command.stderr(Stdio::null());
        (self.server.child, _) = launch(command);
    }

    /// A command of the program, in the same repository.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program::command(PROGRAM, self.workspace.path(), arguments);
        command.envs(
            self.database
                .iter()
                .map(|url| ("ADJUTANT_DATABASE_URL", url)),
        );
        command
    }

    /// What a command of the program prints, in the same repository.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The secret of a new token.
    pub(crate) fn token(&self, arguments: &[&str]) -> String {
        let mut command = vec!["token", "create"];
        command.extend(arguments);
        self.run(&command).trim().to_owned()
    }

    /// Ends the server, and gives what it wrote after its first line.
    pub(crate) fn end(self) -> String {
        self.server.end()
    }
}

/// Starts a server, and gives what it says when it serves.
fn launch(mut command: Command) -> (Child, Value) {
    command.stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    if line.is_empty() {
        panic!("no server: {:?}", child.wait_with_output());
    }
    (child, serde_json::from_str(&line).unwrap())
}

/// Below the ports that the system gives to clients: a client that asks in vain may be given the
/// very port that it asks, and then holds it.
fn lasting_address() -> String {
    let mut addresses =
        (20_000 + std::process::id() % 10_000..32_000).map(|port| format!("127.0.0.1:{port}"));
    addresses
        .find(|address| TcpListener::bind(address).is_ok())
        .unwrap()
}

impl std::ops::Deref for Served {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Server {
    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Starts it in a folder, with variables beside its options.
    pub(crate) fn begin(folder: &Path, variables: &[(&str, &str)], options: &[&str]) -> Self {
        Self::begin_telling(Stdio::piped(), folder, variables, options)
    }

    /// What it writes beside its first line goes there. Who reads nothing of that does not hold a server
    /// up that writes much.
    pub(crate) fn begin_telling(
        messages: impl Into<Stdio>,
        folder: &Path,
        variables: &[(&str, &str)],
        options: &[&str],
    ) -> Self {
        let mut arguments = vec!["serve", "--format", "json"];
        arguments.extend(options);
        if !options.contains(&"--listen") {
            arguments.extend(["--listen", "127.0.0.1:0"]);
        }
        let mut command = program::command(PROGRAM, folder, &arguments);
        command.envs(variables.iter().copied());
        command.stderr(messages);
        let (child, told) = launch(command);
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        let address = text("server").strip_prefix("http://").unwrap().parse();
        Self {
            child,
            address: address.unwrap(),
            link: text("link"),
            admin: text("token"),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answered {
        self.get_with(path, &[])
    }

    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        self.at_with(&format!("/api/v1{path}"), headers)
    }

    pub(crate) fn at(&self, path: &str) -> Answered {
        self.at_with(path, &[])
    }

    fn at_with(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        let bearer = format!("Bearer {}", self.admin);
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend(headers);
        self.send("GET", path, &all, "")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answered {
        self.post_with(path, body, &[])
    }

    pub(crate) fn post_with(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answered {
        self.post_as(&self.admin, path, body, headers)
    }

    pub(crate) fn post_as(
        &self,
        secret: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Answered {
        let bearer = format!("Bearer {secret}");
        let mut all = vec![
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        all.extend(headers);
        self.send("POST", &format!("/api/v1{path}"), &all, &body.to_string())
    }

    /// Sends a request with the server's own name as its host, unless the headers name another.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answered {
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if headers.iter().all(|(name, _)| *name != "Host") {
            text.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if method != "GET" {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.exchange(text.as_bytes())
    }

    /// Sends bytes as they are, and reads until the server closes.
    pub(crate) fn exchange(&self, bytes: &[u8]) -> Answered {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        Answered::read(&String::from_utf8_lossy(&answer))
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Opens the stream of events, after an event or from now on.
    pub(crate) fn events(&self, after: Option<i64>) -> Events {
        let mut stream = self.connect();
        let last = after.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        write!(
            stream,
            "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{last}\r\n",
            self.address, self.admin
        )
        .unwrap();
        let mut events = Events(BufReader::new(stream));
        // The stream is open when its first line comes: nothing after it is missed.
        while !events.line().starts_with(": after") {}
        events
    }
}

impl Server {
    /// The memory that it holds, as the system counts it.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.unwrap().trim().trim_end_matches(" kB");
        kib.parse::<u64>().unwrap() << 10
    }

    /// Ends it, and gives what it wrote after its first line.
    pub(crate) fn end(mut self) -> String {
        self.child.kill().unwrap();
        let mut told = String::new();
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        stdout.unwrap().read_to_string(&mut told).unwrap();
        stderr.unwrap().read_to_string(&mut told).unwrap();
        told
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Events {
    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).unwrap();
        assert_ne!(read, 0, "the stream ended");
        line.trim_end().to_owned()
    }

    pub(crate) fn next(&mut self) -> Event {
        let mut event = Event {
            id: 0,
            kind: String::new(),
            data: Value::Null,
        };
        loop {
            let line = self.line();
            if let Some(id) = line.strip_prefix("id: ") {
                event.id = id.parse().unwrap();
            } else if let Some(kind) = line.strip_prefix("event: ") {
                event.kind = kind.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                event.data = serde_json::from_str(data).unwrap();
                return event;
            }
        }
    }
}

impl Answered {
    /// Sends bytes, and reads the whole answer; one that breaks off is an error.
    pub(crate) fn to(address: SocketAddr, request: &[u8]) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if !answer.contains("\r\n\r\n") {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let answer = Self::read(&answer);
        let length = answer.header("content-length").map(str::parse::<usize>);
        if matches!(length, Some(Ok(length)) if length != answer.body.len()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(answer)
    }

    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("no answer but {text:?}")),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// The answer, which has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        self
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}
