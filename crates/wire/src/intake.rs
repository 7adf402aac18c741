//! A task to be filed, as JSON: the fields of `intake` in a shown task, and links.

use adjutant_domain::RoleName;
use adjutant_work::template::Filled;
use adjutant_work::{Check, Intake, Link, PathGlob, Priority, Risk, TaskKind, Timebox};
use schemars::JsonSchema;
use serde::Deserialize;

/// What a task asks for. A field that is left out is empty.
#[derive(Debug, Deserialize, Default, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IntakeBody {
    /// One line.
    title: String,
    /// What sort of change it is.
    kind: Option<TaskKind>,
    /// What will be true afterwards.
    goal: String,
    /// What one has to know.
    context: String,
    /// How anyone can tell that the goal is met.
    success_criteria: Vec<String>,
    /// What is handed over.
    deliverables: Vec<String>,
    /// What is left alone.
    non_goals: Vec<String>,
    /// What can go wrong, and what is done about it.
    risks: Vec<Risk>,
    /// Tests and metrics that watch the change.
    test_hooks: Vec<String>,
    /// How long it may take.
    timebox: Option<Timebox>,
    /// HIGH, MEDIUM or LOW.
    priority: Option<Priority>,
    /// The files it is going to touch, as patterns.
    paths: Vec<PathGlob>,
    /// The role it needs.
    role: Option<RoleName>,
    /// What proves that it is done.
    checks: Vec<Check>,
    /// What it waits for, belongs to or comes from.
    links: Vec<Link>,
}

impl From<IntakeBody> for Filled {
    fn from(body: IntakeBody) -> Self {
        Self {
            intake: Intake {
                title: body.title,
                kind: body.kind,
                goal: body.goal,
                context: body.context,
                success_criteria: body.success_criteria,
                deliverables: body.deliverables,
                non_goals: body.non_goals,
                risks: body.risks,
                test_hooks: body.test_hooks,
                timebox: body.timebox,
                priority: body.priority,
                paths: body.paths,
                role: body.role,
                checks: body.checks,
            },
            links: body.links,
        }
    }
}
