//! What outbound does with the real servers: they are started here, on loopback, and ended here.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it stands"
)]

mod check_room;
mod git;
mod git_look;
mod git_meet;
mod instance;
mod mlflow;
mod process;
mod prometheus;
mod server;
