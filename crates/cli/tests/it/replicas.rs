//! Three servers behind one address, on machines of their own, and the database on a fourth: what
//! they acknowledge holds, and is done once, whatever is killed, restarted or cut off.

use std::fs::File;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use adjutant_testkit::network::{self, Network};
use adjutant_testkit::night::figure;
use adjutant_testkit::postgres::Server as Postgres;
use serde_json::Value;

use crate::hooks::{Hook, Manner};
use crate::http_server::{Answered, Server};
use crate::lost_commits::LossyWire;
use crate::stage::{HOOK_SECRET, Stage};
use crate::targets::program;
use crate::writers::{Writers, commit_to_prove, is_all_there_once};

const REPLICAS: usize = 3;
const CLIENTS: usize = 16;

/// The machine of the database; those of the replicas follow.
const DATABASE: usize = 0;

const PORT: u16 = 7_117;

/// A loaded machine is slow; what never comes is not waited for for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// What happens to them.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// kill -9 of a replica.
    Killed(usize),
    /// Nothing gets from a replica to the database or back.
    Cut(usize, Duration),
    /// What a replica sends arrives at the database; nothing comes back.
    Unanswered(usize, Duration),
    /// A commit is carried out, and its answer is lost.
    LostCommit,
    /// The database ends at once, and starts again.
    Restarted,
}

/// The longest that something took.
#[derive(Default)]
struct Longest {
    /// From a cut to the first 503.
    refused: Duration,
    /// An answer of a replica that was cut off.
    answered: Duration,
    /// From the end of a fault to the last replica that answered.
    back: Duration,
}

struct Team<'a> {
    network: &'a Network,
    stage: Stage,
    postgres: Postgres,
    url: String,
    wire: LossyWire,
    hook: Hook,
    /// None while it is down.
    replicas: [Option<Server>; REPLICAS],
    admin: String,
    balancer: Child,
    longest: Longest,
}

impl Drop for Team<'_> {
    fn drop(&mut self) {
        self.balancer.kill().unwrap();
        self.balancer.wait().unwrap();
    }
}

fn address_of(replica: usize) -> SocketAddr {
    format!("{}:{PORT}", network::front(replica))
        .parse()
        .unwrap()
}

fn front_door() -> SocketAddr {
    format!("{}:{PORT}", network::HUB).parse().unwrap()
}

/// Whether a server says that it can answer, and how long that took.
fn asked(replica: usize) -> (Option<u16>, Duration) {
    let address = address_of(replica);
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let began = Instant::now();
    let answer = Answered::to(address, request.as_bytes());
    (answer.ok().map(|answer| answer.status), began.elapsed())
}

impl<'a> Team<'a> {
    /// To be made on the network's hub.
    fn new(network: &'a Network) -> Self {
        let hook = Hook::at(network::HUB, Manner::Answers(204));
        let stage = Stage::with_settings(&hook.settings("chat", "plain"));
        let address = network::back(DATABASE);
        let (postgres, wire) = network.machine(DATABASE).inside(|| {
            let postgres = Postgres::start_at(&address);
            let wire = LossyWire::new(&format!("{address}:6432"), &format!("{address}:5432"));
            (postgres, wire)
        });
        let url = postgres.new_database();
        let balancer = balance(&stage);
        let mut team = Self {
            network,
            stage,
            postgres,
            url,
            wire,
            hook,
            replicas: [const { None }; REPLICAS],
            admin: String::new(),
            balancer,
            longest: Longest::default(),
        };
        let first = team.start(1);
        // It is told once.
        team.admin.clone_from(&first.admin);
        team.replicas[0] = Some(first);
        for replica in 2..=REPLICAS {
            team.replicas[replica - 1] = Some(team.start(replica));
        }
        team
    }

