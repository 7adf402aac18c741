//! Live events: the journal as it grows, as server-sent events. One thread watches for all
//! subscribers. Who was away says where it stopped (`Last-Event-ID`) and misses nothing; who is slow
//! is not waited for, and reads what it missed from the store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use adjutant_outbound::clock;
use adjutant_store::{JournalEntry, Location, Store};
use adjutant_wire::{Failure, JournalEntryJson};
use adjutant_work::access::Right;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::{broadcast, watch};

use crate::Api;
use crate::desk::told;
use crate::operation::{Operation, get};
use crate::problem::Problem;
use crate::pulse::Change;
use crate::request::Asked;

/// Events that a subscriber may be behind before it reads from the store again.
const BEHIND_MAX: usize = 1_024;

/// Entries that are read at a time.
const PAGE: u32 = 256;

/// How long a stream may be silent: a proxy on the way gives up on one that says nothing.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// How long until a journal that could not be read is read again.
const AGAIN: Duration = Duration::from_secs(1);

/// An event as it is sent.
#[derive(Debug)]
struct Frame {
    /// Of the journal entry that it tells of.
    position: Option<i64>,
    text: Bytes,
}

/// The journal's end, for whoever wants to hear of it.
pub(crate) struct Events {
    sender: broadcast::Sender<Arc<Frame>>,
    journal: watch::Receiver<i64>,
    is_over: Arc<AtomicBool>,
    stop: watch::Receiver<bool>,
}

impl Events {
    /// Starts watching.
    pub(crate) fn watch(
        location: &Location,
        change: Change,
        tell_failure: fn(&Failure),
        stop: watch::Receiver<bool>,
    ) -> Result<Self, Failure> {
        let (sender, _) = broadcast::channel(BEHIND_MAX);
        let (end, journal) = watch::channel(0);
        let (ready, is_ready) = mpsc::channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let telling = Telling {
            frames: sender.clone(),
            end,
            failure: tell_failure,
            ready,
        };
        let (over, location) = (Arc::clone(&is_over), location.clone());
        let watching = move || {
            if let Err(failure) = keep_watching(&location, change, &telling, &over) {
                told(&telling.ready, Err(failure));
            }
        };
        std::thread::Builder::new()
            .name("events".to_owned())
            .spawn(watching)
            .map_err(|error| {
                Failure::machine(format!("no thread: {error}"), "Close other programs.")
            })?;
        is_ready
            .recv()
            .unwrap_or_else(|error| Err(Failure::defect(&error)))?;
        Ok(Self {
            sender,
            journal,
            is_over,
            stop,
        })
    }

    /// The position of the journal's last entry, for whoever waits for writes.
    pub(crate) fn journal(&self) -> watch::Receiver<i64> {
        self.journal.clone()
    }

