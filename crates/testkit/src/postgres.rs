//! A real PostgreSQL server in a temporary folder, on a Unix socket, for as long as the test
//! process lives; and a standby of it, which may take its place.
#![allow(
    clippy::disallowed_methods,
    reason = "a test server is a process, and where it is installed is in PATH"
)]

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

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
    settings: Vec<String>,
    databases: AtomicU32,
}

/// For tests, which lose nothing that matters when the machine goes down.
const FOR_TESTS: &str = "fsync=off";

/// An account to run as: PostgreSQL refuses to run as root.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Server {
    /// Starts a server that does not wait for the disk.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, naming the Debian package, or does not start.
    pub fn start() -> Self {
        Self::with(&[FOR_TESTS])
    }

    /// Starts one that also listens at an address, and trusts whoever comes there.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, naming the Debian package, or does not start.
    pub fn start_at(address: &str) -> Self {
        Self::with(&[FOR_TESTS, &format!("listen_addresses={address}")])
    }

    /// Starts one with settings, such as `shared_buffers=256MB`.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, naming the Debian package, or does not start.
    pub fn with(settings: &[&str]) -> Self {
        Self::made(settings, |data, account| {
            succeed(
                as_account(Command::new(program("initdb")), account)
                    .args(["--no-sync", "--auth=trust", "--username=adjutant"])
                    .args(["--encoding=UTF8", "--locale=C", "--pgdata"])
                    .arg(data),
            );
            let rules = data.join("pg_hba.conf");
            let mut rules = std::fs::File::options().append(true).open(rules);
            let added = rules
                .as_mut()
                .map(|file| writeln!(file, "host all all all trust"));
            assert!(matches!(added, Ok(Ok(()))), "pg_hba.conf: {added:?}");
        })
    }

    /// Starts a copy of this one that follows it. Nothing is acknowledged without it from then on.
    ///
    /// # Panics
    /// When it does not start, or does not follow.
    pub fn start_standby(&self) -> Self {
        let standby = Self::made(&[FOR_TESTS], |data, account| self.copy_to(data, account));
        self.wait_for_standby();
        standby
    }

    /// Starts a server that was ended anew, as a standby of the one that took its place.
    ///
    /// # Panics
    /// When it does not start, or does not follow.
    pub fn restart_as_standby_of(&mut self, primary: &Self) {
        let data = self.folder.path().join("data");
        std::fs::remove_dir_all(&data)
            .unwrap_or_else(|error| panic!("{}: {error}", data.display()));
        primary.copy_to(&data, self.account);
        self.restart();
        primary.wait_for_standby();
    }

    fn copy_to(&self, data: &Path, account: Option<Account>) {
        succeed(
            as_account(Command::new(program("pg_basebackup")), account)
                .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
                .args(["--username=adjutant", "--host"])
                .arg(self.folder.path())
                .arg("--pgdata")
                .arg(data),
        );
    }

    fn wait_for_standby(&self) {
        self.tell("ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.tell("SELECT pg_reload_conf()");
        let state = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'";
        let began = Instant::now();
        while self.tell(state) != ["sync"] {
            assert!(began.elapsed() < START_MAX, "the standby does not follow");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Has a standby take the place of the one that it followed, and wait for nobody.
    ///
    /// # Panics
    /// When it does not.
    pub fn promote(&self) {
        self.tell("ALTER SYSTEM RESET synchronous_standby_names");
        self.tell("SELECT pg_reload_conf()");
        self.tell("SELECT pg_promote()");
    }

    fn tell(&self, sql: &str) -> Vec<String> {
        self.execute("postgres", sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    fn made(settings: &[&str], make: impl FnOnce(&Path, Option<Account>)) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("adjutant-postgres-")
            .tempdir()
            .unwrap_or_else(|error| panic!("a temporary folder: {error}"));
        let account = account(folder.path());
        let settings: Vec<_> = settings.iter().map(|&one| one.to_owned()).collect();
        make(&folder.path().join("data"), account);
        let server = Self {
            process: begin(folder.path(), account, &settings),
            settings,
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

    /// Kills all of its processes one by one, as when the system runs out of memory.
    ///
    /// # Panics
    /// When they do not end.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.end();
    }

    /// Its processes do nothing any more, and are there.
    ///
    /// # Panics
    /// When they cannot be stopped.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Tells the first process, and those that it started.
    fn signal(&self, signal: Signal) {
        let path = self.folder.path().join("data/postmaster.pid");
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let first = text
            .lines()
            .next()
            .and_then(|pid| pid.parse().ok())
            .and_then(Pid::from_raw);
        let first = first.unwrap_or_else(|| panic!("no process in {text:?}"));
        for pid in std::iter::once(first).chain(children(first)) {
            // A backend may have ended by itself meanwhile.
            match kill_process(pid, signal) {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(error) => panic!("process {pid:?}: {error}"),
            }
        }
    }

    /// Starts it again after [`Self::crash`].
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.process = begin(self.folder.path(), self.account, &self.settings);
        self.wait_until_it_answers();
    }

    fn end(&mut self) {
        drop(self.process.stdin.take());
        self.process
            .wait()
            .unwrap_or_else(|error| panic!("PostgreSQL did not end: {error}"));
    }

    /// The folder of its socket, as addresses name it.
    pub fn host(&self) -> String {
        self.folder.path().display().to_string().replace('/', "%2F")
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
        format!("postgres://adjutant@{}/{database}", self.host())
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
fn begin(folder: &Path, account: Option<Account>, settings: &[String]) -> Child {
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
        .args(["-c", "listen_addresses="])
        .args(settings.iter().flat_map(|setting| ["-c", setting.as_str()]))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("postgres: {error}"))
}

fn succeed(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// The processes that one started.
fn children(parent: Pid) -> Vec<Pid> {
    let path = format!(
        "/proc/{pid}/task/{pid}/children",
        pid = parent.as_raw_nonzero()
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let pids = text.split_whitespace().filter_map(|pid| pid.parse().ok());
    pids.filter_map(Pid::from_raw).collect()
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
