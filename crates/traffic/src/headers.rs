//! Which headers go on and which do not: hop-by-hop headers end here, the client's address is added,
//! and what two parsers could read differently is refused.

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::{Parts, PathAndQuery, Scheme, Uri};
use hyper::{Method, Request, Version};

use crate::watched::LatestBytes;

/// Marks requests that nobody waits for.
pub(crate) static MIRROR_MARK: HeaderName = HeaderName::from_static("x-adjutant-mirror");

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
static PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestFault {
    /// Both a length and a transfer encoding, or several of one.
    Framing,
    /// No host, or several.
    Host,
    /// `CONNECT`: this is no forward proxy.
    Connect,
}

impl RequestFault {
    pub(crate) fn text(self) -> &'static str {
        match self {
            RequestFault::Framing => "the request's length is ambiguous",
            RequestFault::Host => "the request does not name one host",
            RequestFault::Connect => "CONNECT is not served here",
        }
    }
}

/// Whether two parsers could disagree about this request.
pub(crate) fn fault_of<B>(request: &Request<B>, latest: &LatestBytes) -> Option<RequestFault> {
    if request.method() == Method::CONNECT {
        return Some(RequestFault::Connect);
    }
    let headers = request.headers();
    if let Some(first) = headers.get(header::TRANSFER_ENCODING) {
        let is_plain = first.as_bytes().eq_ignore_ascii_case(b"chunked")
            && headers.get_all(header::TRANSFER_ENCODING).iter().count() == 1
            && !headers.contains_key(header::CONTENT_LENGTH)
            && !latest.name_a_length(request.uri())
            && request.version() == Version::HTTP_11;
        if !is_plain {
            return Some(RequestFault::Framing);
        }
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let is_named = match (hosts.next(), hosts.next()) {
        (Some(_), None) => true,
        (None, _) => request.uri().authority().is_some() || request.version() == Version::HTTP_10,
        (Some(_), Some(_)) => false,
    };
    (!is_named).then_some(RequestFault::Host)
}

/// Whether the client asks for another protocol on this connection.
pub(crate) fn wants_upgrade<B>(request: &Request<B>) -> bool {
    request.version() == Version::HTTP_11
        && request.headers().contains_key(header::UPGRADE)
        && names_option(request.headers(), b"upgrade")
}

fn names_option(headers: &HeaderMap, option: &[u8]) -> bool {
    let values = headers.get_all(header::CONNECTION).iter();
    values
        .flat_map(options)
        .any(|named| named.eq_ignore_ascii_case(option))
}

fn options(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    value
        .as_bytes()
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
}

/// Takes away what is for this connection only.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONNECTION) {
        let named: Vec<HeaderName> = headers
            .get_all(header::CONNECTION)
            .iter()
            .flat_map(options)
            .filter_map(|name| HeaderName::from_bytes(name).ok())
            .collect();
        headers.remove(header::CONNECTION);
        for name in named {
            headers.remove(name);
        }
    }
    headers.remove(&KEEP_ALIVE);
    headers.remove(&PROXY_CONNECTION);
    headers.remove(header::TRANSFER_ENCODING);
    headers.remove(header::UPGRADE);
    headers.remove(header::PROXY_AUTHORIZATION);
    headers.remove(header::PROXY_AUTHENTICATE);
    let takes_trailers = headers
        .get(header::TE)
        .is_some_and(|te| te.as_bytes().eq_ignore_ascii_case(b"trailers"));
    if !takes_trailers {
        headers.remove(header::TE);
    }
}

/// What is known of the client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    /// Its address.
    pub(crate) value: HeaderValue,
    /// Whether what the client says about those before it is passed on.
    pub(crate) is_trusted: bool,
    /// What was read of the request that is just made.
    pub(crate) latest: LatestBytes,
}

/// Says who asked.
pub(crate) fn add_forwarded(headers: &mut HeaderMap, client: &Client) {
    let earlier = if client.is_trusted {
        headers.get(&FORWARDED_FOR)
    } else {
        None
    };
    let chain = earlier.and_then(|earlier| {
        let chain = [earlier.as_bytes(), b", ", client.value.as_bytes()].concat();
        HeaderValue::from_bytes(&chain).ok()
    });
    headers.insert(
        &FORWARDED_FOR,
        chain.unwrap_or_else(|| client.value.clone()),
    );
    if !client.is_trusted || !headers.contains_key(&FORWARDED_PROTO) {
        headers.insert(&FORWARDED_PROTO, HeaderValue::from_static("http"));
    }
    if !client.is_trusted || !headers.contains_key(&FORWARDED_HOST) {
        match headers.get(header::HOST).cloned() {
            Some(host) => headers.insert(&FORWARDED_HOST, host),
            None => headers.remove(&FORWARDED_HOST),
        };
    }
}

