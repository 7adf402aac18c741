//! A real MLflow server is asked for runs, and a run of the real local file store is bundled.

use std::path::{Path, PathBuf};
use std::process::Command;

use adjutant_domain::{Absence, Data, Measurement};
use adjutant_formats::Format;
use adjutant_outbound::mlflow;

use crate::server::{Server, ask};

/// Logs three runs with the tracking address and the experiment's name as arguments, and prints
/// their ids: finished, killed, running.
const SCRIPT: &str = r#"
import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
experiment = client.create_experiment("search")
finished, killed, running = [client.create_run(experiment).info.run_id for _ in range(3)]
for step, value in enumerate([0.71, 0.705, 0.733, 0.731]):
    client.log_metric(finished, "ndcg_10", value, step=step)
for step, value in enumerate([3.0, float("nan"), 2.0]):
    client.log_metric(finished, "perplexity", value, step=step)
client.log_metric(finished, "loss", float("nan"))
client.log_metric(finished, "gradient", float("inf"))
client.log_metric(finished, "val/accuracy top 1", 0.5)
client.set_terminated(finished, "FINISHED")
client.log_metric(killed, "ndcg_10", 0.9)
client.set_terminated(killed, "KILLED")
client.log_metric(running, "ndcg_10", 0.4)
print(finished, killed, running)
"#;

/// The virtual environment with MLflow.
#[allow(
    clippy::disallowed_methods,
    reason = "where the tests' tools are is told by the environment"
)]
fn program(name: &str) -> PathBuf {
    let venv = std::env::var("ADJUTANT_TEST_VENV").map_or_else(
        |_unset| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv"),
        PathBuf::from,
    );
    let program = venv.join("bin").join(name);
    assert!(
        program.exists(),
        "{} is missing: make a virtual environment .venv at the repository's root (or name one by \
         ADJUTANT_TEST_VENV) and install PyPI's package `mlflow` into it",
        program.display()
    );
    program
}

/// Runs the script and gives the three ids.
#[allow(
    clippy::disallowed_methods,
    reason = "the test writes real runs with the real client"
)]
fn log_runs(tracking: &str) -> Vec<String> {
    let output = Command::new(program("python"))
        .args(["-c", SCRIPT, tracking])
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env("MLFLOW_ALLOW_FILE_STORE", "true")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    // The client may say where the runs can be seen before the script prints their ids.
    let ids = text.lines().last().unwrap_or_default();
    let ids: Vec<_> = ids.split_whitespace().map(str::to_owned).collect();
    assert_eq!(ids.len(), 3, "{}", String::from_utf8_lossy(&output.stderr));
    ids
}

/// What each measurement is, apart from the run's id and the places.
fn summary(found: &[Measurement]) -> Vec<String> {
    let mut lines: Vec<_> = found
        .iter()
        .map(|measurement| {
            let mut labels = measurement.labels.clone();
            labels.remove("run_id");
            format!(
                "{} {labels:?} {}",
                measurement.measure,
                value(&measurement.data)
            )
        })
        .collect();
    lines.sort();
    lines
}

fn value(data: &Data) -> String {
    match data {
        Data::Samples(samples) => format!("{:?}", samples.values),
        Data::Scalar(scalar) => scalar.value.to_string(),
        Data::Absent(absence) => absence.to_string(),
        Data::Histogram(_) | Data::Proportion { .. } | Data::Ranking(_) | Data::Judgements(_) => {
            data.shape().to_owned()
        }
    }
}

const FINISHED: [&str; 7] = [
    "gradient {} the value is infinite",
    "loss {} the value is NaN",
    r#"metric {"metric": "val/accuracy top 1"} 0.5"#,
    "ndcg_10 {} 0.731",
    "ndcg_10 {} [0.71, 0.705, 0.733, 0.731]",
    "perplexity {} 2",
    "perplexity {} the value is NaN",
];

#[test]
fn a_live_mlflow_server_gives_the_runs_metrics_and_histories() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("mlflow.db");
    let server = Server::start(&program("mlflow"), "/health", |port| {
        let store = format!("sqlite:///{}", database.display());
        let port = port.to_string();
        let arguments = ["server", "--host", "127.0.0.1", "--workers", "1", "--port"];
        let store = ["--backend-store-uri".to_owned(), store];
        let arguments = arguments.into_iter().map(str::to_owned);
        arguments.chain([port]).chain(store).collect()
    });
    let ids = log_runs(&server.address(""));
    let run = |id: &str| server.address(&format!("/api/2.0/mlflow/runs/get?run_id={id}"));
    assert_eq!(summary(&ask(&run(&ids[0]), None)), FINISHED);
    let page = server.address(&format!("/#/experiments/1/runs/{}", ids[0]));
    assert_eq!(summary(&ask(&page, None)), FINISHED);
    assert_eq!(
        summary(&ask(&run(&ids[1]), None)),
        ["ndcg_10 {} the source refused: the run was killed"]
    );
    assert_eq!(
        summary(&ask(&run(&ids[2]), None)),
        [r#"ndcg_10 {"status": "unfinished"} 0.4"#]
    );
    let missing = ask(&run("ffff"), None);
    let Data::Absent(Absence::SourceRefused(words)) = &missing[0].data else {
        panic!("{missing:?}");
    };
    assert!(
        words.starts_with("HTTP 404: RESOURCE_DOES_NOT_EXIST: "),
        "{words}"
    );
}

#[test]
fn a_run_of_the_local_file_store_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let ids = log_runs(&format!("file://{}", folder.path().display()));
    let experiment = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.join(&ids[0]).is_dir())
        .unwrap();
    let run = experiment.join(&ids[0]);
    assert!(mlflow::is_run_folder(&run));
    let bundle = mlflow::bundle(&run).unwrap();
    assert_eq!(
        adjutant_formats::recognise("run.json", &bundle).unwrap(),
        Format::Mlflow
    );
    let found = adjutant_formats::read(Format::Mlflow, &bundle).unwrap();
    assert_eq!(summary(&found), FINISHED);
}
