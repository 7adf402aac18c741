//! `adjutant announce`: who is told of what happens, and how far their messages are.

use adjutant_announce::{AfterAttempt, ReceiverAnswer};
use adjutant_app::{
    Deliverer, DeliveryNews, Effects, Home, ListedReceiver, known_receivers, list_receivers,
    ready_receivers,
};
use adjutant_domain::ReceiverName;
use adjutant_outbound::clock;
use adjutant_store::{DeliveryState, Store};
use serde_json::{Value, json};

use crate::arguments::{
    AnnounceCommand, DeliverArguments, Format, FormatArguments, ReceiverArguments,
    ShowReceiverArguments,
};
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::home::{find_home, open_store};
use crate::runtime::complete;
use crate::settings::{self, Settings};
use crate::streams;
use crate::table::table;

pub(super) fn run(command: AnnounceCommand, settings: &Settings) -> Result<Exit, Failure> {
    match command {
        AnnounceCommand::List(format) => list(format, settings),
        AnnounceCommand::Show(arguments) => show(&arguments, settings),
        AnnounceCommand::Deliver(arguments) => deliver(&arguments, settings),
        AnnounceCommand::Retry(arguments) => retry(&arguments, settings),
        AnnounceCommand::Forget(arguments) => forget(&arguments, settings),
    }
}

/// Does the work of a command while messages are delivered beside it.
pub(super) async fn beside<T>(
    home: &Home,
    store: &Store,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    match ready_receivers(home, settings::secret) {
        Ok(ready) if !ready.is_empty() => {
            let deliverer = Deliverer::new(store, &ready, Effects::default())?;
            Ok(deliverer.beside(work, &tell_trouble).await)
        }
        // What is wrong with the settings was told when the store was opened.
        Ok(_) | Err(_) => Ok(work.await),
    }
}

/// What a command whose business is another one says about deliveries.
pub(super) fn tell_trouble(news: DeliveryNews<'_>) {
    match news {
        DeliveryNews::Sent {
            after: AfterAttempt::Delivered,
            ..
        }
        | DeliveryNews::Held(..) => {}
        DeliveryNews::Sent { .. } | DeliveryNews::NoSecrets(..) | DeliveryNews::Failed(..) => {
            streams::warn(&words(&news));
        }
    }
}

fn tell(news: DeliveryNews<'_>) {
    streams::tell(&words(&news));
}

fn words(news: &DeliveryNews<'_>) -> String {
    match news {
        DeliveryNews::Sent {
            receiver,
            delivery,
            answer,
            after,
        } => format!(
            "{receiver}: {} {}: {}, {}",
            delivery.id,
            delivery.announcement.kind().name(),
            answer_words(answer),
            match after {
                AfterAttempt::Delivered => "delivered".to_owned(),
                AfterAttempt::Again { due, .. } => format!("again at {due}"),
                AfterAttempt::GivenUp =>
                    format!("given up; adjutant announce retry {receiver} tries again"),
                AfterAttempt::Stopped =>
                    format!("it is stopped; adjutant announce retry {receiver} starts it again"),
            }
        ),
        DeliveryNews::NoSecrets(receiver, why) => format!(
            "{}: nothing can be signed: {}: {why}",
            receiver.name, receiver.secret_env
        ),
        DeliveryNews::Held(receiver, left) => format!(
            "{receiver}: another process delivers to it, or was killed: waiting for {:.1} s",
            left.as_secs_f64()
        ),
        DeliveryNews::Failed(receiver, error) => {
            format!("{receiver}: {}", chain(*error))
        }
    }
}

fn answer_words(answer: &ReceiverAnswer) -> String {
    match answer {
        ReceiverAnswer::Answered { status, .. } => format!("answered {status}"),
        ReceiverAnswer::Unanswered(why) => format!("no answer ({why})"),
    }
}

