//! Asking a service over HTTP, with connections kept open between questions.

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{StatusCode, Uri};
use hyper_util::client::legacy::Client as PooledClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

/// Open connections kept per service. As many as requests may be in flight.
const IDLE_CONNECTIONS_MAX: usize = 256;

/// An HTTP client for any of the services.
#[derive(Clone)]
pub(crate) struct Client {
    pool: PooledClient<HttpConnector, Empty<Bytes>>,
}

/// A whole answer.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    /// Empty when the answer does not say it.
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// The part of an answer that the driver reads.
#[derive(Deserialize)]
pub(crate) struct Answer {
    pub(crate) version: String,
    pub(crate) results: Vec<Found>,
}

#[derive(Deserialize)]
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) score: f64,
}

impl Client {
    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let pool = PooledClient::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .build(connector);
        Self { pool }
    }

    /// Fetches a page.
    pub(crate) async fn get(&self, uri: Uri) -> Result<Page> {
        let response = self.pool.get(uri).await.context("no answer")?;
        let status = response.status();
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let body = response
            .into_body()
            .collect()
            .await
            .context("the answer broke off")?;
        Ok(Page {
            status,
            content_type,
            body: body.to_bytes(),
        })
    }

    /// Searches and reads the answer.
    pub(crate) async fn search(&self, address: &str, query: &str, limit: usize) -> Result<Answer> {
        let Page { status, body, .. } = self.get(search_uri(address, query, limit)?).await?;
        ensure!(
            status == StatusCode::OK,
            "{query:?} was answered with {status}"
        );
        serde_json::from_slice(&body).context("the answer is not what it should be")
    }
}

/// The address of a search.
pub(crate) fn search_uri(address: &str, query: &str, limit: usize) -> Result<Uri> {
    let mut text = form_urlencoded::Serializer::new(format!("{address}/search?"));
    text.append_pair("q", query)
        .append_pair("k", &limit.to_string());
    text.finish()
        .parse()
        .context("the address of the service is no address")
}
