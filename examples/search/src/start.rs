//! Starts one service: reads the data, binds a port, says where, and serves until told to stop.

use crate::arguments::ServeSettings;
use crate::stopping::at_end_of_input;
use adjutant_example_search::catalogue::read_products;
use adjutant_example_search::fault::Conduct;
use adjutant_example_search::rank::Engine;
use adjutant_example_search::serve::{Service, serve};
use adjutant_example_search::table::read_text;
use adjutant_example_search::text::Synonyms;
use anyhow::{Context, Result};
use std::io::Write;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Threads that answer. Two, as the machine of the example is shared by both arms and the driver.
const WORKER_THREADS: usize = 2;

/// What the service prints before its address, on the first line of standard output.
pub(crate) const ADDRESS_PREFIX: &str = "listening on ";

pub(crate) fn run(settings: &ServeSettings) -> Result<()> {
    let products = read_products(&settings.data)?;
    let synonyms = Synonyms::read(&read_text(&settings.data.join("synonyms.txt"))?);
    let version = settings.version;
    let engine = Engine::new(version, settings.sight, products, synonyms)
        .context("cannot index the catalogue")?;
    let service = Arc::new(Service {
        version,
        engine,
        conduct: Conduct::new(settings.fault, settings.pace),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(listen(settings, service))
}

async fn listen(settings: &ServeSettings, service: Arc<Service>) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))
        .await
        .with_context(|| format!("cannot listen on port {}", settings.port))?;
    let address = listener
        .local_addr()
        .context("the listener has no address")?;
    let (stop, stopping) = watch::channel(false);
    if settings.stop_with_stdin {
        let stop = stop.clone();
        at_end_of_input(move || {
            stop.send_replace(true);
        });
    }
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
    writeln!(std::io::stdout(), "{ADDRESS_PREFIX}http://{address}").context("cannot print")?;
    let serving = serve(listener, service, stopping);
    let stopper = async {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot watch for SIGINT"),
            _ = terminate.recv() => Ok(()),
            () = stop.closed() => Ok(()),
        }?;
        stop.send_replace(true);
        Ok(())
    };
    let (served, stopped): (_, Result<()>) = tokio::join!(serving, stopper);
    stopped?;
    served.context("the listener broke")
}
