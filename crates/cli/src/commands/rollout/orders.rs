//! What a person orders.

use adjutant_app::{
    OrderRefusal, Ordered, RolloutError, WhileWaiting, lift_version, order_rollout, stop_service,
    undo_rollout,
};
use adjutant_domain::ServiceName;
use adjutant_outbound::clock;
use adjutant_report::rollout as written;
use adjutant_rollout::RolloutOrder;
use adjutant_store::Store;
use adjutant_wire::OrderedJson;
use serde_json::json;

use super::carrying::Carrying;
use super::ground;
use crate::arguments::{
    Format, LiftArguments, OrderedArguments, PromoteArguments, ServiceArguments, UndoArguments,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::Settings;
use crate::streams;

type Answer = Result<Result<Ordered, OrderRefusal>, RolloutError>;

pub(super) fn promote(arguments: &PromoteArguments, settings: &Settings) -> Result<Exit, Failure> {
    let order = if arguments.full {
        RolloutOrder::PromoteFully
    } else {
        RolloutOrder::Promote
    };
    give(order, &arguments.order, settings)
}

pub(super) fn pause(arguments: &OrderedArguments, settings: &Settings) -> Result<Exit, Failure> {
    give(RolloutOrder::Pause, arguments, settings)
}

pub(super) fn resume(arguments: &OrderedArguments, settings: &Settings) -> Result<Exit, Failure> {
    give(RolloutOrder::Resume, arguments, settings)
}

/// An order that the running controller follows.
fn give(
    order: RolloutOrder,
    arguments: &OrderedArguments,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let because = reason(&arguments.because)?;
    let home = find_home(settings)?;
    let service = &arguments.service;
    let answer = complete(true, async {
        let store = open_store(&home).await?;
        Ok(order_rollout(&store, service, order, because, clock::now()).await?)
    })?;
    told(service, answer, arguments.format.format)
}

/// A candidate is taken back at once, whether a controller runs or not.
pub(super) fn abort(arguments: &OrderedArguments, settings: &Settings) -> Result<Exit, Failure> {
    let because = reason(&arguments.because)?;
    let service = &arguments.service;
    take_back(arguments, settings, async |store| {
        order_rollout(store, service, RolloutOrder::Abort, because, clock::now()).await
    })
}

pub(super) fn undo(arguments: &UndoArguments, settings: &Settings) -> Result<Exit, Failure> {
    let because = reason(&arguments.order.because)?;
    let service = &arguments.order.service;
    take_back(&arguments.order, settings, async |store| {
        undo_rollout(store, service, arguments.to, because, clock::now()).await
    })
}

/// Gives an order by which a version loses its users, and follows it to its end.
fn take_back(
    arguments: &OrderedArguments,
    settings: &Settings,
    order: impl AsyncFnOnce(&Store) -> Answer,
) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let ground = ground(&home, settings)?;
    complete(true, async {
        let store = open_store(&home).await?;
        if let Err(refused) = order(&store).await? {
            return Ok(refuse(&arguments.service, &refused));
        }
        let carrying = Carrying {
            home: &home,
            store: &store,
            ground: &ground,
            service: &arguments.service,
            is_watched: false,
            format: arguments.format.format,
            settings,
        };
        let exit = carrying.carry(WhileWaiting::Leave).await?;
        // That a version was taken back is what was asked for.
        Ok(if exit == Exit::Rejected {
            Exit::Done
        } else {
            exit
        })
    })
}

pub(super) fn lift(arguments: &LiftArguments, settings: &Settings) -> Result<Exit, Failure> {
    let because = reason(&arguments.because)?;
    let home = find_home(settings)?;
    let service = &arguments.service;
    let answer: Answer = complete(true, async {
        let store = open_store(&home).await?;
        Ok(lift_version(&store, service, arguments.version, because, clock::now()).await)
    })?;
    told(service, answer?, arguments.format.format)
}

/// Ends what runs on this machine; what is wanted stays.
pub(super) fn down(arguments: &ServiceArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let ground = ground(&home, settings)?;
    complete(true, async {
        Ok(stop_service(&ground, &arguments.service).await?)
    })?;
    match arguments.format.format {
        Format::Json => streams::print_json(&json!({"service": arguments.service}))?,
        Format::Human => streams::print(&format!("{} is down\n", arguments.service))?,
    }
    Ok(Exit::Done)
}

fn reason(because: &str) -> Result<&str, Failure> {
    let because = because.trim();
    if because.is_empty() {
        return Err(Failure::usage(
            "an order past the measurements needs words",
            "Say why: --because \"…\".",
        ));
    }
    Ok(because)
}

fn told(
    service: &ServiceName,
    answer: Result<Ordered, OrderRefusal>,
    format: Format,
) -> Result<Exit, Failure> {
    let ordered = match answer {
        Ok(ordered) => ordered,
        Err(refused) => return Ok(refuse(service, &refused)),
    };
    match format {
        Format::Json => streams::print_json(&OrderedJson::of(service, &ordered))?,
        Format::Human => {
            streams::print(&format!("{}\n", written::event(&ordered.record.told, None)))?;
        }
    }
    Ok(Exit::Done)
}

fn refuse(service: &ServiceName, refused: &OrderRefusal) -> Exit {
    let (problem, remedy) = adjutant_wire::refusal::of_order(service, refused);
    streams::tell(&format!("refused: {problem}"));
    streams::tell(&format!("remedy: {remedy}"));
    Exit::Refused
}
