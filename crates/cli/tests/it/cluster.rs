//! Rollouts in a Kubernetes cluster, against its recorded protocol over real TLS: no API server can
//! be had here (`tests/programs/cluster.py` says what it answers).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::rollouts::moves;
use crate::stage::Stage;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/cluster.py");

struct Cluster {
    stage: Stage,
    process: Child,
    /// Without TLS: where faults are given.
    port: u16,
}

#[allow(clippy::disallowed_methods, reason = "a test's own process")]
fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

impl Cluster {
    fn new(steps: &str) -> Self {
        let stage = Stage::new();
        let folder = stage.path().to_string_lossy().into_owned();
        let (key, certificate) = (format!("{folder}/key.pem"), format!("{folder}/ca.pem"));
        let made = command(
            "openssl",
            &[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=cluster",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-keyout",
                &key,
                "-out",
                &certificate,
            ],
        );
        assert!(
            { made }.status().unwrap().success(),
            "openssl makes no certificate"
        );
        let words = [PROGRAM, &certificate, &key, &format!("{folder}/ports")];
        let process = command("python3", &words).spawn().unwrap();
        let ports = stage.path().join("ports");
        let began = Instant::now();
        while !ports.exists() {
            assert!(began.elapsed() < Duration::from_secs(60), "no cluster");
            std::thread::yield_now();
        }
        let ports = std::fs::read_to_string(ports).unwrap();
        let (secured, port) = ports.split_once(' ').unwrap();
        let port = port.parse().unwrap();
        let plan = format!(
            r#"
[rollout.search]
requestsMin = 40
deadline = "30s"
[rollout.search.strategy.canary]
steps = [{steps}]
[rollout.search.recovery]
tick = "50ms"
requestTimeout = "2s"
[rollout.search.target]
kind = "kubernetes"
kubeconfig = "{folder}/config.yaml"
namespace = "shop"
route = "search"
container = "search"
replicas = 2
places = [
    {{ deployment = "search-blue", service = "search-blue" }},
    {{ deployment = "search-green", service = "search-green" }},
]
[rollout.search.target.prometheus]
url = "http://127.0.0.1:{port}"
requests = 'increase(requests{{service="$service"}}[$window])'
failures = 'increase(failures{{service="$service"}}[$window]) or vector(0)'
"#
        );
        let kubeconfig = format!(
            "current-context: tests\n\
             contexts: [{{name: tests, context: {{cluster: c, user: u}}}}]\n\
             clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:{secured}', \
             certificate-authority: ca.pem}}}}]\n\
             users: [{{name: u, user: {{token: of-the-tests}}}}]\n"
        );
        stage.workspace.write("adjutant.toml", plan);
        stage.workspace.write("config.yaml", kubeconfig);
        Self {
            stage,
            process,
            port,
        }
    }

    fn start(&self, image: &str) -> i32 {
        let start = ["rollout", "start", "search", "--image", image];
        let output = self.stage.run(&start);
        let code = output.status.code().unwrap();
        assert!(code != 1 && code != 2, "{output:?}");
        code
    }

    fn json(&self, word: &str) -> Value {
        let told = self
            .stage
            .answer(0, &["rollout", word, "search", "--format", "json"]);
        serde_json::from_str(&told).unwrap()
    }

    fn status(&self) -> Value {
        self.json("status")
    }

