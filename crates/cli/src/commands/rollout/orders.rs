//! What a person orders.

use adjutant_app::{
    OrderRefusal, Ordered, RolloutError, WhileWaiting, lift_version, order_rollout, stop_service,
    undo_rollout,
};
use adjutant_domain::ServiceName;
use adjutant_outbound::clock;
use adjutant_report::rollout as written;
use adjutant_rollout::RolloutOrder;
use adjutant_wire::rollout::ordered_json;
use serde_json::json;

use super::carrying::carry;
use super::ground;
use crate::arguments::{
    Format, LiftArguments, OrderedArguments, PromoteArguments, ServiceArguments, UndoArguments,
};
use crate::commands::{complete, find_home, open_store};
use crate::exit::Exit;
use crate::failure::Failure;
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
    let home = find_home(settings)?;
    let ground = ground(&home, settings)?;
    let (service, format) = (&arguments.service, arguments.format.format);
    complete(true, async {
        let store = open_store(&home).await?;
        let order = RolloutOrder::Abort;
        match order_rollout(&store, service, order, because, clock::now()).await? {
            Ok(_) => {
                carry(
                    &store,
                    &ground,
                    service,
                    WhileWaiting::Leave,
                    false,
                    format,
                    settings,
                )
                .await?;
                Ok(Exit::Done)
            }
            Err(refused) => Ok(refuse(service, &refused)),
        }
    })
}

pub(super) fn undo(arguments: &UndoArguments, settings: &Settings) -> Result<Exit, Failure> {
    let because = reason(&arguments.order.because)?;
    let home = find_home(settings)?;
    let ground = ground(&home, settings)?;
    let (service, format) = (&arguments.order.service, arguments.order.format.format);
    complete(true, async {
        let store = open_store(&home).await?;
        match undo_rollout(&store, service, arguments.to, because, clock::now()).await? {
            Ok(_) => {
                carry(
                    &store,
                    &ground,
                    service,
                    WhileWaiting::Leave,
                    false,
                    format,
                    settings,
                )
                .await
            }
            Err(refused) => Ok(refuse(service, &refused)),
        }
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
        Format::Json => streams::print_json(&ordered_json(service, &ordered))?,
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
