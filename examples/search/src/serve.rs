//! The HTTP service: `GET /search?q=…&k=10`, `GET /healthz` and `GET /openapi.json`, JSON over
//! HTTP/1.1 on loopback.
//!
//! It has no access control and no encryption, and is not meant to leave the machine.

use crate::describe;
use crate::fault::Conduct;
use crate::rank::{Engine, Hit, Version};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Connections served at once; more wait in the listener's queue. Twice what the driver opens.
const CONNECTIONS_MAX: usize = 1024;
/// Results per answer when the query does not say, and at most.
pub(crate) const RESULTS_DEFAULT: usize = 10;
pub(crate) const RESULTS_MAX: usize = 100;
/// The longest query in bytes: a shopper types a line, not a page.
pub(crate) const QUERY_BYTES_MAX: usize = 512;
/// How long open connections may take to finish when the service stops.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// An engine under a name.
pub struct Service {
    /// The version, named in every answer.
    pub version: Version,
    /// What answers.
    pub engine: Engine,
    /// What else it does.
    pub conduct: Conduct,
}

#[derive(Serialize)]
struct Answer<'a> {
    version: &'static str,
    query: &'a str,
    results: Vec<Hit>,
}

#[derive(Serialize)]
struct Refusal {
    error: String,
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

/// Serves until `stop` turns true, then lets open connections finish.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut connections = JoinSet::new();
    let mut stopping = stop.clone();
    let mut stopped = pin!(stopping.wait_for(|stop| *stop));
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= CONNECTIONS_MAX {
            connections.join_next().await;
        }
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _peer) = accepted?;
                stream.set_nodelay(true)?;
                connections.spawn(serve_connection(stream, Arc::clone(&service), stop.clone()));
            }
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN_TIME_MAX, drained).await.is_err() {
        connections.shutdown().await;
    }
    Ok(())
}

/// Serves one connection. A peer that breaks off concerns nobody else, so its error ends here.
async fn serve_connection(
    stream: TcpStream,
    service: Arc<Service>,
    mut stop: watch::Receiver<bool>,
) {
    let answer_one = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(answer(&service, &request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer_one);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = stop.wait_for(|stop| *stop) => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        drop(connection.await);
    }
}

async fn answer(service: &Service, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if request.method() != Method::GET {
        let mut response = refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET is understood here",
        );
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET"));
        return response;
    }
    match request.uri().path() {
        "/healthz" => {
            let version = service.version.name();
            json(
                StatusCode::OK,
                &Health {
                    status: "ok",
                    version,
                },
            )
        }
        "/openapi.json" => json(StatusCode::OK, &describe::openapi(service.version)),
        "/search" => match read_question(request.uri().query().unwrap_or_default()) {
            Ok((query, limit)) => answer_search(service, &query, limit).await,
            Err(problem) => refuse(StatusCode::BAD_REQUEST, &problem),
        },
        path => refuse(
            StatusCode::NOT_FOUND,
            &format!("there is no {path} here, try /search?q=…"),
        ),
    }
}

async fn answer_search(service: &Service, query: &str, limit: usize) -> Response<Full<Bytes>> {
    if service.conduct.before().await.is_err() {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "a planted fault");
    }
    match service.engine.search(query, limit) {
        Ok(results) => {
            let version = service.version.name();
            let answer = Answer {
                version,
                query,
                results,
            };
            match service.conduct.falsified(&answer) {
                Ok(None) => json(StatusCode::OK, &answer),
                Ok(Some(false_answer)) => json(StatusCode::OK, &false_answer),
                Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
            }
        }
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// Reads `q` and `k`. The error says what is wrong with them.
fn read_question(text: &str) -> Result<(String, usize), String> {
    let (mut query, mut limit) = (None, RESULTS_DEFAULT);
    for (key, value) in form_urlencoded::parse(text.as_bytes()) {
        match key.as_ref() {
            "q" => query = Some(value.into_owned()),
            "k" => {
                limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=RESULTS_MAX).contains(limit))
                    .ok_or_else(|| {
                        format!("k is {value:?}, not a number from 1 to {RESULTS_MAX}")
                    })?;
            }
            other => return Err(format!("unknown parameter {other:?}")),
        }
    }
    let query = query
        .filter(|query| !query.trim().is_empty())
        .ok_or("q is missing or empty")?;
    if query.len() > QUERY_BYTES_MAX {
        return Err(format!(
            "q has {} bytes, more than {QUERY_BYTES_MAX}",
            query.len()
        ));
    }
    Ok((query, limit))
}

fn refuse(status: StatusCode, problem: &str) -> Response<Full<Bytes>> {
    json(
        status,
        &Refusal {
            error: problem.to_owned(),
        },
    )
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Full<Bytes>> {
    let (status, body) = match serde_json::to_vec(body) {
        Ok(body) => (status, body),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            error.to_string().into_bytes(),
        ),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_needs_words_and_a_sensible_number() {
        assert_eq!(
            read_question("q=red+scarf"),
            Ok(("red scarf".to_owned(), 10))
        );
        assert_eq!(
            read_question("k=50&q=%C3%A9t%C3%A9"),
            Ok(("été".to_owned(), 50))
        );
        for (text, problem) in [
            ("", "q is missing or empty"),
            ("q=+", "q is missing or empty"),
            ("q=a&k=0", "k is \"0\", not a number from 1 to 100"),
            ("q=a&k=101", "k is \"101\", not a number from 1 to 100"),
            ("q=a&page=2", "unknown parameter \"page\""),
        ] {
            assert_eq!(read_question(text), Err(problem.to_owned()), "{text}");
        }
        assert!(read_question(&format!("q={}", "a".repeat(600))).is_err());
    }
}
