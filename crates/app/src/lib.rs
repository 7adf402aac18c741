//! The use cases, one function a verb: load, decide, save, answer. Every surface (command line,
//! HTTP, MCP) calls these.
//!
//! **Invariant.** Nothing here formats text for a person, reads the environment, or knows SQL.
//! `now` comes in; answers go out as values.

mod agents;
mod announcing;
mod assigning;
mod checking;
mod claiming;
mod comparing;
mod competing;
mod completing;
mod conflicts;
mod contracts;
mod deciding;
mod dependencies;
mod directives;
mod doctor;
mod effects;
mod evidence;
mod filing;
mod focusing;
mod gate_error;
mod handing_off;
mod holding;
mod home;
mod incidents;
mod leading;
mod merging;
mod mirroring;
mod models;
mod north_star;
mod objectives;
mod policies;
mod progress;
mod racing;
mod readiness;
mod reconciling;
mod record;
mod reproving;
mod risk;
mod roles;
mod rolling;
mod routines;
mod running;
mod shadowing;
mod situation;
mod source;
mod target;
mod traffic;
mod verifying;
mod voting;

pub use adjutant_engine::{EngineError, LogMemory};
pub use adjutant_formats::Format as EvidenceFormat;
pub use adjutant_objective::ObjectiveStanding;
pub use agents::{
    KnownAgent, Ranking, RankingError, add_agent, list_agents, rank_agents, remove_agent,
};
pub use announcing::{
    AnnounceError, Deliverer, DeliveryNews, ListedReceiver, NoSecrets, ReadyReceiver,
    known_receivers, list_receivers, ready_receivers, register_receivers,
};
pub use assigning::{Assigned, PassedOver, run_best_agent};
pub use checking::CheckingError;
pub use claiming::{claim, claim_terms};
pub use comparing::{Compared, ComparisonRequest, compare};
pub use competing::{
    CompeteAnswer, CompeteRequest, Competition, CompetitionEntry, CompetitionOutcome, Seen, compete,
};
pub use completing::{CompleteRequest, Completed, Completion, complete_work};
pub use conflicts::{
    ConflictError, ConflictStanding, Conflicts, HeldTasks, NotCompared, NotMerged, PairConflict,
    SeenFiles, SeenHolder, SeenWorkTree, find_conflicts, folders_to_watch, read_held_tasks,
};
pub use contracts::{SchemaDiffError, SchemaRequest, diff_contracts};
pub use deciding::{
    Decided, DecidedFrom, GateRequest, NamedSource, gate_standing, judged_artifact, last_decision,
    run_gate,
};
pub use dependencies::{
    CheckedConfig, ConfigStanding, DepsAnswer, DepsError, DepsRequest, align_dependencies,
};
pub use directives::{
    DirectiveStep, DirectivesError, DirectivesRequest, DirectivesRun, NoWorstCase,
    PlannedDirectives, plan_directives, run_directives,
};
pub use doctor::{Condition, Finding, examine};
pub use effects::Effects;
pub use evidence::{
    AddError, AddRequest, AddedEvidence, ShownEvidence, add_evidence, list_evidence, show_evidence,
};
pub use filing::{
    Disposal, IntakeError, IntakeFormat, ShownTask, dispose_of_task, edit_task, file_tasks,
    list_task_texts, list_tasks, read_intake, read_text, show_task,
};
pub use focusing::{
    FOCUS_FILE, FocusError, FocusRefusal, FocusStanding, FocusWho, FocusWrite, Focused,
    WrittenFocus, complete_in_focus, focus_standing, write_focus,
};
pub use gate_error::GateError;
pub use handing_off::{HandedOff, HandoffError, HandsOn, Portion, belongs_to, hand_off};
pub use holding::{HoldingError, SaidHolder, find_holder, forget_holder, release, remember_holder};
pub use home::{Home, SETTINGS_FILE, locate};
pub use incidents::{
    IncidentTurn, ServiceFigures, ShownIncident, delivery_figures, list_incidents, note_incident,
    service_figures, show_incident,
};
pub use merging::{MergeOutcome, MergeRequest, Merging, QueueStep, merge_work};
pub use mirroring::{
    MIRROR_FOLDER, MirrorError, MirrorLine, MirrorRequest, Mirroring, StepResult, mirror,
};
pub use models::{
    ModelDifference, ModelError, ScannedModel, diff_model_files, inspect_model_file, scan_models,
};
pub use north_star::{
    NorthStarError, SeenNorthStar, look_at_north_stars, observe_north_stars, pauses,
};
pub use objectives::{
    FoundObjectives, ObjectiveError, budgets_burned, find_objectives, objective_standings,
    stored_standings,
};
pub use policies::{FoundPolicy, KnownGate, Origin, PolicyError, find_policy, known_gates};
pub use racing::{
    DrainResult, RaceError, RaceResult, RaceSize, RoundsResult, WorkerKind, race, work,
};
pub use readiness::{Depth, examine_checks};
pub use reconciling::{Alarm, ReconcileError, ReconcileNews, Reconciler, Reconciling, reconcile};
pub use record::{DecisionRecord, RecordError, RecordedInput};
pub use reproving::{Reproof, open_proof};
pub use risk::{AssessedRisk, risk_of_sources, risk_of_stored};
pub use roles::{FoundRole, RolesError, known_roles, role_named};
pub use rolling::{
    ControlEnd, Culprit, Ground, Hindrance, NewVersion, OrderRefusal, Ordered, PlanError,
    PlannedRollout, RolloutError, RolloutRequest, RolloutStart, SeenEntrance, SeenInstance,
    SeenService, StartRefusal, VersionRequests, WhileWaiting, control, lift_version,
    look_at_service, order_rollout, plan_rollout, read_rollout_plan, start_rollout, stop_service,
    undo_rollout,
};
pub use routines::{
    Evening, Monthly, Morning, ProgressCommit, RoutineError, RoutineRefusal, Routined, Weekly,
    evening, monthly, morning, weekly,
};
pub use running::{RanAgent, RunAnswer, RunError, RunOutcome, RunRequest, run_agent};
pub use shadowing::{ShadowError, ShadowRequest, compare_recordings};
pub use situation::{
    HandedOverTask, HeldTask, NearConflict, NearConflicts, Situation, SituationError, focus_inputs,
    look_around,
};
pub use source::{Source, SourceError};
pub use traffic::{SeenTraffic, TrafficError, change_traffic, look_at_traffic, replace_traffic};
pub use verifying::{Verification, VerifyError, verify};
pub use voting::{
    FilledBallot, ListedVote, VoteError, VoteRefusal, VoteRequest, Voting, cast_vote, list_votes,
    show_vote,
};
