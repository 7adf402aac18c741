//! The proxy as a process, between real clients and real servers on loopback.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod faults;
mod measuring;
mod mirroring;
mod passing;
mod stage;
mod steering;
