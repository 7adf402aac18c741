//! A service as a process of its own, started from this same program.

use crate::start::ADDRESS_PREFIX;
use adjutant_example_search::rank::{Sight, Version};
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a service may take to stop before it is killed. It drains connections for 5 s.
const STOP_TIME_MAX: Duration = Duration::from_secs(8);
const STOP_POLL: Duration = Duration::from_millis(20);

/// A service that runs until it is stopped or dropped.
pub(crate) struct RunningService {
    child: Child,
    address: String,
    name: &'static str,
}

impl RunningService {
    /// Starts a service on a free port and waits until it has told its address. It stops by
    /// itself when this process ends, as its standard input ends then.
    pub(crate) fn start(data: &Path, version: Version, sight: Sight) -> Result<Self> {
        let program = std::env::current_exe().context("this program has no path")?;
        #[expect(
            clippy::disallowed_methods,
            reason = "the example starts its own services"
        )]
        let mut command = Command::new(program);
        command.args([
            "serve",
            "--port",
            "0",
            "--stop-with-stdin",
            "--version",
            version.name(),
        ]);
        command.arg("--data").arg(data);
        match sight {
            Sight::Pictures => {}
            Sight::TextOnly => {
                command.arg("--no-visual");
            }
        }
        // Standard error is shared, so that a service that cannot start says why.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn().context("cannot start a service")?;
        let mut service = Self {
            child,
            address: String::new(),
            name: version.name(),
        };
        service.address = service.read_address()?;
        Ok(service)
    }

    fn read_address(&mut self) -> Result<String> {
        let output = self
            .child
            .stdout
            .take()
            .context("the service has no output")?;
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .context("cannot read from the service")?;
        match line.trim_end().strip_prefix(ADDRESS_PREFIX) {
            Some(address) => Ok(address.to_owned()),
            None => bail!("the {} service did not start", self.name),
        }
    }

    /// Where it answers, `http://` included.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends its input and waits for it to finish.
    pub(crate) fn stop(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let asked = Instant::now();
        while asked.elapsed() < STOP_TIME_MAX {
            if let Some(status) = self.child.try_wait().context("cannot watch a service")? {
                ensure!(
                    status.success(),
                    "the {} service ended with {status}",
                    self.name
                );
                return Ok(());
            }
            std::thread::sleep(STOP_POLL);
        }
        bail!(
            "the {} service did not stop within {} s",
            self.name,
            STOP_TIME_MAX.as_secs()
        )
    }
}

impl Drop for RunningService {
    /// Kills what still runs. A process that is gone already is what was wanted.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
