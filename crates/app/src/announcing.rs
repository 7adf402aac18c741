//! Tells receivers what happened. What is told waits in the store since the transaction in which it
//! happened; here it is sent, under a lead for each receiver, so that two processes do not send the
//! same at once. A process that is killed between a sent message and its note sends it again under
//! the same id.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use adjutant_announce::{
    AfterAttempt, InvalidReceiver, InvalidSecret, Receiver, ReceiverAnswer, SigningSecrets,
    read_receivers,
};
use adjutant_domain::{Epoch, ReceiverName, Timestamp};
use adjutant_outbound::clock;
use adjutant_outbound::inquiry::InquiryError;
use adjutant_outbound::webhook::{Webhook, WebhookClient};
use adjutant_report::announcement::message;
use adjutant_store::{
    Lead, NewAttempt, Store, StoreError, StoredDelivery, StoredReceiver, delivery_lead,
};
use tokio::sync::watch;

use crate::filing::{IntakeError, read_text};
use crate::leading::while_leading;
use crate::{Effects, Home};

/// How long a lead lasts: as long as a killed process keeps the next one waiting.
const LEAD: Duration = Duration::from_secs(6);

/// How long the next one waits for it: longer than a lead, and than one message takes at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often is looked for new messages where nobody tells of them. The store is asked, and nothing
/// else.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often is looked for them where somebody tells.
const LOOK_SELDOM: Duration = Duration::from_secs(60);

/// How long a command that has ended goes on to deliver what its end gave rise to.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(5);

/// A receiver with what its messages are signed with.
#[derive(Debug, Clone)]
pub struct ReadyReceiver {
    /// The receiver.
    pub receiver: Receiver,
    /// Its secrets, or why there are none.
    pub secrets: Result<SigningSecrets, NoSecrets>,
}

/// Why messages to a receiver cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSecrets {
    /// The environment variable is not set.
    #[error("it is not set")]
    Unset,
    /// It holds something else.
    #[error(transparent)]
    Invalid(#[from] InvalidSecret),
}

