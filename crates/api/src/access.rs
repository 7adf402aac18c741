//! Who asks, and whether they may. Every request passes two doors: one that only lets in what was
//! sent to this server from its own pages or from a program, and one that wants a token with the
//! right that the operation needs.

use adjutant_domain::{AgentName, Digest, RoleName, sha256};
use adjutant_outbound::clock;
use adjutant_work::access::{AccessToken, Bearer, Right, TokenStanding};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Api;
use crate::problem::Problem;

/// The cookie of a dashboard's session.
pub(crate) const COOKIE: &str = "adjutant_session";

/// No secret of ours is longer; what is longer is not looked up.
const SECRET_BYTES_MAX: usize = 128;

const GET_ONE: &str = "Make one with adjutant token create NAME --agent AGENT --role ROLE, and send \
                       it as Authorization: Bearer TOKEN.";

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) token: AccessToken,
}

impl Caller {
    /// Who the second door let in.
    pub(crate) fn of(parts: &Parts) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| no_token("this operation needs a token"))
    }

    /// The agent and the role that the caller speaks for. A token of an agent speaks for nobody
    /// else; an administrator has to say for whom.
    pub(crate) fn speaks_for(
        &self,
        agent: Option<AgentName>,
        role: Option<RoleName>,
    ) -> Result<(AgentName, Option<RoleName>), Problem> {
        match &self.token.bearer {
            Bearer::Agent {
                agent: own,
                role: own_role,
            } => {
                if agent.is_some_and(|agent| agent != *own)
                    || role.is_some_and(|role| role != *own_role)
                {
                    return Err(Problem::forbidden(
                        format!("this token is that of {}", self.token.bearer.told()),
                        "Leave out agent and role, or use the token of that agent.",
                    ));
                }
                Ok((own.clone(), Some(own_role.clone())))
            }
            Bearer::Admin | Bearer::Reader | Bearer::Link => match agent {
                Some(agent) => Ok((agent, role)),
                None => Err(Problem::malformed(
                    "it is not said for which agent",
                    "Name it: \"agent\": \"NAME\".",
                )),
            },
        }
    }
}

/// The names that this server answers to. Whatever else a browser was made to call it by is refused:
/// a page of another site could have had its name pointed here (DNS rebinding).
#[derive(Debug, Clone)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    /// Those of a loopback address and port, and those that the administrator names.
    pub(crate) fn new(address: std::net::SocketAddr, named: &[String]) -> Self {
        let port = address.port();
        let mut hosts = vec![address.to_string(), format!("localhost:{port}")];
        if address.ip().is_loopback() {
            hosts.extend([format!("127.0.0.1:{port}"), format!("[::1]:{port}")]);
        }
        hosts.extend(named.iter().map(|name| name.to_ascii_lowercase()));
        Self(hosts)
    }

    fn has(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.0.contains(&host)
    }

    fn has_origin(&self, origin: &str) -> bool {
        let host = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        host.is_some_and(|host| self.has(host))
    }
}

/// The first door: the request names this server, and no page of another site sent it.
pub(crate) async fn same_site(
    State(hosts): State<Hosts>,
    request: Request,
    next: Next,
) -> Response {
    match check_site(&hosts, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check_site(hosts: &Hosts, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let host =
        one(headers, header::HOST)?.or_else(|| request.uri().authority().map(|it| it.as_str()));
    if !host.is_some_and(|host| hosts.has(host)) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "this server does not answer to that name",
            "Use the address that adjutant serve prints, or allow the name with --host NAME:PORT.",
        ));
    }
    let cross = || {
        Problem::forbidden(
            "a page of another site sent this request",
            "Open the dashboard by the link that adjutant serve prints.",
        )
    };
    if let Some(origin) = one(headers, header::ORIGIN)?
        && !hosts.has_origin(origin)
    {
        return Err(cross());
    }
    let fetched_from = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    let is_visit = request.method() == Method::GET
        && headers
            .get("sec-fetch-mode")
            .is_some_and(|mode| mode == "navigate");
    match fetched_from {
        Some(b"cross-site" | b"same-site") if !is_visit => Err(cross()),
        Some(_) | None => Ok(()),
    }
}

/// A header that may stand once.
fn one(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(&name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(Problem::malformed(
            format!("{name} stands twice"),
            "Send it once.",
        ));
    }
    value
        .map(|value| {
            value.to_str().map_err(|_not_text| {
                Problem::malformed(format!("{name} is not text"), "Send plain ASCII.")
            })
        })
        .transpose()
}

