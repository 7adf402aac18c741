//! A server that is asked and told in JSON under credentials of its own: the API server of a cluster.

use std::time::Duration;

use reqwest::{Certificate, Client, Identity, Method, Url};
use serde_json::Value;

use crate::inquiry;

/// A rollback does not wait longer for one answer; it asks again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A list of 500 pods is about 5 MiB.
const ANSWER_BYTES_MAX: usize = 32 * 1_024 * 1_024;

/// What a server is asked with.
#[derive(Clone, Default)]
pub struct ApiCredentials {
    /// The authority that signed the server's certificate, as PEM.
    pub authority: Option<Vec<u8>>,
    /// The bearer token.
    pub token: Option<String>,
    /// The client's certificate and key, as PEM.
    pub identity: Option<Vec<u8>>,
}

impl std::fmt::Debug for ApiCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiCredentials(kept back)")
    }
}

/// A server with its credentials.
#[derive(Debug)]
pub struct ApiServer {
    client: Client,
    base: Url,
    credentials: ApiCredentials,
}

/// What it answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiAnswer {
    /// The status.
    pub status: u16,
    /// After how many seconds it wants to be asked again.
    pub retry_after_seconds: Option<u64>,
    /// What it says; `null` when that is no JSON.
    pub body: Value,
}

/// A server that cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct ApiError {
    /// Why, without address and credentials.
    pub words: String,
}

impl ApiServer {
    /// A server at an address.
    ///
    /// # Errors
    /// When the address or the credentials are none.
    pub fn at(address: &str, credentials: ApiCredentials) -> Result<Self, ApiError> {
        let said = |error: inquiry::InquiryError| ApiError {
            words: error.to_string(),
        };
        let base = inquiry::parse(address).map_err(said)?;
        let mut builder = inquiry::builder().timeout(ANSWER_TIMEOUT);
        if let Some(pem) = &credentials.authority {
            let authorities = Certificate::from_pem_bundle(pem).map_err(words)?;
            builder = builder.tls_certs_only(authorities);
        }
        if let Some(pem) = &credentials.identity {
            builder = builder.identity(Identity::from_pem(pem).map_err(words)?);
        }
        Ok(Self {
            client: builder.build().map_err(words)?,
            base,
            credentials,
        })
    }

    /// What stands at a path.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub async fn get(&self, path: &str) -> Result<ApiAnswer, ApiError> {
        self.ask(Method::GET, path, None).await
    }

    /// Applies a part of an object (server-side apply).
    ///
    /// # Errors
    /// When no whole answer comes: then it may or may not be applied.
    pub async fn apply(&self, path: &str, part: &Value) -> Result<ApiAnswer, ApiError> {
        self.ask(Method::PATCH, path, Some(part)).await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        part: Option<&Value>,
    ) -> Result<ApiAnswer, ApiError> {
        let address = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let mut request = self.client.request(method, address);
        if let Some(token) = &self.credentials.token {
            request = request.bearer_auth(token);
        }
        if let Some(part) = part {
            let body = part.to_string();
            request = request
                .header("content-type", "application/apply-patch+yaml")
                .body(body);
        }
        let mut response = request.send().await.map_err(words)?;
        let retry_after = response.headers().get("retry-after");
        let retry_after_seconds = retry_after
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse().ok());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(words)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_BYTES_MAX {
                return Err(ApiError {
                    words: "the answer is larger than 32 MiB".to_owned(),
                });
            }
        }
        Ok(ApiAnswer {
            status: response.status().as_u16(),
            retry_after_seconds,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        })
    }
}

fn words(error: reqwest::Error) -> ApiError {
    ApiError {
        words: inquiry::words(error),
    }
}