/// Moves the host out of the address into the header: how HTTP/1.1 asks an origin. An address
/// that names its host wins over the header.
pub(crate) fn to_origin_form<B>(request: &mut Request<B>) {
    if let Some(authority) = request.uri().authority() {
        let host = HeaderValue::from_str(authority.as_str());
        if let Ok(host) = host {
            request.headers_mut().insert(header::HOST, host);
        }
        let mut parts = Parts::default();
        let path = request.uri().path_and_query().cloned();
        parts.path_and_query = Some(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    *request.version_mut() = Version::HTTP_11;
}

/// Moves the host from the header into the address: how HTTP/2 asks. `fallback` is the upstream's
/// address, for HTTP/1.0 clients that name no host.
pub(crate) fn to_authority_form<B>(request: &mut Request<B>, fallback: &str) {
    let host = request.headers_mut().remove(header::HOST);
    let authority = host
        .and_then(|host| host.to_str().ok()?.parse().ok())
        .or_else(|| fallback.parse().ok());
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = authority;
    if parts.path_and_query.is_none() {
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
    }
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    *request.version_mut() = Version::HTTP_2;
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let pairs = headers.get_all(header::COOKIE).iter();
    pairs
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=')?;
            Some((pair[..at].trim_ascii(), pair[at + 1..].trim_ascii()))
        })
        .find_map(|(known, value)| (known == name.as_bytes() && !value.is_empty()).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut builder = Request::builder().uri("/a?b");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap()
    }

    #[test]
    fn a_request_that_two_parsers_could_read_differently_is_refused() {
        for (headers, expected) in [
            (vec![("host", "a")], None),
            (vec![("host", "a"), ("transfer-encoding", "chunked")], None),
            (
                vec![
                    ("host", "a"),
                    ("transfer-encoding", "chunked"),
                    ("content-length", "3"),
                ],
                Some(RequestFault::Framing),
            ),
            (
                vec![("host", "a"), ("transfer-encoding", "gzip, chunked")],
                Some(RequestFault::Framing),
            ),
            (
                vec![
                    ("host", "a"),
                    ("transfer-encoding", "chunked"),
                    ("transfer-encoding", "identity"),
                ],
                Some(RequestFault::Framing),
            ),
            (vec![], Some(RequestFault::Host)),
            (vec![("host", "a"), ("host", "b")], Some(RequestFault::Host)),
        ] {
            assert_eq!(
                fault_of(&request(&headers), &LatestBytes::default()),
                expected,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn hop_by_hop_headers_end_here() {
        let mut request = request(&[
            ("host", "a"),
            ("connection", "keep-alive, X-Mine"),
            ("connection", "close"),
            ("x-mine", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "gzip"),
            ("proxy-authorization", "secret"),
            ("upgrade", "h2c"),
            ("x-other", "2"),
        ]);
        remove_hop_by_hop(request.headers_mut());
        let left: Vec<&str> = request.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["host", "x-other"]);
    }

    #[test]
    fn a_client_is_believed_only_when_it_is_trusted() {
        let said = [
            ("host", "shop"),
            ("x-forwarded-for", "9.9.9.9"),
            ("x-forwarded-proto", "https"),
        ];
        for (is_trusted, expected) in [
            (false, ["10.0.0.7", "http"]),
            (true, ["9.9.9.9, 10.0.0.7", "https"]),
        ] {
            let mut request = request(&said);
            let client = Client {
                value: HeaderValue::from_static("10.0.0.7"),
                is_trusted,
                latest: LatestBytes::default(),
            };
            add_forwarded(request.headers_mut(), &client);
            let headers = request.headers();
            assert_eq!(
                [&headers[&FORWARDED_FOR], &headers[&FORWARDED_PROTO]],
                expected
            );
            assert_eq!(headers[&FORWARDED_HOST], "shop");
        }
    }

    #[test]
    fn an_address_is_written_as_each_protocol_writes_it() {
        let mut absolute = Request::builder()
            .uri("http://shop:80/a?b")
            .header("host", "evil")
            .body(())
            .unwrap();
        to_origin_form(&mut absolute);
        assert_eq!(absolute.uri(), "/a?b");
        assert_eq!(absolute.headers()["host"], "shop:80");
        to_authority_form(&mut absolute, "127.0.0.1:1");
        assert_eq!(absolute.uri(), "http://shop:80/a?b");
        assert!(!absolute.headers().contains_key("host"));
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let request = request(&[("cookie", "a=1; arm=x; b=2"), ("cookie", "late=3")]);
        for (name, expected) in [("arm", Some("x")), ("late", Some("3")), ("c", None)] {
            assert_eq!(cookie(request.headers(), name), expected.map(str::as_bytes));
        }
    }
}
