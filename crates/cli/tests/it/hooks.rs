//! Receivers of messages: real HTTP servers on loopback, well-behaved or not.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a receiver treats a request.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// It answers this status.
    Answers(u16),
    /// It answers 200, after this long.
    Slow(Duration),
    /// It sends the client elsewhere, to itself.
    Redirects,
    /// It asks to be left alone for this many seconds.
    Busy(u32),
    /// It never answers.
    Hangs,
    /// It closes the connection without a word.
    Closes,
}

/// A message as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }
}

/// A receiver that keeps what it gets.
pub(crate) struct Hook {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    manner: Arc<Mutex<Manner>>,
}

impl Hook {
    pub(crate) fn new(manner: Manner) -> Self {
        Self::at("127.0.0.1", manner)
    }

    /// At this address, with a port that is free.
    pub(crate) fn at(address: &str, manner: Manner) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let hook = Self {
            address: listener.local_addr().unwrap(),
            received: Arc::default(),
            manner: Arc::new(Mutex::new(manner)),
        };
        let (received, manner) = (hook.received.clone(), hook.manner.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (received, manner) = (received.clone(), manner.clone());
                std::thread::spawn(move || serve(stream, &received, &manner));
            }
        });
        hook
    }

    /// The settings that name it.
    pub(crate) fn settings(&self, name: &str, format: &str) -> String {
        format!(
            "\n[announce.{name}]\nurl = \"http://{}/hook\"\nformat = \"{format}\"\n\
             secret_env = \"HOOK_SECRET\"\n",
            self.address
        )
    }

    pub(crate) fn behaves(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The ids of what arrived, in the order of their first arrival.
    pub(crate) fn ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for one in self.received() {
            if !ids.iter().any(|known| known == one.id()) {
                ids.push(one.id().to_owned());
            }
        }
        ids
    }
}

fn serve(stream: TcpStream, received: &Mutex<Vec<Received>>, manner: &Mutex<Manner>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    received.lock().unwrap().push(Received {
        path,
        headers,
        body: String::from_utf8(body).unwrap(),
    });
    let manner = *manner.lock().unwrap();
    let (status, more) = match manner {
        Manner::Answers(status) => (status, String::new()),
        Manner::Slow(wait) => {
            std::thread::sleep(wait);
            (200, String::new())
        }
        Manner::Redirects => (307, "Location: /elsewhere\r\n".to_owned()),
        Manner::Busy(seconds) => (503, format!("Retry-After: {seconds}\r\n")),
        Manner::Hangs => loop {
            std::thread::park();
        },
        Manner::Closes => return None,
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} Told\r\n{more}Content-Length: 4\r\nConnection: close\r\n\r\ndone"
    )
    .ok()
}
