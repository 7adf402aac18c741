//! Asks a server for measurements and keeps the inquiry as an artifact: what was asked, when, and
//! what came back, word for word. A refusal or a failed connection is an answer as well, and kept.
//!
//! The record's shape is read again by `adjutant-formats`. Credentials in an address are used and
//! never kept. Redirects are not followed and no proxy is taken from the environment: the server
//! that is named is the one that answers.

use std::error::Error as _;
use std::time::Duration;

use adjutant_domain::{MeasureName, Timestamp};
use reqwest::{Client, ClientBuilder, Url};
use serde::Serialize;
use serde_json::value::RawValue;
use tracing::field::Empty;
use tracing::{Instrument, info_span};

use crate::{mlflow, prometheus};

/// A server on the network that does not take a connection by then is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Prometheus gives a query up after two minutes; a gate's user has left long before.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A Prometheus range holds at most 11,000 points a series; 64 MiB are about 200 such series.
const ANSWER_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// Parameters whose value is a secret in some server's API.
const SECRET_PARAMETERS: [&str; 5] = ["token", "secret", "password", "api_key", "apikey"];

/// An address that nothing can be asked at.
#[derive(Debug, thiserror::Error)]
pub enum InquiryError {
    /// The text is no address of a web server.
    #[error("{given:?} is not an http or https address")]
    NotAnAddress {
        /// The text, without credentials where they can be told.
        given: String,
    },
    /// The address is of no source that is known.
    #[error("{path:?} is no address of Prometheus or MLflow that can be asked")]
    UnknownSource {
        /// The path of the address.
        path: String,
    },
    /// The address lacks a parameter.
    #[error("the address has no `{parameter}`")]
    MissingParameter {
        /// The parameter.
        parameter: &'static str,
    },
    /// The HTTP client cannot be made, for example without certificates of authorities.
    #[error("the HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
    /// The record cannot be written as JSON.
    #[error("the record of the inquiry cannot be written")]
    Record(#[source] serde_json::Error),
}

impl InquiryError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            InquiryError::NotAnAddress { .. } => "Write it as http://HOST:PORT/PATH?PARAMETERS.",
            InquiryError::UnknownSource { .. } | InquiryError::MissingParameter { .. } => {
                "Ask Prometheus as http://HOST:9090/api/v1/query?query=EXPRESSION or \
                 /api/v1/query_range?query=…&start=…&end=…&step=…, and MLflow as \
                 http://HOST:5000/api/2.0/mlflow/runs/get?run_id=ID."
            }
            InquiryError::Client(_) => "Install the package ca-certificates.",
            InquiryError::Record(_) => "Report this as a bug.",
        }
    }
}

/// Whether a text is meant as an address rather than as a file's path.
pub fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// The HTTP client for every inquiry.
///
/// # Errors
/// When TLS cannot be set up.
pub fn client() -> Result<Client, InquiryError> {
    builder().build().map_err(InquiryError::Client)
}

pub(crate) fn builder() -> ClientBuilder {
    provide_tls();
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(ANSWER_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("adjutant/", env!("CARGO_PKG_VERSION")))
}

/// Puts the cryptography of TLS in place, once for the process.
pub(crate) fn provide_tls() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been quicker; then its provider, the same one, is in place.
        match rustls::crypto::ring::default_provider().install_default() {
            Ok(()) | Err(_) => {}
        }
    }
}

/// Asks the source that `address` belongs to, and gives the record as JSON.
///
/// `measure` names what the answer measures; without it, the fragment of the address does
/// (`…/query?query=…#latency_ms`), or the source's own name for it.
///
/// # Errors
/// When nothing can be asked at the address. A source that refuses or cannot be reached is no
/// error: the record says so.
pub async fn fetch(
    client: &Client,
    address: &str,
    measure: Option<&MeasureName>,
    asked_at: Timestamp,
) -> Result<Vec<u8>, InquiryError> {
    let url = parse(address)?;
    if prometheus::is_query(&url) {
        prometheus::fetch(client, &url, measure, asked_at).await
    } else if mlflow::run_of(&url).is_some() {
        mlflow::fetch(client, &url, asked_at).await
    } else {
        Err(InquiryError::UnknownSource {
            path: url.path().to_owned(),
        })
    }
}