    fn until(&self, what: &str, is_met: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        while !is_met(&self.status()) {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "not {what}: {}",
                self.status()
            );
        }
    }

    fn moves(&self) -> Vec<String> {
        let history = self.json("history");
        let moves = moves(history.as_array().unwrap());
        moves.into_iter().map(str::to_owned).collect()
    }

    /// Asks the cluster itself.
    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn fail(&self, faults: Value) {
        self.ask("POST", "/faults", &faults.to_string());
    }

    /// What was applied to an object last.
    fn applied(&self, name: &str) -> Value {
        let asked = self.ask("GET", "/asked", "");
        let mut of_it = asked.as_array().unwrap().iter().rev();
        of_it.find(|one| one["name"] == name).unwrap()["part"].clone()
    }

    fn is_as_wanted(&self) {
        let status = self.status();
        assert_eq!(status["generation"], status["desired"]["generation"]);
        assert_eq!(status["desired"]["candidate"], Value::Null);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn in_a_cluster_a_good_version_gets_everything_and_bad_ones_are_taken_back() {
    let cluster = Cluster::new("{ setWeight = 5 }, { setWeight = 50 }");
    assert_eq!(cluster.start("search:one"), 0);
    assert_eq!(
        cluster.applied("deployments/search-blue")["spec"]["replicas"],
        2,
        "what runs there already is this version"
    );
    assert_eq!(cluster.start("search:two"), 0);
    assert_eq!(
        cluster.moves(),
        ["ADVANCE", "ADVANCE", "ADVANCE", "COMPLETE"]
    );
    let live = cluster.status()["desired"]["live"].clone();
    let route = cluster.applied("httproutes/search");
    let weights = |route: &Value| {
        let backends = route["spec"]["rules"][0]["backendRefs"].as_array().unwrap();
        let weights = backends.iter().map(|backend| backend["weight"].as_u64());
        weights.collect::<Option<Vec<_>>>().unwrap()
    };
    assert_eq!(weights(&route), [0, 10_000]);
    assert_eq!(
        route["metadata"]["annotations"]["adjutant.dev/baseline"],
        "search-green"
    );

    for image in ["search:bad", "search:loops"] {
        assert_eq!(cluster.start(image), 30, "{image}");
        assert_eq!(cluster.status()["desired"]["live"], live);
        assert_eq!(weights(&cluster.applied("httproutes/search")), [0, 10_000]);
        let stopped = cluster.applied("deployments/search-blue");
        assert_eq!(stopped["spec"]["replicas"], 0, "{image}");
        assert_eq!(cluster.start(image), 40, "{image} is blocked");
    }
    let undo = ["rollout", "undo", "search", "--because", "carts are empty"];
    cluster.stage.answer(0, &undo);
    assert_eq!(weights(&cluster.applied("httproutes/search")), [10_000, 0]);
    let image = &cluster.applied("deployments/search-blue")["spec"]["template"]["spec"];
    assert_eq!(image["containers"][0]["image"], "search:one");
    cluster.is_as_wanted();
    cluster.stage.answer(0, &["journal", "verify"]);
}

#[test]
fn failures_that_no_query_counts_are_never_no_failure() {
    let cluster = Cluster::new("{ setWeight = 50 }");
    let path = cluster.stage.path().join("adjutant.toml");
    let plan = std::fs::read_to_string(&path).unwrap();
    let mistyped = plan.replace(
        r#"increase(failures{service="$service"}[$window]) or vector(0)"#,
        r#"increase(failurs{service="$service"}[$window])"#,
    );
    assert_ne!(plan, mistyped);
    cluster.stage.workspace.write("adjutant.toml", mistyped);
    assert_eq!(cluster.start("search:one"), 0);
    let start = ["rollout", "start", "search", "--image", "search:bad"];
    let output = cluster.stage.run(&start);
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    for words in ["NO DATA AVAILABLE", "increase(failurs{", "or vector(0)"] {
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(cluster.status()["desired"]["candidate"], Value::Null);
}

#[test]
fn while_prometheus_is_away_nothing_advances_and_what_has_to_be_taken_back_is() {
    let cluster = Cluster::new("{ setWeight = 50 }, { pause = {} }");
    assert_eq!(cluster.start("search:one"), 0);
    let start = ["rollout", "start", "search", "--image", "search:two"];
    let mut controller = cluster.stage.command(&start);
    let mut controller = controller.stdout(Stdio::null()).spawn().unwrap();
    cluster.until("at the pause", |status| {
        status["state"]["step"] == 2 && status["generation"] == status["desired"]["generation"]
    });
    cluster.fail(json!([{"status": 0, "times": 1_000_000, "of": ["query"]}]));
    cluster.until("away", |status| status["traffic"]["failed"].is_string());
    let abort = ["rollout", "abort", "search", "--because", "nobody counts"];
    cluster.stage.answer(0, &abort);
    assert_eq!(controller.wait().unwrap().code(), Some(30));
    cluster.is_as_wanted();
}

#[test]
fn conflicts_refusals_and_broken_answers_are_asked_again() {
    let cluster = Cluster::new("{ setWeight = 50 }");
    assert_eq!(cluster.start("search:one"), 0);
    let fault = |status: u16, of: &str| json!({"status": status, "times": 1, "of": [of]});
    for (image, faults, words) in [
        ("conflict", vec![fault(409, "PATCH"); 2], vec![]),
        (
            "refused",
            vec![fault(429, "PATCH"), fault(401, "PATCH"), fault(0, "PATCH")],
            vec!["is busy", "401 (Unauthorized)", "does not answer"],
        ),
        ("unseen", vec![fault(429, "GET"); 3], vec![]),
    ] {
        cluster.fail(json!(faults));
        let before = cluster.moves().len();
        let image = format!("search:{image}");
        let start = ["rollout", "start", "search", "--image", &image];
        let output = cluster.stage.run(&start);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        for words in words {
            assert!(told.contains(words), "{told}");
        }
        let mut moves = cluster.moves().split_off(before);
        moves.retain(|step| step != "HOLD");
        assert_eq!(moves, ["ADVANCE", "ADVANCE", "COMPLETE"], "{image}");
        cluster.is_as_wanted();
    }
}

#[test]
fn while_the_api_server_is_away_nothing_advances_and_a_rollback_is_tried_again() {
    let cluster = Cluster::new("{ setWeight = 50 }, { pause = {} }");
    assert_eq!(cluster.start("search:one"), 0);
    let start = ["rollout", "start", "search", "--image", "search:two"];
    let mut controller = cluster.stage.command(&start);
    let mut controller = controller.stdout(Stdio::null()).spawn().unwrap();
    cluster.until("at the pause", |status| {
        status["state"]["step"] == 2 && status["generation"] == status["desired"]["generation"]
    });
    cluster.fail(json!([{"status": 0, "times": 1_000_000, "of": ["GET", "PATCH"]}]));
    cluster.until("away", |status| status["traffic"]["failed"].is_string());
    let abort = ["rollout", "abort", "search", "--because", "it is away"];
    let mut aborting = cluster.stage.command(&abort);
    let mut aborting = aborting.stdout(Stdio::null()).spawn().unwrap();
    cluster.until("aborted", |status| status["phase"] == "aborted");
    assert!(aborting.try_wait().unwrap().is_none(), "it is told again");
    cluster.fail(json!([]));
    assert!(aborting.wait().unwrap().success());
    assert_eq!(controller.wait().unwrap().code(), Some(30));
    cluster.is_as_wanted();
}

#[test]
fn a_controller_of_a_cluster_that_is_killed_at_any_effect_goes_on() {
    let cluster = Cluster::new("{ setWeight = 50 }");
    assert_eq!(cluster.start("search:one"), 0);
    let mut kills = 0;
    for (kind, code, expected) in [
        ("good", 0, ["ADVANCE", "ADVANCE", "COMPLETE"].as_slice()),
        ("bad", 30, &["ADVANCE", "ROLL_BACK"]),
    ] {
        for effect in (1_u32..).step_by(5) {
            let image = format!("search:{kind}-{effect}");
            let before = cluster.moves().len();
            let start = ["rollout", "start", "search", "--image", &image];
            let mut killed = cluster.stage.command(&start);
            killed.env("ADJUTANT_DIES_AFTER", effect.to_string());
            let end = killed
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            if end.signal() == Some(9) {
                kills += 1;
                let again = cluster.start(&image);
                assert!(
                    again == code || (again == 40 && code == 30),
                    "{image}: {again}"
                );
            } else {
                assert_eq!(end.code(), Some(code), "{image}");
            }
            assert_eq!(cluster.moves()[before..], *expected, "{image}");
            cluster.is_as_wanted();
            if end.signal().is_none() {
                break;
            }
        }
    }
    assert!(kills >= 4, "{kills} kills");
}

#[test]
fn what_is_no_image_and_who_may_not_are_told() {
    let cluster = Cluster::new("{ setWeight = 50 }");
    let not_an_image = ["rollout", "start", "search", "--image", "two words"];
    let output = cluster.stage.run(&not_an_image);
    assert_eq!(output.status.code(), Some(2));
    let config = cluster.stage.path().join("config.yaml");
    let config = std::fs::read_to_string(config).unwrap();
    let stranger = config.replace("of-the-tests", "of-a-stranger");
    cluster.stage.workspace.write("config.yaml", stranger);
    let start = ["rollout", "start", "search", "--image", "search:one"];
    let output = cluster.stage.run(&start);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("401 (Unauthorized)"), "{told}");
    assert!(!told.contains("of-a-stranger"), "{told}");
}
