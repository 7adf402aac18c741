//! Services and their rollouts.

use std::collections::BTreeMap;

use adjutant_app::{
    ControlEnd, NewVersion, OrderRefusal, Ordered, RolloutError, RolloutRequest, WhileWaiting,
    control, lift_version, look_at_service, order_rollout, read_rollout_plan, start_rollout,
    undo_rollout,
};
use adjutant_domain::{Digest, ServiceName};
use adjutant_outbound::clock;
use adjutant_rollout::{RolloutId, RolloutOrder, RolloutPlan};
use adjutant_store::{Store, StoredServiceEvent};
use adjutant_wire::rollout::turn;
use adjutant_wire::{
    Failure, OrderedJson, SeenServiceJson, ServiceEventJson, ServiceJson, StartedJson,
};
use adjutant_work::access::Right;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{PageQuery, READ, cut, listed, named, one_more};
use crate::Api;
use crate::operation::{Operation, get, post};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::request::{Asked, Named, Posted};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("list_rollouts", "/rollouts"),
            "Lists services with what happened to each last.",
            READ,
            list,
        )
        .answers::<Vec<ServiceJson>>(),
        get(
            ("rollout_status", "/rollouts/{service}"),
            "Shows a service: what is wanted, what runs, what is measured, what would be decided.",
            READ,
            status,
        )
        .answers::<SeenServiceJson<'_>>(),
        get(
            ("rollout_history", "/rollouts/{service}/history"),
            "Lists what happened to a service, oldest first.",
            READ,
            history,
        )
        .asks::<PageQuery>()
        .paged()
        .answers::<Vec<ServiceEventJson<'_>>>(),
        order_of("promote_rollout", "/rollouts/{service}/promote", promote),
        order_of("abort_rollout", "/rollouts/{service}/abort", abort),
        order_of("pause_rollout", "/rollouts/{service}/pause", pause),
        order_of("resume_rollout", "/rollouts/{service}/resume", resume),
        order_of("undo_rollout", "/rollouts/{service}/undo", undo),
        post(
            ("lift_version", "/rollouts/{service}/lift"),
            "Allows a version again that was taken back; it is recorded with its reason.",
            Right::Steer,
            lift,
        )
        .takes::<LiftBody>()
        .answers::<OrderedJson<'_>>(),
        post(
            ("start_rollout", "/rollouts/{service}/start"),
            "Stores that a version is rolled out; whoever controls the service carries it out.",
            Right::Steer,
            start,
        )
        .takes::<StartBody>()
        .answers::<StartedJson<'_>>(),
    ]
}

