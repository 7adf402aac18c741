//! The program as a user runs it: whole outcomes (standard output, standard error, exit code) on
//! real files, in an environment with nothing in it.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod access;
mod acp;
mod agents;
mod announce;
mod api;
mod assigning;
mod bad_input;
mod claim;
mod compare;
mod competition;
mod conflicts;
mod consensus;
mod crash;
mod delivery;
mod deps;
mod directives;
mod evidence;
mod focus;
mod gate;
mod handoff;
mod help;
mod home;
mod hooks;
mod http_server;
mod intake;
mod mirror;
mod model;
mod never_go;
mod objective;
mod proof;
mod race;
mod report;
mod risk;
mod roles;
mod rollouts;
mod routines;
mod schema;
mod servers;
mod shadow;
mod shipping;
mod stage;
mod targets;
mod traffic;
mod vote;