    /// The last replica reaches the database by the wire that loses answers.
    fn start(&self, replica: usize) -> Server {
        let port = if replica == REPLICAS { 6432 } else { 5432 };
        let (_, name) = self.url.rsplit_once('/').unwrap();
        let url = format!(
            "postgres://adjutant@{}:{port}/{name}",
            network::back(DATABASE)
        );
        let listen = address_of(replica).to_string();
        let door = front_door().to_string();
        let options = [
            "--listen",
            &listen,
            "--beyond-this-machine",
            "--host",
            &door,
        ];
        let variables = [
            ("ADJUTANT_DATABASE_URL", url.as_str()),
            ("HOOK_SECRET", HOOK_SECRET),
        ];
        let messages = self
            .stage
            .path()
            .join(format!(".git/replica-{replica}.log"));
        let messages = File::options()
            .create(true)
            .append(true)
            .open(messages)
            .unwrap();
        let machine = self.network.machine(replica);
        let mut server = machine
            .inside(|| Server::begin_telling(messages, self.stage.path(), &variables, &options));
        if !self.admin.is_empty() {
            server.admin.clone_from(&self.admin);
        }
        server
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.stage.command(arguments);
        command.env("ADJUTANT_DATABASE_URL", &self.url);
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn befall(&mut self, fault: Fault) {
        match fault {
            Fault::Killed(replica) => {
                self.replicas[replica - 1] = None;
                self.replicas[replica - 1] = Some(self.start(replica));
            }
            Fault::Cut(replica, length) => {
                self.network.cut(replica);
                self.watch(replica, length);
                self.network.mend(replica);
            }
            Fault::Unanswered(replica, length) => {
                self.network.mute(DATABASE, replica);
                self.watch(replica, length);
                self.network.unmute(DATABASE, replica);
            }
            Fault::LostCommit => {
                let before = self.wire.lost();
                self.wire.lose_one();
                until("lost", || self.wire.lost() > before);
            }
            Fault::Restarted => {
                self.postgres.crash();
                self.network
                    .machine(DATABASE)
                    .inside(|| self.postgres.restart());
            }
        }
        let over = Instant::now();
        until("back", || {
            (1..=REPLICAS).all(|replica| asked(replica).0 == Some(200))
        });
        self.longest.back = self.longest.back.max(over.elapsed());
    }

    /// What a replica says that the database does not hear, or does not answer.
    fn watch(&mut self, replica: usize, length: Duration) {
        let began = Instant::now();
        let mut is_refused = false;
        while began.elapsed() < length {
            let (status, took) = asked(replica);
            self.longest.answered = self.longest.answered.max(took);
            if status == Some(503) && !is_refused {
                is_refused = true;
                self.longest.refused = self.longest.refused.max(began.elapsed());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let is_long = length > Duration::from_secs(4);
        assert!(is_refused || !is_long, "{replica} says that it is ready");
    }
}

/// Starts the balancer at the front door.
#[allow(clippy::disallowed_methods, reason = "a test's own process")]
fn balance(stage: &Stage) -> Child {
    let door = front_door();
    let servers: String = (1..=REPLICAS)
        .map(|replica| {
            format!(
                " server r{replica} {} check inter 250ms fall 1\n",
                address_of(replica)
            )
        })
        .collect();
    let config = stage.workspace.write(
        ".git/haproxy.cfg",
        format!(
            "defaults\n mode http\n timeout connect 500ms\n timeout client 120s\n timeout server 120s\n \
             option redispatch\nfrontend door\n bind {door}\n default_backend replicas\n\
             backend replicas\n option httpchk\n \
             http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host {door}\n{servers}"
        ),
    );
    Command::new(program("haproxy"))
        .args(["-db", "-f"])
        .arg(config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn until(what: &str, is_met: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_met() {
        assert!(began.elapsed() < PATIENCE, "not {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What befalls them, one after the other.
fn faults() -> Vec<Fault> {
    let seconds = Duration::from_secs_f64;
    let mut faults = vec![
        Fault::LostCommit,
        Fault::Cut(1, seconds(2.5)),
        Fault::Killed(2),
        Fault::Unanswered(2, seconds(2.5)),
        Fault::Restarted,
        Fault::LostCommit,
    ];
    let mut chance = 0x9E37_79B9_u64;
    let mut uniform = || {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (chance >> 11) as f64 / (1_u64 << 53) as f64
    };
    let more = (faults.len()..figure(0, 500) as usize).map(|_| {
        let replica = 1 + (uniform() * REPLICAS as f64) as usize;
        // Many are short and few are long.
        let length = seconds((0.5 - 1.5 * (1.0 - uniform()).ln()).min(30.0));
        match (uniform() * 20.0) as u32 {
            0..6 => Fault::LostCommit,
            6..11 => Fault::Cut(replica, length),
            11..15 => Fault::Unanswered(replica, length),
            15..19 => Fault::Killed(replica),
            _ => Fault::Restarted,
        }
    });
    faults.extend(more);
    faults
}

/// Something is announced again and again.
fn decide_until(is_over: &AtomicBool, admin: &str) {
    let door = front_door();
    for number in 0.. {
        let body = "{}";
        let request = format!(
            "POST /api/v1/gates/smoke/decisions HTTP/1.1\r\nHost: {door}\r\nConnection: close\r\n\
             Authorization: Bearer {admin}\r\nContent-Type: application/json\r\n\
             Idempotency-Key: decide-{number}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = || Answered::to(door, request.as_bytes());
        until("decided", || match answer() {
            Ok(answer) if matches!(answer.status, 502..=504) => false,
            Ok(answer) => answer.expect(201).status == 201,
            Err(_broke_off) => false,
        });
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Each announcement arrived, and each arrival was noted once; how many they were, in words.
fn is_told_once(team: &Team<'_>, faults: usize) -> String {
    let listed = || -> Value {
        let listed = team.run(&["announce", "list", "--format", "json"]);
        serde_json::from_str(&listed).unwrap()
    };
    until("told", || listed()[0]["waiting"] == 0);
    let delivered = listed()[0]["delivered"].as_u64().unwrap();
    let (received, ids) = (team.hook.received(), team.hook.ids());
    assert_eq!(ids.len() as u64, delivered);
    let repeated = received.len() - ids.len();
    // What was sent and could not be noted is sent again, under its id.
    assert!(repeated <= faults, "{repeated} times two acted");
    let shown = team.run(&["announce", "show", "chat", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    for message in shown.as_array().unwrap() {
        let attempts = message["attempts"].as_array().unwrap();
        let arrived = |attempt: &&Value| attempt["answer"]["answered"]["status"] == 204;
        assert_eq!(attempts.iter().filter(arrived).count(), 1, "{message}");
    }
    format!("{delivered} announcements received, {repeated} of them again")
}

#[test]
fn three_replicas_lose_nothing_and_do_nothing_twice_whatever_is_killed_or_cut_off() {
    let Some(network) = Network::new(1 + REPLICAS) else {
        return eprintln!(
            "replicas cut off from their database are NOT TRIED: only root may make networks"
        );
    };
    let began = Instant::now();
    network.hub().inside(|| {
        let mut team = Team::new(&network);
        team.run(&[
            "gate",
            "smoke",
            "--evidence",
            "baseline=baseline.csv",
            "--evidence",
            "candidate=same.csv",
        ]);
        let commit = commit_to_prove(&team.stage.workspace);
        let admin = team.admin.clone();
        let writers = Writers::start(CLIENTS, front_door(), &admin, &commit);
        let is_over = AtomicBool::new(false);
        let faults = faults();
        eprintln!("they serve after {:?}", began.elapsed());
        std::thread::scope(|scope| {
            scope.spawn(|| decide_until(&is_over, &admin));
            for (number, fault) in faults.iter().enumerate() {
                writers.wait_for_more();
                let began = Instant::now();
                team.befall(*fault);
                eprintln!("fault {number}, {fault:?}: {:?}", began.elapsed());
            }
            is_over.store(true, Ordering::Relaxed);
        });
        eprintln!("the last fault is over after {:?}", began.elapsed());
        let (deeds, words) = writers.end();
        eprintln!("the last answer came after {:?}", began.elapsed());
        let Longest { refused, answered, back } = team.longest;
        eprintln!(
            "{} faults: {words}; 503 after {refused:?} at the latest, no answer of a replica that was cut off \
             took longer than {answered:?}, all were back after {back:?} at the latest",
            faults.len()
        );
        is_all_there_once(team.replicas[0].as_ref().unwrap(), &deeds);
        assert!(team.run(&["journal", "verify"]).starts_with("the journal holds"));
        eprintln!("{}", is_told_once(&team, faults.len()));
    });
}