fn list(format: FormatArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let ready = ready_receivers(&home, settings::secret)?;
    let listed = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(list_receivers(&store, &ready).await?)
    })?;
    match format.format {
        Format::Json => {
            let all: Vec<Value> = listed.iter().map(receiver_json).collect();
            streams::print_json(&all)?;
        }
        Format::Human if listed.is_empty() => streams::print("nobody is told of anything\n")?,
        Format::Human => {
            let head = [
                "receiver", "where", "format", "is", "got", "wait", "given up", "last",
            ];
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows.extend(listed.iter().map(receiver_row));
            streams::print(&table(&rows))?;
        }
    }
    Ok(Exit::Done)
}

/// Whether a receiver gets what waits for it.
fn standing(listed: &ListedReceiver) -> String {
    let stored = &listed.stored;
    if let Some(at) = stored.stopped_at {
        return format!("stopped since {at}");
    }
    match &listed.ready {
        None => "not in adjutant.toml here".to_owned(),
        Some(ready) => match &ready.secrets {
            Err(why) => format!("without a secret: {}: {why}", ready.receiver.secret_env),
            Ok(_) if stored.rests_until > clock::now() => {
                format!("resting until {}", stored.rests_until)
            }
            Ok(_) => "ready".to_owned(),
        },
    }
}

/// The scheme and the host of an address: its path may be a secret.
fn host_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}")
}

fn receiver_row(listed: &ListedReceiver) -> Vec<String> {
    let stored = &listed.stored;
    let receiver = listed.ready.as_ref().map(|ready| &ready.receiver);
    let known = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    vec![
        stored.name.to_string(),
        known(receiver.map(|receiver| host_of(&receiver.url))),
        known(receiver.map(|receiver| receiver.format.name().to_owned())),
        standing(listed),
        stored.delivered.to_string(),
        match stored.waiting {
            Some((count, since)) => format!("{count} since {since}"),
            None => "0".to_owned(),
        },
        stored.given_up.to_string(),
        match &stored.last {
            Some((at, answer)) => format!("{at} {}", answer_words(answer)),
            None => "–".to_owned(),
        },
    ]
}

fn receiver_json(listed: &ListedReceiver) -> Value {
    let stored = &listed.stored;
    let receiver = listed.ready.as_ref().map(|ready| &ready.receiver);
    json!({
        "receiver": stored.name,
        "where": receiver.map(|receiver| host_of(&receiver.url)),
        "message_format": receiver.map(|receiver| receiver.format.name()),
        "events": stored.events,
        "is": standing(listed),
        "stopped_at": stored.stopped_at,
        "delivered": stored.delivered,
        "waiting": stored.waiting.map_or(0, |(count, _)| count),
        "waiting_since": stored.waiting.map(|(_, since)| since),
        "given_up": stored.given_up,
        "last": stored.last.as_ref().map(|(at, answer)| json!({"at": at, "answer": answer})),
    })
}

fn show(arguments: &ShowReceiverArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let name = &arguments.receiver.receiver;
    let shown = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        if store
            .receivers()
            .await?
            .iter()
            .all(|known| known.name != *name)
        {
            return Err(unknown(name));
        }
        let mut shown = Vec::new();
        for delivery in store.deliveries(name, arguments.limit).await? {
            let attempts = store.delivery_attempts(name, &delivery.id).await?;
            shown.push((delivery, attempts));
        }
        Ok(shown)
    })?;
    let state = |state| match state {
        DeliveryState::Waiting => "waiting",
        DeliveryState::Delivered => "delivered",
        DeliveryState::GivenUp => "given up",
    };
    match arguments.receiver.format.format {
        Format::Json => {
            let all = shown.iter().map(|(delivery, attempts)| {
                let attempts = attempts.iter();
                json!({
                    "id": delivery.id,
                    "at": delivery.at,
                    "event": delivery.announcement.kind(),
                    "announcement": delivery.announcement,
                    "state": delivery.state,
                    "due": delivery.due,
                    "attempts": attempts
                        .map(|(at, answer)| json!({"at": at, "answer": answer}))
                        .collect::<Vec<_>>(),
                })
            });
            streams::print_json(&all.collect::<Vec<_>>())?;
        }
        Format::Human => {
            for (delivery, attempts) in &shown {
                streams::print(&format!(
                    "{}  {}  {}  {}\n",
                    delivery.id,
                    delivery.at,
                    delivery.announcement.kind().name(),
                    state(delivery.state)
                ))?;
                for (at, answer) in attempts {
                    streams::print(&format!("    {at}  {}\n", answer_words(answer)))?;
                }
                if delivery.state == DeliveryState::Waiting {
                    streams::print(&format!("    due {}\n", delivery.due))?;
                }
            }
        }
    }
    Ok(Exit::Done)
}