/// Receivers that cannot be told anything.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    /// The settings cannot be read.
    #[error(transparent)]
    Text(#[from] IntakeError),
    /// A receiver cannot be told anything.
    #[error(transparent)]
    Receiver(#[from] InvalidReceiver),
    /// No client can be made.
    #[error(transparent)]
    Client(#[from] InquiryError),
    /// A message cannot be written as JSON.
    #[error("the message cannot be written")]
    Message(#[source] serde_json::Error),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something that whoever delivers may tell.
#[derive(Debug)]
pub enum DeliveryNews<'a> {
    /// A message was sent.
    Sent {
        /// To whom.
        receiver: &'a ReceiverName,
        /// What.
        delivery: &'a StoredDelivery,
        /// What came back.
        answer: &'a ReceiverAnswer,
        /// What becomes of it.
        after: AfterAttempt,
    },
    /// Messages wait, and cannot be signed.
    NoSecrets(&'a Receiver, NoSecrets),
    /// Another process delivers to it, or one that was killed did: its lead lasts this long.
    Held(&'a ReceiverName, Duration),
    /// The store failed; what waits is tried again.
    Failed(&'a ReceiverName, &'a AnnounceError),
}

/// A receiver as the settings and the store know it.
#[derive(Debug, Clone)]
pub struct ListedReceiver {
    /// What the settings say; nothing when they do not name it here.
    pub ready: Option<ReadyReceiver>,
    /// How far its messages are.
    pub stored: StoredReceiver,
}

/// The receivers that the settings name.
///
/// # Errors
/// When the settings cannot be read, or a receiver cannot be told anything.
pub fn known_receivers(home: &Home) -> Result<Vec<Receiver>, AnnounceError> {
    let Some(path) = &home.settings else {
        return Ok(Vec::new());
    };
    Ok(read_receivers(
        &path.display().to_string(),
        &read_text(path)?,
    )?)
}

/// The receivers that the settings name, with their secrets: `secret` reads a variable of the
/// environment.
///
/// # Errors
/// When the settings cannot be read, or a receiver cannot be told anything.
pub fn ready_receivers(
    home: &Home,
    secret: fn(&str) -> Option<String>,
) -> Result<Vec<ReadyReceiver>, AnnounceError> {
    let ready = |receiver: Receiver| {
        let found = secret(&receiver.secret_env).ok_or(NoSecrets::Unset);
        let secrets = found.and_then(|text| Ok(text.parse()?));
        ReadyReceiver { receiver, secrets }
    };
    Ok(known_receivers(home)?.into_iter().map(ready).collect())
}

/// Makes the receivers of the settings known to the store: what happens from now on is kept for
/// them.
///
/// # Errors
/// When the settings cannot be followed, or the store not be written.
pub async fn register_receivers(
    store: &Store,
    home: &Home,
    now: Timestamp,
) -> Result<(), AnnounceError> {
    let receivers = known_receivers(home)?;
    let wanted = receivers.iter().map(|one| (&one.name, &one.events));
    Ok(store.register_receivers(wanted, now).await?)
}

/// Every receiver, and how far its messages are.
///
/// # Errors
/// When the store cannot be read.
pub async fn list_receivers(
    store: &Store,
    ready: &[ReadyReceiver],
) -> Result<Vec<ListedReceiver>, StoreError> {
    let listed = store.receivers().await?.into_iter().map(|stored| {
        let mut known = ready.iter();
        let ready = known.find(|one| one.receiver.name == stored.name);
        ListedReceiver {
            ready: ready.cloned(),
            stored,
        }
    });
    Ok(listed.collect())
}

/// Who delivers.
pub struct Deliverer<'a> {
    store: &'a Store,
    receivers: &'a [ReadyReceiver],
    client: WebhookClient,
    effects: Effects,
}

/// How whoever delivers hears of new messages.
#[derive(Clone)]
pub(crate) enum Looking {
    /// By looking now and then.
    NowAndThen,
    /// Somebody tells of every write.
    WhenTold(watch::Receiver<i64>),
}

/// How a round with one receiver ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Nothing is due any more.
    Done,
    /// Another process leads for this long.
    Held(Duration),
}

impl Looking {
    /// What is told of from now on was not seen yet.
    fn begin(&mut self) {
        if let Self::WhenTold(journal) = self {
            journal.mark_unchanged();
        }
    }

    /// Waits until somebody tells of a write.
    async fn told(&mut self) {
        if let Self::WhenTold(journal) = self
            && journal.changed().await.is_ok()
        {
            return;
        }
        pending::<()>().await;
    }
}

impl<'a> Deliverer<'a> {
    /// One that delivers to these receivers.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(
        store: &'a Store,
        receivers: &'a [ReadyReceiver],
        effects: Effects,
    ) -> Result<Self, AnnounceError> {
        Ok(Self {
            store,
            receivers,
            client: WebhookClient::new()?,
            effects,
        })
    }

    /// Delivers what is due now, to all receivers at once.
    pub async fn deliver(&self, tell: &impl Fn(DeliveryNews<'_>)) {
        self.to_each(tell, |to| async move {
            let waited = clock::Stopwatch::start();
            let mut is_told = false;
            loop {
                match self.round(to, tell).await {
                    Ok(Round::Held(left)) if waited.elapsed() < PATIENCE => {
                        if !std::mem::replace(&mut is_told, true) {
                            tell(DeliveryNews::Held(&to.receiver.name, left));
                        }
                        tokio::time::sleep(left.min(LOOK_EVERY)).await;
                    }
                    Ok(Round::Held(_) | Round::Done) => return,
                    Err(error) => return tell(DeliveryNews::Failed(&to.receiver.name, &error)),
                }
            }
        })
        .await;
    }

    /// Delivers what becomes due until something ended, and then what its end gave rise to.
    pub(crate) async fn deliver_until(
        &self,
        ended: &watch::Receiver<bool>,
        looking: Looking,
        tell: &impl Fn(DeliveryNews<'_>),
    ) {
        self.to_each(tell, |to| {
            let (mut ended, mut looking) = (ended.clone(), looking.clone());
            async move {
                loop {
                    let was_over = *ended.borrow();
                    looking.begin();
                    let done = self.round(to, tell).await;
                    let next = match done {
                        Ok(round) => self.next_look(to, round, &looking).await,
                        Err(error) => Err(error),
                    };
                    let (pause, looking) = match next {
                        Ok(pause) => (pause, &mut looking),
                        Err(error) => {
                            tell(DeliveryNews::Failed(&to.receiver.name, &error));
                            (PATIENCE, &mut Looking::NowAndThen)
                        }
                    };
                    if was_over {
                        return;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = looking.told() => {}
                        Ok(_) | Err(_) = ended.wait_for(|is_over| *is_over) => {}
                    }
                }
            }
        })
        .await;
    }

    /// How long until there may be something to send.
    async fn next_look(
        &self,
        to: Addressee<'_>,
        round: Round,
        looking: &Looking,
    ) -> Result<Duration, AnnounceError> {
        match (round, looking) {
            (Round::Held(_), _) | (Round::Done, Looking::NowAndThen) => Ok(LOOK_EVERY),
            (Round::Done, Looking::WhenTold(_)) => {
                let due = self.store.next_delivery(&to.receiver.name).await?;
                let wait = due.map(|due| due.unix_millis() - clock::now().unix_millis());
                let wait = wait.map(|millis| Duration::from_millis(millis.max(1).unsigned_abs()));
                Ok(wait.map_or(LOOK_SELDOM, |wait| wait.min(LOOK_SELDOM)))
            }
        }
    }

    /// Delivers what becomes due, until it is dropped.
    pub async fn keep_delivering(&self, tell: &impl Fn(DeliveryNews<'_>)) {
        let (_never, ended) = watch::channel(false);
        self.deliver_until(&ended, Looking::NowAndThen, tell).await;
    }

    /// Does the work while messages are delivered. A receiver that is slow or dead does not slow
    /// it: only what its end gave rise to is waited for, and not for long.
    pub async fn beside<T>(
        &self,
        work: impl Future<Output = T>,
        tell: &impl Fn(DeliveryNews<'_>),
    ) -> T {
        let (end, ended) = watch::channel(false);
        let mut delivering = pin!(self.deliver_until(&ended, Looking::NowAndThen, tell));
        let mut work = pin!(work);
        let done = tokio::select! {
            done = &mut work => done,
            // There is nobody to deliver to.
            () = &mut delivering => return work.await,
        };
        end.send_replace(true);
        match tokio::time::timeout(LAST_WORDS, delivering).await {
            // What is not delivered by then waits in the store for the next one.
            Ok(()) | Err(_) => done,
        }
    }

    /// Works for every receiver whose messages can be signed; none waits for another.
    async fn to_each<F: Future<Output = ()>>(
        &self,
        tell: &impl Fn(DeliveryNews<'_>),
        work: impl Fn(Addressee<'a>) -> F,
    ) {
        let mut running = Vec::new();
        for ready in self.receivers {
            match &ready.secrets {
                Ok(secrets) => running.push(Box::pin(work(Addressee {
                    receiver: &ready.receiver,
                    secrets,
                }))),
                Err(why) => tell(DeliveryNews::NoSecrets(&ready.receiver, *why)),
            }
        }
        poll_fn(|context| {
            running.retain_mut(|one| one.as_mut().poll(context).is_pending());
            if running.is_empty() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    async fn round(
        &self,
        to: Addressee<'_>,
        tell: &impl Fn(DeliveryNews<'_>),
    ) -> Result<Round, AnnounceError> {
        let name = &to.receiver.name;
        if self.store.due_delivery(name, clock::now()).await?.is_none() {
            return Ok(Round::Done);
        }
        self.effects.pass();
        let lead = delivery_lead(name);
        let epoch = match self.store.take_lead(&lead, LEAD).await? {
            Lead::Mine(epoch) => epoch,
            Lead::Held(left) => return Ok(Round::Held(left)),
        };
        self.effects.pass();
        let sending = self.send_due(to, epoch, tell);
        let sent = while_leading(self.store, &lead, epoch, LEAD, sending).await?;
        self.store.keep_lead(&lead, epoch, Duration::ZERO).await?;
        sent.transpose()?;
        Ok(Round::Done)
    }

    /// Sends one message after the other, until none is due or another process leads.
    async fn send_due(
        &self,
        to: Addressee<'_>,
        epoch: Epoch,
        tell: &impl Fn(DeliveryNews<'_>),
    ) -> Result<(), AnnounceError> {
        let name = &to.receiver.name;
        while let Some(delivery) = self.store.due_delivery(name, clock::now()).await? {
            let answer = self.send(to, &delivery).await?;
            let noted = self.store.note_attempt(NewAttempt {
                receiver: name,
                announcement: &delivery.id,
                epoch,
                answer: &answer,
                at: clock::now(),
            });
            let Some(after) = noted.await? else {
                return Ok(());
            };
            self.effects.pass();
            tell(DeliveryNews::Sent {
                receiver: name,
                delivery: &delivery,
                answer: &answer,
                after,
            });
        }
        Ok(())
    }

    async fn send(
        &self,
        to: Addressee<'_>,
        delivery: &StoredDelivery,
    ) -> Result<ReceiverAnswer, AnnounceError> {
        let text = message(
            to.receiver,
            &delivery.id,
            delivery.at,
            &delivery.announcement,
        )
        .map_err(AnnounceError::Message)?;
        let now = clock::now();
        let seconds = now.unix_millis().div_euclid(1_000);
        let signature = to.secrets.sign(&delivery.id, seconds, text.body.as_bytes());
        let webhook = Webhook {
            url: &to.receiver.url,
            id: delivery.id.as_str(),
            seconds,
            signature: &signature,
            content_type: text.content_type,
            body: &text.body,
        };
        self.effects.pass();
        let answer = self.client.send(webhook, now).await;
        self.effects.pass();
        Ok(answer)
    }
}

/// A receiver whose messages can be signed.
#[derive(Clone, Copy)]
struct Addressee<'a> {
    receiver: &'a Receiver,
    secrets: &'a SigningSecrets,
}
