//! The thread that does what a server does by itself, and the counts of it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use adjutant_app::{Alarm, ReconcileNews, Reconciling, reconcile};
use adjutant_outbound::clock;
use adjutant_store::Store;
use adjutant_wire::Failure;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::sync::watch;

use crate::Api;
use crate::metrics::Exposition;

/// How long until a store that cannot be opened is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// What a server needs to do things by itself.
#[derive(Debug, Clone, Copy)]
pub struct Reconcilers {
    /// The secret that a variable of the environment holds.
    pub secret: fn(&str) -> Option<String>,
    /// Who hears what was done, and what could not be done.
    pub tell: fn(ReconcileNews<'_>),
}

type Labels = Vec<(&'static str, &'static str)>;

/// How often each reconciler did what was due, and how often it could not.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReconcilerCounts {
    passes: Family<Labels, Counter>,
    failures: Family<Labels, Counter>,
}

impl ReconcilerCounts {
    fn count(&self, news: &ReconcileNews<'_>) {
        let (family, reconciler) = match news {
            ReconcileNews::Passed(reconciler) => (&self.passes, reconciler),
            ReconcileNews::Failed { reconciler, .. } => (&self.failures, reconciler),
            ReconcileNews::Delivery(_)
            | ReconcileNews::Service(_)
            | ReconcileNews::Objective(_)
            | ReconcileNews::Forgotten(_) => return,
        };
        let labels = vec![("reconciler", reconciler.name())];
        family.get_or_create(&labels).inc();
    }

    pub(crate) fn tell(&self, exposition: &mut Exposition) {
        exposition.kept(
            "reconciler_passes",
            "How often this server did by itself what was due",
            self.passes.clone(),
        );
        exposition.kept(
            "reconciler_failures",
            "How often this server could not do by itself what was due",
            self.failures.clone(),
        );
    }
}

/// Starts the thread; it ends when the server stops.
pub(crate) fn start(
    api: &Api,
    reconcilers: Reconcilers,
    stop: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, Failure> {
    let (api, tell_failure) = (api.clone(), api.0.settings.tell_failure);
    let keeping = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return tell_failure(&no_runtime(&error)),
        };
        while !*stop.borrow() {
            let work = AssertUnwindSafe(|| runtime.block_on(keep(&api, reconcilers, &stop)));
            let failure = match std::panic::catch_unwind(work) {
                Ok(Ok(())) => continue,
                Ok(Err(failure)) => failure,
                Err(_told) => {
                    Failure::machine("a reconciler broke", "Report this: it is a defect.")
                }
            };
            tell_failure(&failure);
            let mut stop = stop.clone();
            runtime.block_on(async {
                tokio::select! {
                    () = tokio::time::sleep(AGAIN) => {}
                    _ = stop.wait_for(|stops| *stops) => {}
                }
            });
        }
    };
    std::thread::Builder::new()
        .name("reconcilers".to_owned())
        .spawn(keeping)
        .map_err(|error| Failure::machine(format!("no thread: {error}"), "Close other programs."))
}

fn no_runtime(error: &std::io::Error) -> Failure {
    Failure::machine(format!("no runtime: {error}"), "Close other programs.")
}

async fn keep(
    api: &Api,
    reconcilers: Reconcilers,
    stop: &watch::Receiver<bool>,
) -> Result<(), Failure> {
    let store = Store::open(&api.home().state, clock::now()).await?;
    let ground = api.ground();
    let counts = Arc::clone(api.reconciler_counts());
    let tell = move |news: ReconcileNews<'_>| {
        counts.count(&news);
        (reconcilers.tell)(news);
    };
    reconcile(&Reconciling {
        store: &store,
        home: api.home(),
        ground: &ground,
        secret: reconcilers.secret,
        alarm: Alarm::new(api.events().journal(), stop.clone()),
        tell: &tell,
    })
    .await;
    Ok(())
}