pub(crate) fn parse(address: &str) -> Result<Url, InquiryError> {
    let url = Url::parse(address).ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| InquiryError::NotAnAddress {
            given: match address.rsplit_once('@') {
                Some((_credentials, rest)) => rest.to_owned(),
                None => address.to_owned(),
            },
        })
}

/// The record of an inquiry. The order of the fields is part of the format.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    pub(crate) source: &'static str,
    pub(crate) url: String,
    pub(crate) asked_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) measure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    pub(crate) answers: Vec<Answer>,
}

impl Record {
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, InquiryError> {
        serde_json::to_vec(self).map_err(InquiryError::Record)
    }
}

/// One question and what came back.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    /// What the question was for.
    pub(crate) asks: &'static str,
    pub(crate) url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metric: Option<String>,
    #[serde(flatten)]
    pub(crate) reply: Reply,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Reply {
    /// JSON, byte for byte.
    Json {
        http_status: u16,
        body: Box<RawValue>,
    },
    /// Anything else.
    Text { http_status: u16, text: String },
    /// No whole answer came.
    Failure { failure: String },
}

impl Answer {
    /// The JSON of a successful answer.
    pub(crate) fn json(&self) -> Option<&str> {
        match &self.reply {
            Reply::Json {
                http_status: 200,
                body,
            } => Some(body.get()),
            Reply::Json { .. } | Reply::Text { .. } | Reply::Failure { .. } => None,
        }
    }
}

/// Asks one question.
pub(crate) async fn ask(client: &Client, asks: &'static str, url: &Url) -> Answer {
    let span = info_span!(
        "query",
        otel.name = asks,
        otel.kind = "client",
        server.address = url.host_str(),
        http.response.status_code = Empty,
        otel.status_description = Empty,
    );
    let answered = answer_of(client, url).instrument(span.clone()).await;
    match &answered {
        Ok((status, _)) => span.record("http.response.status_code", *status),
        Err(failure) => span.record("otel.status_description", failure.as_str()),
    };
    let reply = match answered {
        Ok((http_status, bytes)) => match serde_json::from_slice(&bytes) {
            Ok(body) => Reply::Json { http_status, body },
            Err(_not_json) => Reply::Text {
                http_status,
                text: String::from_utf8_lossy(&bytes).into_owned(),
            },
        },
        Err(failure) => Reply::Failure { failure },
    };
    Answer {
        asks,
        url: without_secrets(url),
        metric: None,
        reply,
    }
}

async fn answer_of(client: &Client, url: &Url) -> Result<(u16, Vec<u8>), String> {
    let mut response = client.get(url.clone()).send().await.map_err(words)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(words)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(format!(
                "the answer is larger than {} MiB",
                ANSWER_BYTES_MAX / 1_024 / 1_024
            ));
        }
    }
    Ok((response.status().as_u16(), bytes))
}

/// An error's words and those of its causes, without the address.
pub(crate) fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

/// An address without the credentials that it may hold.
pub(crate) fn without_secrets(url: &Url) -> String {
    let mut shown = url.clone();
    // Both fail only for an address without a host, which is never asked.
    match (shown.set_username(""), shown.set_password(None)) {
        (Ok(()), Ok(())) | (Err(()), _) | (_, Err(())) => {}
    }
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        SECRET_PARAMETERS.iter().any(|part| name.contains(part))
    };
    if url.query_pairs().any(|(name, _)| is_secret(&name)) {
        let kept: Vec<_> = url
            .query_pairs()
            .map(|(name, value)| {
                let value = if is_secret(&name) {
                    "kept-back".into()
                } else {
                    value
                };
                (name, value)
            })
            .collect();
        shown.query_pairs_mut().clear().extend_pairs(kept);
    }
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_an_address_are_not_kept() {
        for (address, expected) in [
            ("http://me:pw@h:9090/q?query=up", "http://h:9090/q?query=up"),
            (
                "http://h/q?access_token=abc&query=a%2Bb",
                "http://h/q?access_token=kept-back&query=a%2Bb",
            ),
        ] {
            assert_eq!(without_secrets(&parse(address).unwrap()), expected);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_credentials() {
        for (address, words) in [
            (
                "ftp://me:pw@h/x",
                r#""h/x" is not an http or https address"#,
            ),
            ("http://", r#""http://" is not an http or https address"#),
            ("up", r#""up" is not an http or https address"#),
        ] {
            assert_eq!(parse(address).unwrap_err().to_string(), words);
        }
    }
}
