//! What every surface tells: the JSON of tasks, evidence, votes and the rest, refusals with what to
//! do next, and failures with their remedies. The command line prints these, and the HTTP
//! API answers with them, so that no two surfaces say different things.
//!
//! **Invariant.** Shapes and words only: nothing here loads, decides or writes. Gate answers,
//! comparisons and reports have published shapes of their own, in `report`.

mod agent;
mod conflict;
mod directive;
mod evidence;
pub mod exit;
pub mod failure;
mod finding;
mod gate;
mod holding;
mod intake;
mod journal;
mod link;
mod north_star;
mod objective;
pub mod refusal;
mod role;
pub mod rollout;
pub mod situation;
mod task;
mod token;
pub mod unproven;
mod verification;
mod vote;
pub mod vote_refusal;

pub use agent::KnownAgentJson;
pub use conflict::ConflictsJson;
pub use directive::DirectiveAttemptJson;
pub use evidence::{EvidenceJson, number};
pub use exit::Exit;
pub use failure::{Failure, StoreHindrance};
pub use finding::{FindingJson, condition};
pub use gate::{DecisionJson, GateJson, GatePolicyJson, origin};
pub use holding::{HandedOffJson, ProvenJson, ReleasedJson, WonJson};
pub use intake::IntakeBody;
pub use journal::{JournalCheckJson, JournalEntryJson};
pub use link::TaskLinkJson;
pub use north_star::NorthStarJson;
pub use objective::{ObjectiveJson, ObjectiveStandingJson};
pub use refusal::RefusalJson;
pub use role::{RoleJson, role_text};
pub use rollout::{OrderedJson, SeenServiceJson, ServiceEventJson, ServiceJson, StartedJson};
pub use situation::SituationJson;
pub use task::{ShownTaskJson, TaskJson, TaskPageJson};
pub use token::AccessTokenJson;
pub use unproven::UnprovenJson;
pub use verification::VerificationJson;
pub use vote::VoteJson;
pub use vote_refusal::RefusedVoteJson;
