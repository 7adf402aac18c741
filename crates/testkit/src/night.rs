//! How often a random test is repeated: a little with every change, much more in the night.
#![allow(
    clippy::disallowed_methods,
    reason = "a test is told by its environment that it is night"
)]

/// `change` times with every change; `night` times in `cargo xtask night`, which says so by
/// `ADJUTANT_NIGHT`.
pub fn figure(change: u32, night: u32) -> u32 {
    match std::env::var_os("ADJUTANT_NIGHT") {
        Some(_) => night,
        None => change,
    }
}