/// The second door: a token with this right.
pub(crate) async fn guard(
    State((api, right)): State<(Api, Right)>,
    mut request: Request,
    next: Next,
) -> Response {
    let secret = secret_of(&request);
    match authenticate(&api, secret).await {
        Ok(caller) if caller.token.bearer.may(right) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Ok(caller) => Problem::forbidden(
            format!(
                "{} may not {}",
                caller.token.bearer.told(),
                right.name().replace('_', " an ")
            ),
            "Ask an administrator to do it.",
        )
        .into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn authenticate(api: &Api, secret: Result<String, Problem>) -> Result<Caller, Problem> {
    let token = token_of(api, &secret?).await?;
    Ok(Caller { token })
}

/// What the request shows: a token, or the cookie of a session.
fn secret_of(request: &Request) -> Result<String, Problem> {
    if let Some(value) = one(request.headers(), header::AUTHORIZATION)? {
        let secret = value.strip_prefix("Bearer ").map(str::to_owned);
        return secret
            .or_else(|| password(value))
            .ok_or_else(|| no_token("only Bearer tokens are known"));
    }
    let secret = cookie(request.headers()).ok_or_else(|| no_token("no token was sent"))?;
    // A browser sends the cookie by itself; what changes something has to come from our page.
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_safe && !request.headers().contains_key(header::ORIGIN) {
        return Err(Problem::forbidden(
            "a session may only change something from the dashboard",
            "Send a token as Authorization: Bearer TOKEN.",
        ));
    }
    Ok(secret.to_owned())
}

/// The password of `Basic`: a program that can only be given an address, as Flagger, puts its token
/// there (`http://any:TOKEN@HOST/`).
fn password(value: &str) -> Option<String> {
    let text = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let (_, secret) = std::str::from_utf8(&text).ok()?.split_once(':')?;
    Some(secret.to_owned())
}

/// The good token that a secret belongs to.
pub(crate) async fn token_of(api: &Api, secret: &str) -> Result<AccessToken, Problem> {
    if secret.len() > SECRET_BYTES_MAX {
        return Err(no_token("the token is not one of this server"));
    }
    let digest = sha256::digest_of(secret.as_bytes());
    let found = api
        .desks()
        .read(async move |store| Ok(store.token_of(digest).await?))
        .await?;
    let token = found.filter(|token| is_same(token.digest, digest));
    let token = token.ok_or_else(|| no_token("the token is not one of this server"))?;
    match token.standing(clock::now()) {
        TokenStanding::Good => Ok(token),
        TokenStanding::Expired => Err(no_token("the token's time is over")),
        TokenStanding::Revoked => Err(no_token("the token was revoked")),
    }
}

/// Compares without stopping at the first difference.
fn is_same(left: Digest, right: Digest) -> bool {
    let (left, right) = (left.to_string(), right.to_string());
    let pairs = left.bytes().zip(right.bytes());
    pairs.fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}

fn no_token(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail, GET_ONE)
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        Hosts::new(
            "127.0.0.1:7117".parse().unwrap(),
            &["Ops.Example:443".to_owned()],
        )
    }

    #[test]
    fn the_server_answers_to_its_own_names_only() {
        for good in [
            "127.0.0.1:7117",
            "localhost:7117",
            "LOCALHOST:7117",
            "[::1]:7117",
            "ops.example:443",
        ] {
            assert!(hosts().has(good), "{good}");
        }
        for bad in [
            "localhost",
            "evil.example:7117",
            "127.0.0.1:7118",
            "127.0.0.1.nip.io:7117",
            "",
        ] {
            assert!(!hosts().has(bad), "{bad}");
        }
    }

    #[test]
    fn an_origin_is_one_of_the_servers_names_over_http() {
        assert!(hosts().has_origin("http://localhost:7117"));
        for bad in [
            "null",
            "http://evil.example",
            "file://localhost:7117",
            "http://localhost:7117.evil.example",
        ] {
            assert!(!hosts().has_origin(bad), "{bad}");
        }
    }

    #[test]
    fn the_sessions_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            "a=1; adjutant_session=adj_x; b=2".parse().unwrap(),
        );
        assert_eq!(cookie(&headers), Some("adj_x"));
        headers.insert(header::COOKIE, "xadjutant_session=adj_x".parse().unwrap());
        assert_eq!(cookie(&headers), None);
    }

    #[test]
    fn digests_are_compared_to_their_end() {
        let digest = |text: &str| sha256::digest_of(text.as_bytes());
        assert!(is_same(digest("a"), digest("a")));
        assert!(!is_same(digest("a"), digest("b")));
    }
}
