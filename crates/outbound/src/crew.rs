//! A crew: copies of one program that are spoken to line by line over pipes, and can be stopped,
//! resumed and killed in the middle of anything. For tests of what survives that.
#![allow(
    clippy::disallowed_methods,
    reason = "this is one of the places that start processes"
)]

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Error, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// What all members of a crew are started with.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// All of its environment.
    pub environment: Vec<(OsString, OsString)>,
}

/// A running copy. Dropped, it is killed.
#[derive(Debug)]
pub struct Member {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Member {
    /// Starts one more. It ends by itself when its input does, so none outlives this process.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(recipe: &Recipe) -> Result<Self, Error> {
        let mut child = Command::new(&recipe.program)
            .args(&recipe.arguments)
            .current_dir(&recipe.folder)
            .env_clear()
            .envs(recipe.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Self {
            input: child.stdin.take(),
            output: child.stdout.take().map(BufReader::new),
            child,
        })
    }

    /// Sends a line.
    ///
    /// # Errors
    /// When it does not listen any more.
    pub fn tell(&mut self, line: &str) -> Result<(), Error> {
        match &mut self.input {
            Some(input) => {
                input.write_all(format!("{line}\n").as_bytes())?;
                input.flush()
            }
            None => Err(Error::from(std::io::ErrorKind::BrokenPipe)),
        }
    }

    /// The next line it says; nothing when it has ended.
    ///
    /// # Errors
    /// When its output cannot be read.
    pub fn hear(&mut self) -> Result<Option<String>, Error> {
        match &mut self.output {
            Some(output) => hear(output),
            None => Ok(None),
        }
    }

    /// What it says, to be listened to elsewhere.
    pub fn take_output(&mut self) -> Option<Listener> {
        self.output.take().map(Listener)
    }

    /// Holds it where it is (SIGSTOP).
    ///
    /// # Errors
    /// When it is not there any more.
    pub fn stop(&self) -> Result<(), Error> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on (SIGCONT).
    ///
    /// # Errors
    /// When it is not there any more.
    pub fn resume(&self) -> Result<(), Error> {
        self.signal(Signal::CONT)
    }

    /// Ends it where it is (SIGKILL).
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Closes its input and waits until it has ended; whether it ended well.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn finish(&mut self) -> Result<bool, Error> {
        drop(self.input.take());
        Ok(self.child.wait()?.success())
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| Error::from(std::io::ErrorKind::NotFound))?;
        Ok(kill_process(pid, signal)?)
    }
}

impl Drop for Member {
    #[allow(
        clippy::unused_result_ok,
        reason = "drop cannot return an error; it has ended already, or the system ends it"
    )]
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What a member says.
#[derive(Debug)]
pub struct Listener(BufReader<ChildStdout>);

impl Listener {
    /// The next line; nothing when the member has ended.
    ///
    /// # Errors
    /// When the output cannot be read.
    pub fn hear(&mut self) -> Result<Option<String>, Error> {
        hear(&mut self.0)
    }
}

fn hear(output: &mut BufReader<ChildStdout>) -> Result<Option<String>, Error> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    // A line without its end was cut off with the member that wrote it.
    if !line.ends_with('\n') {
        return Ok(None);
    }
    Ok(Some(line.trim_end().to_owned()))
}
