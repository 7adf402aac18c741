//! A real PostgreSQL server in a temporary folder, on a Unix socket, for as long as the test
//! process lives.
#![allow(
    clippy::disallowed_methods,
    reason = "a test server is a process, and where it is installed is in PATH"
)]

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long a server may take to answer: `initdb` on a busy machine takes seconds.
const START_MAX: Duration = Duration::from_secs(60);

/// The server ends when its input does, so it cannot outlive a test process that is killed.
const RUN_UNTIL_INPUT_ENDS: &str =
    r#""$@" >&2 & server=$!; cat >/dev/null; kill -QUIT $server; wait $server"#;

/// A running server.
pub struct Server {
    folder: tempfile::TempDir,
    process: Child,
    account: Option<Account>,
    databases: AtomicU32,
}

/// An account to run as: PostgreSQL refuses to run as root.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Server {
    /// Starts a server.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, naming the Debian package, or does not start.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("adjutant-postgres-")
            .tempdir()
            .unwrap_or_else(|error| panic!("a temporary folder: {error}"));
        let account = account(folder.path());
        let data = folder.path().join("data");
        let output = as_account(Command::new(program("initdb")), account)
            .args(["--no-sync", "--auth=trust", "--username=adjutant"])
            .args(["--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(&data)
            .current_dir(folder.path())
            .output()
            .unwrap_or_else(|error| panic!("initdb: {error}"));
        assert!(output.status.success(), "initdb: {output:?}");
        let server = Self {
            process: begin(folder.path(), account),
            folder,
            account,
            databases: AtomicU32::new(0),
        };
        server.wait_until_it_answers();
        server
    }

    /// Ends all of its processes at once, as when the machine goes down.
    ///
    /// # Panics
    /// When they do not end.
    pub fn crash(&mut self) {
        // The shell that waits for its input to end tells the server to end without ceremony.
        self.end();
    }

    /// Starts it again after [`Self::crash`].
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.process = begin(self.folder.path(), self.account);
        self.wait_until_it_answers();
    }

    fn end(&mut self) {
        drop(self.process.stdin.take());
        self.process
            .wait()
            .unwrap_or_else(|error| panic!("PostgreSQL did not end: {error}"));
    }

    /// The address of a new, empty database.
    ///
    /// # Panics
    /// When it cannot be created.
    pub fn new_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("CREATE DATABASE {name}"))
            .unwrap_or_else(|error| panic!("create {name}: {error}"));
        self.url(&name)
    }

    /// Runs statements on a database of this server, past the program that owns it, and gives
    /// the first column of the rows they answer.
    ///
    /// # Panics
    /// When they fail.
    pub fn run(&self, url: &str, sql: &str) -> Vec<String> {
        let name = url.rsplit_once('/').map_or(url, |(_, name)| name);
        self.execute(name, sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    fn url(&self, database: &str) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://adjutant@{socket}/{database}")
    }

    fn execute(&self, database: &str, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
        let url = self.url(database);
        // A thread of its own, so that it also works inside a test that is on a runtime.
        std::thread::scope(|scope| match scope.spawn(|| execute(&url, sql)).join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }

    fn wait_until_it_answers(&self) {
        let started = Instant::now();
        loop {
            match self.execute("postgres", "SELECT 1") {
                Ok(_) => return,
                Err(error) => {
                    let log = std::fs::read_to_string(self.folder.path().join("log"));
                    assert!(
                        started.elapsed() < START_MAX,
                        "PostgreSQL does not answer: {error}; its log: {log:?}"
                    );
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts the server's processes.
fn begin(folder: &Path, account: Option<Account>) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .unwrap_or_else(|error| panic!("the server's log: {error}"));
    as_account(Command::new("/bin/sh"), account)
        .args(["-c", RUN_UNTIL_INPUT_ENDS, "sh"])
        .arg(program("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(["-c", "listen_addresses=", "-c", "fsync=off"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("postgres: {error}"))
}

fn execute(url: &str, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap_or_else(|error| panic!("a runtime: {error}"));
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        let mut driver = tokio::task::JoinSet::new();
        driver.spawn(connection);
        let answers = client.simple_query(sql).await?;
        Ok(answers.iter().filter_map(first_cell).collect())
    })
}

fn first_cell(answer: &tokio_postgres::SimpleQueryMessage) -> Option<String> {
    if let tokio_postgres::SimpleQueryMessage::Row(row) = answer {
        return row.get(0).map(str::to_owned);
    }
    None
}

/// A server program: in PATH, or where Debian puts it.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!("{name} is not installed: apt-get install postgresql (Debian), and run again")
        })
}

/// Root hands its folder to an account without rights; anyone else runs the server themselves.
fn account(folder: &Path) -> Option<Account> {
    use std::os::unix::fs::MetadataExt;
    let owner = std::fs::metadata(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .uid();
    if owner != 0 {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let account = ["postgres", "nobody"]
        .iter()
        .find_map(|name| account_named(&accounts, name))
        .unwrap_or_else(|| panic!("no account but root to run PostgreSQL as"));
    std::os::unix::fs::chown(folder, Some(account.user), Some(account.group))
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    Some(account)
}

fn account_named(accounts: &str, name: &str) -> Option<Account> {
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some(Account {
        user: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

fn as_account(mut command: Command, account: Option<Account>) -> Command {
    command.env_clear().env("PATH", "/usr/bin:/bin");
    if let Some(Account { user, group }) = account {
        command.uid(user).gid(group);
    }
    command
}
