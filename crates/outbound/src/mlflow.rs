//! Asks MLflow for a run and the history of each of its metrics, or bundles a run's folder of a
//! local file store.

mod folder;

pub use folder::{FolderError, bundle, is_run_folder};

use adjutant_domain::Timestamp;
use reqwest::{Client, Url};

use crate::inquiry::{self, Answer, InquiryError, Record};

/// How many metrics are asked for: a run that is gated has a few dozen.
const METRICS_MAX: usize = 1_000;

/// How many points a page holds: the most that MLflow gives at once.
const PAGE_POINTS: &str = "25000";

/// How many pages a history may have: a million points.
const PAGES_MAX: usize = 40;

/// The run that an address names: `…/api/2.0/mlflow/runs/get?run_id=ID`, or the address of the run's
/// page, `…/#/experiments/1/runs/ID`.
pub(crate) fn run_of(url: &Url) -> Option<String> {
    if url.path().ends_with("/mlflow/runs/get") {
        let mut pairs = url.query_pairs();
        let id = pairs.find(|(name, _)| name == "run_id" || name == "run_uuid");
        return id.map(|(_, value)| value.into_owned());
    }
    let (_, run) = url.fragment()?.split_once("/runs/")?;
    let id = run.split(['/', '?']).next()?;
    (!id.is_empty()).then(|| id.to_owned())
}

/// Asks for a run and its histories and gives the record as JSON.
///
/// # Errors
/// When the address names no run.
pub(crate) async fn fetch(
    client: &Client,
    url: &Url,
    asked_at: Timestamp,
) -> Result<Vec<u8>, InquiryError> {
    let id = run_of(url).ok_or(InquiryError::MissingParameter {
        parameter: "run_id",
    })?;
    let asked = question(url, "runs/get", &[("run_id", &id)]);
    let run = inquiry::ask(client, "run", &asked).await;
    let keys = run.json().map(metric_keys).unwrap_or_default();
    let mut answers = vec![run];
    for key in keys.into_iter().take(METRICS_MAX) {
        ask_history(client, url, &id, &key, &mut answers).await;
    }
    let record = Record {
        source: "mlflow",
        url: inquiry::without_secrets(&asked),
        asked_at,
        measure: None,
        query: None,
        answers,
    };
    record.to_json()
}

async fn ask_history(client: &Client, url: &Url, id: &str, key: &str, answers: &mut Vec<Answer>) {
    let mut token = String::new();
    for _page in 0..PAGES_MAX {
        let mut parameters = vec![
            ("run_id", id),
            ("metric_key", key),
            ("max_results", PAGE_POINTS),
        ];
        if !token.is_empty() {
            parameters.push(("page_token", &token));
        }
        let asked = question(url, "metrics/get-history", &parameters);
        let mut answer = inquiry::ask(client, "history", &asked).await;
        answer.metric = Some(key.to_owned());
        let next = answer.json().and_then(next_page);
        answers.push(answer);
        match next {
            Some(next) => token = next,
            None => return,
        }
    }
}

/// An address of the same server's REST interface.
fn question(url: &Url, endpoint: &str, parameters: &[(&str, &str)]) -> Url {
    let mut asked = url.clone();
    let before = match url.path().split_once("/api/2.0/mlflow/") {
        Some((before, _)) => before,
        None => url.path().trim_end_matches('/'),
    };
    asked.set_path(&format!("{before}/api/2.0/mlflow/{endpoint}"));
    asked.set_fragment(None);
    asked.query_pairs_mut().clear().extend_pairs(parameters);
    asked
}

/// The keys of the run's metrics. An answer of another shape has none here; its reader says what is
/// wrong with it.
fn metric_keys(body: &str) -> Vec<String> {
    let Ok(body) = serde_json::from_str::<serde_json::Value>(body) else {
        return Vec::new();
    };
    let metrics = body
        .pointer("/run/data/metrics")
        .and_then(|list| list.as_array());
    let keys = metrics
        .into_iter()
        .flatten()
        .filter_map(|metric| metric.get("key")?.as_str());
    keys.map(str::to_owned).collect()
}

fn next_page(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let token = body.get("next_page_token")?.as_str()?;
    (!token.is_empty()).then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_api_or_its_page() {
        for (address, expected) in [
            (
                "http://h:5000/api/2.0/mlflow/runs/get?run_id=ab12",
                Some("ab12"),
            ),
            (
                "http://h/ml/ajax-api/2.0/mlflow/runs/get?run_uuid=ab12",
                Some("ab12"),
            ),
            (
                "http://h:5000/#/experiments/1/runs/ab12/artifacts",
                Some("ab12"),
            ),
            ("http://h:5000/#/experiments/1", None),
            ("http://h:5000/api/2.0/mlflow/runs/get", None),
        ] {
            assert_eq!(
                run_of(&Url::parse(address).unwrap()).as_deref(),
                expected,
                "{address}"
            );
        }
    }

    #[test]
    fn questions_stay_on_the_server_and_its_prefix() {
        for (address, expected) in [
            (
                "http://h:5000/#/experiments/1/runs/ab",
                "http://h:5000/api/2.0/mlflow/metrics/get-history?metric_key=a+b",
            ),
            (
                "http://h/ml/api/2.0/mlflow/runs/get?run_id=ab",
                "http://h/ml/api/2.0/mlflow/metrics/get-history?metric_key=a+b",
            ),
        ] {
            let url = Url::parse(address).unwrap();
            let asked = question(&url, "metrics/get-history", &[("metric_key", "a b")]);
            assert_eq!(asked.as_str(), expected);
        }
    }
}
