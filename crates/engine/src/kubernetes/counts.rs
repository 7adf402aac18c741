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

async fn counts(plan: &ClusterPlan, service: &str, seconds: i64) -> Result<ArmCounts, EngineError> {
    let query = |query: &str| {
        query
            .replace("$service", service)
            .replace("$window", &format!("{seconds}s"))
    };
    let requests = count(plan, &query(&plan.prometheus.requests)).await?;
    let failures = count(plan, &query(&plan.prometheus.failures)).await?;
    Ok(ArmCounts {
        requests,
        failures: failures.min(requests),
        ..ArmCounts::default()
    })
}

async fn count(plan: &ClusterPlan, query: &str) -> Result<u64, EngineError> {
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

/// The count in an answer. Nothing was counted where there is no series; parts of requests, which
/// `increase` makes up between scrapes, are left out.
pub(super) fn count_of(body: &Value) -> Option<u64> {
    let result = body.pointer("/data/result")?.as_array()?;
    let value = match (
        body.pointer("/data/resultType")?.as_str()?,
        result.as_slice(),
    ) {
        ("vector", []) => return Some(0),
        ("vector", [one]) => one.pointer("/value/1")?,
        ("scalar", [_, value]) => value,
        (_, _) => return None,
    };
    let number: f64 = value.as_str()?.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number as u64)
}
