//! Records what a service answers to the labelled queries, one exchange a line, as
//! `adjutant shadow compare` reads it.

use std::time::Instant;

use super::client::{Client, search_uri};
use adjutant_example_search::judge::LabelledQuery;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

/// Each query is asked for so many results and for each number below: enough pairs to tell half a
/// percentage point, and answers of every length.
const RESULTS_MAX: usize = 10;

#[derive(Serialize)]
struct Exchange<'a> {
    request: Asked<'a>,
    status: u16,
    headers: Headers<'a>,
    body: Value,
    duration_ms: f64,
}

#[derive(Serialize)]
struct Asked<'a> {
    id: String,
    path: &'a str,
}

#[derive(Serialize)]
struct Headers<'a> {
    #[serde(rename = "content-type")]
    content_type: &'a str,
}

/// Every query at every length, in the same order for every service.
pub(crate) async fn record(
    client: &Client,
    address: &str,
    queries: &[LabelledQuery],
) -> Result<String> {
    let mut lines = String::new();
    for query in queries {
        for limit in 1..=RESULTS_MAX {
            let uri = search_uri(address, &query.text, limit)?;
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            let path = path.to_owned();
            let asked = Instant::now();
            let answer = client.get(uri).await?;
            let took = asked.elapsed();
            let exchange = Exchange {
                request: Asked {
                    id: format!("{}-{limit}", query.id),
                    path: &path,
                },
                status: answer.status.as_u16(),
                headers: Headers {
                    content_type: &answer.content_type,
                },
                body: serde_json::from_slice(&answer.body).context("the answer is no JSON")?,
                duration_ms: took.as_secs_f64() * 1_000.0,
            };
            lines += &serde_json::to_string(&exchange).context("cannot write an exchange")?;
            lines.push('\n');
        }
    }
    Ok(lines)
}