fn deliver(arguments: &DeliverArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let ready = ready_receivers(&home, settings::secret)?;
    if ready.is_empty() {
        return Err(Failure::no_data(
            "adjutant.toml names no receiver",
            "Add [announce.NAME] with url and secret_env; docs/announcements.md shows one.",
        ));
    }
    let effects = Effects::dying_after(settings.dies_after);
    let listed = complete(true, async {
        let store = open_store(&home).await?;
        let deliverer = Deliverer::new(&store, &ready, effects)?;
        if arguments.watch {
            deliverer.keep_delivering(&tell).await;
        } else {
            deliverer.deliver(&tell).await;
        }
        Ok(list_receivers(&store, &ready).await?)
    })?;
    let here = || listed.iter().filter(|one| one.ready.is_some());
    match arguments.format.format {
        Format::Json => streams::print_json(&here().map(receiver_json).collect::<Vec<_>>())?,
        Format::Human => {
            for one in here() {
                let stored = &one.stored;
                streams::print(&format!(
                    "{}: {} delivered, {} waiting, {} given up\n",
                    stored.name,
                    stored.delivered,
                    stored.waiting.map_or(0, |(count, _)| count),
                    stored.given_up
                ))?;
            }
        }
    }
    let is_behind = here().any(|one| one.stored.waiting.is_some() || one.stored.given_up > 0);
    Ok(if is_behind {
        Exit::Undecided
    } else {
        Exit::Done
    })
}

fn retry(arguments: &ReceiverArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let name = &arguments.receiver;
    let waiting = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(store.retry_receiver(name, clock::now()).await?)
    })?;
    let waiting = waiting.ok_or_else(|| unknown(name))?;
    match arguments.format.format {
        Format::Json => streams::print_json(&json!({"receiver": name, "waiting": waiting}))?,
        Format::Human => streams::print(&format!(
            "{name}: {waiting} messages are due now; adjutant announce deliver sends them\n"
        ))?,
    }
    Ok(Exit::Done)
}

fn forget(arguments: &ReceiverArguments, settings: &Settings) -> Result<Exit, Failure> {
    let home = find_home(settings)?;
    let name = &arguments.receiver;
    if known_receivers(&home)?
        .iter()
        .any(|known| known.name == *name)
    {
        return Err(Failure::usage(
            format!("adjutant.toml still names {name}"),
            format!("Take [announce.{name}] out of it first."),
        ));
    }
    let undelivered = complete(settings.database_url.is_some(), async {
        let store = open_store(&home).await?;
        Ok(store.forget_receiver(name).await?)
    })?;
    let undelivered = undelivered.ok_or_else(|| unknown(name))?;
    match arguments.format.format {
        Format::Json => {
            streams::print_json(&json!({"receiver": name, "undelivered": undelivered}))?;
        }
        Format::Human => streams::print(&format!(
            "{name} is forgotten, with {undelivered} messages that it did not get\n"
        ))?,
    }
    Ok(Exit::Done)
}

fn unknown(name: &ReceiverName) -> Failure {
    Failure::usage(
        format!("there is no receiver {name}"),
        "See adjutant announce list.",
    )
}
