//! The keeper of one instance.

use std::cell::Cell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Client;
use tokio::net::TcpStream;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep, timeout};

use super::{
    HealthCheck, InstanceSpec, InstanceState, InstanceStatus, LOCK, OUTPUT, OUTPUT_BEFORE, SPEC,
    STATUS,
};
use crate::process::{self, End, Environment, Invocation, KeepOutput, Keeper};
use crate::{huge_pages, inquiry, lock};

/// How long a keeper tries to get its lock: whoever only looks holds it for a moment.
const LOCK_WITHIN: Duration = Duration::from_secs(1);

/// The wait before the first restart, which doubles up to the longest.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// How long a health check may take.
const HEALTH_WITHIN: Duration = Duration::from_secs(2);

/// How many health checks in a row must fail before an instance that was well is not.
const MISSED_MAX: u32 = 3;

/// The output that is kept of each start.
const OUTPUT_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// Keeps the instance of a folder until it is asked to end. The exit code is the keeper's own: 0
/// when it did, or when another one does.
pub fn keep_instance(folder: &Path, environment: &Environment) -> u8 {
    // A session of its own: the terminal of whoever started it means nothing to it. It fails only
    // where it leads one already.
    if let Err(error) = rustix::process::setsid() {
        debug_assert_eq!(error, rustix::io::Errno::PERM);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let kept = runtime.and_then(|runtime| runtime.block_on(keep(folder, environment)));
    u8::from(kept.is_err())
}

async fn keep(folder: &Path, environment: &Environment) -> std::io::Result<()> {
    huge_pages::take_again()?;
    let deadline = Instant::now() + LOCK_WITHIN;
    let _lock = loop {
        match lock::try_hold(&folder.join(LOCK))? {
            Some(lock) => break lock,
            None if Instant::now() > deadline => return Ok(()),
            None => sleep(super::LOOK_EVERY).await,
        }
    };
    let spec: InstanceSpec = serde_json::from_slice(&std::fs::read(folder.join(SPEC))?)?;
    let keeping = Keeping {
        folder,
        client: inquiry::client().map_err(std::io::Error::other)?,
        environment,
        ends: VecDeque::new(),
        status: InstanceStatus {
            keeper: std::process::id(),
            state: InstanceState::Starting,
            restarts: 0,
            last_end: None,
        },
        spec,
    };
    keeping.keep().await
}

struct Keeping<'a> {
    folder: &'a Path,
    spec: InstanceSpec,
    client: Client,
    environment: &'a Environment,
    /// When the program ended, the last ones.
    ends: VecDeque<Instant>,
    status: InstanceStatus,
}

/// Why a running program is ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    ItsOwn,
    Asked,
    Unwell,
}

