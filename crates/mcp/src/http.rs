//! The protocol over HTTP: one request, one answer, nothing remembered between them, so that any replica
//! answers any request. Who may ask at all was decided before.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use http_body_util::combinators::BoxBody;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use crate::server::McpServer;

/// Answers one request whose body has arrived.
///
/// Host and Origin are not looked at here: they are the caller's to check, for all of its routes alike.
pub async fn answer_http(
    server: McpServer,
    request: http::Request<Bytes>,
) -> http::Response<BoxBody<Bytes, std::convert::Infallible>> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(usize::MAX)
        .disable_allowed_hosts();
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    service.handle(request.map(Full::new)).await
}
