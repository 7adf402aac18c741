//! nginx, by a file that it includes.
//!
//! The file holds the upstreams, the split, the format of the log, and a server on a Unix socket
//! that answers with the order it was written for: so the workers themselves say what is in effect.
//! Every line of the log bears the generation under which its request was sent on.

mod include;
mod log;
mod workers;

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use adjutant_outbound::clock;
use adjutant_outbound::process::{End, Invocation, KeepOutput, run};
use adjutant_rollout::{NginxPlan, PresentTraffic, StageWindow};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::order::{EngineOrder, SeenEngine, SeenEngineArm, Steered};
use crate::{Engine, EngineError};
pub use log::LogMemory;
use workers::Reload;

pub(super) const NAME: &str = "nginx";

/// Workers answer at once or are not there.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The answer is one short line.
const ANSWER_BYTES_MAX: u64 = 64 * 1_024;

/// Reading a configuration takes a moment, also a great one.
const TEST_MAX: Duration = Duration::from_secs(30);

/// What nginx says about a configuration that it does not take.
const TEST_BYTES_MAX: usize = 16 * 1_024;

/// Workers that have not followed a signal by then get another one.
const RELOAD_AGAIN_MS: i64 = 5_000;

pub(super) async fn look(engine: &Engine<'_>, plan: &NginxPlan) -> Result<SeenEngine, EngineError> {
    let master = workers::master(plan)?;
    let order = in_effect(plan).await?;
    let reload = workers::read_reload(engine.folder)?;
    let window = match &order {
        Some(order) => engine.logs.window(plan, order.generation)?,
        None => StageWindow::default(),
    };
    let arms = order.iter().flat_map(EngineOrder::arms);
    Ok(SeenEngine {
        generation: order.as_ref().map(|order| order.generation),
        arms: arms
            .map(|arm| SeenEngineArm {
                address: arm.address.clone(),
                serves: arm.weight.basis_points() > 0,
                in_flight: 0,
            })
            .collect(),
        is_draining: workers::are_old_ones_left(master, reload.as_ref())?,
        window,
    })
}

/// The order that the workers follow, in their own words.
async fn in_effect(plan: &NginxPlan) -> Result<Option<EngineOrder>, EngineError> {
    let socket = include::socket(plan);
    let asking = async {
        let mut stream = UnixStream::connect(&socket).await?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream
            .take(ANSWER_BYTES_MAX)
            .read_to_end(&mut answer)
            .await?;
        Ok(answer)
    };
    let asked: Result<std::io::Result<Vec<u8>>, _> = timeout(ANSWER_WITHIN, asking).await;
    let asked = asked.map_err(|_late| EngineError::TimedOut {
        engine: NAME,
        at: socket.clone(),
        seconds: ANSWER_WITHIN.as_secs(),
    })?;
    let answer = match asked {
        Ok(answer) => answer,
        // Nobody listens there before the first order.
        Err(error) if is_nobody(error.kind()) => return Ok(None),
        Err(source) => {
            return Err(EngineError::Unreachable {
                engine: NAME,
                at: socket,
                source,
            });
        }
    };
    let text = String::from_utf8_lossy(&answer);
    let told = text.split_once("\r\n\r\n").map(|(_, body)| body.trim());
    told.and_then(include::order_of)
        .map(Some)
        .ok_or_else(|| EngineError::Unreadable {
            engine: NAME,
            problem: format!("{socket} says {:?}", text.trim()),
        })
}

fn is_nobody(kind: ErrorKind) -> bool {
    kind == ErrorKind::NotFound || kind == ErrorKind::ConnectionRefused
}

