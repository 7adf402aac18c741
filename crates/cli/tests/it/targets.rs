//! Rollouts behind a real HAProxy and a real nginx, with real requests.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::agents::wait_for;
use crate::killed::kill_at_every;
use crate::rollouts::{Clients, Service, moves};

/// A program of Debian that is not on everybody's path.
pub(crate) fn program(name: &str) -> PathBuf {
    let folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"];
    let found = folders.map(|folder| PathBuf::from(folder).join(name));
    found
        .into_iter()
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{name} is not installed; cargo xtask test installs it"))
}

#[allow(clippy::disallowed_methods, reason = "a test's own process")]
fn command(program: &std::path::Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// HAProxy before the two places of the service's versions.
struct Haproxy {
    config: String,
    socket: String,
    process: Option<Child>,
}

impl Haproxy {
    fn before(service: &Service) -> Self {
        let folder = service.stage.path().to_string_lossy().into_owned();
        let config = format!(
            "global\n  stats socket {folder}/h.sock mode 600 level admin\n\
             defaults\n  mode http\n  timeout connect 2s\n  timeout client 10s\n  timeout server 2s\n\
             frontend users\n  bind 127.0.0.1:{}\n  default_backend search\n\
             backend search\n  balance roundrobin\n  server blue 127.0.0.1:1 weight 1\n  \
             server green 127.0.0.1:1 weight 0\n",
            service.port
        );
        service.stage.workspace.write("haproxy.cfg", config);
        let settings = service.stage.path().join("adjutant.toml");
        let plan = std::fs::read_to_string(settings).unwrap();
        let (plan, _) = plan.split_once("[rollout.search.service.traffic]").unwrap();
        let without_latency = plan.lines().filter(|line| !line.contains("\"p95\""));
        let plan = without_latency.collect::<Vec<_>>().join("\n");
        let target = format!(
            "\n[rollout.search.target]\nkind = \"haproxy\"\nsocket = \"{folder}/h.sock\"\n\
             backend = \"search\"\nservers = [\"blue\", \"green\"]\n"
        );
        service
            .stage
            .workspace
            .write("adjutant.toml", plan + &target);
        Self {
            config: format!("{folder}/haproxy.cfg"),
            socket: format!("{folder}/h.sock"),
            process: None,
        }
    }

    fn start(&mut self) {
        let mut haproxy = command(&program("haproxy"), &["-db", "-f", &self.config]);
        self.process = Some(haproxy.stderr(Stdio::null()).spawn().unwrap());
        wait_for(|| UnixStream::connect(&self.socket).is_ok());
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        self.kill();
    }
}

fn behind_haproxy(steps: &str) -> (Service, Haproxy) {
    let service = Service::new(steps);
    let mut haproxy = Haproxy::before(&service);
    haproxy.start();
    (service, haproxy)
}

/// Good versions get everything, bad ones nothing, and the way back is there.
fn ship(service: &Service) {
    assert_eq!(service.start("two"), 0);
    assert_eq!(
        moves(&service.history()),
        ["ADVANCE", "ADVANCE", "COMPLETE"]
    );
    let live = service.status()["desired"]["live"].clone();

    assert_eq!(service.start("bad"), 30);
    let status = service.status();
    assert_eq!(
        (&status["desired"]["live"], &status["phase"]),
        (&live, &"rolled_back".into())
    );
    assert_eq!(status["generation"], status["desired"]["generation"]);
    let history = service.history();
    let times = &history.last().unwrap()["told"]["recovered"];
    assert!(times["actuation_ms"].is_i64(), "{times}");
    assert_eq!(service.start("bad"), 40, "it is blocked");

    let undo = ["rollout", "undo", "search", "--because", "carts are empty"];
    service.stage.answer(0, &undo);
    assert_ne!(service.status()["desired"]["live"], live);
}

#[test]
fn behind_haproxy_a_good_version_gets_everything_and_a_bad_one_is_taken_back() {
    let (service, mut haproxy) = behind_haproxy("{ setWeight = 5 }, { setWeight = 50 }");
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    assert_eq!(service.start("two"), 0);
    let history = service.history();
    assert_eq!(
        moves(&history),
        ["ADVANCE", "ADVANCE", "ADVANCE", "COMPLETE"]
    );
    let seen = history.iter().find_map(|event| {
        let window = &event["told"]["decided"]["traffic"]["seen"];
        (window["candidate"]["requests"].as_u64()? >= 20).then(|| window.clone())
    });
    assert!(seen.is_some(), "{history:?}");
    assert_eq!(service.start("bad"), 30);
    let status = service.status();
    assert_eq!(status["phase"], "rolled_back");
    assert_eq!(service.start("bad"), 40, "it is blocked");
    let undo = ["rollout", "undo", "search", "--because", "carts are empty"];
    service.stage.answer(0, &undo);
    assert_eq!(clients.end(), 0, "every request got an answer");

    // What HAProxy was told goes with its process, and is told again.
    haproxy.kill();
    haproxy.start();
    service.until("seen without an order", |status| {
        status["traffic"]["seen"]["generation"] == 0
    });
    service.stage.answer(0, &["rollout", "run", "search"]);
    let status = service.status();
    assert_eq!(status["generation"], status["desired"]["generation"]);
    Clients::of(&service).end();
    service.stage.answer(0, &["journal", "verify"]);
}

#[test]
fn a_controller_of_haproxy_that_is_killed_at_any_effect_goes_on() {
    let (service, _haproxy) = behind_haproxy("{ setWeight = 50 }");
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    // Each start reads the traffic for three seconds: every fifth effect is enough of them.
    let kills = kill_at_every(5, &service);
    assert_eq!(clients.end(), 0, "no request was lost to {kills} kills");
    assert!(kills >= 4, "{kills} kills");
    service.stage.answer(0, &["journal", "verify"]);
}

#[test]
fn while_haproxy_is_away_nothing_advances_and_a_rollback_comes_through_when_it_is_back() {
    let (service, mut haproxy) = behind_haproxy("{ setWeight = 50 }, { pause = {} }");
    assert_eq!(service.start("one"), 0);
    let clients = Clients::of(&service);
    let start = ["rollout", "start", "search", "--artifact", "two"];
    let mut controller = service.stage.command(&start);
    let mut controller = controller.stdout(Stdio::null()).spawn().unwrap();
    service.until("at the pause", |status| status["state"]["step"] == 2);
    haproxy.kill();
    service.until("without traffic", |status| {
        status["traffic"]["failed"].is_string()
    });
    let abort = ["rollout", "abort", "search", "--because", "it is away"];
    let mut aborting = service.stage.command(&abort);
    let mut aborting = aborting.stdout(Stdio::null()).spawn().unwrap();
    service.until("aborted", |status| status["phase"] == "aborted");
    assert!(aborting.try_wait().unwrap().is_none(), "it is told again");
    haproxy.start();
    assert!(aborting.wait().unwrap().success());
    assert_eq!(controller.wait().unwrap().code(), Some(30));
    let status = service.status();
    assert_eq!(status["generation"], status["desired"]["generation"]);
    assert_eq!(status["desired"]["candidate"], Value::Null);
    clients.end();
}

#[test]
fn without_haproxy_the_first_version_says_what_is_missing() {
    let service = Service::new("{ setWeight = 50 }");
    let _haproxy = Haproxy::before(&service);
    let output = service
        .stage
        .run(&["rollout", "start", "search", "--artifact", "one"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("HAProxy does not answer at"), "{told}");
    assert!(told.contains("[rollout.NAME.target]"), "{told}");
}

/// nginx, with the three lines that a service begins with.
struct Nginx {
    config: String,
}

impl Nginx {
    fn before(service: &Service) -> Self {
        let folder = service.stage.path().to_string_lossy().into_owned();
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("  {kind}_temp_path {folder}/{kind};\n"))
            .concat();
        let config = format!(
            "worker_processes 2;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n\
             events {{ worker_connections 256; }}\nhttp {{\n{paths}  access_log off;\n  \
             include {folder}/search.conf;\n  server {{\n    listen 127.0.0.1:{};\n    \
             access_log {folder}/search.log adjutant_search;\n    location / {{\n      \
             proxy_pass http://$adjutant_search;\n      proxy_http_version 1.1;\n      \
             proxy_set_header Connection \"\";\n      proxy_read_timeout 2s;\n    }}\n  }}\n}}\n",
            service.port
        );
        service.stage.workspace.write("nginx.conf", config);
        let first = "split_clients $request_id $adjutant_search { * 127.0.0.1:1; }\n\
                     split_clients $request_id $adjutant_search_arm { * baseline; }\n\
                     log_format adjutant_search '$msec 0 $adjutant_search_arm $status $request_time';\n";
        service.stage.workspace.write("search.conf", first);
        let settings = service.stage.path().join("adjutant.toml");
        let plan = std::fs::read_to_string(settings).unwrap();
        let (plan, _) = plan.split_once("[rollout.search.service.traffic]").unwrap();
        let target = format!(
            "[rollout.search.target]\nkind = \"nginx\"\nprogram = \"{}\"\n\
             config = \"{folder}/nginx.conf\"\npid = \"{folder}/nginx.pid\"\n\
             include = \"{folder}/search.conf\"\naccessLog = \"{folder}/search.log\"\n",
            program("nginx").display()
        );
        let plan = plan.to_owned() + &target;
        service.stage.workspace.write("adjutant.toml", plan);
        let nginx = Self {
            config: format!("{folder}/nginx.conf"),
        };
        assert!(nginx.told(&[]), "nginx does not start");
        let began = Instant::now();
        while !service.stage.path().join("nginx.pid").exists() {
            assert!(began.elapsed() < Duration::from_secs(30));
        }
        nginx
    }

    fn told(&self, words: &[&str]) -> bool {
        let mut arguments = vec!["-c", &self.config];
        arguments.extend(words);
        let status = command(&program("nginx"), &arguments).status();
        status.unwrap().success()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.told(&["-s", "stop"]);
    }
}

#[test]
fn behind_nginx_a_good_version_gets_everything_and_a_bad_one_is_taken_back() {
    let service = Service::new("{ setWeight = 50 }");
    let _nginx = Nginx::before(&service);
    assert_eq!(service.start("one"), 0);
    let clients = Clients::fleeting(&service);
    ship(&service);
    assert_eq!(clients.end(), 0, "every request got an answer");
    let history = service.history();
    let latencies = history.iter().filter_map(|event| {
        let window = &event["told"]["decided"]["traffic"]["seen"];
        window["candidate"]["latency"].as_array().map(Vec::len)
    });
    assert!(latencies.max() > Some(0), "{history:?}");
    service.stage.answer(0, &["journal", "verify"]);
}

#[test]
fn a_controller_of_nginx_that_is_killed_at_any_effect_goes_on() {
    let service = Service::new("{ setWeight = 50 }");
    let _nginx = Nginx::before(&service);
    assert_eq!(service.start("one"), 0);
    let clients = Clients::fleeting(&service);
    let kills = kill_at_every(2, &service);
    assert_eq!(clients.end(), 0, "no request was lost to {kills} kills");
    assert!(kills >= 10, "{kills} kills");
}

#[test]
fn a_configuration_that_nginx_does_not_take_stays_out_of_effect() {
    let service = Service::new("{ setWeight = 50 }");
    let _nginx = Nginx::before(&service);
    let first = std::fs::read_to_string(service.stage.path().join("search.conf")).unwrap();
    let config = std::fs::read_to_string(service.stage.path().join("nginx.conf")).unwrap();
    let broken = config.replace("proxy_pass", "proxy_pas");
    service.stage.workspace.write("nginx.conf", broken);
    let output = service
        .stage
        .run(&["rollout", "start", "search", "--artifact", "one"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("unknown directive \"proxy_pas\""), "{told}");
    let kept = std::fs::read_to_string(service.stage.path().join("search.conf")).unwrap();
    assert_eq!(kept, first, "the file before it is back");
    service.stage.workspace.write("nginx.conf", config);
}
