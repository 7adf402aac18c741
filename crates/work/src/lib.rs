//! Work for agents: tasks and their intake, roles and their boundaries, claims, conflicts, proof,
//! focus. Plain values in, decisions out.
//!
//! **Invariant.** No I/O, no clock, no randomness, no environment, no SQL. A lease time is a
//! number that the store's clock gave; nothing here compares it with any other clock.

pub mod access;
mod agent;
pub mod applications;
mod assignment;
pub mod boundary;
mod brief;
pub mod calendar;
mod check;
mod check_files;
mod choose;
mod claim;
mod competition;
mod conflict;
mod conflict_hunk;
pub mod directive;
mod drift;
pub mod focus;
mod focus_toml;
mod handoff;
mod intake;
mod issue_form;
mod lease;
mod merge_order;
pub mod mirror;
pub mod north_star;
mod path_glob;
mod permission;
pub mod portfolio;
mod proof;
mod record;
mod role;
pub mod routine;
pub mod strategy;
mod task;
pub mod template;
mod verification;

pub use agent::{Agent, AgentPreset, InvalidCommand, Launch, Placeholders};
pub use assignment::{Candidate, rank};
pub use brief::brief;
pub use check::{Check, CheckRun, ProofKind};
pub use check_files::{
    ChangedFile, edited_check_files, needs_red, runs_package_scripts, test_files,
};
pub use choose::{Held, check_claim, check_idle, check_role, ready_order};
pub use claim::{Blocker, Claim, ClaimRequest, OnOverlap, Overlap, Pause, Refusal, Target, Won};
pub use competition::{Better, EntryMeasure, ProvenEntry, Ruling, RulingStep, judge};
pub use conflict::{
    ChangeKind, ChangedPath, Declaration, DeclaredOverlap, DeclaredSide, can_meet,
    declared_overlaps,
};
pub use conflict_hunk::{ConflictHunk, HunkSide, SHOWN_LINES_MAX, conflict_hunks};
pub use drift::{Drift, drift};
pub use focus_toml::{FocusSettings, InvalidFocusSettings, TOKENS_LEAST, read_focus_settings};
pub use handoff::{
    Handoff, HandoffField, IncompleteHandoff, PartialHandoff, UnreadableHandoff, read_handoff,
};
pub use intake::{Field, Intake, IntakeText, Priority, Risk, TaskKind, Timebox, UnknownWord};
pub use issue_form::{ISSUE_FORM, read_issue_form};
pub use lease::{
    CHECKING_LEASE_MILLIS, Holder, InvalidLease, LOSSES_MAX, check_holder, grant, lapse,
    lease_millis, renew,
};
pub use merge_order::{MergeReason, MergeStep, Piece, merge_order};
pub use path_glob::{InvalidPathGlob, PathGlob};
pub use permission::{Denial, NamedPath, Permission, ToolKind, permit};
pub use proof::{
    CheckProof, GateProof, Proof, RunEnd, RunRecord, RunVerdict, Stage, Strength, Unproven,
};
pub use record::{AcceptanceRate, Record, Trial, TrialOutcome, Weight, record_of, records_of};
pub use role::{Boundaries, InvalidRole, PRESETS, Role, Territory, preset, read_roles};
pub use task::{
    InvalidStateName, Lease, LeaseTime, Link, LinkKind, ProvenWork, StateName, Task, TaskState,
};
pub use verification::{InvalidVerification, VerificationSettings, read_verification};
