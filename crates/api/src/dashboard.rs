//! The dashboard: files that were built into the program, and one page for every address that the
//! dashboard knows. They hold no data, so they need no token; what they show, they ask the API for.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::Api;
use crate::problem::Problem;

/// A file as it was built, and compressed.
struct File {
    path: &'static str,
    bytes: &'static [u8],
    compressed: &'static [u8],
}

/// Empty when the program was built without the dashboard.
const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

const PAGE: &str = "/index.html";

/// The addresses of its pages; what is shown there is chosen in the browser.
const PAGES: [&str; 12] = [
    "/",
    "/work",
    "/gates",
    "/gates/{gate}",
    "/rollouts",
    "/rollouts/{service}",
    "/incidents",
    "/incidents/{incident}",
    "/evidence",
    "/evidence/{digest}",
    "/reports",
    "/reports/{record}",
];

const UNBUILT: &str = include_str!("dashboard/unbuilt.html");

/// Built files carry a digest in their names, so one of a name never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(crate) fn routes() -> Router<Api> {
    let router = Router::new()
        .route("/mark.svg", get(file))
        .route("/assets/{file}", get(file));
    PAGES
        .into_iter()
        .fold(router, |router, path| router.route(path, get(page)))
}

async fn page(headers: HeaderMap) -> Response {
    match find(PAGE) {
        Some(file) => sent(file, &headers),
        None => (
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            UNBUILT,
        )
            .into_response(),
    }
}

async fn file(request: Request) -> Response {
    let path = request.uri().path();
    let Some(file) = find(path) else {
        return Problem::unknown("the dashboard has no such file", "Reload the page.")
            .into_response();
    };
    let mut response = sent(file, request.headers());
    if path.starts_with("/assets/") {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, FOR_EVER);
    }
    response
}

fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

fn sent(file: &'static File, asked: &HeaderMap) -> Response {
    let accepted = asked.get(header::ACCEPT_ENCODING);
    let takes_gzip = accepted.is_some_and(|value| {
        let names = value.to_str().into_iter().flat_map(|text| text.split(','));
        names.map(str::trim).any(|name| name == "gzip")
    });
    let head = [
        (header::CONTENT_TYPE, media(file.path)),
        (header::VARY, "accept-encoding"),
    ];
    if takes_gzip {
        return (head, [(header::CONTENT_ENCODING, "gzip")], file.compressed).into_response();
    }
    (head, file.bytes).into_response()
}

fn media(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some(_) | None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_sent_compressed_to_who_takes_it() {
        const FILE: File = File {
            path: "/assets/a-1.js",
            bytes: b"plain",
            compressed: b"small",
        };
        let mut headers = HeaderMap::new();
        let plain = sent(&FILE, &headers);
        assert!(plain.headers().get(header::CONTENT_ENCODING).is_none());
        let both = HeaderValue::from_static("br, gzip");
        headers.insert(header::ACCEPT_ENCODING, both);
        let compressed = sent(&FILE, &headers);
        assert_eq!(compressed.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(
            compressed.headers()[header::CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
    }

    #[test]
    fn every_file_that_a_build_leaves_has_a_media_type() {
        for file in FILES {
            assert_ne!(
                media(file.path),
                "application/octet-stream",
                "{}",
                file.path
            );
        }
        assert!(FILES.is_empty() || find(PAGE).is_some());
    }
}
