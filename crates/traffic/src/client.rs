//! The other end of the control socket.

use std::path::{Path, PathBuf};
use std::time::Duration;

use adjutant_domain::Timestamp;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::control::TrafficRefusal;
use crate::desired::DesiredTraffic;
use crate::observed::{MirrorComparison, ObservedTraffic, TrafficMeasurements};

/// A proxy answers its control socket within this, or something is wrong with it. A busy disk may
/// take seconds to keep a state that has long been in force.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// A longer answer is no answer: 60 minutes of 32 arms fit.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A proxy, by its control socket.
#[derive(Debug, Clone)]
pub struct TrafficControl {
    path: PathBuf,
}

/// Why a proxy did not answer as asked.
#[derive(Debug, thiserror::Error)]
pub enum TrafficControlError {
    /// Nobody answers there.
    #[error("no proxy answers at {}", path.display())]
    Unreachable {
        /// The control socket.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It took longer than a proxy takes.
    #[error("the proxy at {} does not answer within 20 s", path.display())]
    TimedOut {
        /// The control socket.
        path: PathBuf,
    },
    /// The connection broke.
    #[error("the connection to the proxy broke")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is not one of this version's.
    #[error("the proxy's answer cannot be read")]
    Answer(#[source] serde_json::Error),
    /// The proxy says no.
    #[error(transparent)]
    Refused(#[from] TrafficRefusal),
}

impl TrafficControl {
    /// The proxy that is controlled at this socket.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// What it does now.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn observe(&self) -> Result<ObservedTraffic, TrafficControlError> {
        self.ask(Method::GET, "/v1/traffic", None::<&()>).await
    }

    /// Puts a state into force: on return it is stored, and every later request follows it. The
    /// same state again is fine.
    ///
    /// # Errors
    /// [`TrafficRefusal`] when a newer one is in force or it does not hold; otherwise when the
    /// proxy does not answer: then it may or may not be in force, and asking again is safe.
    pub async fn apply(&self, desired: &DesiredTraffic) -> Result<(), TrafficControlError> {
        let applied: DesiredTraffic = self.ask(Method::PUT, "/v1/traffic", Some(desired)).await?;
        debug_assert_eq!(applied, *desired, "a proxy repeats what it obeys");
        Ok(())
    }

    /// What it measured in the minutes from `since` on.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn measurements(
        &self,
        since: Option<Timestamp>,
    ) -> Result<TrafficMeasurements, TrafficControlError> {
        let path = match since {
            Some(since) => format!("/v1/measurements?since={}", since.unix_millis()),
            None => "/v1/measurements".to_owned(),
        };
        self.ask(Method::GET, &path, None::<&()>).await
    }

    /// How the mirrored arm's answers differ; `None` when nothing is mirrored.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn comparison(&self) -> Result<Option<MirrorComparison>, TrafficControlError> {
        self.ask(Method::GET, "/v1/comparison", None::<&()>).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, TrafficControlError> {
        let body = match body {
            Some(body) => serde_json::to_vec(body).map_err(TrafficControlError::Answer)?,
            None => Vec::new(),
        };
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().map_err(broken)?;
        request
            .headers_mut()
            .insert(HOST, HeaderValue::from_static("adjutant"));
        let asked = timeout(ANSWER_WITHIN, self.send(request)).await;
        let (status, answer) = asked.map_err(|_late| TrafficControlError::TimedOut {
            path: self.path.clone(),
        })??;
        if status == StatusCode::OK {
            return serde_json::from_slice(&answer).map_err(TrafficControlError::Answer);
        }
        let refusal: TrafficRefusal =
            serde_json::from_slice(&answer).map_err(TrafficControlError::Answer)?;
        Err(refusal.into())
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), TrafficControlError> {
        let stream = UnixStream::connect(&self.path).await;
        let stream = stream.map_err(|source| TrafficControlError::Unreachable {
            path: self.path.clone(),
            source,
        })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(broken)?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
            Ok((status, body.collect().await.map_err(broken)?.to_bytes()))
        };
        tokio::pin!(exchange);
        tokio::select! {
            answered = &mut exchange => answered,
            // The answer may be there already when the connection ends.
            _ = connection => exchange.await,
        }
    }
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TrafficControlError {
    TrafficControlError::Broken(error.into())
}