impl Keeping<'_> {
    async fn keep(mut self) -> std::io::Result<()> {
        let mut asked = signal(SignalKind::terminate())?;
        // What a terminal would send is not meant for it.
        let _ignored = (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        );
        loop {
            self.tell(InstanceState::Starting)?;
            let (end, cause) = self.run_once(&mut asked).await?;
            if cause == Cause::Asked {
                return Ok(());
            }
            self.status.last_end = Some(match cause {
                Cause::Unwell => "it did not answer and was ended".to_owned(),
                Cause::ItsOwn | Cause::Asked => told(end),
            });
            self.status.restarts += 1;
            self.ends.push_back(Instant::now());
            self.tell(InstanceState::Unwell)?;
            let backoff = self.backoff();
            tokio::select! {
                _ = asked.recv() => return Ok(()),
                () = sleep(backoff) => {}
            }
        }
    }

    /// Runs the program once, to its end.
    async fn run_once(&mut self, asked: &mut Signal) -> std::io::Result<(End, Cause)> {
        let output = self.folder.join(OUTPUT);
        if output.exists() {
            std::fs::rename(&output, self.folder.join(OUTPUT_BEFORE))?;
        }
        let invocation = Invocation {
            keeper: Keeper::ThisProgram,
            argv: self.spec.argv.iter().map(Into::into).collect(),
            folder: self.spec.folder.clone(),
            environment: self.environment.clone(),
            time_max: process::TIME_MAX,
            grace: Duration::from_millis(self.spec.drain_ms),
        };
        let keep_output = KeepOutput {
            file: output,
            bytes_max: OUTPUT_BYTES_MAX,
        };
        let cause = Cell::new(Cause::ItsOwn);
        let watching = async {
            let found = self.watch(asked).await;
            cause.set(found);
        };
        let ran = process::run(&invocation, &keep_output, watching).await;
        let ran = ran.map_err(std::io::Error::other)?;
        Ok((ran.ended.end, cause.get()))
    }

    /// Watches the running program until there is a cause to end it.
    async fn watch(&mut self, asked: &mut Signal) -> Cause {
        let every = Duration::from_millis(self.spec.health_every_ms);
        let unwell_max = Duration::from_millis(self.spec.unwell_ms_max);
        let mut well_at = Instant::now();
        let (mut missed, mut was_well) = (0, false);
        loop {
            let is_well = self.is_well().await;
            let told = if is_well {
                (well_at, missed, was_well) = (Instant::now(), 0, true);
                self.tell(InstanceState::Well)
            } else {
                missed += 1;
                if was_well && missed >= MISSED_MAX {
                    self.tell(InstanceState::Unwell)
                } else {
                    Ok(())
                }
            };
            // What cannot be told is seen as what was told last; the program is not to blame.
            if told.is_err() || (!is_well && well_at.elapsed() > unwell_max) {
                return Cause::Unwell;
            }
            // Until it is well for the first time it is asked more often: someone waits for that.
            let pause = if was_well {
                every
            } else {
                every.min(Duration::from_millis(100))
            };
            tokio::select! {
                _ = asked.recv() => {
                    return match self.tell(InstanceState::Stopping) {
                        Ok(()) | Err(_) => Cause::Asked,
                    };
                }
                () = sleep(pause) => {}
            }
        }
    }

    async fn is_well(&self) -> bool {
        match &self.spec.health {
            HealthCheck::Http(url) => {
                let asked = self.client.get(url).timeout(HEALTH_WITHIN).send().await;
                asked.is_ok_and(|answer| answer.status().is_success())
            }
            HealthCheck::Connect(address) => {
                let connected = timeout(HEALTH_WITHIN, TcpStream::connect(address)).await;
                connected.is_ok_and(|connected| connected.is_ok())
            }
        }
    }

    /// Writes down how the program is. One that ends again and again is not well in between.
    fn tell(&mut self, state: InstanceState) -> std::io::Result<()> {
        let window = Duration::from_millis(self.spec.crash_window_ms);
        self.ends.retain(|end| end.elapsed() < window);
        let state = match state {
            InstanceState::Stopping => state,
            _other if self.ends.len() >= self.spec.crashes_max as usize => {
                InstanceState::CrashLooping
            }
            InstanceState::Starting
            | InstanceState::Well
            | InstanceState::Unwell
            | InstanceState::CrashLooping => state,
        };
        let path: PathBuf = self.folder.join(STATUS);
        if self.status.state != state || !path.exists() {
            self.status.state = state;
            super::write(&path, &self.status).map_err(std::io::Error::other)?;
        }
        Ok(())
    }

    fn backoff(&self) -> Duration {
        let doublings = u32::try_from(self.ends.len().saturating_sub(1)).unwrap_or(u32::MAX);
        BACKOFF_MIN
            .saturating_mul(2_u32.saturating_pow(doublings))
            .min(BACKOFF_MAX)
    }
}

fn told(end: End) -> String {
    match end {
        End::Exited(code) => format!("it ended with code {code}"),
        End::Signaled(signal) => format!("it was ended by signal {signal}"),
        End::TimedOut => "its time was up".to_owned(),
        End::Cancelled => "it was ended".to_owned(),
        End::NotFound => "there is no such program".to_owned(),
        End::NotStarted(error) => format!("it could not be started: error {error}"),
    }
}
