//! A wire to PostgreSQL on which the answer to a commit may be lost: what was written is kept, and
//! whoever wrote it does not know.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How a writer ends a transaction that others hear of.
const NEWS: &[u8] = b"NOTIFY adjutant_journal";

#[derive(Default)]
struct Counts {
    /// Answers that are still to be lost.
    wanted: AtomicU32,
    /// Answers that were.
    lost: AtomicU32,
}

/// The wire.
pub(crate) struct LossyWire(Arc<Counts>);

impl LossyWire {
    /// Takes connections at one address, and hands them on to another; where it is made.
    pub(crate) fn new(at: &str, server: &str) -> Self {
        let listener = TcpListener::bind(at).unwrap();
        let counts = Arc::<Counts>::default();
        let (server, shared) = (server.to_owned(), Arc::clone(&counts));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // While the server is down, so is what leads to it.
                if let Ok(server) = TcpStream::connect(&server) {
                    join(client, server, &shared);
                }
            }
        });
        Self(counts)
    }

    /// The next commit is carried out, and its answer is lost with the connection.
    pub(crate) fn lose_one(&self) {
        self.0.wanted.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn lost(&self) -> u32 {
        self.0.lost.load(Ordering::SeqCst)
    }
}

/// Moves bytes both ways until one side ends.
fn join(client: TcpStream, server: TcpStream, counts: &Arc<Counts>) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let is_next = Arc::new(AtomicBool::new(false));
    let ends = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (asking, shared) = (Arc::clone(&is_next), Arc::clone(counts));
    std::thread::spawn(move || {
        pump(&client, &server, |bytes| {
            let is_commit = bytes.windows(NEWS.len()).any(|part| part == NEWS);
            if is_commit && take_one(&shared.wanted) {
                asking.store(true, Ordering::SeqCst);
            }
            true
        });
    });
    let counts = Arc::clone(counts);
    std::thread::spawn(move || {
        let (client, server) = ends;
        pump(&server, &client, |_bytes| {
            let is_lost = is_next.load(Ordering::SeqCst);
            if is_lost {
                counts.lost.fetch_add(1, Ordering::SeqCst);
            }
            !is_lost
        });
    });
}

fn take_one(count: &AtomicU32) -> bool {
    let less = |count: u32| count.checked_sub(1);
    let taken = count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
    taken.is_ok()
}

/// Hands on what comes, for as long as it may be handed on; then both sides end.
fn pump(mut from: &TcpStream, mut to: &TcpStream, mut may_pass: impl FnMut(&[u8]) -> bool) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if !may_pass(&bytes[..count]) || to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    for side in [from, to] {
        // The other direction may have ended it.
        match side.shutdown(Shutdown::Both) {
            Ok(()) | Err(_) => {}
        }
    }
}
