//! Hears on a connection of its own that somebody wrote, on whichever machine, and whether the server
//! still answers.

use std::future::poll_fn;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_postgres::AsyncMessage;

use super::NOTICE_CUTS;
use super::connecting::connect;
use crate::{DatabaseError, StoreError};

/// How often the server is asked whether it is there. With what it may take to answer, whoever asks
/// us hears within two seconds that it is not.
const ASKED_EVERY: Duration = Duration::from_millis(500);
const ANSWERED_WITHIN: Duration = Duration::from_millis(1_200);

/// How long until a server that went away is looked for again.
const AGAIN: Duration = Duration::from_millis(250);

/// What was heard last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// Grows when somebody may have written.
    pub writes: u64,
    /// Whether the server does not answer.
    pub is_away: bool,
}

/// Listens until nobody wants to hear any more.
#[derive(Debug)]
pub struct JournalListener;

impl JournalListener {
    /// Starts to listen to the server at this address.
    ///
    /// # Errors
    /// When there is no thread for it. A server that cannot be reached is away.
    pub fn start(url: &str) -> Result<watch::Receiver<Heard>, StoreError> {
        let (told, heard) = watch::channel(Heard::default());
        let failed = |source| StoreError::Open {
            what: super::without_password(url),
            source: DatabaseError::Driver(source),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let address = url.to_owned();
        std::thread::Builder::new()
            .name("listener".to_owned())
            .spawn(move || runtime.block_on(keep_listening(&address, &told)))
            .map_err(failed)?;
        Ok(heard)
    }
}

async fn keep_listening(address: &str, told: &watch::Sender<Heard>) {
    while !told.is_closed() {
        // Why it ended does not matter: until the server is found again it is away.
        match listen(address, told).await {
            Ok(()) | Err(_) => {}
        }
        told.send_if_modified(|heard| !std::mem::replace(&mut heard.is_away, true));
        tokio::time::sleep(AGAIN).await;
    }
}

/// Listens until the connection breaks, or nobody wants to hear.
async fn listen(address: &str, told: &watch::Sender<Heard>) -> Result<(), DatabaseError> {
    let (client, mut connection) = connect(address).await?;
    let hearing = told.clone();
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(_) = message {
                hearing.send_modify(|heard| heard.writes += 1);
            }
        }
    });
    let begin = format!("{NOTICE_CUTS}; LISTEN adjutant_journal");
    let mut sql = begin.as_str();
    while !told.is_closed() {
        let Ok(answered) = timeout(ANSWERED_WITHIN, client.batch_execute(sql)).await else {
            return Ok(());
        };
        answered?;
        if !sql.is_empty() {
            // What was written before is not told of.
            told.send_modify(|heard| {
                heard.writes += 1;
                heard.is_away = false;
            });
            sql = "";
        }
        tokio::time::sleep(ASKED_EVERY).await;
    }
    Ok(())
}