    /// How many subscribers there are.
    pub(crate) fn subscribers(&self) -> usize {
        self.sender.receiver_count()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Who hears of new entries.
struct Telling {
    frames: broadcast::Sender<Arc<Frame>>,
    end: watch::Sender<i64>,
    failure: fn(&Failure),
    /// Hears when nothing that is written from now on is missed.
    ready: mpsc::Sender<Result<(), Failure>>,
}

/// Watches until the server stops. What cannot be read now is read later: nothing is left out.
fn keep_watching(
    location: &Location,
    mut change: Change,
    telling: &Telling,
    is_over: &AtomicBool,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::machine(format!("no runtime: {error}"), "Close other programs.")
        })?;
    runtime.block_on(async {
        let store = Store::open(location, clock::now()).await?;
        let mut last = store.journal_end().await?;
        told(&telling.ready, Ok(()));
        let mut is_behind = false;
        while !is_over.load(Ordering::Relaxed) {
            if !is_behind && !change.wait().await {
                continue;
            }
            match tell_new(&store, &mut last, telling).await {
                Ok(()) => is_behind = false,
                Err(failure) => {
                    if !std::mem::replace(&mut is_behind, true) {
                        (telling.failure)(&failure);
                        // Subscribers hear why nothing comes.
                        tell(&telling.frames, Frame::problem(&failure.into()));
                    }
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
        Ok(())
    })
}

/// Tells of every entry after the last one that was told.
async fn tell_new(store: &Store, last: &mut i64, telling: &Telling) -> Result<(), Failure> {
    loop {
        let entries = store.journal_after(*last, PAGE).await?;
        let Some(newest) = entries.last() else {
            return Ok(());
        };
        for entry in &entries {
            tell(&telling.frames, Frame::of(entry)?);
        }
        *last = newest.position;
        telling.end.send_replace(*last);
    }
}

fn tell(frames: &broadcast::Sender<Arc<Frame>>, frame: Frame) {
    // Nobody may be listening.
    match frames.send(Arc::new(frame)) {
        Ok(_) | Err(_) => {}
    }
}

impl Frame {
    fn of(entry: &JournalEntry) -> Result<Self, Failure> {
        let json = JournalEntryJson::try_from(entry)
            .and_then(|entry| serde_json::to_string(&entry))
            .map_err(|error| Failure::defect(&error))?;
        let (position, kind) = (entry.position, &entry.kind);
        let text = format!("id: {position}\nevent: {kind}\ndata: {json}\n\n");
        Ok(Self {
            position: Some(position),
            text: text.into(),
        })
    }

    /// Why there are no entries now. It has no position: who resumes asks again for what is missing.
    fn problem(problem: &Problem) -> Self {
        let text = format!("event: problem\ndata: {}\n\n", problem.json());
        Self {
            position: None,
            text: text.into(),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    /// The position that was seen last; the stream goes on after it. `Last-Event-ID` says the same.
    after: Option<i64>,
}

/// What a subscriber still has to hear.
struct Subscriber {
    api: Api,
    receiver: broadcast::Receiver<Arc<Frame>>,
    stop: watch::Receiver<bool>,
    position: i64,
    /// Read from the store and not sent yet.
    behind: std::vec::IntoIter<Frame>,
    /// Whether the store may hold more than was read.
    is_behind: bool,
    /// Whether the store could not be read: who asks again goes on where the stream broke off.
    is_broken: bool,
}

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get(
            ("events", "/events"),
            "The journal as it grows, as server-sent events; the id of each is its position.",
            Right::Read,
            events,
        )
        .asks::<EventsQuery>()
        .answers_with_events(),
    ]
}

async fn events(
    State(api): State<Api>,
    Asked(query): Asked<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let resumed = match headers.get("last-event-id") {
        None => query.after,
        Some(id) => Some(
            id.to_str()
                .ok()
                .and_then(|id| id.parse().ok())
                .ok_or_else(|| {
                    Problem::malformed(
                        "Last-Event-ID is no position",
                        "Send the id of the last event.",
                    )
                })?,
        ),
    };
    // Subscribed before the end is read: what comes in between is told twice, and dropped once.
    let receiver = api.events().sender.subscribe();
    let position = match resumed {
        Some(position) => position,
        None => {
            api.desks()
                .read(async |store| Ok(store.journal_end().await?))
                .await?
        }
    };
    let subscriber = Subscriber {
        stop: api.events().stop.clone(),
        api,
        receiver,
        position,
        behind: vec![].into_iter(),
        is_behind: resumed.is_some(),
        is_broken: false,
    };
    let opened = Bytes::from(format!(": after {position}\n\n"));
    let stream = stream::unfold(
        (subscriber, Some(opened)),
        |(mut subscriber, opened)| async {
            let next = match opened {
                Some(opened) => Some(opened),
                None => subscriber.next().await,
            };
            next.map(|text| (Ok::<_, std::convert::Infallible>(text), (subscriber, None)))
        },
    );
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    Ok(response)
}

impl Subscriber {
    /// The next text to send; nothing when the server stops, or after a problem was told.
    async fn next(&mut self) -> Option<Bytes> {
        while !self.is_broken {
            if let Some(frame) = self.behind.next() {
                return Some(self.pass_on(&frame));
            }
            if self.is_behind {
                if let Err(problem) = self.catch_up().await {
                    self.is_broken = true;
                    return Some(Frame::problem(&problem).text);
                }
                continue;
            }
            let received = tokio::select! {
                received = tokio::time::timeout(SILENCE_MAX, self.receiver.recv()) => received,
                _ = self.stop.wait_for(|stops| *stops) => return None,
            };
            match received {
                Err(_silent) => return Some(Bytes::from_static(b": still here\n\n")),
                Ok(Ok(frame)) => match frame.position {
                    Some(position) if position <= self.position => {}
                    Some(position) if position > self.position + 1 => self.is_behind = true,
                    Some(_) | None => return Some(self.pass_on(&frame)),
                },
                Ok(Err(broadcast::error::RecvError::Lagged(_))) => self.is_behind = true,
                Ok(Err(broadcast::error::RecvError::Closed)) => return None,
            }
        }
        None
    }

    fn pass_on(&mut self, frame: &Frame) -> Bytes {
        self.position = frame.position.unwrap_or(self.position);
        frame.text.clone()
    }

    /// Reads the next page of what was missed.
    async fn catch_up(&mut self) -> Result<(), Problem> {
        let after = self.position;
        let page = self.api.desks().read(async move |store| {
            let entries = store.journal_after(after, PAGE).await?;
            Ok(entries
                .iter()
                .map(Frame::of)
                .collect::<Result<Vec<_>, _>>()?)
        });
        let page = page.await?;
        self.is_behind = page.len() == PAGE as usize;
        self.behind = page.into_iter();
        Ok(())
    }
}
