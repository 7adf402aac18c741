//! A reverse proxy: it splits traffic between arms, keeps clients on theirs, asks requests again of
//! an arm that nobody sees, compares, and measures per arm and minute.
//!
//! It runs as a process of its own and holds a *desired state* that it is given over a Unix socket
//! and keeps on disk; whoever decides about the state may die without a request noticing.
//!
//! **Invariant.** Nothing here decides about a rollout. **Invariant.** No body is collected but what
//! the mirror compares, within its bound. **Invariant.** A request that may have reached an upstream
//! is sent again only when it is idempotent. **Invariant.** What is acknowledged is on disk.

mod body;
mod change;
mod client;
mod comparison;
mod control;
mod desired;
mod flight;
mod headers;
mod measure;
mod mirror;
mod observed;
mod plan;
mod proxy;
mod server;
mod split;
mod upstream;
mod watched;
mod worker;

pub use change::{PartChange, TrafficChange};
pub use client::{TrafficControl, TrafficControlError};
pub use control::TrafficRefusal;
pub use desired::{
    DESIRED_BYTES_MAX, DesiredTraffic, InvalidDesired, MirrorRule, Patience, StickyRule,
    TrafficArm, UpstreamProtocol, WEIGHT_WHOLE,
};
pub use observed::{
    ArmMinute, ArmSplit, MirrorComparison, MirrorCounts, MirrorPath, ObservedArm, ObservedSplit,
    ObservedTraffic, TrafficErrors, TrafficHistogram, TrafficLane, TrafficMeasurements,
    TrafficMinute,
};
pub use server::{ServeError, ServeOptions, serve};

/// What tells the time: counts are kept by its minutes.
pub type TrafficClock = fn() -> adjutant_domain::Timestamp;