pub(super) async fn steer(
    engine: &Engine<'_>,
    plan: &NginxPlan,
    order: &EngineOrder,
) -> Result<Steered, EngineError> {
    let master = workers::master(plan)?;
    let in_effect = in_effect(plan).await?;
    let reload = workers::read_reload(engine.folder)?;
    let newest = [
        in_effect.as_ref().map(|order| order.generation),
        reload.as_ref().map(|reload| reload.generation),
    ];
    if newest
        .into_iter()
        .flatten()
        .any(|newest| newest > order.generation)
    {
        return Ok(Steered::Late);
    }
    let now = clock::now().unix_millis();
    let is_told = reload.as_ref().is_some_and(|reload| {
        reload.generation == order.generation && now - reload.signalled_at < RELOAD_AGAIN_MS
    });
    if is_told || in_effect.as_ref() == Some(order) {
        return Ok(Steered::Told);
    }
    replace_include(engine, plan, order).await?;
    let next = Reload {
        generation: order.generation,
        signalled_at: now,
        workers_before: workers::of(master)?,
    };
    workers::write_reload(engine.folder, &next)?;
    workers::reload(master)?;
    Ok(Steered::Told)
}

/// Writes the file, and the one before it again when nginx does not take it.
async fn replace_include(
    engine: &Engine<'_>,
    plan: &NginxPlan,
    order: &EngineOrder,
) -> Result<(), EngineError> {
    let path = Path::new(&plan.include);
    let failed = |action| {
        move |source| EngineError::File {
            path: path.to_owned(),
            action,
            source,
        }
    };
    let before = match std::fs::read(path) {
        Ok(before) => Some(before),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read")(error)),
    };
    write_whole(path, include::text(plan, engine.service, order).as_bytes())
        .map_err(failed("written"))?;
    let Some(words) = test(engine, plan).await? else {
        return Ok(());
    };
    match before {
        Some(before) => write_whole(path, &before).map_err(failed("written"))?,
        None => std::fs::remove_file(path).map_err(failed("removed"))?,
    }
    Err(EngineError::Disobeyed {
        engine: NAME,
        words,
    })
}

/// Replaces a file at once.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // Beside it and under a name that no `include *.conf` takes.
    let unfinished = path.with_extension("unfinished");
    std::fs::write(&unfinished, bytes)?;
    std::fs::rename(&unfinished, path)
}

/// What nginx has against its configuration, if anything.
async fn test(engine: &Engine<'_>, plan: &NginxPlan) -> Result<Option<String>, EngineError> {
    let told = tempfile::NamedTempFile::new().map_err(|source| EngineError::File {
        path: std::env::temp_dir(),
        action: "written",
        source,
    })?;
    let words = [plan.program.as_str(), "-t", "-q", "-c", &plan.config];
    let invocation = Invocation {
        keeper: engine.keeper.clone(),
        argv: words.into_iter().map(Into::into).collect(),
        folder: engine.folder.to_owned(),
        environment: engine.environment.clone(),
        time_max: TEST_MAX,
        grace: Duration::ZERO,
    };
    let keep = KeepOutput {
        file: told.path().to_owned(),
        bytes_max: TEST_BYTES_MAX,
    };
    let ran = run(&invocation, &keep, std::future::pending()).await?;
    if ran.ended.end == End::Exited(0) {
        return Ok(None);
    }
    let said = std::fs::read(told.path()).map_err(|source| EngineError::File {
        path: told.path().to_owned(),
        action: "read",
        source,
    })?;
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().map(str::trim).collect();
    Ok(Some(if lines.is_empty() {
        format!("{} -t ended as {:?}", plan.program, ran.ended.end)
    } else {
        lines.join("; ")
    }))
}

pub(super) fn present(plan: &NginxPlan) -> Result<Option<PresentTraffic>, EngineError> {
    log::present(plan, clock::now().unix_millis())
}

/// Whatever nginx says or logs, nothing panics.
pub(super) fn read_anything(text: &str) {
    if let Some(order) = include::order_of(text) {
        debug_assert_eq!(include::order_of(&include::line(&order)), Some(order));
    }
    log::count_anything(text.as_bytes());
}