fn order_of<H, T>(id: &'static str, path: &'static str, handler: H) -> Operation
where
    H: axum::handler::Handler<T, Api> + Clone,
    T: 'static,
{
    post(
        (id, path),
        "An order past the measurements; it is recorded with its reason.",
        Right::Steer,
        handler,
    )
    .takes::<OrderBody>()
    .answers::<OrderedJson<'_>>()
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OrderBody {
    /// Why: an order past the measurements needs words.
    because: String,
    /// With promote: all steps that are left at once.
    #[serde(default)]
    full: bool,
    /// With undo: the version to go back to; the one before when it is left out.
    to: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LiftBody {
    /// The version that was taken back.
    version: String,
    /// Why it may be used again.
    because: String,
}

/// One of the two.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StartBody {
    /// A version that was started here before.
    version: Option<String>,
    /// What a cluster's container runs.
    image: Option<String>,
}

type Asking = (State<Api>, Named<String>, Posted<OrderBody>);

async fn promote(state: State<Api>, path: Named<String>, posted: Posted<OrderBody>) -> Told {
    let order = if posted.body.full {
        RolloutOrder::PromoteFully
    } else {
        RolloutOrder::Promote
    };
    give((state, path, posted), order).await
}

async fn pause(state: State<Api>, path: Named<String>, posted: Posted<OrderBody>) -> Told {
    give((state, path, posted), RolloutOrder::Pause).await
}

async fn resume(state: State<Api>, path: Named<String>, posted: Posted<OrderBody>) -> Told {
    give((state, path, posted), RolloutOrder::Resume).await
}

/// A candidate is taken back at once, whether a controller runs or not.
async fn abort(state: State<Api>, path: Named<String>, posted: Posted<OrderBody>) -> Told {
    let (api, service) = (state.0.clone(), named(&path.0)?);
    let told = give((state, path, posted), RolloutOrder::Abort).await?;
    carry(&api, service).await?;
    Ok(told)
}

type Told = Result<Reply, Problem>;

async fn give((State(api), Named(service), posted): Asking, order: RolloutOrder) -> Told {
    let service: ServiceName = named(&service)?;
    let because = reason(&posted.body.because)?;
    api.write(posted.mark, async move |store| {
        let ordered = order_rollout(store, &service, order, &because, clock::now()).await;
        told(&service, ordered)
    })
    .await
}

async fn undo(
    State(api): State<Api>,
    Named(service): Named<String>,
    posted: Posted<OrderBody>,
) -> Told {
    let service: ServiceName = named(&service)?;
    let because = reason(&posted.body.because)?;
    let to: Option<Digest> = posted.body.to.as_deref().map(named).transpose()?;
    let of = service.clone();
    let told = api
        .write(posted.mark, async move |store| {
            let ordered = undo_rollout(store, &of, to, &because, clock::now()).await;
            told(&of, ordered)
        })
        .await?;
    carry(&api, service).await?;
    Ok(told)
}

async fn lift(
    State(api): State<Api>,
    Named(service): Named<String>,
    posted: Posted<LiftBody>,
) -> Told {
    let service: ServiceName = named(&service)?;
    let version: Digest = named(&posted.body.version)?;
    let because = reason(&posted.body.because)?;
    api.write(posted.mark, async move |store| {
        let lifted = lift_version(store, &service, version, &because, clock::now()).await;
        told(&service, lifted)
    })
    .await
}

/// What is stored is what `adjutant rollout start` stores; starting the same version again changes
/// nothing.
async fn start(
    State(api): State<Api>,
    Named(service): Named<String>,
    posted: Posted<StartBody>,
) -> Told {
    let service: ServiceName = named(&service)?;
    let (home, ground) = (api.home().clone(), api.ground());
    api.act(posted.mark, async move |store| {
        let plan = read_rollout_plan(&home, &service).map_err(Failure::from)?;
        let request = RolloutRequest {
            version: version_of(store, &posted.body)?,
            service: service.clone(),
            plan,
        };
        let started = start_rollout(store, &ground, request, clock::now()).await;
        match started.map_err(Failure::from)? {
            Ok(start) => Reply::json(&StartedJson::of(&service, &start)),
            Err(refused) => Err(Failure::of_start(&service, &refused).into()),
        }
    })
    .await
}

/// The version that is to be started.
fn version_of(store: &Store, body: &StartBody) -> Result<NewVersion, Problem> {
    match (&body.version, &body.image) {
        (Some(version), None) => {
            let version: Digest = named(version)?;
            let bytes = store.artifact(version).map_err(|_missing| {
                Problem::unknown(
                    format!("there is no version {} here", version.short()),
                    "Start it from its file: adjutant rollout start NAME --artifact FILE.",
                )
            })?;
            Ok(NewVersion::Bytes(bytes))
        }
        (None, Some(image)) => Ok(NewVersion::Image(image.clone())),
        (None, None) | (Some(_), Some(_)) => Err(Problem::malformed(
            "one of version and image is needed",
            "Name a version by its SHA-256, or an image of a cluster.",
        )),
    }
}

fn reason(because: &str) -> Result<String, Problem> {
    match because.trim() {
        "" => Err(Problem::malformed(
            "an order past the measurements needs words",
            "Say why in because.",
        )),
        because => Ok(because.to_owned()),
    }
}

fn told(
    service: &ServiceName,
    answer: Result<Result<Ordered, OrderRefusal>, RolloutError>,
) -> Told {
    match answer.map_err(Failure::from)? {
        Ok(ordered) => Reply::json(&OrderedJson::of(service, &ordered)),
        Err(refused) => {
            let (problem, remedy) = adjutant_wire::refusal::of_order(service, &refused);
            Err(Problem::new(StatusCode::CONFLICT, problem, remedy))
        }
    }
}

/// Brings about what is wanted now. A controller that runs does the same: neither does it twice.
async fn carry(api: &Api, service: ServiceName) -> Result<(), Problem> {
    let ground = api.ground();
    api.desks()
        .act(async move |store| {
            let end = control(store, &ground, &service, WhileWaiting::Leave, |_, _| true).await;
            match end.map_err(Failure::from)? {
                ControlEnd::Hindered(hindrance) => {
                    Err(Failure::undecided(&*hindrance, hindrance.remedy(&service)).into())
                }
                ControlEnd::Settled(_)
                | ControlEnd::Waits(_)
                | ControlEnd::Unknown
                | ControlEnd::Left => Ok(()),
            }
        })
        .await
}

fn never(service: &ServiceName) -> Problem {
    Problem::unknown(
        format!("NO DATA AVAILABLE: nothing was ever rolled out of {service}"),
        format!("Begin: adjutant rollout start {service} --artifact FILE."),
    )
}

async fn list(State(api): State<Api>) -> Result<Reply, Problem> {
    api.desks()
        .read(async |store| {
            let mut json = Vec::new();
            for service in store.services().await? {
                if let Some(last) = store.last_service_event(&service).await? {
                    json.push(ServiceJson::of(&service, &last));
                }
            }
            Reply::json(&json)
        })
        .await
}

async fn status(State(api): State<Api>, Named(service): Named<String>) -> Result<Reply, Problem> {
    let service: ServiceName = named(&service)?;
    let ground = api.ground();
    api.desks()
        .read(async move |store| {
            let seen = look_at_service(store, &ground, &service).await;
            let seen = seen.map_err(Failure::from)?;
            if seen.last.is_none() {
                return Err(never(&service));
            }
            Reply::json(&SeenServiceJson::of(&seen, turn(&seen).as_ref()))
        })
        .await
}

async fn history(
    State(api): State<Api>,
    Named(service): Named<String>,
    Asked(page): Asked<PageQuery>,
) -> Result<Reply, Problem> {
    let service: ServiceName = named(&service)?;
    let limit = page.limit()?;
    let reply = api.desks().read(async move |store| {
        if store.last_service_event(&service).await?.is_none() {
            return Err(never(&service));
        }
        let after = page.after.unwrap_or(0);
        let mut found = store
            .service_events_after(&service, after, one_more(limit))
            .await?;
        let next = cut(&mut found, limit, |event| event.number);
        let plans = plans(store, &service).await?;
        let json: Vec<_> = found.iter().map(|event| worded(event, &plans)).collect();
        listed(&json, next)
    });
    reply.await
}

async fn plans(
    store: &Store,
    service: &ServiceName,
) -> Result<BTreeMap<RolloutId, RolloutPlan>, Problem> {
    let rollouts = store.rollouts(service).await?;
    let plans = rollouts.into_iter();
    Ok(plans.map(|it| (it.id, it.basis.plan)).collect())
}

/// What happened, with the sentence that the terminal tells it in.
fn worded<'a>(
    event: &'a StoredServiceEvent,
    plans: &BTreeMap<RolloutId, RolloutPlan>,
) -> ServiceEventJson<'a> {
    let plan = event.rollout.and_then(|rollout| plans.get(&rollout));
    let words = adjutant_report::rollout::event(&event.record.told, plan);
    ServiceEventJson::from(event).in_words(words)
}
