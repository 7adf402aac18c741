//! What runs a use case to its end.

use std::future::Future;

use crate::failure::Failure;

/// What looks at north-star gates talks to the network: an objective may be counted by a Prometheus.
pub(crate) const ASKS_NORTH_STARS: bool = true;

/// Runs a use case to its end on this thread. The part of the runtime that talks to the network
/// is only built for those that need it.
pub(crate) fn complete<T>(
    needs_network: bool,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    if needs_network {
        builder.enable_all();
    }
    let runtime = builder.build().map_err(|error| {
        Failure::machine(
            format!("no runtime can be built: {error}"),
            "Close other programs and try again.",
        )
    })?;
    let done = runtime.block_on(work);
    // A name that is still being looked up for nobody holds nothing up.
    runtime.shutdown_background();
    done
}
