//! The outside world: the clock, files and folders, the repository, digests, and servers that are
//! asked for measurements.
//!
//! **Invariant.** Nothing here decides or formats an answer, and nothing here knows SQL. The
//! environment and the arguments are the command line's: what they say comes in as parameters.

pub mod acp;
pub mod agent_process;
pub mod api_server;
pub mod check_room;
pub mod clock;
pub mod conflict_memory;
pub mod crew;
pub mod criterion;
pub mod editor;
pub mod file_watch;
pub mod files;
pub mod focus_file;
pub mod git;
pub mod huge_pages;
pub mod inquiry;
pub mod instance;
pub mod lease_file;
pub mod line_file;
pub mod lock;
pub mod mirror_files;
pub mod mlflow;
pub mod model_file;
pub mod offered_file;
pub mod precedence;
pub mod process;
pub mod prometheus;
pub mod repository;
pub mod sample_file;
pub mod secret;
pub mod telemetry;
pub mod trace_context;
pub mod webhook;
