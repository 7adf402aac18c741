//! Tasks.

use adjutant_domain::{AgentName, RoleName, TaskId};
use adjutant_outbound::clock;
use adjutant_store::TaskFilter;
use adjutant_wire::{ConflictsJson, Failure, ShownTaskJson, TaskPageJson};
use adjutant_work::{Refusal, StateName};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{READ, limit_of, named};
use crate::Api;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Asked, Named};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(("list_tasks", "/tasks"), "Lists tasks.", READ, list)
            .asks::<TasksQuery>()
            .paged()
            .answers::<TaskPageJson<'_>>(),
        get(
            ("show_task", "/tasks/{task}"),
            "Shows a task with everything about it.",
            READ,
            show,
        )
        .answers::<ShownTaskJson<'_>>(),
        get(
            ("conflicts", "/conflicts"),
            "Merges the work trees in memory, and says where they conflict.",
            READ,
            conflicts,
        )
        .answers::<ConflictsJson<'_>>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TasksQuery {
    /// In this state: draft, open, leased, proven, done, dropped or quarantined.
    state: Option<String>,
    /// Only those that can be claimed now, in the order of the queue.
    #[serde(default)]
    ready: bool,
    /// That need this role.
    role: Option<String>,
    /// That this agent has a lease on.
    owner: Option<String>,
    /// The task that was seen last; the list goes on after it.
    after: Option<String>,
    /// How many, 100 unless it is said, 1,000 at most.
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<u32>,
}

impl TasksQuery {
    fn filter(&self) -> Result<TaskFilter, Problem> {
        let limit = limit_of(self.limit)?;
        Ok(TaskFilter {
            state: optional::<StateName>(self.state.as_deref())?,
            ready: self.ready,
            role: optional::<RoleName>(self.role.as_deref())?,
            owner: optional::<AgentName>(self.owner.as_deref())?,
            after: optional::<TaskId>(self.after.as_deref())?,
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
        })
    }
}

fn optional<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, Problem>
where
    T::Err: std::fmt::Display,
{
    text.map(named).transpose()
}

async fn list(State(api): State<Api>, Asked(query): Asked<TasksQuery>) -> Result<Reply, Problem> {
    let filter = query.filter()?;
    let reply = api.desks().read(async move |store| {
        let page = adjutant_app::list_task_texts(store, &filter).await?;
        let last = page.tasks.last().map(|task| task.id);
        let reply = Reply::json(&TaskPageJson {
            tasks: page.tasks.iter().map(Into::into).collect(),
            more: page.more,
        })?;
        Ok(reply.continued_after(last.filter(|_| page.more)))
    });
    reply.await
}

async fn show(State(api): State<Api>, Named(task): Named<String>) -> Result<Reply, Problem> {
    let task: TaskId = named(&task)?;
    let reply =
        api.desks().read(
            async move |store| match adjutant_app::show_task(store, task).await? {
                Some(shown) => Reply::json(&ShownTaskJson::from(&shown)),
                None => Err((&Refusal::Unknown { task }).into()),
            },
        );
    reply.await
}

async fn conflicts(State(api): State<Api>) -> Result<Reply, Problem> {
    let home = api.home().clone();
    api.desks()
        .act(async move |store| {
            let held = adjutant_app::read_held_tasks(store).await?;
            let found = adjutant_app::find_conflicts(&home, &held, clock::now());
            let found = found.map_err(Failure::from)?;
            Reply::json(&ConflictsJson::from(&found))
        })
        .await
}
