//! How many requests each Service had, asked of Prometheus.

use adjutant_outbound::api_server::{ApiCredentials, ApiServer};
use adjutant_outbound::{clock, prometheus};
use adjutant_rollout::{ArmCounts, ClusterPlan, PresentTraffic, StageWindow};
use serde_json::Value;

use super::Standing;
use crate::EngineError;

const NAME: &str = "Prometheus";

/// How far back present traffic reaches.
const PRESENT_SECONDS: i64 = 180;

/// Fewer requests say nothing about the traffic there is.
const PRESENT_REQUESTS_MIN: u64 = 100;

/// What was counted since an order came into effect.
pub(super) async fn window(
    plan: &ClusterPlan,
    standing: &Standing,
) -> Result<StageWindow, EngineError> {
    let seconds = (clock::now().unix_millis() - standing.since) / 1_000;
    let mut window = StageWindow {
        generation: standing.generation,
        ..StageWindow::default()
    };
    if seconds < 1 {
        return Ok(window);
    }
    window.baseline = counts(plan, &standing.baseline, seconds).await?;
    if let Some(candidate) = &standing.candidate {
        window.candidate = counts(plan, candidate, seconds).await?;
    }
    Ok(window)
}

/// The traffic of the last minutes on both Services.
pub(super) async fn present(plan: &ClusterPlan) -> Result<Option<PresentTraffic>, EngineError> {
    let mut baseline = ArmCounts::default();
    for place in &plan.places {
        let counted = counts(plan, &place.service, PRESENT_SECONDS).await?;
        baseline.requests += counted.requests;
        baseline.failures += counted.failures;
    }
    let is_enough = baseline.requests >= PRESENT_REQUESTS_MIN;
    Ok(is_enough.then(|| PresentTraffic {
        requests_per_second: baseline.requests as f64 / PRESENT_SECONDS as f64,
        baseline,
    }))
}

/// No series of requests is no requests: nothing was asked of a Service yet. No series of failures
/// may be a query that counts nothing, so it is an error as soon as there were requests.
async fn counts(plan: &ClusterPlan, service: &str, seconds: i64) -> Result<ArmCounts, EngineError> {
    let query = |query: &str| {
        query
            .replace("$service", service)
            .replace("$window", &format!("{seconds}s"))
    };
    let requests = count(plan, &query(&plan.prometheus.requests)).await?;
    let asked_for_failures = query(&plan.prometheus.failures);
    let failures = count(plan, &asked_for_failures).await?;
    arm_counts(requests, failures).ok_or_else(|| EngineError::NotSetUp {
        engine: NAME,
        lack: format!(
            "of {} requests nobody knows how many failed, because {asked_for_failures} gives no \
             series; where no series means no failures, end the query with: or vector(0)",
            requests.unwrap_or_default()
        ),
    })
}

/// What was counted of a Service, when that is known.
pub(super) fn arm_counts(requests: Option<u64>, failures: Option<u64>) -> Option<ArmCounts> {
    let requests = requests.unwrap_or(0);
    let failures = if requests == 0 { 0 } else { failures? };
    Some(ArmCounts {
        requests,
        failures: failures.min(requests),
        ..ArmCounts::default()
    })
}

/// What a query counts; `None` when there is no series.
async fn count(plan: &ClusterPlan, query: &str) -> Result<Option<u64>, EngineError> {
    let url = &plan.prometheus.url;
    let unreachable = |words: String| EngineError::Unreachable {
        engine: NAME,
        at: url.clone(),
        source: std::io::Error::other(words),
    };
    let address = prometheus::instant_address(url, query, clock::now());
    let address = address.map_err(|error| unreachable(error.to_string()))?;
    let path = address.strip_prefix(url.trim_end_matches('/'));
    let server = ApiServer::at(url, ApiCredentials::default());
    let server = server.map_err(|error| unreachable(error.words))?;
    let answer = server.get(path.unwrap_or(&address)).await;
    let answer = answer.map_err(|error| unreachable(error.words))?;
    if answer.status != 200 {
        return Err(EngineError::Disobeyed {
            engine: NAME,
            words: format!("{}: {}", answer.status, answer.body["error"]),
        });
    }
    count_of(&answer.body).ok_or_else(|| EngineError::Unreadable {
        engine: NAME,
        problem: format!(
            "{query} has to give one number, and gives {}",
            answer.body["data"]
        ),
    })
}

/// The count in an answer, `Some(None)` where there is no series. Parts of requests, which `increase`
/// makes up between scrapes, are left out.
pub(super) fn count_of(body: &Value) -> Option<Option<u64>> {
    let result = body.pointer("/data/result")?.as_array()?;
    let value = match (
        body.pointer("/data/resultType")?.as_str()?,
        result.as_slice(),
    ) {
        ("vector", []) => return Some(None),
        ("vector", [one]) => one.pointer("/value/1")?,
        ("scalar", [_, value]) => value,
        (_, _) => return None,
    };
    let number: f64 = value.as_str()?.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(Some(number as u64))
}
